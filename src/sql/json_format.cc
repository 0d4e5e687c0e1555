// JSON objects, one per line, as the OpenX and Hive SerDes read them: keys without regard to case,
// scalars into what the column wants. Only the first document of a line is read, as on Athena.

#include <fmt/format.h>

#include <unordered_map>

#include "base/bytes.h"
#include "sql/json_cursor.h"
#include "sql/row_format.h"
#include "sql/time_text.h"
#include "sql/vector_writer.h"

namespace penstock::sql {

namespace {

bool flag(const Table& table, const std::string& name, bool otherwise) {
  const auto found = table.serde_parameters.find(name);
  return found == table.serde_parameters.end() ? otherwise
                                               : equals_ignore_case(found->second, "true");
}

class JsonFormat final : public RowFormat {
 public:
  explicit JsonFormat(const Table& table)
      : table_(table), ignore_malformed_(flag(table, "ignore.malformed.json", false)) {
    std::unordered_map<std::string, std::string> keys;
    for (const auto& [name, value] : table.serde_parameters) {
      if (name.starts_with("mapping.")) keys[to_lower(name.substr(8))] = to_lower(value);
    }
    const bool dots = flag(table, "dots.in.keys", false);
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const auto mapped = keys.find(table.columns[i].name);
      columns_[mapped == keys.end() ? table.columns[i].name : mapped->second] = i;
    }
    dots_in_keys_ = dots;
    seen_.resize(table.columns.size());
  }

  Outcome<void> write(std::string_view line, idx_t row, const RowVectors& vectors) override {
    JsonCursor in(line);
    in.blanks();
    auto written = in.peek() == '[' ? by_position(in, row, vectors) : by_name(in, row, vectors);
    if (written && !in.failed()) return {};
    if (!in.failed()) return written;  // A field that does not fit its column.
    if (ignore_malformed_) {
      for (std::size_t i = 0; i < vectors.size(); ++i) {
        if (vectors[i] != nullptr) write_null(vectors[i], row, table_.columns[i].type);
      }
      return {};
    }
    return std::unexpected(
        plain_error("HIVE_CURSOR_ERROR",
                    fmt::format("Row is not a valid JSON Object - JSONException: {}", in.error())));
  }

 private:
  Outcome<void> by_name(JsonCursor& in, idx_t row, const RowVectors& vectors) {
    ++generation_;
    if (!in.take('{')) {
      in.fail("A JSONObject text must begin with '{'");
      return {};
    }
    std::size_t position = 0;
    if (!in.take('}')) {
      do {
        if (!in.string(key_)) return {};
        if (!in.take(':')) {
          in.fail("Expected a ':' after a key");
          return {};
        }
        const std::size_t column = find_column(position++);
        if (column == kNone) {
          in.skip(0);
        } else {
          if (seen_[column] == generation_) {
            in.fail(fmt::format("Duplicate key \"{}\"", to_lower(key_)));
            return {};
          }
          seen_[column] = generation_;
          if (vectors[column] == nullptr) {
            in.skip(0);
          } else {
            auto written = value(in, table_.columns[column].type, vectors[column], row, column, 0);
            if (!written) return written;
          }
        }
        if (in.failed()) return {};
      } while (in.take(','));
      if (!in.take('}')) {
        in.fail("Expected a ',' or '}'");
        return {};
      }
    }
    for (std::size_t i = 0; i < vectors.size(); ++i) {
      if (vectors[i] != nullptr && seen_[i] != generation_)
        write_null(vectors[i], row, table_.columns[i].type);
    }
    return {};
  }

  Outcome<void> by_position(JsonCursor& in, idx_t row, const RowVectors& vectors) {
    in.take('[');
    std::size_t column = 0;
    if (!in.take(']')) {
      do {
        if (column < vectors.size() && vectors[column] != nullptr) {
          auto written = value(in, table_.columns[column].type, vectors[column], row, column, 0);
          if (!written) return written;
        } else {
          in.skip(0);
        }
        ++column;
        if (in.failed()) return {};
      } while (in.take(','));
      if (!in.take(']')) {
        in.fail("Expected a ',' or ']'");
        return {};
      }
    }
    for (; column < vectors.size(); ++column) {
      if (vectors[column] != nullptr) write_null(vectors[column], row, table_.columns[column].type);
    }
    return {};
  }

