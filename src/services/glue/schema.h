// What classifying one object, or a folder of them, tells: format, columns and the facts that a
// crawler writes into the catalog.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "services/glue/hive_type.h"

namespace penstock::glue {

struct CsvDialect {
  char delimiter = ',';
  char quote = '"';
  bool quoted = false;  // Some value stands in quotes.
  bool has_header = false;
  std::string serde;  // "", "OpenCSVSerDe", "LazySimpleSerDe" or "None" of a custom classifier.
  friend bool operator==(const CsvDialect&, const CsvDialect&) = default;
};

struct FileSchema {
  std::string classification = "UNKNOWN";  // json, csv, parquet, avro, orc, or UNKNOWN.
  std::string compression = "none";  // none, gzip, bzip2, zstd, snappy, lz4: of the whole file.
  std::vector<HiveField> columns;
  std::vector<std::string> json_keys;  // Top-level keys as spelled, for the SerDe's "paths".
  std::string json_path;               // Of the custom classifier that matched; else empty.
  std::optional<CsvDialect> csv;
  std::string avro_schema;         // The literal of an Avro file.
  std::uint64_t records = 0;       // In the sample.
  std::uint64_t record_bytes = 0;  // Inflated bytes that those records take.
  bool exact_records = false;      // `records` counts the whole file (Parquet footer).
  bool glued = false;              // Several JSON documents share a line.
  bool multiline = false;          // A JSON document spans lines.
  std::uint64_t malformed = 0;     // Records that could not be read.
};

// A sample of an object: its first bytes, inflated.
struct Sample {
  std::string bytes;
  bool whole = true;       // False when the object goes on beyond `bytes`.
  std::size_t stored = 0;  // Bytes of the object, as stored, that `bytes` come from.
};

// Column names are lower case in the catalog; fields inside structs keep their spelling.
void lower_column_names(std::vector<HiveField>& columns);

// Same reader, same layout: what one table can hold at all.
bool same_format(const FileSchema& a, const FileSchema& b);

// Share of columns (by name and mergeable type) that two schemas have in common, 0 to 1.
double similarity(const FileSchema& a, const FileSchema& b);

// Unites what two objects of one format tell.
void merge_schema(FileSchema& into, const FileSchema& from);

}  // namespace penstock::glue
