// Reads and writes the text forms of dates, timestamps and intervals.

#include "sql/time_text.h"

#include <fmt/format.h>

#include <array>

#include "base/ascii.h"

namespace penstock::sql {

namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool done() const { return at_ == text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (peek() != c || done()) return false;
    ++at_;
    return true;
  }
  std::optional<int> number(std::size_t min, std::size_t max) {
    std::size_t count = 0;
    int value = 0;
    while (count < max && is_digit(peek())) {
      value = value * 10 + (text_[at_++] - '0');
      ++count;
    }
    if (count < min) return std::nullopt;
    return value;
  }
  std::string_view rest() const { return text_.substr(at_); }
  void to_end() { at_ = text_.size(); }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

int days_in_month(int year, int month) {
  static constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

// hh:mm[:ss[.fraction]]
bool read_time(Reader& in, TimestampText& out) {
  const auto hour = in.number(1, 2);
  if (!hour || *hour > 23 || !in.take(':')) return false;
  const auto minute = in.number(1, 2);
  if (!minute || *minute > 59) return false;
  int second = 0;
  std::int64_t fraction = 0;
  if (in.take(':')) {
    const auto read = in.number(1, 2);
    if (!read || *read > 59) return false;
    second = *read;
    if (in.take('.')) {
      std::int64_t scale = 100'000;
      int digits = 0;
      while (is_digit(in.peek())) {
        const int digit = in.peek() - '0';
        in.take(in.peek());
        fraction += digit * scale;
        scale /= 10;
        ++digits;
      }
      if (digits == 0 || digits > 12) return false;
      out.digits = digits;
    }
  }
  out.has_time = true;
  out.micros += ((*hour * 60LL + *minute) * 60 + second) * kMicrosPerSecond + fraction;
  return true;
}

}  // namespace

std::int64_t days_from_civil(std::int64_t year, int month, int day) {
  year -= month <= 2;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t of_era = year - era * 400;
  const std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

std::optional<TimestampText> parse_timestamp_text(std::string_view text, bool iso8601) {
  Reader in(trim_blanks(text));
  const bool negative = in.take('-');
  if (!negative) in.take('+');
  const auto year = in.number(1, 6);
  if (!year || !in.take('-')) return std::nullopt;
  const auto month = in.number(1, 2);
  if (!month || *month < 1 || *month > 12 || !in.take('-')) return std::nullopt;
  const auto day = in.number(1, 2);
  const int signed_year = negative ? -*year : *year;
  if (!day || *day < 1 || *day > days_in_month(signed_year, *month)) return std::nullopt;
  if (*year > 99999) return std::nullopt;
  TimestampText out;
  out.micros = days_from_civil(signed_year, *month, *day) * kMicrosPerDay;
  if (in.done()) return out;
  if (iso8601) {
    if (!in.take('T')) return std::nullopt;
    if (in.done()) return out;
  } else if (!in.take(' ')) {
    return std::nullopt;
  }
  if (is_digit(in.peek())) {
    if (!read_time(in, out)) return std::nullopt;
    if (in.done()) return out;
    const bool blank = in.take(' ');
    if (!blank && !iso8601 && in.peek() != '+' && in.peek() != '-') return std::nullopt;
  }
  const std::string_view zone = trim_blanks(in.rest());
  if (!is_time_zone(zone)) return std::nullopt;
  out.zone = zone;
  out.offset_minutes = zone_offset_minutes(zone);
  return out;
}

std::optional<int> zone_offset_minutes(std::string_view text) {
  if (text == "UTC" || text == "Z" || text == "GMT") return 0;
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  Reader in(text.substr(1));
  const auto hour = in.number(2, 2);
  if (!hour || *hour > 14) return std::nullopt;
  int minute = 0;
  if (!in.done()) {
    in.take(':');
    const auto read = in.number(2, 2);
    if (!read || *read > 59 || !in.done()) return std::nullopt;
    minute = *read;
  }
  const int total = *hour * 60 + minute;
  return text[0] == '-' ? -total : total;
}

bool is_time_zone(std::string_view text) {
  if (zone_offset_minutes(text)) return true;
  if (text.empty() || text.size() > 64) return false;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !is_digit(c) && c != '/' && c != '_' && c != '-' && c != '+') return false;
  }
  return (text[0] >= 'A' && text[0] <= 'Z') && text.find('/') != std::string_view::npos;
}

