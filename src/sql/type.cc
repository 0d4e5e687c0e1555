// Spellings and conversions of types. Pure.

#include "sql/type.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace penstock::sql {

namespace {

struct Spelling {
  TypeKind kind;
  std::string_view trino, hive, duckdb;
};
constexpr std::array kSpellings = {
    Spelling{TypeKind::kUnknown, "unknown", "void", "INTEGER"},
    Spelling{TypeKind::kBoolean, "boolean", "boolean", "BOOLEAN"},
    Spelling{TypeKind::kTinyint, "tinyint", "tinyint", "TINYINT"},
    Spelling{TypeKind::kSmallint, "smallint", "smallint", "SMALLINT"},
    Spelling{TypeKind::kInteger, "integer", "int", "INTEGER"},
    Spelling{TypeKind::kBigint, "bigint", "bigint", "BIGINT"},
    Spelling{TypeKind::kReal, "real", "float", "FLOAT"},
    Spelling{TypeKind::kDouble, "double", "double", "DOUBLE"},
    Spelling{TypeKind::kVarchar, "varchar", "string", "VARCHAR"},
    Spelling{TypeKind::kVarbinary, "varbinary", "binary", "BLOB"},
    Spelling{TypeKind::kDate, "date", "date", "DATE"},
    Spelling{TypeKind::kTime, "time", "string", "TIME"},
    Spelling{TypeKind::kIntervalDay, "interval day to second", "string", "INTERVAL"},
    Spelling{TypeKind::kIntervalYear, "interval year to month", "string", "INTERVAL"},
    Spelling{TypeKind::kJson, "json", "string", "JSON"},
    Spelling{TypeKind::kUuid, "uuid", "string", "UUID"},
};

const Spelling* spelling_of(TypeKind kind) {
  for (const Spelling& row : kSpellings) {
    if (row.kind == kind) return &row;
  }
  return nullptr;
}

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

// A recursive descent over Hive's spelling, which has no blanks of meaning.
class HiveTypeParser {
 public:
  explicit HiveTypeParser(std::string_view text) : text_(text) {}

  std::optional<Type> parse_all() {
    std::optional<Type> type = parse(0);
    blanks();
    return at_ == text_.size() ? type : std::nullopt;
  }

 private:
  static constexpr int kDepthMax = 64;

