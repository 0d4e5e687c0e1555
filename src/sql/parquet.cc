// Turns scans of Parquet tables into read_parquet over the run's objects.

#include "sql/parquet.h"

#include <fmt/format.h>

#include <map>

#include "base/bytes.h"
#include "base/check.h"
#include "sql/cast.h"
#include "sql/engine_error.h"
#include "sql/scope.h"
#include "sql/time_text.h"

namespace penstock::sql {

namespace {

std::string quoted_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

// The names of the files' columns by lower case, asked of the engine.
Outcome<std::map<std::string, std::string>> file_columns(duckdb_connection connection,
                                                         const std::string& source) {
  std::map<std::string, std::string> names;
  duckdb_result result;
  const std::string sql = fmt::format("SELECT * FROM {} LIMIT 0", source);
  if (duckdb_query(connection, sql.c_str(), &result) == DuckDBError) {
    SqlError error = engine_error(duckdb_result_error(&result));
    duckdb_destroy_result(&result);
    if (error.name != "GENERIC_INTERNAL_ERROR" && error.name != "INVALID_FUNCTION_ARGUMENT") {
      return std::unexpected(std::move(error));
    }
    return std::unexpected(
        plain_error("HIVE_BAD_DATA", "Not valid Parquet file: " + error.message));
  }
  for (idx_t i = 0; i < duckdb_column_count(&result); ++i) {
    const std::string name = duckdb_column_name(&result, i);
    names.emplace(to_lower(name), name);
  }
  duckdb_destroy_result(&result);
  return names;
}

// Structs in files have the names of their fields; here they go by position.
std::string column_value(const std::string& name, const Type& type);

std::string named_type(const Type& type) {
  switch (type.kind) {
    case TypeKind::kArray: return named_type(type.args[0]) + "[]";
    case TypeKind::kMap:
      return fmt::format("MAP({}, {})", named_type(type.args[0]), named_type(type.args[1]));
    case TypeKind::kRow: {
      std::string fields;
      for (std::size_t i = 0; i < type.args.size(); ++i) {
        fields += fmt::format("{}{} {}", i == 0 ? "" : ", ", quoted_name(type.names[i]),
                              named_type(type.args[i]));
      }
      return fmt::format("STRUCT({})", fields);
    }
    default: return duckdb_name(type);
  }
}

std::string positional(const std::string& value, const Type& type, int depth) {
  const std::string variable = fmt::format("p{}", depth);
  switch (type.kind) {
    case TypeKind::kArray:
      return fmt::format("list_transform({}, lambda {}: {})", value, variable,
                         positional(variable, type.args[0], depth + 1));
    case TypeKind::kMap:
      return fmt::format(
          "map_from_entries(list_transform(map_entries({}), lambda {}: struct_pack(k := "
          "{}, v := {})))",
          value, variable, positional(variable + ".key", type.args[0], depth + 1),
          positional(variable + ".value", type.args[1], depth + 1));
    case TypeKind::kRow: {
      std::string fields;
      for (std::size_t i = 0; i < type.args.size(); ++i) {
        fields += fmt::format(
            "{}f{} := {}", i == 0 ? "" : ", ", i,
            positional(fmt::format("struct_extract({}, {})", value, quote_literal(type.names[i])),
                       type.args[i], depth + 1));
      }
      return fmt::format("CASE WHEN {} IS NOT NULL THEN struct_pack({}) END", value, fields);
    }
    default: return value;
  }
}

std::string column_value(const std::string& name, const Type& type) {
  return positional(fmt::format("CAST({} AS {})", quoted_name(name), named_type(type)), type, 0);
}

Outcome<std::string> parquet_query(duckdb_connection connection, std::int64_t run_id,
                                   std::size_t index, const ScanState& state) {
  const Table& table = *state.scan->table;
  std::string files, constants;
  for (std::size_t i = 0; i < state.objects.size(); ++i) {
    const ScanObject& object = state.objects[i];
    const std::string file = fmt::format("'penstock://{}/{}/{}'", run_id, index, i);
    files += (i == 0 ? "" : ", ") + file;
    constants += fmt::format("{}({}", i == 0 ? "" : ", ", file);
    for (std::size_t key = 0; key < table.partition_keys.size(); ++key) {
      const std::string& value = table.partitions[object.partition].values[key];
      const bool is_null = value == "__HIVE_DEFAULT_PARTITION__";
      constants += fmt::format(", TRY_CAST({} AS {})", is_null ? "NULL" : quote_literal(value),
                               duckdb_name(table.partition_keys[key].type));
    }
    constants += fmt::format(
        ", {}, CAST({} AS BIGINT), make_timestamptz(CAST({} AS BIGINT)), {})",
        quote_literal(fmt::format("s3://{}/{}", object.bucket, object.object.key)),
        object.object.size, object.object.modified.micros, quote_literal(object.bucket));
  }
  std::string list;
  std::size_t column = 0;
  const std::size_t constant_count = table.partition_keys.size() + std::size(kPseudoColumns);
  if (files.empty()) {
    for (const Column& each : table.columns) {
      list += fmt::format("CAST(NULL AS {}) AS c{}, ", duckdb_name(each.type), column++);
    }
    for (const Column& each : table.partition_keys) {
      list += fmt::format("CAST(NULL AS {}) AS c{}, ", duckdb_name(each.type), column++);
    }
    for (const Type& type : pseudo_column_types()) {
      list += fmt::format("CAST(NULL AS {}) AS c{}, ", duckdb_name(type), column++);
    }
    return fmt::format("(SELECT {} WHERE false)", list.substr(0, list.size() - 2));
  }
  const std::string source = fmt::format(
      "read_parquet([{}], union_by_name = true, filename = 'penstock_file', hive_partitioning = "
      "false)",
      files);
  TRY(const auto names, file_columns(connection, source));
  for (const Column& each : table.columns) {
    const auto found = names.find(each.name);
    list +=
        fmt::format("{} AS c{}, ",
                    found == names.end() ? fmt::format("CAST(NULL AS {})", duckdb_name(each.type))
                                         : column_value(found->second, each.type),
                    column++);
  }
  std::string constant_names;
  for (std::size_t i = 0; i < constant_count; ++i) {
    constant_names += fmt::format(", k{}", i);
    list += fmt::format("k{} AS c{}, ", i, column++);
  }
  return fmt::format("(SELECT {} FROM {} AS q JOIN (VALUES {}) AS k(f{}) ON q.penstock_file = k.f)",
                     list.substr(0, list.size() - 2), source, constants, constant_names);
}

}  // namespace

Outcome<std::string> with_scans(duckdb_connection connection, const std::string& sql,
                                std::int64_t run_id, RunState& run) {
  std::vector<std::string> sources;
  for (std::size_t i = 0; i < run.scans.size(); ++i) {
    if (run.scans[i].format == TableFormat::kParquet) {
      TRY(std::string query, parquet_query(connection, run_id, i, run.scans[i]));
      sources.push_back(std::move(query));
    } else {
      sources.push_back(fmt::format("penstock_scan({}, {}, 0)", run_id, i));
    }
  }
  std::string out;
  std::size_t at = 0;
  while (true) {
    const std::size_t mark = sql.find('\0', at);
    out.append(sql, at, mark == std::string::npos ? mark : mark - at);
    if (mark == std::string::npos) return out;
    const std::size_t end = sql.find('\0', mark + 1);
    CHECK(end != std::string::npos);
    const std::size_t scan = std::stoul(sql.substr(mark + 1, end - mark - 1));
    CHECK(scan < sources.size());
    out += sources[scan];
    at = end + 1;
  }
}

}  // namespace penstock::sql
