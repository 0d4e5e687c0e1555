// The grammar is the one documented for Glue, "Time-based schedules for jobs and crawlers": exactly
// one of the two day fields is '?', and wildcards are , - * / ? L W #.
#include "services/glue/cron.h"

#include <charconv>

#include "base/bytes.h"

namespace penstock::glue {
namespace {

constexpr int kYearFirst = 1970, kYearLast = 2199;
constexpr std::size_t kExpressionBytesMax = 512;
constexpr std::array<std::string_view, 12> kMonths = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                      "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kWeekdays = {"SUN", "MON", "TUE", "WED",
                                                       "THU", "FRI", "SAT"};

std::unexpected<Error> invalid() {
  return fail(ErrorKind::kInvalid,
              "Invalid schedule cron expression. Expected format: Cron(CRON_EXPRESSION)");
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || text.size() > 4 || error != std::errc() || end != text.data() + text.size() ||
      value < 0) {
    return std::nullopt;
  }
  return value;
}

struct Field {
  int min, max;
  std::string_view const* names = nullptr;  // For min, min + 1, …
  int name_count = 0;
};

std::optional<int> value_of(std::string_view text, const Field& field) {
  for (int i = 0; i < field.name_count; ++i) {
    if (equals_ignore_case(text, field.names[i])) return field.min + i;
  }
  const std::optional<int> value = number(text);
  if (!value || *value < field.min || *value > field.max) return std::nullopt;
  return value;
}

// One item between commas: *, a, a-b, a/n, */n, a-b/n. Calls set(value) for each value.
template <typename Set>
bool parse_item(std::string_view item, const Field& field, Set set) {
  int step = 1;
  const std::size_t slash = item.find('/');
  if (slash != std::string_view::npos) {
    const std::optional<int> parsed = number(item.substr(slash + 1));
    if (!parsed || *parsed == 0) return false;
    step = *parsed;
    item = item.substr(0, slash);
  }
  int first = field.min, last = field.max;
  if (item != "*") {
    const std::size_t dash = item.find('-');
    const std::optional<int> from = value_of(item.substr(0, dash), field);
    if (!from) return false;
    first = *from;
    if (dash != std::string_view::npos) {
      const std::optional<int> to = value_of(item.substr(dash + 1), field);
      if (!to || *to < first) return false;
      last = *to;
    } else if (slash == std::string_view::npos) {
      last = first;
    }
  }
  for (int value = first; value <= last; value += step) set(value);
  return true;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

template <typename Set>
bool parse_field(std::string_view text, const Field& field, Set set) {
  for (const std::string_view item : split(text, ',')) {
    if (!parse_item(item, field, set)) return false;
  }
  return true;
}

int days_in_month(int year, int month) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

// 1 is Sunday.
int weekday_of(int year, int month, int day) {
  CivilTime civil;
  civil.year = year;
  civil.month = month;
  civil.day = day;
  return civil_from(timestamp_from(civil)).day_of_week + 1;
}

bool is_weekday(int year, int month, int day) {
  const int weekday = weekday_of(year, month, day);
  return weekday >= 2 && weekday <= 6;
}

int nearest_weekday(int year, int month, int day) {
  const int length = days_in_month(year, month);
  if (day > length) return 0;
  for (const int shift : {0, -1, 1, 2, -2}) {
    const int candidate = day + shift;
    if (candidate >= 1 && candidate <= length && is_weekday(year, month, candidate))
      return candidate;
  }
  return 0;
}

}  // namespace

Status Cron::parse_days(std::string_view of_month, std::string_view of_week) {
  if ((of_month == "?") == (of_week == "?")) return invalid();
  by_week_ = of_month == "?";
  if (!by_week_) {
    for (const std::string_view item : split(of_month, ',')) {
      if (equals_ignore_case(item, "L")) {
        rules_.push_back({DayRule::Kind::kLastDay});
      } else if (equals_ignore_case(item, "LW")) {
        rules_.push_back({DayRule::Kind::kLastWeekday});
      } else if (item.ends_with('W') || item.ends_with('w')) {
        const auto day = value_of(item.substr(0, item.size() - 1), {1, 31});
        if (!day) return invalid();
        rules_.push_back({DayRule::Kind::kNearestWeekday, *day});
      } else if (!parse_item(item, {1, 31},
                             [this](int v) { days_.set(static_cast<std::size_t>(v)); })) {
        return invalid();
      }
    }
    return {};
  }
  const Field field{1, 7, kWeekdays.data(), 7};
  for (const std::string_view item : split(of_week, ',')) {
    const std::size_t hash = item.find('#');
    if (hash != std::string_view::npos) {
      const auto day = value_of(item.substr(0, hash), field);
      const auto ordinal = value_of(item.substr(hash + 1), {1, 5});
      if (!day || !ordinal) return invalid();
      rules_.push_back({DayRule::Kind::kNthWeekday, *day, *ordinal});
    } else if (equals_ignore_case(item, "L")) {
      weekdays_.set(7);  // The last day of the week.
    } else if (item.size() > 1 && (item.ends_with('L') || item.ends_with('l'))) {
      const auto day = value_of(item.substr(0, item.size() - 1), field);
      if (!day) return invalid();
      rules_.push_back({DayRule::Kind::kLastOfWeekday, *day});
    } else if (!parse_item(item, field,
                           [this](int v) { weekdays_.set(static_cast<std::size_t>(v)); })) {
      return invalid();
    }
  }
  return {};
}