std::optional<Interval> parse_interval(const Expr& literal) {
  struct Unit {
    std::string_view name;
    std::int64_t size;
    bool months;
  };
  static constexpr std::array<Unit, 6> kUnits = {Unit{"YEAR", 12, true},
                                                 Unit{"MONTH", 1, true},
                                                 Unit{"DAY", kMicrosPerDay, false},
                                                 Unit{"HOUR", 3600 * kMicrosPerSecond, false},
                                                 Unit{"MINUTE", 60 * kMicrosPerSecond, false},
                                                 Unit{"SECOND", kMicrosPerSecond, false}};
  const auto index_of = [](std::string_view name) {
    std::size_t i = 0;
    while (i < kUnits.size() && kUnits[i].name != name) ++i;
    return i;
  };
  const std::size_t first = index_of(literal.unit);
  const std::size_t last = literal.unit_to.empty() ? first : index_of(literal.unit_to);
  if (first >= kUnits.size() || last >= kUnits.size() || last < first ||
      kUnits[first].months != kUnits[last].months) {
    return std::nullopt;
  }
  Reader in(trim_blanks(literal.text));
  bool negative = literal.negated;
  if (in.take('-'))
    negative = !negative;
  else
    in.take('+');
  Interval interval;
  interval.is_months = kUnits[first].months;
  for (std::size_t i = first; i <= last; ++i) {
    // "2 3:04:05": a blank after days, colons after that, a hyphen between years and months.
    if (i > first) {
      const char separator = interval.is_months ? '-' : i == 3 ? ' ' : ':';
      if (!in.take(separator)) {
        if (in.done()) break;  // Trino takes fewer fields than the unit names.
        return std::nullopt;
      }
    }
    const auto value = in.number(1, 9);
    if (!value) return std::nullopt;
    interval.amount += *value * kUnits[i].size;
    if (kUnits[i].name == "SECOND" && in.take('.')) {
      std::int64_t scale = 100'000;
      while (is_digit(in.peek())) {
        interval.amount += (in.peek() - '0') * scale;
        scale /= 10;
        in.take(in.peek());
      }
    }
  }
  if (!in.done()) return std::nullopt;
  if (negative) interval.amount = -interval.amount;
  return interval;
}

std::string format_date(std::int32_t days) {
  std::int64_t z = static_cast<std::int64_t>(days) + 719468;
  const std::int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const std::int64_t of_era = z - era * 146097;
  const std::int64_t year_of_era =
      (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted = (5 * of_year + 2) / 153;
  const std::int64_t day = of_year - (153 * shifted + 2) / 5 + 1;
  const std::int64_t month = shifted + (shifted < 10 ? 3 : -9);
  const std::int64_t year = year_of_era + era * 400 + (month <= 2);
  if (year < 0) return fmt::format("-{:04}-{:02}-{:02}", -year, month, day);
  return fmt::format("{:04}-{:02}-{:02}", year, month, day);
}

std::string format_timestamp(std::int64_t micros, int digits) {
  std::int64_t days = micros / kMicrosPerDay;
  std::int64_t of_day = micros % kMicrosPerDay;
  if (of_day < 0) {
    of_day += kMicrosPerDay;
    --days;
  }
  const std::int64_t seconds = of_day / kMicrosPerSecond;
  std::string out =
      fmt::format("{} {:02}:{:02}:{:02}", format_date(static_cast<std::int32_t>(days)),
                  seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (digits <= 0) return out;
  std::string fraction = fmt::format("{:06}", of_day % kMicrosPerSecond);
  fraction.resize(static_cast<std::size_t>(digits), '0');
  return out + '.' + fraction;
}

}  // namespace penstock::sql
