// Checked conversions and arithmetic with Trino's errors, as functions of the engine.

#include "sql/scalar_functions.h"

#include <fmt/format.h>

#include <array>
#include <cstring>

#include "base/bytes.h"
#include "sql/number_text.h"
#include "sql/time_text.h"

namespace penstock::sql {

namespace {

// One call: arguments read and result written by row.
class Call {
 public:
  Call(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
      : info_(info), output_(output), rows_(duckdb_data_chunk_get_size(input)) {
    const idx_t columns = duckdb_data_chunk_get_column_count(input);
    for (idx_t i = 0; i < columns && i < kColumnsMax; ++i) {
      const duckdb_vector vector = duckdb_data_chunk_get_vector(input, i);
      data_[i] = duckdb_vector_get_data(vector);
      validity_[i] = duckdb_vector_get_validity(vector);
    }
    columns_ = columns;
  }

  idx_t rows() const { return rows_; }
  bool is_null(idx_t row) const {
    for (idx_t i = 0; i < columns_; ++i) {
      if (validity_[i] != nullptr && !duckdb_validity_row_is_valid(validity_[i], row)) return true;
    }
    return false;
  }
  template <typename T>
  T get(idx_t column, idx_t row) const {
    return static_cast<const T*>(data_[column])[row];
  }
  std::string_view text(idx_t column, idx_t row) const {
    auto* strings = static_cast<duckdb_string_t*>(data_[column]);
    return {duckdb_string_t_data(&strings[row]), duckdb_string_t_length(strings[row])};
  }
  template <typename T>
  void set(idx_t row, T value) {
    static_cast<T*>(duckdb_vector_get_data(output_))[row] = value;
  }
  void set_text(idx_t row, std::string_view value) {
    duckdb_vector_assign_string_element_len(output_, row, value.data(), value.size());
  }
  void set_null(idx_t row) {
    duckdb_vector_ensure_validity_writable(output_);
    duckdb_validity_set_row_invalid(duckdb_vector_get_validity(output_), row);
  }
  void fail(const std::string& name, const std::string& text) {
    duckdb_scalar_function_set_error(info_, marked_error(name, text).c_str());
    failed_ = true;
  }
  bool failed() const { return failed_; }

 private:
  static constexpr idx_t kColumnsMax = 4;
  duckdb_function_info info_;
  duckdb_vector output_;
  idx_t rows_;
  idx_t columns_ = 0;
  std::array<void*, kColumnsMax> data_{};
  std::array<std::uint64_t*, kColumnsMax> validity_{};
  bool failed_ = false;
};

using RowFunction = void (*)(Call& call, idx_t row);

template <RowFunction function>
void over_rows(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  Call call(info, input, output);
  for (idx_t row = 0; row < call.rows() && !call.failed(); ++row) {
    if (call.is_null(row)) {
      call.set_null(row);
    } else {
      function(call, row);
    }
  }
}

// ---- arithmetic ----

void divide(Call& call, idx_t row) {
  const auto a = call.get<std::int64_t>(0, row), b = call.get<std::int64_t>(1, row);
  if (b == 0) return call.fail("DIVISION_BY_ZERO", "Division by zero");
  if (b == -1) {
    if (a == INT64_MIN) {
      return call.fail("NUMERIC_VALUE_OUT_OF_RANGE",
                       fmt::format("bigint division overflow: {} / -1", a));
    }
    return call.set(row, -a);
  }
  call.set(row, a / b);
}

void modulus(Call& call, idx_t row) {
  const auto a = call.get<std::int64_t>(0, row), b = call.get<std::int64_t>(1, row);
  if (b == 0) return call.fail("DIVISION_BY_ZERO", "Division by zero");
  call.set(row, b == -1 ? std::int64_t{0} : a % b);
}

bool is_zero(std::string_view decimal) {
  return decimal.find_first_not_of("-0.") == std::string_view::npos;
}

void decimal_divide(Call& call, idx_t row) {
  if (is_zero(call.text(1, row))) return call.fail("DIVISION_BY_ZERO", "Division by zero");
  auto result =
      divide_decimals(call.text(0, row), call.text(1, row), call.get<std::int32_t>(2, row));
  if (!result) return call.fail("NUMERIC_VALUE_OUT_OF_RANGE", "Decimal overflow");
  call.set_text(row, *result);
}

void decimal_modulus(Call& call, idx_t row) {
  if (is_zero(call.text(1, row))) return call.fail("DIVISION_BY_ZERO", "Division by zero");
  auto result =
      modulus_decimals(call.text(0, row), call.text(1, row), call.get<std::int32_t>(2, row));
  if (!result) return call.fail("NUMERIC_VALUE_OUT_OF_RANGE", "Decimal overflow");
  call.set_text(row, *result);
}

// ---- text to values ----

void text_to_integer(Call& call, idx_t row) {
  const int bits = call.get<std::int32_t>(1, row);
  const auto value = parse_integer(call.text(0, row), bits);
  if (value) return call.set(row, *value);
  const char* name = bits == 8    ? "TINYINT"
                     : bits == 16 ? "SMALLINT"
                     : bits == 32 ? "INT"
                                  : "BIGINT";
  call.fail("INVALID_CAST_ARGUMENT",
            fmt::format("Cannot cast '{}' to {}", call.text(0, row), name));
}

void text_to_double(Call& call, idx_t row) {
  const auto value = parse_double(call.text(0, row));
  if (value) return call.set(row, *value);
  call.fail("INVALID_CAST_ARGUMENT",
            fmt::format("Cannot cast '{}' to {}", call.text(0, row), call.text(1, row)));
}

void text_to_decimal(Call& call, idx_t row) {
  const int precision = call.get<std::int32_t>(1, row), scale = call.get<std::int32_t>(2, row);
  std::string_view text = call.text(0, row);
  const std::size_t first = text.find_first_not_of(' ');
  if (first != std::string_view::npos) {
    text = text.substr(first, text.find_last_not_of(' ') - first + 1);
  }
  const auto value = parse_decimal(text, precision, scale);
  if (value) return call.set_text(row, format_decimal(*value, scale));
  call.fail(
      "INVALID_CAST_ARGUMENT",
      fmt::format("Cannot cast VARCHAR '{}' to DECIMAL({}, {}). Value is {}.", call.text(0, row),
                  precision, scale, parse_decimal(text, 38, scale) ? "too large" : "not a number"));
}

void text_to_boolean(Call& call, idx_t row) {
  const std::string text = to_lower(call.text(0, row));
  if (text == "true" || text == "t" || text == "1") return call.set(row, true);
  if (text == "false" || text == "f" || text == "0") return call.set(row, false);
  call.fail("INVALID_CAST_ARGUMENT", fmt::format("Cannot cast '{}' to BOOLEAN", call.text(0, row)));
}

// What to do instead, when the text is an ISO 8601 timestamp.
std::string iso_hint(std::string_view text) {
  const auto parsed = parse_timestamp_text(text, true);
  if (!parsed || text.find('T') == std::string_view::npos) return {};
  return ". Hint: the text is an ISO 8601 timestamp; use from_iso8601_timestamp(...), and for its "
         "day "
         "CAST(from_iso8601_timestamp(...) AS date)";
}

void text_to_date(Call& call, idx_t row) {
  const auto parsed = parse_timestamp_text(call.text(0, row));
  if (parsed && !parsed->has_time && parsed->zone.empty()) {
    return call.set(row, static_cast<std::int32_t>(parsed->micros / kMicrosPerDay));
  }
  call.fail("INVALID_CAST_ARGUMENT", fmt::format("Value cannot be cast to date: {}{}",
                                                 call.text(0, row), iso_hint(call.text(0, row))));
}

void text_to_timestamp(Call& call, idx_t row) {
  const auto parsed = parse_timestamp_text(call.text(0, row));
  if (parsed && parsed->zone.empty()) return call.set(row, parsed->micros);
  call.fail("INVALID_CAST_ARGUMENT", fmt::format("Value cannot be cast to timestamp: {}{}",
                                                 call.text(0, row), iso_hint(call.text(0, row))));
}

void text_to_timestamptz(Call& call, idx_t row) {
  const auto parsed = parse_timestamp_text(call.text(0, row));
  if (parsed && (parsed->zone.empty() || parsed->offset_minutes)) {
    const std::int64_t offset = parsed->offset_minutes.value_or(0);
    return call.set(row, parsed->micros - offset * 60'000'000);
  }
  call.fail("INVALID_CAST_ARGUMENT",
            fmt::format("Value cannot be cast to timestamp with time zone: {}{}", call.text(0, row),
                        iso_hint(call.text(0, row))));
}

void iso_to_timestamptz(Call& call, idx_t row) {
  const auto parsed = parse_timestamp_text(call.text(0, row), true);
  if (parsed && (parsed->zone.empty() || parsed->offset_minutes)) {
    const std::int64_t offset = parsed->offset_minutes.value_or(0);
    // The result has milliseconds.
    const std::int64_t micros = parsed->micros - offset * 60'000'000;
    return call.set(row, micros - ((micros % 1000) + 1000) % 1000);
  }
  call.fail("INVALID_FUNCTION_ARGUMENT", fmt::format("Invalid format: \"{}\"", call.text(0, row)));
}

void iso_to_date(Call& call, idx_t row) {
  const auto parsed = parse_timestamp_text(call.text(0, row), true);
  if (parsed && !parsed->has_time) {
    return call.set(row, static_cast<std::int32_t>(parsed->micros / kMicrosPerDay));
  }
  call.fail("INVALID_FUNCTION_ARGUMENT", fmt::format("Invalid format: \"{}\"", call.text(0, row)));
}

// ---- values to text ----

void double_text(Call& call, idx_t row) {
  call.set_text(row, format_double(call.get<double>(0, row)));
}
void real_text(Call& call, idx_t row) { call.set_text(row, format_real(call.get<float>(0, row))); }
void timestamp_text(Call& call, idx_t row) {
  call.set_text(row,
                format_timestamp(call.get<std::int64_t>(0, row), call.get<std::int32_t>(1, row)));
}

void round_timestamp(Call& call, idx_t row) {
  std::int64_t unit = 1'000'000;
  for (std::int32_t i = 0; i < call.get<std::int32_t>(1, row); ++i) unit /= 10;
  if (unit < 1) unit = 1;
  const std::int64_t micros = call.get<std::int64_t>(0, row);
  std::int64_t rest = micros % unit;
  if (rest < 0) rest += unit;
  call.set(row, rest * 2 >= unit ? micros - rest + unit : micros - rest);
}

// ---- checks ----

void check_index(Call& call, idx_t row) {
  const auto index = call.get<std::int64_t>(0, row), length = call.get<std::int64_t>(1, row);
  if (index == 0) return call.fail("INVALID_FUNCTION_ARGUMENT", "SQL array indices start at 1");
  if (index < 0) {
    return call.fail("INVALID_FUNCTION_ARGUMENT",
                     fmt::format("Array subscript is negative: {}", index));
  }
  if (index > length) {
    return call.fail(
        "INVALID_FUNCTION_ARGUMENT",
        fmt::format("Array subscript must be less than or equal to array length: {} > {}", index,
                    length));
  }
  call.set(row, index);
}

void check_not_zero(Call& call, idx_t row) {
  const auto index = call.get<std::int64_t>(0, row);
  if (index == 0) return call.fail("INVALID_FUNCTION_ARGUMENT", "SQL array indices start at 1");
  call.set(row, index);
}

void check_key(Call& call, idx_t row) {
  if (call.get<bool>(0, row)) return call.set(row, true);
  call.fail("INVALID_FUNCTION_ARGUMENT",
            fmt::format("Key not present in map: {}", call.text(1, row)));
}

void refuse(Call& call, idx_t row) {
  call.fail(std::string(call.text(0, row)), std::string(call.text(1, row)));
}

struct Function {
  const char* name;
  duckdb_type result;
  std::array<duckdb_type, 3> arguments;
  duckdb_scalar_function_t function;
};
constexpr duckdb_type kNone = DUCKDB_TYPE_INVALID;
constexpr duckdb_type kText = DUCKDB_TYPE_VARCHAR;
constexpr duckdb_type kLong = DUCKDB_TYPE_BIGINT;
constexpr duckdb_type kInt = DUCKDB_TYPE_INTEGER;
constexpr Function kFunctions[] = {
    {"ps_divide", kLong, {kLong, kLong, kNone}, over_rows<divide>},
    {"ps_modulus", kLong, {kLong, kLong, kNone}, over_rows<modulus>},
    {"ps_decimal_divide", kText, {kText, kText, kInt}, over_rows<decimal_divide>},
    {"ps_decimal_modulus", kText, {kText, kText, kInt}, over_rows<decimal_modulus>},
    {"ps_text_to_integer", kLong, {kText, kInt, kNone}, over_rows<text_to_integer>},
    {"ps_text_to_double", DUCKDB_TYPE_DOUBLE, {kText, kText, kNone}, over_rows<text_to_double>},
    {"ps_text_to_decimal", kText, {kText, kInt, kInt}, over_rows<text_to_decimal>},
    {"ps_text_to_boolean", DUCKDB_TYPE_BOOLEAN, {kText, kNone, kNone}, over_rows<text_to_boolean>},
    {"ps_text_to_date", DUCKDB_TYPE_DATE, {kText, kNone, kNone}, over_rows<text_to_date>},
    {"ps_text_to_timestamp",
     DUCKDB_TYPE_TIMESTAMP,
     {kText, kNone, kNone},
     over_rows<text_to_timestamp>},
    {"ps_text_to_timestamptz",
     DUCKDB_TYPE_TIMESTAMP_TZ,
     {kText, kNone, kNone},
     over_rows<text_to_timestamptz>},
    {"ps_iso_to_timestamptz",
     DUCKDB_TYPE_TIMESTAMP_TZ,
     {kText, kNone, kNone},
     over_rows<iso_to_timestamptz>},
    {"ps_iso_to_date", DUCKDB_TYPE_DATE, {kText, kNone, kNone}, over_rows<iso_to_date>},
    {"ps_double_text", kText, {DUCKDB_TYPE_DOUBLE, kNone, kNone}, over_rows<double_text>},
    {"ps_real_text", kText, {DUCKDB_TYPE_FLOAT, kNone, kNone}, over_rows<real_text>},
    {"ps_timestamp_text", kText, {DUCKDB_TYPE_TIMESTAMP, kInt, kNone}, over_rows<timestamp_text>},
    {"ps_round_timestamp",
     DUCKDB_TYPE_TIMESTAMP,
     {DUCKDB_TYPE_TIMESTAMP, kInt, kNone},
     over_rows<round_timestamp>},
    {"ps_check_index", kLong, {kLong, kLong, kNone}, over_rows<check_index>},
    {"ps_check_not_zero", kLong, {kLong, kNone, kNone}, over_rows<check_not_zero>},
    {"ps_check_key",
     DUCKDB_TYPE_BOOLEAN,
     {DUCKDB_TYPE_BOOLEAN, kText, kNone},
     over_rows<check_key>},
    {"ps_refuse", DUCKDB_TYPE_BOOLEAN, {kText, kText, kNone}, over_rows<refuse>},
};

constexpr const char* kMacros[] = {
    "ps_same(x, like_this) AS cast_to_type(x, like_this)",
    // Trino: position 0 is before the text, and a negative one beyond its beginning is nowhere.
    "ps_substr(s, p, n) AS CASE WHEN p = 0 OR p > length(s) OR p < -length(s) OR n <= 0 THEN CASE "
    "WHEN s "
    "IS NULL OR p IS NULL OR n IS NULL THEN NULL ELSE '' END ELSE substr(s, p, least(n, "
    "CAST(2147483647 AS BIGINT))) END",
    "ps_split_part(s, d, i) AS CASE WHEN i < 1 THEN CASE WHEN "
    "ps_refuse('INVALID_FUNCTION_ARGUMENT', "
    "'Index must be greater than zero' || left(s, 0)) THEN '' END ELSE "
    "list_extract(string_split(s, d), "
    "i) END",
    "ps_log(l, x) AS CASE WHEN x < 0 THEN CAST('nan' AS DOUBLE) WHEN x = 0 THEN CAST('-inf' AS "
    "DOUBLE) "
    "ELSE l END",
    "ps_json_parse(s) AS CASE WHEN json_valid(s) THEN CAST(s AS JSON) WHEN "
    "ps_refuse('INVALID_FUNCTION_ARGUMENT', 'Cannot convert value to JSON: ''' || s || '''') THEN "
    "NULL "
    "END",
    "ps_json_text(j) AS CASE WHEN json_type(j) = 'NULL' THEN NULL ELSE json_extract_string(j, '$') "
    "END",
    "ps_json_path(p) AS regexp_replace(regexp_replace(p, '\\[\"([^\"]*)\"\\]', '.\"\\1\"', 'g'), "
    "'\\[''([^'']*)''\\]', '.\"\\1\"', 'g')",
    "ps_json_extract(j, p) AS CASE WHEN json_valid(j) THEN CAST(json_extract(CAST(j AS JSON), "
    "ps_json_path(p)) AS VARCHAR) END",
    "ps_json_extract_scalar(j, p) AS CASE WHEN json_valid(j) THEN CASE WHEN json_type(CAST(j AS "
    "JSON), "
    "ps_json_path(p)) NOT IN ('OBJECT', 'ARRAY', 'NULL') THEN json_extract_string(CAST(j AS JSON), "
    "ps_json_path(p)) END END",
    "ps_json_array_length(j) AS CASE WHEN json_valid(j) THEN CASE WHEN json_type(CAST(j AS JSON)) "
    "= "
    "'ARRAY' THEN CAST(json_array_length(CAST(j AS JSON)) AS BIGINT) END END",
    "ps_json_size(j, p) AS CASE WHEN json_valid(j) THEN CASE json_type(CAST(j AS JSON), "
    "ps_json_path(p)) "
    "WHEN 'ARRAY' THEN CAST(json_array_length(CAST(j AS JSON), ps_json_path(p)) AS BIGINT) WHEN "
    "'OBJECT' "
    "THEN CAST(len(json_keys(CAST(j AS JSON), ps_json_path(p))) AS BIGINT) WHEN NULL THEN NULL "
    "ELSE 0 END "
    "END",
    "ps_parsed(t, s) AS CASE WHEN s IS NULL THEN NULL WHEN t IS NOT NULL THEN t WHEN "
    "ps_refuse('INVALID_FUNCTION_ARGUMENT', 'Invalid format: \"' || s || '\"') THEN NULL END",
    "ps_offset_text(l, z) AS printf('%s%02d:%02d', CASE WHEN epoch(l) < epoch(z) THEN '-' ELSE '+' "
    "END, "
    "CAST(abs(epoch(l) - epoch(z)) // 3600 AS INTEGER), CAST(abs(epoch(l) - epoch(z)) // 60 AS "
    "INTEGER) "
    "% 60)",
};

}  // namespace

std::string marked_error(const std::string& name, const std::string& text) {
  return "@@" + name + ": " + text + "@@";
}

Status register_scalar_functions(duckdb_connection connection) {
  for (const Function& row : kFunctions) {
    duckdb_scalar_function function = duckdb_create_scalar_function();
    duckdb_scalar_function_set_name(function, row.name);
    for (const duckdb_type argument : row.arguments) {
      if (argument == kNone) break;
      duckdb_logical_type type = duckdb_create_logical_type(argument);
      duckdb_scalar_function_add_parameter(function, type);
      duckdb_destroy_logical_type(&type);
    }
    duckdb_logical_type result = duckdb_create_logical_type(row.result);
    duckdb_scalar_function_set_return_type(function, result);
    duckdb_destroy_logical_type(&result);
    duckdb_scalar_function_set_function(function, row.function);
    const duckdb_state state = duckdb_register_scalar_function(connection, function);
    duckdb_destroy_scalar_function(&function);
    if (state == DuckDBError) {
      return fail(ErrorKind::kInternal, fmt::format("duckdb refuses the function {}", row.name));
    }
  }
  return {};
}

Status register_macros(duckdb_connection connection) {
  for (const char* macro : kMacros) {
    duckdb_result result;
    const std::string sql = std::string("CREATE MACRO ") + macro;
    const duckdb_state state = duckdb_query(connection, sql.c_str(), &result);
    std::string message;
    if (state == DuckDBError) message = duckdb_result_error(&result);
    duckdb_destroy_result(&result);
    if (state == DuckDBError) return fail(ErrorKind::kInternal, sql + ": " + message);
  }
  return {};
}

}  // namespace penstock::sql