  void blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) {
      ++at_;
    }
  }
  bool take(char c) {
    blanks();
    if (at_ < text_.size() && text_[at_] == c) {
      ++at_;
      return true;
    }
    return false;
  }
  std::string word() {
    blanks();
    if (take('`')) {
      const std::size_t end = text_.find('`', at_);
      if (end == std::string_view::npos) return {};
      std::string name(text_.substr(at_, end - at_));
      at_ = end + 1;
      return name;
    }
    const std::size_t start = at_;
    const std::string_view stops = "<>(),: \t\n";
    while (at_ < text_.size() && stops.find(text_[at_]) == std::string_view::npos) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }
  std::optional<int> number() {
    const std::string digits = word();
    if (digits.empty() || digits.size() > 6) return std::nullopt;
    int value = 0;
    for (const char c : digits) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    return value;
  }

  std::optional<Type> parse(int depth) {
    if (depth > kDepthMax) return std::nullopt;
    const std::string name = to_lower(word());
    if (name == "array") {
      if (!take('<')) return std::nullopt;
      auto element = parse(depth + 1);
      if (!element || !take('>')) return std::nullopt;
      return array_type(std::move(*element));
    }
    if (name == "map") {
      if (!take('<')) return std::nullopt;
      auto key = parse(depth + 1);
      if (!key || !take(',')) return std::nullopt;
      auto value = parse(depth + 1);
      if (!value || !take('>')) return std::nullopt;
      return map_type(std::move(*key), std::move(*value));
    }
    if (name == "struct") return parse_struct(depth);
    return parse_scalar(name);
  }

  std::optional<Type> parse_struct(int depth) {
    if (!take('<')) return std::nullopt;
    std::vector<Type> fields;
    std::vector<std::string> names;
    do {
      std::string field = to_lower(word());
      if (field.empty() || !take(':')) return std::nullopt;
      auto type = parse(depth + 1);
      if (!type) return std::nullopt;
      fields.push_back(std::move(*type));
      names.push_back(std::move(field));
    } while (take(','));
    if (!take('>')) return std::nullopt;
    return row_type(std::move(fields), std::move(names));
  }

  std::optional<Type> parse_scalar(const std::string& name) {
    if (name == "decimal" || name == "numeric") {
      if (!take('(')) return decimal_type(10, 0);
      const auto precision = number();
      std::optional<int> scale = 0;
      if (take(',')) scale = number();
      if (!precision || !scale || !take(')')) return std::nullopt;
      if (*precision < 1 || *precision > 38 || *scale > *precision) return std::nullopt;
      return decimal_type(*precision, *scale);
    }
    if (name == "varchar" || name == "char") {
      int length = name == "char" ? 1 : 0;
      if (take('(')) {
        const auto given = number();
        if (!given || *given < 1 || !take(')')) return std::nullopt;
        length = *given;
      }
      Type type = varchar_type(length);
      if (name == "char") type.kind = TypeKind::kChar;
      return type;
    }
    if (name == "timestamp") return timestamp_type(3);
    if (name == "integer") return simple_type(TypeKind::kInteger);
    for (const Spelling& row : kSpellings) {
      if (row.hive == name && row.kind != TypeKind::kUnknown) return simple_type(row.kind);
    }
    return std::nullopt;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

int numeric_rank(TypeKind kind) {
  switch (kind) {
    case TypeKind::kTinyint: return 1;
    case TypeKind::kSmallint: return 2;
    case TypeKind::kInteger: return 3;
    case TypeKind::kBigint: return 4;
    case TypeKind::kDecimal: return 5;
    case TypeKind::kReal: return 6;
    case TypeKind::kDouble: return 7;
    default: return 0;
  }
}

Type as_decimal(const Type& type) {
  switch (type.kind) {
    case TypeKind::kTinyint: return decimal_type(3, 0);
    case TypeKind::kSmallint: return decimal_type(5, 0);
    case TypeKind::kInteger: return decimal_type(10, 0);
    case TypeKind::kBigint: return decimal_type(19, 0);
    default: return type;
  }
}

std::optional<Type> common_numeric(const Type& a, const Type& b) {
  const Type& wide = numeric_rank(a.kind) >= numeric_rank(b.kind) ? a : b;
  if (wide.kind != TypeKind::kDecimal) return simple_type(wide.kind);
  const Type x = as_decimal(a), y = as_decimal(b);
  const int scale = std::max(x.scale, y.scale);
  const int whole = std::max(x.precision - x.scale, y.precision - y.scale);
  return decimal_type(std::min(38, whole + scale), scale);
}

std::optional<Type> common_temporal(const Type& a, const Type& b) {
  if (a.kind == TypeKind::kTime || b.kind == TypeKind::kTime) return std::nullopt;
  const bool zoned = a.kind == TypeKind::kTimestampTz || b.kind == TypeKind::kTimestampTz;
  const int precision = std::max(a.kind == TypeKind::kDate ? 0 : a.precision,
                                 b.kind == TypeKind::kDate ? 0 : b.precision);
  if (zoned) {
    return timestamp_tz_type(precision, a.kind == TypeKind::kTimestampTz ? a.zone : b.zone);
  }
  return timestamp_type(precision);
}

std::optional<Type> common_nested(const Type& a, const Type& b) {
  if (a.kind != b.kind || a.args.size() != b.args.size()) return std::nullopt;
  Type result = a;
  for (std::size_t i = 0; i < a.args.size(); ++i) {
    auto element = common_type(a.args[i], b.args[i]);
    if (!element) return std::nullopt;
    result.args[i] = std::move(*element);
    if (a.kind == TypeKind::kRow && a.names[i] != b.names[i]) result.names[i].clear();
  }
  return result;
}

}  // namespace

