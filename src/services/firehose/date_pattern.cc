// Java date patterns: parsing with Java's limits on repeated letters, and formatting.
//
// Weeks begin on Sunday and the first week holds January 1st (the English locale of the US).
#include "services/firehose/date_pattern.h"

#include <fmt/format.h>

#include <array>

#include "base/ascii.h"

namespace penstock::firehose {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 4> kQuarters = {"1st quarter", "2nd quarter", "3rd quarter",
                                                       "4th quarter"};

// The most repetitions that Java takes; 0: not a letter of a pattern.
int count_max(char letter) {
  switch (letter) {
    case 'y':
    case 'u':
    case 'Y':
    case 'A':
    case 'n':
    case 'N': return 19;
    case 'S': return 9;
    case 'M':
    case 'L':
    case 'E':
    case 'e':
    case 'Q':
    case 'q':
    case 'G':
    case 'X':
    case 'x':
    case 'Z': return 5;
    case 'c': return 5;
    case 'O':
    case 'z': return 4;
    case 'D': return 3;
    case 'd':
    case 'H':
    case 'h':
    case 'K':
    case 'k':
    case 'm':
    case 's':
    case 'w': return 2;
    case 'W':
    case 'F':
    case 'a': return 1;
    default: return 0;
  }
}

void number(std::string& out, std::int64_t value, int width) {
  fmt::format_to(std::back_inserter(out), "{:0{}}", value, width);
}

// Text forms of a name by repetition: 3 short, 4 full, 5 its first letter.
void name(std::string& out, std::string_view full, int count) {
  if (count == 4) {
    out += full;
  } else {
    out += full.substr(0, count == 5 ? 1 : 3);
  }
}

void year(std::string& out, int value, int count) {
  if (count == 2) {
    number(out, value % 100, 2);
  } else {
    number(out, value, count);
  }
}

int days_in_year(int year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 366 : 365;
}

struct WeekDate {
  int year;
  int week;
};

// The week that holds January 1st is the first; weeks begin on Sunday.
WeekDate week_date(const CivilTime& t) {
  const int first_day = ((t.day_of_week - (t.day_of_year - 1)) % 7 + 7) % 7;  // Of January 1st.
  const int week = (t.day_of_year - 1 + first_day) / 7 + 1;
  const int next_first_day = (first_day + days_in_year(t.year)) % 7;
  // The last days of the year belong to the week of next January 1st, unless that is a Sunday.
  const int days_to_next_year = days_in_year(t.year) - t.day_of_year + 1;
  if (days_to_next_year <= next_first_day) return {t.year + 1, 1};
  return {t.year, week};
}

int week_of_month(const CivilTime& t) {
  const int first_day = ((t.day_of_week - (t.day - 1)) % 7 + 7) % 7;
  return (t.day - 1 + first_day) / 7 + 1;
}

// X, x, Z: the offset from UTC. `zulu` writes a zero offset as Z.
void offset(std::string& out, int seconds, bool colon, bool minutes_always, bool with_seconds,
            bool zulu) {
  if (seconds == 0 && zulu) {
    out += 'Z';
    return;
  }
  const int magnitude = seconds < 0 ? -seconds : seconds;
  const int minutes = magnitude / 60 % 60;
  out += seconds < 0 ? '-' : '+';
  number(out, magnitude / 3600, 2);
  if (minutes_always || minutes != 0) {
    if (colon) out += ':';
    number(out, minutes, 2);
  }
  if (with_seconds && magnitude % 60 != 0) {
    if (colon) out += ':';
    number(out, magnitude % 60, 2);
  }
}

void x_offset(std::string& out, int seconds, int count, bool zulu) {
  offset(out, seconds, count == 3 || count == 5, count != 1, count >= 4, zulu);
}

void z_offset(std::string& out, int seconds, int count) {
  if (count == 4) {
    out += "GMT";
    if (seconds != 0) offset(out, seconds, true, true, true, false);
  } else if (count == 5) {
    offset(out, seconds, true, true, true, true);
  } else {
    offset(out, seconds, false, true, false, false);
  }
}

void localized_offset(std::string& out, int seconds, int count) {
  out += "GMT";
  if (seconds == 0) return;
  if (count == 4) {
    offset(out, seconds, true, true, true, false);
    return;
  }
  const int magnitude = seconds < 0 ? -seconds : seconds;
  fmt::format_to(std::back_inserter(out), "{}{}", seconds < 0 ? '-' : '+', magnitude / 3600);
  if (magnitude / 60 % 60 != 0)
    fmt::format_to(std::back_inserter(out), ":{:02}", magnitude / 60 % 60);
}

void month_or_quarter(std::string& out, char letter, int count, const CivilTime& t) {
  const int quarter = (t.month - 1) / 3;
  const bool is_month = letter == 'M' || letter == 'L';
  if (count <= 2) return number(out, is_month ? t.month : quarter + 1, count);
  if (is_month) return name(out, kMonths[t.month - 1], count);
  if (count == 4) {
    out += kQuarters[quarter];
  } else if (count == 5) {
    number(out, quarter + 1, 1);
  } else {
    fmt::format_to(std::back_inserter(out), "Q{}", quarter + 1);
  }
}

void day_of_week(std::string& out, char letter, int count, const CivilTime& t) {
  if (letter != 'E' && count <= 2) return number(out, t.day_of_week + 1, count);
  name(out, kDays[t.day_of_week], count < 3 ? 3 : count);
}

void era(std::string& out, int count) {
  out += count == 4 ? "Anno Domini" : count == 5 ? "A" : "AD";
}

void fraction(std::string& out, std::int64_t nanos, int count) {
  const std::string digits = fmt::format("{:09}", nanos);
  out.append(digits, 0, static_cast<std::size_t>(count));
}

}  // namespace

