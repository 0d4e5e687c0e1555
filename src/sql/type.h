// SQL types as Athena knows them, with their three spellings: Trino (messages and casts), Hive (the
// catalog) and DuckDB (what the engine runs).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::sql {

enum class TypeKind {
  kUnknown,  // The type of NULL.
  kBoolean,
  kTinyint,
  kSmallint,
  kInteger,
  kBigint,
  kReal,
  kDouble,
  kDecimal,
  kVarchar,
  kChar,
  kVarbinary,
  kDate,
  kTime,
  kTimestamp,
  kTimestampTz,
  kIntervalDay,
  kIntervalYear,
  kJson,
  kUuid,
  kArray,
  kMap,
  kRow,
};

struct Type {
  TypeKind kind = TypeKind::kUnknown;
  int precision = 0;  // decimal digits; length of varchar (0: unbounded) and char; timestamp digits
  int scale = 0;
  std::vector<Type> args;          // array: element; map: key, value; row: fields
  std::vector<std::string> names;  // row: a name per field, empty when it has none
  std::string zone;                // timestamp with time zone: where it is shown; empty is UTC

  friend bool operator==(const Type&, const Type&) = default;
};

Type simple_type(TypeKind kind);
Type varchar_type(int length = 0);
Type decimal_type(int precision, int scale);
Type timestamp_type(int precision = 3);
Type timestamp_tz_type(int precision = 3, std::string zone = {});
Type array_type(Type element);
Type map_type(Type key, Type value);
Type row_type(std::vector<Type> fields, std::vector<std::string> names);

bool is_integer(const Type& type);
bool is_numeric(const Type& type);
bool is_string(const Type& type);    // varchar or char
bool is_temporal(const Type& type);  // date, time, timestamps
bool is_orderable(const Type& type);

std::string trino_name(const Type& type);   // varchar(3), row(a integer, b varchar)
std::string hive_name(const Type& type);    // string, struct<a:int,b:string>
std::string duckdb_name(const Type& type);  // VARCHAR, STRUCT("a" INTEGER, "b" VARCHAR)

// A type as the catalog declares it. nullopt when it is not one of Hive's.
std::optional<Type> parse_hive_type(std::string_view text);

// The type both can be converted to without a cast, or nullopt.
std::optional<Type> common_type(const Type& a, const Type& b);
// Whether `from` becomes `to` without a cast.
bool coercible(const Type& from, const Type& to);

// How GetQueryResults describes a column of this type.
struct ColumnMetadata {
  std::string type;
  int precision = 0;
  int scale = 0;
  bool case_sensitive = false;
};
ColumnMetadata column_metadata(const Type& type);

}  // namespace penstock::sql
