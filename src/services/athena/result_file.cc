// Writes and reads result files byte for byte as Athena does.
#include "services/athena/result_file.h"

namespace penstock::athena {
namespace {

void varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(0x80 | (value & 0x7F));
    value >>= 7;
  }
  out += static_cast<char>(value);
}

void text_field(std::string& out, int number, std::string_view text) {
  varint(out, static_cast<std::uint64_t>(number) << 3 | 2);
  varint(out, text.size());
  out += text;
}

void number_field(std::string& out, int number, std::uint64_t value) {
  varint(out, static_cast<std::uint64_t>(number) << 3);
  varint(out, value);
}

}  // namespace

void append_csv(std::string& out, std::span<const std::optional<std::string>> cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) out += ',';
    if (!cells[i]) continue;
    out += '"';
    for (const char c : *cells[i]) {
      if (c == '"') out += '"';
      out += c;
    }
    out += '"';
  }
  out += '\n';
}

bool read_csv(std::string_view text, std::size_t& at, Cells& cells) {
  cells.clear();
  std::size_t in = at;
  while (true) {
    std::optional<std::string> cell;
    if (in < text.size() && text[in] == '"') {
      cell.emplace();
      ++in;
      while (true) {
        const std::size_t quote = text.find('"', in);
        // A quote at the very end may be the first half of a pair.
        if (quote == std::string_view::npos || quote + 1 >= text.size()) return false;
        cell->append(text, in, quote - in);
        in = quote + 1;
        if (text[in] != '"') break;
        *cell += '"';
        ++in;
      }
    }
    if (in >= text.size()) return false;
    cells.push_back(std::move(cell));
    const char end = text[in++];
    if (end == ',') continue;
    at = in;
    return true;
  }
}

std::string metadata_file(const std::string& id, const std::string& update_type,
                          std::optional<std::int64_t> update_count,
                          const std::vector<api::ColumnInfo>& columns) {
  std::string out;
  text_field(out, 1, id);
  if (!update_type.empty()) text_field(out, 2, update_type);
  if (update_count) number_field(out, 3, static_cast<std::uint64_t>(*update_count));
  for (const api::ColumnInfo& column : columns) {
    std::string message;
    text_field(message, 1, column.catalog_name.value_or("hive"));
    text_field(message, 4, column.name);
    text_field(message, 5, column.label.value_or(column.name));
    text_field(message, 6, column.type);
    const bool bare = column.type == "array" || column.type == "map" || column.type == "row" ||
                      column.type == "json" || column.type == "uuid" || column.type == "string";
    const bool no_numbers = bare || column.type == "boolean" || column.type.starts_with("interval");
    if (!no_numbers && column.type != "date") {
      number_field(message, 7, static_cast<std::uint64_t>(column.precision.value_or(0)));
    }
    if (!no_numbers) number_field(message, 8, static_cast<std::uint64_t>(column.scale.value_or(0)));
    number_field(message, 9, 3);
    if (!bare) number_field(message, 10, column.case_sensitive.value_or(false) ? 1 : 0);
    text_field(out, 4, message);
  }
  return out;
}

api::ColumnInfo column_info(std::string name, std::string type, int precision, int scale,
                            bool case_sensitive) {
  api::ColumnInfo info;
  info.catalog_name = "hive";
  info.schema_name = "";
  info.table_name = "";
  info.label = name;
  info.name = std::move(name);
  info.type = std::move(type);
  info.precision = precision;
  info.scale = scale;
  info.nullable = "UNKNOWN";
  info.case_sensitive = case_sensitive;
  return info;
}

}  // namespace penstock::athena
