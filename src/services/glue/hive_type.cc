// The lattice of Hive types. The rules for JSON conflicts are deduced from tables that AWS crawlers
// made (int and double are seen to become double, int and text to become string).
#include "services/glue/hive_type.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/bytes.h"

namespace penstock::glue {
namespace {

using Kind = HiveType::Kind;

bool is_integer(Kind kind) { return kind >= Kind::kTinyint && kind <= Kind::kBigint; }
bool is_numeric(Kind kind) { return kind >= Kind::kTinyint && kind <= Kind::kDecimal; }

int integer_digits(Kind kind) {
  switch (kind) {
    case Kind::kTinyint: return 3;
    case Kind::kSmallint: return 5;
    case Kind::kInt: return 10;
    default: return 19;
  }
}

HiveType merge_decimals(const HiveType& a, const HiveType& b) {
  const int a_scale = a.kind == Kind::kDecimal ? a.scale : 0;
  const int b_scale = b.kind == Kind::kDecimal ? b.scale : 0;
  const int a_whole = a.kind == Kind::kDecimal ? a.precision - a.scale : integer_digits(a.kind);
  const int b_whole = b.kind == Kind::kDecimal ? b.precision - b.scale : integer_digits(b.kind);
  const int scale = std::max(a_scale, b_scale);
  const int precision = scale + std::max(a_whole, b_whole);
  constexpr int kDecimalPrecisionMax = 38;
  if (precision > kDecimalPrecisionMax) return hive(Kind::kDouble);
  return HiveType::decimal(precision, scale);
}

HiveType merge_numbers(const HiveType& a, const HiveType& b) {
  if (is_integer(a.kind) && is_integer(b.kind)) return a.kind < b.kind ? b : a;
  const bool floating = a.kind == Kind::kFloat || a.kind == Kind::kDouble ||
                        b.kind == Kind::kFloat || b.kind == Kind::kDouble;
  if (floating) return hive(Kind::kDouble);
  return merge_decimals(a, b);
}

void append(std::string& out, const HiveType& type);

void append_struct(std::string& out, const HiveType& type) {
  if (type.children.empty()) {
    out += "string";
    return;
  }
  out += "struct<";
  bool first = true;
  for (const HiveField& field : type.children) {
    if (!first) out += ',';
    first = false;
    out += field.name;
    out += ':';
    append(out, field.type);
  }
  out += '>';
}

void append(std::string& out, const HiveType& type) {
  switch (type.kind) {
    case Kind::kNull: out += "string"; return;
    case Kind::kBoolean: out += "boolean"; return;
    case Kind::kTinyint: out += "tinyint"; return;
    case Kind::kSmallint: out += "smallint"; return;
    case Kind::kInt: out += "int"; return;
    case Kind::kBigint: out += "bigint"; return;
    case Kind::kFloat: out += "float"; return;
    case Kind::kDouble: out += "double"; return;
    case Kind::kDecimal: out += fmt::format("decimal({},{})", type.precision, type.scale); return;
    case Kind::kString: out += "string"; return;
    case Kind::kBinary: out += "binary"; return;
    case Kind::kDate: out += "date"; return;
    case Kind::kTimestamp: out += "timestamp"; return;
    case Kind::kStruct: append_struct(out, type); return;
    case Kind::kArray:
      out += "array<";
      append(out, type.children[0].type);
      out += '>';
      return;
    case Kind::kMap:
      out += "map<";
      append(out, type.children[0].type);
      out += ',';
      append(out, type.children[1].type);
      out += '>';
      return;
  }
}

}  // namespace

HiveType HiveType::array_of(HiveType element) {
  HiveType type = hive(Kind::kArray);
  type.children.push_back({"element", std::move(element)});
  return type;
}

HiveType HiveType::map_of(HiveType key, HiveType value) {
  HiveType type = hive(Kind::kMap);
  type.children.push_back({"key", std::move(key)});
  type.children.push_back({"value", std::move(value)});
  return type;
}

HiveType HiveType::decimal(int precision, int scale) {
  HiveType type = hive(Kind::kDecimal);
  type.precision = precision;
  type.scale = scale;
  return type;
}

bool operator==(const HiveField& a, const HiveField& b) {
  return a.name == b.name && a.type == b.type;
}

bool operator==(const HiveType& a, const HiveType& b) {
  return a.kind == b.kind && a.precision == b.precision && a.scale == b.scale &&
         a.children == b.children;
}

std::string to_string(const HiveType& type) {
  std::string out;
  append(out, type);
  return out;
}

HiveType merge(const HiveType& a, const HiveType& b) {
  if (a.kind == Kind::kNull) return b;
  if (b.kind == Kind::kNull) return a;
  if (is_numeric(a.kind) && is_numeric(b.kind)) return merge_numbers(a, b);
  if (a.kind != b.kind) {
    const bool times = (a.kind == Kind::kDate || a.kind == Kind::kTimestamp) &&
                       (b.kind == Kind::kDate || b.kind == Kind::kTimestamp);
    return hive(times ? Kind::kTimestamp : Kind::kString);
  }
  HiveType merged = a;
  if (a.kind == Kind::kStruct) {
    merge_fields(merged.children, b.children);
  } else {
    for (std::size_t i = 0; i < merged.children.size(); ++i) {
      merged.children[i].type = merge(a.children[i].type, b.children[i].type);
    }
  }
  return merged;
}

void merge_fields(std::vector<HiveField>& into, const std::vector<HiveField>& from) {
  for (const HiveField& field : from) {
    if (HiveField* known = find_field(into, field.name)) {
      known->type = merge(known->type, field.type);
    } else {
      into.push_back(field);
    }
  }
}

HiveField* find_field(std::vector<HiveField>& fields, std::string_view name) {
  for (HiveField& field : fields) {
    if (equals_ignore_case(field.name, name)) return &field;
  }
  return nullptr;
}

const HiveField* find_field(const std::vector<HiveField>& fields, std::string_view name) {
  return find_field(const_cast<std::vector<HiveField>&>(fields), name);
}

bool compatible(const HiveType& a, const HiveType& b) {
  if (a.kind == Kind::kNull || b.kind == Kind::kNull) return true;
  const Kind merged = merge(a, b).kind;
  return merged != Kind::kString || a.kind == b.kind;
}

}  // namespace penstock::glue
