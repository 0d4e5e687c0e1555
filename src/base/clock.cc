// Calendar arithmetic (proleptic Gregorian, UTC) and the text forms of time that AWS uses.
#include "base/clock.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

namespace penstock {
namespace {

constexpr const char* kDayNames[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr const char* kMonthNames[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return std::nullopt;
  int value = 0;
  const char* end = text.data() + at + count;
  const auto [ptr, ec] = std::from_chars(text.data() + at, end, value);
  if (ec != std::errc() || ptr != end || text[at] == '-') return std::nullopt;
  return value;
}

Result<Timestamp> checked(const CivilTime& civil, std::string_view text) {
  const std::chrono::year_month_day date{std::chrono::year(civil.year),
                                         std::chrono::month(static_cast<unsigned>(civil.month)),
                                         std::chrono::day(static_cast<unsigned>(civil.day))};
  if (!date.ok() || civil.hour > 23 || civil.minute > 59 || civil.second > 60) {
    return fail(ErrorKind::kInvalid, fmt::format("'{}' is not a date", text));
  }
  return timestamp_from(civil);
}

}  // namespace

Timestamp Timestamp::from_seconds(double seconds) {
  return {static_cast<std::int64_t>(std::llround(seconds * 1e6))};
}

CivilTime civil_from(Timestamp t) {
  using namespace std::chrono;
  const sys_time<microseconds> point{microseconds(t.micros)};
  const sys_days day = floor<days>(point);
  const year_month_day date{day};
  const hh_mm_ss time{point - day};
  CivilTime civil;
  civil.year = static_cast<int>(date.year());
  civil.month = static_cast<int>(static_cast<unsigned>(date.month()));
  civil.day = static_cast<int>(static_cast<unsigned>(date.day()));
  civil.hour = static_cast<int>(time.hours().count());
  civil.minute = static_cast<int>(time.minutes().count());
  civil.second = static_cast<int>(time.seconds().count());
  civil.millisecond = static_cast<int>(time.subseconds().count() / 1000);
  civil.day_of_week = static_cast<int>(weekday{day}.c_encoding());
  civil.day_of_year = static_cast<int>((day - sys_days{date.year() / 1 / 1}).count()) + 1;
  return civil;
}

Timestamp timestamp_from(const CivilTime& civil) {
  using namespace std::chrono;
  const sys_days day{year(civil.year) / month(static_cast<unsigned>(civil.month)) /
                     std::chrono::day(static_cast<unsigned>(civil.day))};
  const std::int64_t seconds = day.time_since_epoch().count() * 86400LL + civil.hour * 3600LL +
                               civil.minute * 60LL + civil.second;
  return {seconds * 1'000'000 + civil.millisecond * 1000LL};
}

std::string format_iso8601(Timestamp t) {
  const CivilTime c = civil_from(t);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", c.year, c.month, c.day, c.hour,
                     c.minute, c.second);
}

std::string format_iso8601_millis(Timestamp t) {
  const CivilTime c = civil_from(t);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", c.year, c.month, c.day, c.hour,
                     c.minute, c.second, c.millisecond);
}

std::string format_amz_date(Timestamp t) {
  const CivilTime c = civil_from(t);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", c.year, c.month, c.day, c.hour, c.minute,
                     c.second);
}

std::string format_http_date(Timestamp t) {
  const CivilTime c = civil_from(t);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDayNames[c.day_of_week], c.day,
                     kMonthNames[c.month - 1], c.year, c.hour, c.minute, c.second);
}

Result<Timestamp> parse_iso8601(std::string_view text) {
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto bad = [&] {
    return fail(ErrorKind::kInvalid, fmt::format("'{}' is not an ISO 8601 time", text));
  };
  if (!year || !month || !day || text[4] != '-' || text[7] != '-') return bad();
  CivilTime civil{.year = *year, .month = *month, .day = *day};
  if (text.size() == 10) return checked(civil, text);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!hour || !minute || !second || (text[10] != 'T' && text[10] != ' ')) return bad();
  civil.hour = *hour, civil.minute = *minute, civil.second = *second;
  if (text[13] != ':' || text[16] != ':') return bad();
  std::size_t at = 19;
  std::int64_t micros = 0;
  if (at < text.size() && text[at] == '.') {
    std::int64_t scale = 100'000;
    const std::size_t first = ++at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10) {
      micros += (text[at] - '0') * scale;
    }
    if (at == first) return bad();
  }
  std::int64_t offset_minutes = 0;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
    const bool has_colon = text.size() == at + 6;  // +hh:mm or +hhmm
    if (text.size() != at + 5 && (!has_colon || text[at + 3] != ':')) return bad();
    const auto oh = digits(text, at + 1, 2), om = digits(text, at + (has_colon ? 4 : 3), 2);
    if (!oh || !om || *oh > 23 || *om > 59) return bad();
    offset_minutes = (*oh * 60 + *om) * (text[at] == '-' ? -1 : 1);
  } else if (text.substr(at) != "Z" && !text.substr(at).empty()) {
    return bad();
  }
  TRY(const Timestamp t, checked(civil, text));
  return Timestamp{t.micros + micros - offset_minutes * 60'000'000};
}

Result<Timestamp> parse_amz_date(std::string_view text) {
  const auto year = digits(text, 0, 4), month = digits(text, 4, 2), day = digits(text, 6, 2),
             hour = digits(text, 9, 2), minute = digits(text, 11, 2), second = digits(text, 13, 2);
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z' || !year || !month || !day || !hour ||
      !minute || !second) {
    return fail(ErrorKind::kInvalid, fmt::format("'{}' is not a basic ISO 8601 time", text));
  }
  return checked({.year = *year,
                  .month = *month,
                  .day = *day,
                  .hour = *hour,
                  .minute = *minute,
                  .second = *second},
                 text);
}

Result<Timestamp> parse_http_date(std::string_view text) {
  const auto bad = [&] {
    return fail(ErrorKind::kInvalid, fmt::format("'{}' is not an HTTP date", text));
  };
  if (text.size() != 29 || text.substr(25) != " GMT" || text.substr(3, 2) != ", " ||
      text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':') {
    return bad();
  }
  int month = 0;
  for (int i = 0; i < 12; ++i) {
    if (text.substr(8, 3) == kMonthNames[i]) month = i + 1;
  }
  const auto day = digits(text, 5, 2), year = digits(text, 12, 4), hour = digits(text, 17, 2),
             minute = digits(text, 20, 2), second = digits(text, 23, 2);
  if (month == 0 || !day || !year || !hour || !minute || !second) return bad();
  return checked({.year = *year,
                  .month = month,
                  .day = *day,
                  .hour = *hour,
                  .minute = *minute,
                  .second = *second},
                 text);
}

Timestamp SystemClock::now() const {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::microseconds>(since).count()};
}

std::chrono::microseconds SystemClock::monotonic() const {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since);
}

}  // namespace penstock
