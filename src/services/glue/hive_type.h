// HiveType: a column type as Glue stores it in text ("struct<a:int,b:array<string>>"), and how two
// types that were seen for one column become one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::glue {

struct HiveField;

struct HiveType {
  enum class Kind : std::uint8_t {
    kNull,  // Nothing but nulls seen yet; written as string.
    kBoolean,
    kTinyint,
    kSmallint,
    kInt,
    kBigint,
    kFloat,
    kDouble,
    kDecimal,
    kString,
    kBinary,
    kDate,
    kTimestamp,
    kStruct,
    kArray,
    kMap,
  };
  Kind kind = Kind::kNull;
  int precision = 0, scale = 0;  // Of a decimal.
  std::vector<HiveField>
      children;  // Fields of a struct; element of an array; key and value of a map.

  static HiveType array_of(HiveType element);
  static HiveType map_of(HiveType key, HiveType value);
  static HiveType decimal(int precision, int scale);
};

struct HiveField {
  std::string name;
  HiveType type;
};

inline HiveType hive(HiveType::Kind kind) { return HiveType{kind, 0, 0, {}}; }

bool operator==(const HiveType& a, const HiveType& b);
bool operator==(const HiveField& a, const HiveField& b);

// "int", "decimal(10,2)", "struct<a:int>". Nulls and empty structs, which Hive cannot say, are
// "string".
std::string to_string(const HiveType& type);

// The narrowest type that holds both: integers widen, integers and fractions become double, structs
// are united, anything else that differs becomes string.
HiveType merge(const HiveType& a, const HiveType& b);

// Unites `from` into `into`. Names match without regard to case; the first spelling and place are
// kept.
void merge_fields(std::vector<HiveField>& into, const std::vector<HiveField>& from);
HiveField* find_field(std::vector<HiveField>& fields, std::string_view name);
const HiveField* find_field(const std::vector<HiveField>& fields, std::string_view name);

// True when a merge of the two would not fall back to string.
bool compatible(const HiveType& a, const HiveType& b);

}  // namespace penstock::glue