Result<Cron> Cron::parse(std::string_view expression) {
  constexpr std::string_view kPrefix = "cron(";
  if (expression.size() > kExpressionBytesMax || expression.size() < kPrefix.size() + 1 ||
      !equals_ignore_case(expression.substr(0, kPrefix.size()), kPrefix) ||
      !expression.ends_with(')')) {
    return invalid();
  }
  std::vector<std::string_view> fields;
  const auto inner = expression.substr(kPrefix.size(), expression.size() - kPrefix.size() - 1);
  for (const std::string_view field : split(inner, ' ')) {
    if (!field.empty()) fields.push_back(field);
  }
  if (fields.size() != 6) return invalid();
  Cron cron;
  const auto setter = [](auto& bits, int offset) {
    return [&bits, offset](int value) { bits.set(static_cast<std::size_t>(value - offset)); };
  };
  if (!parse_field(fields[0], {0, 59}, setter(cron.minutes_, 0)) ||
      !parse_field(fields[1], {0, 23}, setter(cron.hours_, 0)) ||
      !parse_field(fields[3], {1, 12, kMonths.data(), 12}, setter(cron.months_, 0)) ||
      !parse_field(fields[5], {kYearFirst, kYearLast}, setter(cron.years_, kYearFirst))) {
    return invalid();
  }
  TRY_VOID(cron.parse_days(fields[2], fields[4]));
  if (cron.too_frequent()) {
    return fail(
        ErrorKind::kInvalid,
        "Invalid schedule cron expression. Schedules that run more often than every 5 minutes "
        "are not supported.");
  }
  return cron;
}

bool Cron::too_frequent() const {
  constexpr int kMinutesApart = 5;
  bool hours_touch = hours_.test(23) && hours_.test(0);
  for (std::size_t hour = 1; hour < 24; ++hour)
    hours_touch |= hours_.test(hour) && hours_.test(hour - 1);
  int first = -1, previous = -1;
  for (int minute = 0; minute < 60; ++minute) {
    if (!minutes_.test(static_cast<std::size_t>(minute))) continue;
    if (previous >= 0 && minute - previous < kMinutesApart) return true;
    if (first < 0) first = minute;
    previous = minute;
  }
  return hours_touch && first >= 0 && first + 60 - previous < kMinutesApart;
}

bool Cron::matches_day(int year, int month, int day) const {
  const int weekday = weekday_of(year, month, day);
  if (by_week_ ? weekdays_.test(static_cast<std::size_t>(weekday))
               : days_.test(static_cast<std::size_t>(day))) {
    return true;
  }
  const int length = days_in_month(year, month);
  for (const DayRule& rule : rules_) {
    switch (rule.kind) {
      case DayRule::Kind::kLastDay:
        if (day == length) return true;
        break;
      case DayRule::Kind::kLastWeekday: {
        int last = length;
        while (!is_weekday(year, month, last)) --last;
        if (day == last) return true;
        break;
      }
      case DayRule::Kind::kNearestWeekday:
        if (day == nearest_weekday(year, month, rule.day)) return true;
        break;
      case DayRule::Kind::kNthWeekday:
        if (weekday == rule.day && (day - 1) / 7 + 1 == rule.ordinal) return true;
        break;
      case DayRule::Kind::kLastOfWeekday:
        if (weekday == rule.day && day + 7 > length) return true;
        break;
    }
  }
  return false;
}

std::optional<Timestamp> Cron::next_after(Timestamp t) const {
  // The next full minute; then day by day, which is at most some 84 000 cheap steps.
  constexpr std::int64_t kMinute = 60'000'000;
  const CivilTime from = civil_from(Timestamp{(t.micros / kMinute + 1) * kMinute});
  int hour_min = from.hour, minute_min = from.minute;
  for (int year = from.year; year <= kYearLast; ++year) {
    if (year < kYearFirst || !years_.test(static_cast<std::size_t>(year - kYearFirst))) {
      hour_min = minute_min = 0;
      continue;
    }
    for (int month = year == from.year ? from.month : 1; month <= 12; ++month) {
      const bool same_month = year == from.year && month == from.month;
      for (int day = same_month ? from.day : 1; day <= days_in_month(year, month); ++day) {
        if (!same_month || day != from.day) hour_min = minute_min = 0;
        if (!months_.test(static_cast<std::size_t>(month)) || !matches_day(year, month, day))
          continue;
        for (int hour = hour_min; hour < 24; ++hour) {
          if (!hours_.test(static_cast<std::size_t>(hour))) continue;
          for (int minute = hour == hour_min ? minute_min : 0; minute < 60; ++minute) {
            if (!minutes_.test(static_cast<std::size_t>(minute))) continue;
            CivilTime found;
            found.year = year;
            found.month = month;
            found.day = day;
            found.hour = hour;
            found.minute = minute;
            return timestamp_from(found);
          }
        }
      }
    }
  }
  return std::nullopt;
}

}  // namespace penstock::glue