  // Rows of one producer have their keys in one order: the guess from the last row is nearly always
  // right.
  std::size_t find_column(std::size_t position) {
    if (position < guesses_.size() && guesses_[position].first == key_) {
      return guesses_[position].second;
    }
    std::string name = to_lower(key_);
    if (dots_in_keys_) {
      for (char& c : name) c = c == '.' ? '_' : c;
    }
    const auto found = columns_.find(name);
    const std::size_t column = found == columns_.end() ? kNone : found->second;
    if (position >= guesses_.size() && position < kGuessesMax) guesses_.resize(position + 1);
    if (position < guesses_.size()) guesses_[position] = {key_, column};
    return column;
  }

  Outcome<void> value(JsonCursor& in, const Type& type, duckdb_vector vector, idx_t row,
                      std::size_t column, int depth) {
    in.blanks();
    if (in.literal("null")) {
      write_null(vector, row, type);
      return {};
    }
    if (depth > kDepthMax) {
      in.fail("Nesting too deep");
      return {};
    }
    switch (type.kind) {
      case TypeKind::kArray: return array(in, type, vector, row, column, depth);
      case TypeKind::kMap: return map(in, type, vector, row, column, depth);
      case TypeKind::kRow: return structure(in, type, vector, row, column, depth);
      default: return scalar(in, type, vector, row, column, depth);
    }
  }

  Outcome<void> scalar(JsonCursor& in, const Type& type, duckdb_vector vector, idx_t row,
                       std::size_t column, int depth) {
    const char c = in.peek();
    bool quoted = false;
    std::string& text = text_;
    if (c == '"') {
      quoted = true;
      if (!in.string(text)) return {};
    } else if (c == '{' || c == '[') {
      text.clear();
      in.copy(text, depth);
      if (in.failed()) return {};
      if (!is_string(type)) return std::unexpected(bad_field(text, column));
    } else {
      std::string_view token;
      if (!in.scalar(token)) return {};
      text = token;
    }
    if (type.kind == TypeKind::kTimestamp) {
      if (!write_json_timestamp(vector, row, text)) {
        if (quoted && text.empty()) {
          write_null(vector, row, type);
          return {};
        }
        return std::unexpected(plain_error(
            "HIVE_BAD_DATA",
            fmt::format("Error parsing field value '{}' for field {}: Timestamp format must be "
                        "yyyy-mm-dd hh:mm:ss[.fffffffff]",
                        text, column)));
      }
      return {};
    }
    switch (write_scalar(vector, row, type, text)) {
      case Written::kValue: return {};
      case Written::kNull: write_null(vector, row, type); return {};
      case Written::kBad: break;
    }
    // An empty text is no number, but no error either.
    if (quoted && text.empty()) {
      write_null(vector, row, type);
      return {};
    }
    return std::unexpected(bad_field(text, column));
  }

  // Hive's form, ISO 8601, or a number: seconds up to ten digits, else milliseconds.
  static bool write_json_timestamp(duckdb_vector vector, idx_t row, const std::string& text) {
    if (!text.empty() && text.find_first_not_of("0123456789.") == std::string::npos) {
      const std::size_t digits = std::min(text.find('.'), text.size());
      const double number = std::strtod(text.c_str(), nullptr);
      write_timestamp(vector, row,
                      static_cast<std::int64_t>(digits <= 10 ? number * 1e6 : number * 1e3));
      return digits <= 15;
    }
    auto parsed = parse_timestamp_text(text);
    if (!parsed) parsed = parse_timestamp_text(text, true);
    if (!parsed || (!parsed->zone.empty() && !parsed->offset_minutes)) return false;
    write_timestamp(vector, row,
                    parsed->micros - parsed->offset_minutes.value_or(0) * std::int64_t{60'000'000});
    return true;
  }

