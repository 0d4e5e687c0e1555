// Text tables: LazySimpleSerDe (delimiters, no quotes) and OpenCSVSerde (quotes, and its own
// dates).

#include <fmt/format.h>

#include <cstdint>
#include <limits>

#include "base/bytes.h"
#include "sql/number_text.h"
#include "sql/row_format.h"
#include "sql/vector_writer.h"

namespace penstock::sql {

namespace {

std::string parameter(const Table& table, const std::string& name, std::string otherwise) {
  const auto found = table.serde_parameters.find(name);
  return found == table.serde_parameters.end() || found->second.empty() ? otherwise : found->second;
}

// A delimiter is a character, or its number ("1" is \001).
char delimiter(const Table& table, const std::string& name, char otherwise) {
  const std::string text = parameter(table, name, std::string(1, otherwise));
  if (text == "\\t") return '\t';
  const auto number = parse_integer(text, 16);
  if (number && text.size() > 1 && *number >= 0 && *number < 128) return static_cast<char>(*number);
  if (number && text.size() == 1 && name == "serialization.format") {
    return static_cast<char>(*number);
  }
  return text[0];
}

class DelimitedFormat final : public RowFormat {
 public:
  explicit DelimitedFormat(const Table& table)
      : table_(table), null_text_(parameter(table, "serialization.null.format", "\\N")) {
    const char base = delimiter(table, "serialization.format", '\001');
    separators_[0] = table.serde_parameters.contains("field.delim")
                         ? delimiter(table, "field.delim", '\001')
                         : base;
    separators_[1] = delimiter(table, "collection.delim", '\002');
    // Hive itself misspells the name of this property.
    separators_[1] = delimiter(table, "colelction.delim", separators_[1]);
    separators_[2] = delimiter(table, "mapkey.delim", '\003');
    for (std::size_t i = 3; i < kLevels; ++i) separators_[i] = static_cast<char>(i + 1);
    const std::string escape = parameter(table, "escape.delim", "");
    if (!escape.empty()) escape_ = escape[0];
  }

  Outcome<void> write(std::string_view line, idx_t row, const RowVectors& vectors) override {
    std::size_t at = 0;
    bool more = true;
    for (std::size_t i = 0; i < vectors.size(); ++i) {
      const Type& type = table_.columns[i].type;
      if (!more) {
        if (vectors[i] != nullptr) write_null(vectors[i], row, type);
        continue;
      }
      const std::string_view field = next(line, at, separators_[0], more);
      if (vectors[i] != nullptr) value(field, type, vectors[i], row, 1);
    }
    return {};
  }

 private:
  static constexpr std::size_t kLevels = 8;

  // The text up to the next separator that is not escaped; `more` tells whether another follows.
  std::string_view next(std::string_view text, std::size_t& at, char separator, bool& more) const {
    const std::size_t start = at;
    while (at < text.size() && text[at] != separator) {
      at += escape_ != '\0' && text[at] == escape_ && at + 1 < text.size() ? 2 : 1;
    }
    const std::string_view field = text.substr(start, at - start);
    more = at < text.size();
    if (more) ++at;
    return field;
  }

  std::string_view unescaped(std::string_view text) {
    if (escape_ == '\0' || text.find(escape_) == std::string_view::npos) return text;
    scratch_.clear();
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == escape_ && i + 1 < text.size()) ++i;
      scratch_ += text[i];
    }
    return scratch_;
  }

  std::vector<std::string_view> split(std::string_view text, std::size_t level) const {
    std::vector<std::string_view> parts;
    if (text.empty()) return parts;
    std::size_t at = 0;
    bool more = true;
    while (more) parts.push_back(next(text, at, separators_[std::min(level, kLevels - 1)], more));
    return parts;
  }

  // What does not parse is NULL, and no error: that is the SerDe's way.
  void value(std::string_view text, const Type& type, duckdb_vector vector, idx_t row,
             std::size_t level) {
    if (text == null_text_) return write_null(vector, row, type);
    switch (type.kind) {
      case TypeKind::kArray: {
        const auto parts = split(text, level);
        const idx_t start = begin_list(vector, row, parts.size());
        for (std::size_t i = 0; i < parts.size(); ++i) {
          value(parts[i], type.args[0], duckdb_list_vector_get_child(vector), start + i, level + 1);
        }
        return;
      }
      case TypeKind::kMap: {
        const auto parts = split(text, level);
        const idx_t start = begin_list(vector, row, parts.size());
        for (std::size_t i = 0; i < parts.size(); ++i) {
          const duckdb_vector entries = duckdb_list_vector_get_child(vector);
          std::size_t at = 0;
          bool more = false;
          const std::string_view key =
              next(parts[i], at, separators_[std::min(level + 1, kLevels - 1)], more);
          if (write_scalar(duckdb_struct_vector_get_child(entries, 0), start + i, type.args[0],
                           key) != Written::kValue) {
            return write_null(vector, row, type);
          }
          const duckdb_vector values = duckdb_struct_vector_get_child(entries, 1);
          if (more) {
            value(parts[i].substr(at), type.args[1], values, start + i, level + 2);
          } else {
            write_null(values, start + i, type.args[1]);
          }
        }
        return;
      }
      case TypeKind::kRow: {
        const auto parts = split(text, level);
        for (std::size_t i = 0; i < type.args.size(); ++i) {
          const duckdb_vector child = duckdb_struct_vector_get_child(vector, i);
          if (i < parts.size()) {
            value(parts[i], type.args[i], child, row, level + 1);
          } else {
            write_null(child, row, type.args[i]);
          }
        }
        return;
      }
      default:
        if (write_scalar(vector, row, type, unescaped(text)) != Written::kValue) {
          write_null(vector, row, type);
        }
    }
  }

