// AWS cron expressions: cron(minutes hours day-of-month month day-of-week year), in UTC.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace penstock::glue {

class Cron {
 public:
  // kInvalid with AWS's wording: malformed, or more often than every five minutes.
  static Result<Cron> parse(std::string_view expression);

  // The first minute after `t` that the expression names; nullopt when there is none until 2199.
  std::optional<Timestamp> next_after(Timestamp t) const;

 private:
  // One day rule that depends on the month: L, LW, 15W, 6#3, 6L.
  struct DayRule {
    enum class Kind : std::uint8_t {
      kLastDay,
      kLastWeekday,
      kNearestWeekday,
      kNthWeekday,
      kLastOfWeekday
    };
    Kind kind;
    int day = 0;  // Of the month, or of the week (1 is Sunday).
    int ordinal = 0;
  };
  bool matches_day(int year, int month, int day) const;
  Status parse_days(std::string_view of_month, std::string_view of_week);
  bool too_frequent() const;

  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;     // 1 to 31.
  std::bitset<13> months_;   // 1 to 12.
  std::bitset<8> weekdays_;  // 1 is Sunday.
  std::bitset<230> years_;   // 0 is 1970.
  std::vector<DayRule> rules_;
  bool by_week_ = false;  // The day of the week decides; else the day of the month.
};

}  // namespace penstock::glue
