// Objects as rows: every line of any bytes, plain or compressed, in every row format, is written
// into vectors or refused. The first line of the input chooses: its first letter the format, "z"
// after it that the rest is gzip.
#include <duckdb.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sql/line_reader.h"
#include "sql/row_format.h"
#include "sql/vector_writer.h"

namespace penstock::sql {
namespace {

class OneObject final : public ObjectReader {
 public:
  explicit OneObject(std::string_view bytes) : bytes_(bytes) {}
  Result<std::vector<ObjectInfo>> list(const std::string&, const std::string&) override {
    return std::vector<ObjectInfo>{};
  }
  Result<std::string> read(const std::string&, const std::string&, std::uint64_t offset,
                           std::uint64_t length) override {
    return std::string(bytes_.substr(std::min<std::uint64_t>(offset, bytes_.size()), length));
  }

 private:
  const std::string_view bytes_;
};

const Table& table() {
  static const Table made = [] {
    Table table;
    for (const char* type :
         {"string", "int", "double", "decimal(10,2)", "timestamp", "date", "boolean", "binary",
          "array<string>", "map<string,int>", "struct<x:int,y:array<double>>"}) {
      const std::string name = "c" + std::to_string(table.columns.size());
      table.columns.push_back({name, parse_hive_type(type).value(), type, ""});
    }
    table.serde_parameters = {{"escape.delim", "\\"}, {"field.delim", ","}};
    return table;
  }();
  return made;
}

class Chunk {
 public:
  Chunk() {
    for (const Column& column : table().columns) types_.push_back(engine_type(column.type));
    chunk_ = duckdb_create_data_chunk(types_.data(), types_.size());
    for (idx_t i = 0; i < types_.size(); ++i) {
      vectors_.push_back(duckdb_data_chunk_get_vector(chunk_, i));
    }
  }
  ~Chunk() {
    duckdb_destroy_data_chunk(&chunk_);
    for (duckdb_logical_type& type : types_) duckdb_destroy_logical_type(&type);
  }
  void reset() { duckdb_data_chunk_reset(chunk_); }
  const RowVectors& vectors() const { return vectors_; }

 private:
  std::vector<duckdb_logical_type> types_;
  duckdb_data_chunk chunk_ = nullptr;
  RowVectors vectors_;
};

}  // namespace
}  // namespace penstock::sql

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::sql;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos || end == 0) return 0;
  const std::string_view bytes = text.substr(end + 1);
  const auto format = text[0] == 'j'   ? json_format(table())
                      : text[0] == 'c' ? csv_format(table())
                                       : delimited_format(table());
  OneObject reader(bytes);
  std::atomic<std::uint64_t> scanned{0};
  ObjectInfo object{end > 1 && text[1] == 'z' ? "o.gz" : "o", bytes.size(), {}};
  LineReader lines(reader, "bucket", std::move(object), scanned);
  Chunk chunk;
  std::string_view line;
  idx_t row = 0;
  while (true) {
    const auto more = lines.next(line);
    if (!more || !*more) break;
    if (!format->write(line, row, chunk.vectors())) break;
    if (++row == 2048) {
      chunk.reset();
      row = 0;
    }
  }
  return 0;
}