  const Table& table_;
  const std::string null_text_;
  char separators_[kLevels] = {};
  char escape_ = '\0';
  std::string scratch_;
};

class CsvFormat final : public RowFormat {
 public:
  explicit CsvFormat(const Table& table)
      : table_(table),
        separator_(parameter(table, "separatorChar", ",")[0]),
        quote_(parameter(table, "quoteChar", "\"")[0]),
        escape_(parameter(table, "escapeChar", "\\")[0]) {}

  Outcome<void> write(std::string_view line, idx_t row, const RowVectors& vectors) override {
    std::size_t at = 0;
    bool more = true;
    for (std::size_t i = 0; i < vectors.size(); ++i) {
      const Type& type = table_.columns[i].type;
      if (!more) {
        if (vectors[i] != nullptr) write_null(vectors[i], row, type);
        continue;
      }
      next(line, at, more);
      if (vectors[i] == nullptr) continue;
      auto written = value(type, vectors[i], row, i);
      if (!written) return written;
    }
    return {};
  }

 private:
  void next(std::string_view line, std::size_t& at, bool& more) {
    field_.clear();
    bool quoted = false;
    while (at < line.size()) {
      const char c = line[at];
      const char after = at + 1 < line.size() ? line[at + 1] : '\0';
      if (quoted && c == escape_ && c != quote_ && (after == quote_ || after == escape_)) {
        field_ += after;
        at += 2;
      } else if (c == quote_) {
        if (quoted && after == quote_) {
          field_ += quote_;
          at += 2;
          continue;
        }
        quoted = !quoted;
        ++at;
      } else if (c == separator_ && !quoted) {
        ++at;
        more = true;
        return;
      } else {
        field_ += c;
        ++at;
      }
    }
    more = false;
  }

  // Dates are days since 1970 and timestamps milliseconds; an empty number is an error.
  Outcome<void> value(const Type& type, duckdb_vector vector, idx_t row, std::size_t column) {
    if (type.kind == TypeKind::kDate || type.kind == TypeKind::kTimestamp) {
      const bool is_date = type.kind == TypeKind::kDate;
      const auto number = parse_integer(field_, is_date ? 32 : 64);
      // The engine's vectors hold microseconds, and keep the ends of their ranges for infinity.
      const std::int64_t most = is_date ? std::numeric_limits<std::int32_t>::max() - 1
                                        : std::numeric_limits<std::int64_t>::max() / 1000 - 1;
      if (!number || *number > most || *number < -most) {
        return std::unexpected(bad_field(field_, column));
      }
      if (is_date) {
        static_cast<std::int32_t*>(duckdb_vector_get_data(vector))[row] =
            static_cast<std::int32_t>(*number);
      } else {
        write_timestamp(vector, row, *number * 1000);
      }
      return {};
    }
    switch (write_scalar(vector, row, type, field_)) {
      case Written::kValue: return {};
      case Written::kNull: write_null(vector, row, type); return {};
      case Written::kBad: break;
    }
    return std::unexpected(bad_field(field_, column));
  }

  const Table& table_;
  const char separator_, quote_, escape_;
  std::string field_;
};

}  // namespace

SqlError bad_field(std::string_view text, std::size_t column) {
  return plain_error("HIVE_BAD_DATA",
                     fmt::format("Error parsing field value '{0}' for field {1}: For input string: "
                                 "\"{0}\"",
                                 text, column));
}

TableFormat format_of(const Table& table) {
  const std::string serde = to_lower(table.serde);
  const auto has = [&](std::string_view part) { return serde.find(part) != std::string::npos; };
  if (has("jsonserde")) return TableFormat::kJson;
  if (has("lazysimpleserde")) return TableFormat::kDelimited;
  if (has("opencsvserde")) return TableFormat::kCsv;
  if (has("parquet")) return TableFormat::kParquet;
  return TableFormat::kUnknown;
}

std::unique_ptr<RowFormat> delimited_format(const Table& table) {
  return std::make_unique<DelimitedFormat>(table);
}

std::unique_ptr<RowFormat> csv_format(const Table& table) {
  return std::make_unique<CsvFormat>(table);
}

}  // namespace penstock::sql
