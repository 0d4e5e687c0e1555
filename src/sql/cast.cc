// Casts. The ps_ functions are the engine's own (scalar_functions.cc): they check what they
// convert.

#include "sql/cast.h"

#include <fmt/format.h>

namespace penstock::sql {

namespace {

// A different variable for each level, so that casts within casts do not capture each other's.
std::string variable_for(const Type& type) {
  int depth = 0;
  for (const Type* at = &type; !at->args.empty(); at = &at->args.back()) ++depth;
  return fmt::format("v{}", depth);
}

std::string plain(const std::string& sql, const Type& target) {
  return fmt::format("CAST({} AS {})", sql, duckdb_name(target));
}

std::optional<std::string> from_text(const std::string& sql, const Type& target) {
  switch (target.kind) {
    case TypeKind::kBoolean: return fmt::format("ps_text_to_boolean({})", sql);
    case TypeKind::kTinyint:
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kBigint: {
      const int bits = 8 << (static_cast<int>(target.kind) - static_cast<int>(TypeKind::kTinyint));
      return plain(fmt::format("ps_text_to_integer({}, {})", sql, bits), target);
    }
    case TypeKind::kReal: return fmt::format("CAST(ps_text_to_double({}, 'REAL') AS FLOAT)", sql);
    case TypeKind::kDouble: return fmt::format("ps_text_to_double({}, 'DOUBLE')", sql);
    case TypeKind::kDecimal:
      return plain(
          fmt::format("ps_text_to_decimal({}, {}, {})", sql, target.precision, target.scale),
          target);
    case TypeKind::kDate: return fmt::format("ps_text_to_date({})", sql);
    case TypeKind::kTimestamp: return fmt::format("ps_text_to_timestamp({})", sql);
    case TypeKind::kTimestampTz: return fmt::format("ps_text_to_timestamptz({})", sql);
    case TypeKind::kTime: return plain(sql, target);
    case TypeKind::kVarbinary: return fmt::format("encode({})", sql);
    case TypeKind::kUuid: return plain(sql, target);
    default: return std::nullopt;
  }
}

std::optional<std::string> to_text(const Typed& value, const Type& target) {
  auto text = text_sql(value);
  if (!text) return std::nullopt;
  if (target.kind == TypeKind::kChar) {
    return fmt::format("rpad({}, {}, ' ')", *text, target.precision);
  }
  if (target.precision == 0) return text;
  if (value.type.kind == TypeKind::kVarchar && value.type.precision != 0 &&
      value.type.precision <= target.precision) {
    return text;
  }
  return fmt::format("substr({}, 1, {})", *text, target.precision);
}

std::optional<std::string> cast_array(const Typed& value, const Type& target) {
  const std::string variable = variable_for(value.type);
  auto element = cast_sql({variable, value.type.args[0]}, target.args[0]);
  if (!element) return std::nullopt;
  if (*element == variable) return value.sql;
  return fmt::format("list_transform({}, lambda {}: {})", value.sql, variable, *element);
}

std::optional<std::string> cast_map(const Typed& value, const Type& target) {
  const std::string variable = variable_for(value.type);
  auto key = cast_sql({variable + ".key", value.type.args[0]}, target.args[0]);
  auto mapped = cast_sql({variable + ".value", value.type.args[1]}, target.args[1]);
  if (!key || !mapped) return std::nullopt;
  return fmt::format(
      "map_from_entries(list_transform(map_entries({}), lambda {}: struct_pack(k := {}, v := {})))",
      value.sql, variable, *key, *mapped);
}

std::optional<std::string> cast_row(const Typed& value, const Type& target) {
  if (value.type.args.size() != target.args.size()) return std::nullopt;
  std::string fields;
  for (std::size_t i = 0; i < target.args.size(); ++i) {
    auto field =
        cast_sql({fmt::format("struct_extract({}, 'f{}')", value.sql, i), value.type.args[i]},
                 target.args[i]);
    if (!field) return std::nullopt;
    fields += fmt::format("{}f{} := {}", i == 0 ? "" : ", ", i, *field);
  }
  return fmt::format("CASE WHEN {} IS NOT NULL THEN struct_pack({}) END", value.sql, fields);
}

// JSON into a type, by way of JSON text of each level.
std::optional<std::string> from_json(const std::string& sql, const Type& target) {
  const std::string text = fmt::format("ps_json_text({})", sql);
  switch (target.kind) {
    case TypeKind::kVarchar:
      return target.precision == 0 ? text
                                   : fmt::format("substr({}, 1, {})", text, target.precision);
    case TypeKind::kArray: {
      const std::string variable = "j" + variable_for(target);
      auto element = from_json(variable, target.args[0]);
      if (!element) return std::nullopt;
      return fmt::format("list_transform(CAST({} AS JSON[]), lambda {}: {})", sql, variable,
                         *element);
    }
    case TypeKind::kMap: {
      const std::string variable = "j" + variable_for(target);
      auto key = from_text(variable + ".key", target.args[0]);
      if (target.args[0].kind == TypeKind::kVarchar) key = variable + ".key";
      auto mapped = from_json(variable + ".value", target.args[1]);
      if (!key || !mapped) return std::nullopt;
      return fmt::format(
          "map_from_entries(list_transform(map_entries(CAST({} AS MAP(VARCHAR, JSON))), lambda {}: "
          "struct_pack(k := {}, v := {})))",
          sql, variable, *key, *mapped);
    }
    case TypeKind::kRow: {
      std::string fields;
      for (std::size_t i = 0; i < target.args.size(); ++i) {
        const std::string path = target.names[i].empty() ? fmt::format("$[{}]", i)
                                                         : fmt::format("$.\"{}\"", target.names[i]);
        auto field = from_json(fmt::format("json_extract({}, {})", sql, quote_literal(path)),
                               target.args[i]);
        if (!field) return std::nullopt;
        fields += fmt::format("{}f{} := {}", i == 0 ? "" : ", ", i, *field);
      }
      return fmt::format("CASE WHEN {} IS NOT NULL THEN struct_pack({}) END", sql, fields);
    }
    case TypeKind::kJson: return sql;
    default: return from_text(text, target);
  }
}

std::string rounded_timestamp(const std::string& sql, const Type& from, const Type& to) {
  if (from.kind == TypeKind::kDate || from.precision <= to.precision || to.precision >= 6) {
    return sql;
  }
  return fmt::format("ps_round_timestamp({}, {})", sql, to.precision);
}

std::optional<std::string> temporal_cast(const Typed& value, const Type& target) {
  const Typed local = local_time(value);
  switch (target.kind) {
    case TypeKind::kDate:
      if (value.type.kind == TypeKind::kTime) return std::nullopt;
      return plain(local.sql, target);
    case TypeKind::kTime:
      if (value.type.kind == TypeKind::kDate) return std::nullopt;
      return plain(local.sql, target);
    case TypeKind::kTimestamp:
      if (value.type.kind == TypeKind::kTime) return std::nullopt;
      return rounded_timestamp(plain(local.sql, target), value.type, target);
    case TypeKind::kTimestampTz:
      if (value.type.kind == TypeKind::kTime) return std::nullopt;
      if (value.type.kind == TypeKind::kTimestampTz) return value.sql;
      return plain(value.sql, target);
    default: return std::nullopt;
  }
}

}  // namespace

Typed local_time(const Typed& value) {
  if (value.type.kind != TypeKind::kTimestampTz) return value;
  return {fmt::format("timezone({}, {})",
                      quote_literal(value.type.zone.empty() ? "UTC" : value.type.zone), value.sql),
          timestamp_type(value.type.precision)};
}

std::optional<std::string> text_sql(const Typed& value) {
  switch (value.type.kind) {
    case TypeKind::kVarchar:
    case TypeKind::kChar: return value.sql;
    case TypeKind::kUnknown: return fmt::format("CAST({} AS VARCHAR)", value.sql);
    case TypeKind::kReal: return fmt::format("ps_real_text({})", value.sql);
    case TypeKind::kDouble: return fmt::format("ps_double_text({})", value.sql);
    case TypeKind::kTimestamp:
      return fmt::format("ps_timestamp_text({}, {})", value.sql, value.type.precision);
    case TypeKind::kTimestampTz:
      return fmt::format("(ps_timestamp_text({}, {}) || {})", local_time(value).sql,
                         value.type.precision,
                         quote_literal(' ' + (value.type.zone.empty() ? "UTC" : value.type.zone)));
    case TypeKind::kTime:
      return fmt::format(
          "substr(CAST({} AS VARCHAR) || CASE WHEN strpos(CAST({} AS VARCHAR), '.') "
          "= 0 THEN '.000' ELSE '00' END, 1, 12)",
          value.sql, value.sql);
    case TypeKind::kJson: return fmt::format("ps_json_text({})", value.sql);
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kRow:
    case TypeKind::kVarbinary: return std::nullopt;
    default: return fmt::format("CAST({} AS VARCHAR)", value.sql);
  }
}

std::optional<std::string> json_sql(const Typed& value) {
  const std::string variable = variable_for(value.type);
  switch (value.type.kind) {
    case TypeKind::kJson: return value.sql;
    case TypeKind::kVarbinary:
    case TypeKind::kIntervalDay:
    case TypeKind::kIntervalYear: return std::nullopt;
    case TypeKind::kUnknown: return "CAST(NULL AS JSON)";
    case TypeKind::kArray: {
      auto element = json_sql({variable, value.type.args[0]});
      if (!element) return std::nullopt;
      return fmt::format("to_json(list_transform({}, lambda {}: {}))", value.sql, variable,
                         *element);
    }
    case TypeKind::kMap: {
      auto key = text_sql({variable + ".key", value.type.args[0]});
      auto mapped = json_sql({variable + ".value", value.type.args[1]});
      if (!key || !mapped) return std::nullopt;
      return fmt::format(
          "to_json(map_from_entries(list_transform(map_entries({}), lambda {}: "
          "struct_pack(k := {}, v := {}))))",
          value.sql, variable, *key, *mapped);
    }
    case TypeKind::kRow: {
      std::string fields;
      for (std::size_t i = 0; i < value.type.args.size(); ++i) {
        auto field =
            json_sql({fmt::format("struct_extract({}, 'f{}')", value.sql, i), value.type.args[i]});
        if (!field) return std::nullopt;
        const std::string& name = value.type.names[i];
        fields += fmt::format("{}{}, {}", i == 0 ? "" : ", ", quote_literal(name), *field);
      }
      return fmt::format("CASE WHEN {} IS NOT NULL THEN json_object({}) END", value.sql, fields);
    }
    case TypeKind::kBoolean:
    case TypeKind::kTinyint:
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kBigint:
    case TypeKind::kReal:
    case TypeKind::kDouble:
    case TypeKind::kDecimal:
    case TypeKind::kVarchar:
    case TypeKind::kChar: return fmt::format("to_json({})", value.sql);
    default: {
      auto text = text_sql(value);
      return fmt::format("to_json({})", *text);
    }
  }
}

std::optional<std::string> cast_sql(const Typed& value, const Type& target) {
  const Type& from = value.type;
  if (from.kind == TypeKind::kUnknown) return plain("NULL", target);
  if (from == target) return value.sql;
  if (is_string(target)) return to_text(value, target);
  if (target.kind == TypeKind::kJson) return json_sql(value);
  if (from.kind == TypeKind::kJson) return from_json(value.sql, target);
  if (is_string(from)) {
    return from_text(from.kind == TypeKind::kChar ? fmt::format("rtrim({})", value.sql) : value.sql,
                     target);
  }
  if (from.kind == TypeKind::kBoolean && is_numeric(target)) return plain(value.sql, target);
  if (is_numeric(from) && target.kind == TypeKind::kBoolean) {
    return fmt::format("({} <> 0)", value.sql);
  }
  if (is_numeric(from) && is_numeric(target)) {
    // The engine rounds ties of doubles to even, Trino away from zero.
    const bool rounds =
        (from.kind == TypeKind::kDouble || from.kind == TypeKind::kReal) && is_integer(target);
    return plain(rounds ? fmt::format("round({})", value.sql) : value.sql, target);
  }
  if (is_temporal(from) && is_temporal(target)) return temporal_cast(value, target);
  if (from.kind == target.kind && from.args.empty()) return value.sql;
  if (from.kind != target.kind) return std::nullopt;
  if (from.kind == TypeKind::kArray) return cast_array(value, target);
  if (from.kind == TypeKind::kMap) return cast_map(value, target);
  return cast_row(value, target);
}

std::string coerce_sql(const Typed& value, const Type& target) {
  if (value.type.kind == TypeKind::kUnknown) return plain(value.sql, target);
  if (is_string(value.type) && is_string(target)) return value.sql;
  if (value.type.kind == TypeKind::kTimestamp && target.kind == TypeKind::kTimestamp) {
    return value.sql;
  }
  auto sql = cast_sql(value, target);
  return sql ? *sql : plain(value.sql, target);
}

}  // namespace penstock::sql