  Outcome<void> array(JsonCursor& in, const Type& type, duckdb_vector vector, idx_t row,
                      std::size_t column, int depth) {
    if (in.peek() != '[') return wrong_shape(in, column, depth);
    // Counted first: the places of one list must lie together, and elements may hold lists
    // themselves.
    const idx_t count = in.count_elements(depth);
    if (in.failed()) return {};
    const idx_t start = begin_list(vector, row, count);
    in.take('[');
    for (idx_t i = 0; i < count; ++i) {
      if (i > 0) in.take(',');
      auto written = value(in, type.args[0], duckdb_list_vector_get_child(vector), start + i,
                           column, depth + 1);
      if (!written || in.failed()) return written;
    }
    in.take(']');
    return {};
  }

  Outcome<void> map(JsonCursor& in, const Type& type, duckdb_vector vector, idx_t row,
                    std::size_t column, int depth) {
    if (in.peek() != '{') return wrong_shape(in, column, depth);
    const idx_t count = in.count_elements(depth);
    if (in.failed()) return {};
    const idx_t start = begin_list(vector, row, count);
    in.take('{');
    std::string key;
    for (idx_t i = 0; i < count; ++i) {
      if (i > 0) in.take(',');
      if (!in.string(key) || !in.take(':')) return {};
      const duckdb_vector entries = duckdb_list_vector_get_child(vector);
      const duckdb_vector keys = duckdb_struct_vector_get_child(entries, 0);
      if (write_scalar(keys, start + i, type.args[0], key) != Written::kValue) {
        return std::unexpected(bad_field(key, column));
      }
      auto written = value(in, type.args[1], duckdb_struct_vector_get_child(entries, 1), start + i,
                           column, depth + 1);
      if (!written || in.failed()) return written;
    }
    in.take('}');
    return {};
  }

  Outcome<void> structure(JsonCursor& in, const Type& type, duckdb_vector vector, idx_t row,
                          std::size_t column, int depth) {
    if (in.peek() != '{') return wrong_shape(in, column, depth);
    std::vector<bool> seen(type.args.size());
    in.take('{');
    std::string key;
    if (!in.take('}')) {
      do {
        if (!in.string(key)) return {};
        if (!in.take(':')) {
          in.fail("Expected a ':' after a key");
          return {};
        }
        std::size_t field = 0;
        while (field < type.names.size() && !equals_ignore_case(type.names[field], key)) ++field;
        if (field == type.names.size() || seen[field]) {
          in.skip(depth);
        } else {
          seen[field] = true;
          auto written = value(in, type.args[field], duckdb_struct_vector_get_child(vector, field),
                               row, column, depth + 1);
          if (!written) return written;
        }
        if (in.failed()) return {};
      } while (in.take(','));
      if (!in.take('}')) {
        in.fail("Expected a ',' or '}'");
        return {};
      }
    }
    for (std::size_t i = 0; i < seen.size(); ++i) {
      if (!seen[i]) write_null(duckdb_struct_vector_get_child(vector, i), row, type.args[i]);
    }
    return {};
  }

  // A scalar where the column wants an array, or the like.
  Outcome<void> wrong_shape(JsonCursor& in, std::size_t column, int depth) {
    std::string text;
    in.copy(text, depth);
    if (in.failed()) return {};
    return std::unexpected(bad_field(text, column));
  }

  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  static constexpr std::size_t kGuessesMax = 1024;
  static constexpr int kDepthMax = 60;

  const Table& table_;
  const bool ignore_malformed_;
  bool dots_in_keys_ = false;
  std::unordered_map<std::string, std::size_t> columns_;
  std::vector<std::pair<std::string, std::size_t>> guesses_;
  std::vector<std::uint64_t> seen_;
  std::uint64_t generation_ = 0;
  std::string key_, text_;
};

}  // namespace

std::unique_ptr<RowFormat> json_format(const Table& table) {
  return std::make_unique<JsonFormat>(table);
}

}  // namespace penstock::sql