Result<DatePattern> DatePattern::parse(std::string_view text) {
  DatePattern pattern;
  const auto literal = [&pattern](char c) {
    if (pattern.pieces_.empty() || pattern.pieces_.back().letter != 0) {
      pattern.pieces_.emplace_back();
    }
    pattern.pieces_.back().literal += c;
  };
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (is_letter(c)) {
      std::size_t end = i;
      while (end < text.size() && text[end] == c) ++end;
      const int count = static_cast<int>(end - i);
      // 'cc' has no form in Java.
      if (count > count_max(c) || (c == 'c' && count == 2)) {
        return fail(ErrorKind::kInvalid,
                    "Invalid conversion character used in the value of the expression");
      }
      pattern.pieces_.push_back({c, count, {}});
      i = end;
    } else if (c == '\'') {
      std::size_t end = i + 1;
      bool any = false;  // '' alone is a quote.
      for (;; ++end) {
        if (end == text.size()) {
          return fail(ErrorKind::kInvalid, "Pattern ends with an incomplete string literal");
        }
        if (text[end] != '\'') {
          literal(text[end]);
        } else if (end + 1 < text.size() && text[end + 1] == '\'') {
          literal('\'');
          ++end;
        } else {
          break;
        }
        any = true;
      }
      if (!any) literal('\'');
      i = end + 1;
    } else if (c == '{' || c == '}' || c == '#') {
      return fail(ErrorKind::kInvalid, "Pattern includes reserved character");
    } else {
      // Brackets delimit optional sections, which always apply when formatting.
      if (c != '[' && c != ']') literal(c);
      ++i;
    }
  }
  return pattern;
}

void DatePattern::append_to(std::string& out, const LocalTime& time) const {
  const CivilTime& t = time.civil;
  const std::int64_t second_of_day = t.hour * 3600 + t.minute * 60 + t.second;
  for (const Piece& piece : pieces_) {
    const int count = piece.count;
    switch (piece.letter) {
      case 0: out += piece.literal; break;
      case 'y':
      case 'u': year(out, t.year, count); break;
      case 'Y': year(out, week_date(t).year, count); break;
      case 'w': number(out, week_date(t).week, count); break;
      case 'W': number(out, week_of_month(t), count); break;
      case 'D': number(out, t.day_of_year, count); break;
      case 'M':
      case 'L':
      case 'Q':
      case 'q': month_or_quarter(out, piece.letter, count, t); break;
      case 'd': number(out, t.day, count); break;
      case 'E':
      case 'e':
      case 'c': day_of_week(out, piece.letter, count, t); break;
      case 'F': number(out, (t.day - 1) % 7 + 1, count); break;
      case 'a': out += t.hour < 12 ? "AM" : "PM"; break;
      case 'H': number(out, t.hour, count); break;
      case 'k': number(out, t.hour == 0 ? 24 : t.hour, count); break;
      case 'K': number(out, t.hour % 12, count); break;
      case 'h': number(out, t.hour % 12 == 0 ? 12 : t.hour % 12, count); break;
      case 'm': number(out, t.minute, count); break;
      case 's': number(out, t.second, count); break;
      case 'S': fraction(out, time.nano_of_second, count); break;
      case 'A': number(out, second_of_day * 1000 + time.nano_of_second / 1'000'000, count); break;
      case 'n': number(out, time.nano_of_second, count); break;
      case 'N': number(out, second_of_day * 1'000'000'000 + time.nano_of_second, count); break;
      case 'G': era(out, count); break;
      case 'z': out += time.zone; break;
      case 'O': localized_offset(out, time.offset_seconds, count); break;
      case 'X': x_offset(out, time.offset_seconds, count, true); break;
      case 'x': x_offset(out, time.offset_seconds, count, false); break;
      case 'Z': z_offset(out, time.offset_seconds, count); break;
      default: break;
    }
  }
}

}  // namespace penstock::firehose