Type simple_type(TypeKind kind) {
  Type type;
  type.kind = kind;
  if (kind == TypeKind::kTime) type.precision = 3;
  return type;
}
Type varchar_type(int length) {
  Type type = simple_type(TypeKind::kVarchar);
  type.precision = length;
  return type;
}
Type decimal_type(int precision, int scale) {
  Type type = simple_type(TypeKind::kDecimal);
  type.precision = precision;
  type.scale = scale;
  return type;
}
Type timestamp_type(int precision) {
  Type type = simple_type(TypeKind::kTimestamp);
  type.precision = precision;
  return type;
}
Type timestamp_tz_type(int precision, std::string zone) {
  Type type = simple_type(TypeKind::kTimestampTz);
  type.precision = precision;
  type.zone = std::move(zone);
  return type;
}
Type array_type(Type element) {
  Type type = simple_type(TypeKind::kArray);
  type.args.push_back(std::move(element));
  return type;
}
Type map_type(Type key, Type value) {
  Type type = simple_type(TypeKind::kMap);
  type.args.push_back(std::move(key));
  type.args.push_back(std::move(value));
  return type;
}
Type row_type(std::vector<Type> fields, std::vector<std::string> names) {
  Type type = simple_type(TypeKind::kRow);
  type.args = std::move(fields);
  type.names = std::move(names);
  return type;
}

bool is_integer(const Type& type) {
  return type.kind >= TypeKind::kTinyint && type.kind <= TypeKind::kBigint;
}
bool is_numeric(const Type& type) {
  return type.kind >= TypeKind::kTinyint && type.kind <= TypeKind::kDecimal;
}
bool is_string(const Type& type) {
  return type.kind == TypeKind::kVarchar || type.kind == TypeKind::kChar;
}
bool is_temporal(const Type& type) {
  return type.kind >= TypeKind::kDate && type.kind <= TypeKind::kTimestampTz;
}
bool is_orderable(const Type& type) {
  if (type.kind == TypeKind::kMap || type.kind == TypeKind::kJson) return false;
  return std::ranges::all_of(type.args, is_orderable);
}

std::string trino_name(const Type& type) {
  switch (type.kind) {
    case TypeKind::kDecimal: return fmt::format("decimal({},{})", type.precision, type.scale);
    case TypeKind::kVarchar:
      return type.precision == 0 ? "varchar" : fmt::format("varchar({})", type.precision);
    case TypeKind::kChar: return fmt::format("char({})", type.precision);
    case TypeKind::kTime: return fmt::format("time({})", type.precision);
    case TypeKind::kTimestamp: return fmt::format("timestamp({})", type.precision);
    case TypeKind::kTimestampTz: return fmt::format("timestamp({}) with time zone", type.precision);
    case TypeKind::kArray: return fmt::format("array({})", trino_name(type.args[0]));
    case TypeKind::kMap:
      return fmt::format("map({}, {})", trino_name(type.args[0]), trino_name(type.args[1]));
    case TypeKind::kRow: {
      std::string out = "row(";
      for (std::size_t i = 0; i < type.args.size(); ++i) {
        if (i > 0) out += ", ";
        if (!type.names[i].empty()) out += type.names[i] + ' ';
        out += trino_name(type.args[i]);
      }
      return out + ')';
    }
    default: return std::string(spelling_of(type.kind)->trino);
  }
}

std::string hive_name(const Type& type) {
  switch (type.kind) {
    case TypeKind::kDecimal: return fmt::format("decimal({},{})", type.precision, type.scale);
    case TypeKind::kVarchar:
      return type.precision == 0 ? "string" : fmt::format("varchar({})", type.precision);
    case TypeKind::kChar: return fmt::format("char({})", type.precision);
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz: return "timestamp";
    case TypeKind::kArray: return fmt::format("array<{}>", hive_name(type.args[0]));
    case TypeKind::kMap:
      return fmt::format("map<{},{}>", hive_name(type.args[0]), hive_name(type.args[1]));
    case TypeKind::kRow: {
      std::string out = "struct<";
      for (std::size_t i = 0; i < type.args.size(); ++i) {
        if (i > 0) out += ',';
        out += (type.names[i].empty() ? fmt::format("field{}", i) : type.names[i]) + ':';
        out += hive_name(type.args[i]);
      }
      return out + '>';
    }
    default: return std::string(spelling_of(type.kind)->hive);
  }
}

