// Dates and times: truncation, differences, the MySQL and Joda patterns, and the clock.

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "sql/date_pattern.h"
#include "sql/function.h"

namespace penstock::sql {

namespace {

bool is_moment(const Type& type) {
  return type.kind == TypeKind::kDate || type.kind == TypeKind::kTimestamp ||
         type.kind == TypeKind::kTimestampTz;
}

// A unit named by a literal, lower case; empty when it is none of them.
std::string unit_of(const Expr& expr) {
  static constexpr std::string_view kUnits[] = {"millisecond", "second", "minute",  "hour", "day",
                                                "week",        "month",  "quarter", "year"};
  if (expr.kind != ExprKind::kString) return {};
  const std::string unit = to_lower(expr.text);
  return std::ranges::find(kUnits, unit) == std::end(kUnits) ? std::string() : unit;
}

SqlError bad_unit(CallContext& call) {
  return semantic_error("INVALID_FUNCTION_ARGUMENT", call.expr.args[0]->at,
                        fmt::format("'{}' is not a valid DATE field", call.expr.args[0]->text));
}

Outcome<Typed> now(CallContext& call) {
  return Typed{fmt::format("make_timestamptz(CAST({} AS BIGINT))",
                           call.analyzer.session().now.micros / 1000 * 1000),
               timestamp_tz_type(3)};
}

Outcome<Typed> current_date(CallContext& call) {
  TRY(Typed instant, now(call));
  const Type date = simple_type(TypeKind::kDate);
  return Typed{*cast_sql(instant, date), date};
}

Outcome<Typed> local_timestamp(CallContext& call) {
  TRY(Typed instant, now(call));
  return local_time(instant);
}

Outcome<Typed> date_function(CallContext& call) {
  const Type date = simple_type(TypeKind::kDate);
  if (!is_moment(call.args[0].type) && !is_string(call.args[0].type) &&
      call.args[0].type.kind != TypeKind::kUnknown) {
    return std::unexpected(
        call.mismatch("date(timestamp(p)), date(timestamp(p) with time zone), "
                      "date(varchar(x))"));
  }
  return Typed{*cast_sql(call.args[0], date), date};
}

Outcome<Typed> date_trunc(CallContext& call) {
  const std::string unit = unit_of(*call.expr.args[0]);
  if (unit.empty()) return std::unexpected(bad_unit(call));
  const Typed& value = call.args[1];
  if (!is_moment(value.type)) {
    return std::unexpected(
        call.mismatch("date_trunc(varchar(x), date), date_trunc(varchar(x), "
                      "timestamp(p)), date_trunc(varchar(x), timestamp(p) with "
                      "time zone)"));
  }
  const std::string local = fmt::format("date_trunc('{}', {})", unit, local_time(value).sql);
  if (value.type.kind == TypeKind::kTimestampTz) {
    const std::string zone = value.type.zone.empty() ? "UTC" : value.type.zone;
    return Typed{fmt::format("timezone({}, {})", quote_literal(zone), local), value.type};
  }
  return Typed{fmt::format("CAST({} AS {})", local, duckdb_name(value.type)), value.type};
}

Outcome<Typed> date_add(CallContext& call) {
  const std::string unit = unit_of(*call.expr.args[0]);
  if (unit.empty()) return std::unexpected(bad_unit(call));
  const Typed& value = call.args[2];
  if (!is_moment(value.type) || !is_integer(call.args[1].type)) {
    return std::unexpected(
        call.mismatch("date_add(varchar(x), bigint, date), date_add(varchar(x), "
                      "bigint, timestamp(p)), date_add(varchar(x), bigint, "
                      "timestamp(p) with time zone)"));
  }
  const std::string amount = fmt::format("CAST({} AS BIGINT)", call.args[1].sql);
  std::string interval;
  if (unit == "millisecond") {
    interval = fmt::format("to_microseconds({} * 1000)", amount);
  } else if (unit == "quarter") {
    interval = fmt::format("to_months(CAST({} * 3 AS INTEGER))", amount);
  } else if (unit == "second" || unit == "minute" || unit == "hour") {
    interval = fmt::format("to_{}s({})", unit, amount);
  } else {
    interval = fmt::format("to_{}s(CAST({} AS INTEGER))", unit, amount);
  }
  return Typed{fmt::format("CAST({} + {} AS {})", value.sql, interval, duckdb_name(value.type)),
               value.type};
}

// Whole units gone by, where the engine's date_diff would count boundaries.
Outcome<Typed> date_diff(CallContext& call) {
  const std::string unit = unit_of(*call.expr.args[0]);
  if (unit.empty()) return std::unexpected(bad_unit(call));
  if (!is_moment(call.args[1].type) || !is_moment(call.args[2].type)) {
    return std::unexpected(
        call.mismatch("date_diff(varchar(x), date, date), date_diff(varchar(x), "
                      "timestamp(p), timestamp(p)), date_diff(varchar(x), "
                      "timestamp(p) with time zone, timestamp(p) with time "
                      "zone)"));
  }
  const Type common = *common_type(call.args[1].type, call.args[2].type);
  return Typed{fmt::format("date_sub('{}', {}, {})", unit, coerce_sql(call.args[1], common),
                           coerce_sql(call.args[2], common)),
               simple_type(TypeKind::kBigint)};
}

Outcome<Typed> field(CallContext& call) {
  static constexpr std::pair<std::string_view, std::string_view> kFields[] = {
      {"year", "year"},     {"quarter", "quarter"},       {"month", "month"},
      {"day", "day"},       {"day_of_month", "day"},      {"hour", "hour"},
      {"minute", "minute"}, {"second", "second"},         {"day_of_week", "isodow"},
      {"dow", "isodow"},    {"day_of_year", "dayofyear"}, {"doy", "dayofyear"},
      {"week", "week"},     {"week_of_year", "week"},     {"year_of_week", "isoyear"},
      {"yow", "isoyear"}};
  const auto found = std::ranges::find(kFields, std::string_view(call.expr.text),
                                       &std::pair<std::string_view, std::string_view>::first);
  const Typed& value = call.args[0];
  const bool of_interval =
      value.type.kind == TypeKind::kIntervalDay || value.type.kind == TypeKind::kIntervalYear;
  const bool of_time = value.type.kind == TypeKind::kTime;
  if (!is_moment(value.type) && !of_interval && !of_time) {
    return std::unexpected(call.mismatch(
        fmt::format("{0}(date), {0}(timestamp(p)), {0}(timestamp(p) with time zone), {0}(interval)",
                    call.expr.text)));
  }
  return Typed{fmt::format("CAST({}({}) AS BIGINT)", found->second, local_time(value).sql),
               simple_type(TypeKind::kBigint)};
}

Outcome<Typed> millisecond(CallContext& call) {
  if (!is_moment(call.args[0].type))
    return std::unexpected(call.mismatch("millisecond(timestamp)"));
  return Typed{fmt::format("CAST(millisecond({}) % 1000 AS BIGINT)", local_time(call.args[0]).sql),
               simple_type(TypeKind::kBigint)};
}

Outcome<Typed> last_day_of_month(CallContext& call) {
  if (!is_moment(call.args[0].type))
    return std::unexpected(call.mismatch("last_day_of_month(date)"));
  return Typed{fmt::format("last_day({})", local_time(call.args[0]).sql),
               simple_type(TypeKind::kDate)};
}

Outcome<std::string> pattern_of(CallContext& call, std::size_t index, bool joda) {
  const Expr& expr = *call.expr.args[index];
  if (expr.kind != ExprKind::kString) {
    return std::unexpected(semantic_error(
        "NOT_SUPPORTED", expr.at, "The pattern of " + call.expr.text + " must be a literal"));
  }
  auto pattern = joda ? joda_to_strftime(expr.text) : mysql_to_strftime(expr.text);
  if (!pattern) {
    return std::unexpected(semantic_error("INVALID_FUNCTION_ARGUMENT", expr.at,
                                          fmt::format("Invalid format: {}", expr.text)));
  }
  return quote_literal(*pattern);
}

Outcome<Typed> format_date_with(CallContext& call, bool joda) {
  const Typed& value = call.args[0];
  if (!is_moment(value.type) || !is_string(call.args[1].type)) {
    return std::unexpected(call.mismatch(
        fmt::format("{0}(timestamp(p), varchar(x)), {0}(timestamp(p) with time zone, varchar(x))",
                    call.expr.text)));
  }
  TRY(std::string pattern, pattern_of(call, 1, joda));
  return Typed{fmt::format("strftime(CAST({} AS TIMESTAMP), {})", local_time(value).sql, pattern),
               varchar_type()};
}

Outcome<Typed> date_format(CallContext& call) { return format_date_with(call, false); }
Outcome<Typed> format_datetime(CallContext& call) { return format_date_with(call, true); }

Outcome<Typed> date_parse(CallContext& call) {
  if (!is_string(call.args[0].type)) {
    return std::unexpected(call.mismatch("date_parse(varchar(x), varchar(y))"));
  }
  TRY(std::string pattern, pattern_of(call, 1, false));
  return Typed{fmt::format("ps_parsed(try_strptime({0}, {1}), {0})", call.args[0].sql, pattern),
               timestamp_type(3)};
}

Outcome<Typed> parse_datetime(CallContext& call) {
  if (!is_string(call.args[0].type)) {
    return std::unexpected(call.mismatch("parse_datetime(varchar(x), varchar(y))"));
  }
  TRY(std::string pattern, pattern_of(call, 1, true));
  return Typed{fmt::format("CAST(ps_parsed(CAST(try_strptime({0}, {1}) AS TIMESTAMP), {0}) AS "
                           "TIMESTAMPTZ)",
                           call.args[0].sql, pattern),
               timestamp_tz_type(3)};
}

Outcome<std::string> zone_of(CallContext& call, std::size_t index) {
  const Expr& expr = *call.expr.args[index];
  if (expr.kind != ExprKind::kString) {
    return std::unexpected(
        semantic_error("NOT_SUPPORTED", expr.at, "The time zone must be a literal"));
  }
  return expr.text;
}

Outcome<Typed> from_unixtime(CallContext& call) {
  if (!is_numeric(call.args[0].type)) {
    return std::unexpected(
        call.mismatch("from_unixtime(double), from_unixtime(double, varchar(x))"));
  }
  std::string zone;
  if (call.count() > 1) {
    TRY(zone, zone_of(call, 1));
  }
  return Typed{
      fmt::format("make_timestamptz(CAST(round(CAST({} AS DOUBLE) * 1e3) AS BIGINT) * 1000)",
                  call.args[0].sql),
      timestamp_tz_type(3, zone)};
}

Outcome<Typed> at_timezone(CallContext& call) {
  if (!is_moment(call.args[0].type)) {
    return std::unexpected(call.mismatch("at_timezone(timestamp(p) with time zone, varchar(x))"));
  }
  TRY(std::string zone, zone_of(call, 1));
  return Typed{coerce_sql(call.args[0], timestamp_tz_type(3)), timestamp_tz_type(3, zone)};
}

// The local time read as a time of the zone.
Outcome<Typed> with_timezone(CallContext& call) {
  if (call.args[0].type.kind != TypeKind::kTimestamp) {
    return std::unexpected(call.mismatch("with_timezone(timestamp(p), varchar(x))"));
  }
  TRY(std::string zone, zone_of(call, 1));
  return Typed{fmt::format("timezone({}, {})", quote_literal(zone), call.args[0].sql),
               timestamp_tz_type(call.args[0].type.precision, zone)};
}

Outcome<Typed> to_iso8601(CallContext& call) {
  const Typed& value = call.args[0];
  if (!is_moment(value.type)) return std::unexpected(call.mismatch("to_iso8601(timestamp(p))"));
  if (value.type.kind == TypeKind::kDate) {
    return Typed{fmt::format("CAST({} AS VARCHAR)", value.sql), varchar_type()};
  }
  const Typed local = local_time(value);
  const bool utc = value.type.zone.empty() || value.type.zone == "UTC";
  const std::string zone = value.type.kind == TypeKind::kTimestamp ? ""
                           : utc                                   ? " || 'Z'"
                                 : fmt::format(" || ps_offset_text({}, {})", local.sql, value.sql);
  return Typed{fmt::format("(replace(ps_timestamp_text({}, {}), ' ', 'T'){})", local.sql,
                           value.type.precision, zone),
               varchar_type()};
}

constexpr CustomRow kTimeRows[] = {
    {"now", FunctionKind::kScalar, 0, 0, now},
    {"current_timestamp", FunctionKind::kScalar, 0, 1, now},
    {"current_date", FunctionKind::kScalar, 0, 0, current_date},
    {"localtimestamp", FunctionKind::kScalar, 0, 1, local_timestamp},
    {"date", FunctionKind::kScalar, 1, 1, date_function},
    {"date_trunc", FunctionKind::kScalar, 2, 2, date_trunc},
    {"date_add", FunctionKind::kScalar, 3, 3, date_add},
    {"date_diff", FunctionKind::kScalar, 3, 3, date_diff},
    {"year", FunctionKind::kScalar, 1, 1, field},
    {"quarter", FunctionKind::kScalar, 1, 1, field},
    {"month", FunctionKind::kScalar, 1, 1, field},
    {"week", FunctionKind::kScalar, 1, 1, field},
    {"week_of_year", FunctionKind::kScalar, 1, 1, field},
    {"year_of_week", FunctionKind::kScalar, 1, 1, field},
    {"yow", FunctionKind::kScalar, 1, 1, field},
    {"day", FunctionKind::kScalar, 1, 1, field},
    {"day_of_month", FunctionKind::kScalar, 1, 1, field},
    {"day_of_week", FunctionKind::kScalar, 1, 1, field},
    {"dow", FunctionKind::kScalar, 1, 1, field},
    {"day_of_year", FunctionKind::kScalar, 1, 1, field},
    {"doy", FunctionKind::kScalar, 1, 1, field},
    {"hour", FunctionKind::kScalar, 1, 1, field},
    {"minute", FunctionKind::kScalar, 1, 1, field},
    {"second", FunctionKind::kScalar, 1, 1, field},
    {"millisecond", FunctionKind::kScalar, 1, 1, millisecond},
    {"last_day_of_month", FunctionKind::kScalar, 1, 1, last_day_of_month},
    {"date_format", FunctionKind::kScalar, 2, 2, date_format},
    {"date_parse", FunctionKind::kScalar, 2, 2, date_parse},
    {"format_datetime", FunctionKind::kScalar, 2, 2, format_datetime},
    {"parse_datetime", FunctionKind::kScalar, 2, 2, parse_datetime},
    {"from_unixtime", FunctionKind::kScalar, 1, 2, from_unixtime},
    {"at_timezone", FunctionKind::kScalar, 2, 2, at_timezone},
    {"with_timezone", FunctionKind::kScalar, 2, 2, with_timezone},
    {"to_iso8601", FunctionKind::kScalar, 1, 1, to_iso8601},
};

}  // namespace

std::span<const CustomRow> time_functions() { return kTimeRows; }

}  // namespace penstock::sql
