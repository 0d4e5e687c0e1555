// Dates and times as text: what Trino's casts and literals accept. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sql/ast.h"

namespace penstock::sql {

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

struct TimestampText {
  std::int64_t micros = 0;  // local time, since 1970-01-01 00:00
  bool has_time = false;
  int digits = 0;                     // of the fraction, as written
  std::string zone;                   // as written; empty without one
  std::optional<int> offset_minutes;  // of a zone such as +02:00 or UTC
};

// "2020-01-01[ 10:11[:12[.123456789]]][ zone]", blanks around it ignored. With iso8601 set, a T
// stands between date and time and the zone needs no blank before it. nullopt when it is anything
// else.
std::optional<TimestampText> parse_timestamp_text(std::string_view text, bool iso8601 = false);

// UTC, Z, +hh:mm, or a name such as Europe/Berlin that looks like one (the engine knows which
// exist).
bool is_time_zone(std::string_view text);
std::optional<int> zone_offset_minutes(std::string_view text);

struct Interval {
  std::int64_t amount = 0;  // months or microseconds
  bool is_months = false;
};
std::optional<Interval> parse_interval(const Expr& literal);

// micros since 1970 as "2020-01-01 10:11:12.123", with `digits` fraction digits (0..6).
std::string format_timestamp(std::int64_t micros, int digits);
std::string format_date(std::int32_t days);

std::int64_t days_from_civil(std::int64_t year, int month, int day);

}  // namespace penstock::sql
