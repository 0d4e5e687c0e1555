// The order is the developer guide's: a custom classifier that recognises the data wins; then avro,
// orc, parquet, json, …, csv. Formats that penstock cannot read the schema of stay UNKNOWN, with a
// note.
#include "services/glue/classify.h"

#include <fmt/core.h>

#include "base/limits.h"
#include "services/glue/avro_schema.h"
#include "services/glue/compression.h"
#include "services/glue/json_schema.h"
#include "services/glue/parquet_schema.h"

namespace penstock::glue {
namespace {

Classified unknown(std::string compression, std::string note) {
  Classified result;
  result.schema.compression = std::move(compression);
  result.note = std::move(note);
  return result;
}

std::optional<FileSchema> classify_text(const Sample& sample,
                                        const std::vector<CustomClassifier>& custom) {
  for (const CustomClassifier& classifier : custom) {
    std::optional<FileSchema> schema;
    if (classifier.json) schema = infer_json(sample, *classifier.json, classifier.json_path);
    if (classifier.csv) schema = infer_csv(sample, *classifier.csv);
    if (schema) return schema;
  }
  const JsonRowSelector root{{JsonPath{}}};
  if (auto schema = infer_json(sample, root, {})) return schema;
  return infer_csv(sample, CsvRules{});
}

}  // namespace

bool needs_footer(std::string_view head) { return head.starts_with("PAR1"); }

Classified classify(const std::string& head, std::uint64_t size,
                    const std::vector<CustomClassifier>& custom) {
  const bool whole = head.size() >= size;
  const std::string compression(compression_of(head));
  Sample sample{{}, whole};
  if (compression == "gzip") {
    Result<Sample> inflated = inflate_gzip(head, whole, limits::kGlueSampleBytes);
    if (!inflated) return unknown(compression, inflated.error().message);
    sample = std::move(*inflated);
  } else if (compression != "none") {
    return unknown(compression, fmt::format("{} files are recognised but not read", compression));
  } else {
    sample.bytes = head;
    sample.stored = head.size();
  }
  if (sample.bytes.starts_with("ORC")) {
    Classified result = unknown(compression, "ORC files are recognised, their schema is not read");
    result.schema.classification = "orc";
    return result;
  }
  Classified result;
  result.inflated = sample.bytes.size();
  result.sampled = sample.stored;
  if (sample.bytes.starts_with(std::string_view("Obj\x01", 4))) {
    Result<FileSchema> schema = avro_schema(sample.bytes);
    if (!schema) return unknown(compression, schema.error().message);
    result.schema = std::move(*schema);
  } else if (auto schema = classify_text(sample, custom)) {
    result.schema = std::move(*schema);
  } else {
    return unknown(compression, "no classifier recognised the data");
  }
  result.schema.compression = compression;
  return result;
}

Classified classify_parquet(std::string_view footer) {
  Result<FileSchema> schema = parquet_schema(footer);
  if (!schema) return unknown("none", schema.error().message);
  Classified result;
  result.schema = std::move(*schema);
  return result;
}

}  // namespace penstock::glue