std::string duckdb_name(const Type& type) {
  switch (type.kind) {
    case TypeKind::kDecimal: return fmt::format("DECIMAL({},{})", type.precision, type.scale);
    case TypeKind::kChar: return "VARCHAR";
    case TypeKind::kTimestamp: return "TIMESTAMP";
    case TypeKind::kTimestampTz: return "TIMESTAMPTZ";
    case TypeKind::kArray: return duckdb_name(type.args[0]) + "[]";
    case TypeKind::kMap:
      return fmt::format("MAP({}, {})", duckdb_name(type.args[0]), duckdb_name(type.args[1]));
    case TypeKind::kRow: {
      // Fields are named by position: Trino allows unnamed and repeated ones, DuckDB does not.
      std::string out = "STRUCT(";
      for (std::size_t i = 0; i < type.args.size(); ++i) {
        if (i > 0) out += ", ";
        out += quoted(fmt::format("f{}", i)) + ' ' + duckdb_name(type.args[i]);
      }
      return out + ')';
    }
    default: return std::string(spelling_of(type.kind)->duckdb);
  }
}

std::optional<Type> parse_hive_type(std::string_view text) {
  return HiveTypeParser(text).parse_all();
}

std::optional<Type> common_type(const Type& a, const Type& b) {
  if (a.kind == TypeKind::kUnknown) return b;
  if (b.kind == TypeKind::kUnknown) return a;
  if (is_numeric(a) && is_numeric(b)) return common_numeric(a, b);
  if (is_string(a) && is_string(b)) {
    if (a.kind != b.kind) return varchar_type(std::max(a.precision, b.precision));
    Type type = a;
    type.precision = a.precision == 0 || b.precision == 0 ? 0 : std::max(a.precision, b.precision);
    return type;
  }
  if (a.kind == b.kind && a.args.empty() && !is_temporal(a)) return a;
  if (a.kind == b.kind && (a.kind == TypeKind::kDate || a.kind == TypeKind::kTime)) return a;
  if (is_temporal(a) && is_temporal(b)) return common_temporal(a, b);
  return a.args.empty() ? std::nullopt : common_nested(a, b);
}

bool coercible(const Type& from, const Type& to) {
  const auto common = common_type(from, to);
  if (!common) return false;
  if (to.kind == TypeKind::kVarchar) return true;
  return common->kind == to.kind;
}

ColumnMetadata column_metadata(const Type& type) {
  switch (type.kind) {
    case TypeKind::kTinyint: return {"tinyint", 3, 0, false};
    case TypeKind::kSmallint: return {"smallint", 5, 0, false};
    case TypeKind::kInteger: return {"integer", 10, 0, false};
    case TypeKind::kBigint: return {"bigint", 19, 0, false};
    case TypeKind::kReal: return {"float", 17, 0, false};
    case TypeKind::kDouble: return {"double", 17, 0, false};
    case TypeKind::kDecimal: return {"decimal", type.precision, type.scale, false};
    case TypeKind::kVarchar:
      return {"varchar", type.precision == 0 ? 2147483647 : type.precision, 0, true};
    case TypeKind::kChar: return {"char", type.precision, 0, true};
    case TypeKind::kTime: return {"time", 3, 0, false};
    case TypeKind::kTimestamp: return {"timestamp", 3, 0, false};
    case TypeKind::kTimestampTz: return {"timestamp with time zone", 3, 0, false};
    case TypeKind::kVarbinary: return {"varbinary", 1073741824, 0, false};
    case TypeKind::kArray: return {"array", 0, 0, false};
    case TypeKind::kMap: return {"map", 0, 0, false};
    case TypeKind::kRow: return {"row", 0, 0, false};
    default: return {std::string(spelling_of(type.kind)->trino), 0, 0, false};
  }
}

}  // namespace penstock::sql
