// IANA time zones, read from the system's compiled files (TZif, RFC 8536).
//
//   TRY(auto zone, TimeZone::load("Europe/Berlin"));
//   LocalTime local = zone->at(timestamp);
//
// Immutable after loading; thread-safe. Leap seconds are not applied (POSIX time).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "services/firehose/date_pattern.h"

namespace penstock::firehose {

// One day of the year on which a POSIX rule changes the offset.
struct RuleDay {
  enum class Kind : std::uint8_t { kMonthWeekDay, kJulian, kZeroBased };
  Kind kind = Kind::kZeroBased;
  int month = 0, week = 0, day = 0;
  int seconds = 7200;  // Local time of the change, from midnight.
};

// The rule after the last listed transition, e.g. CET-1CEST,M3.5.0,M10.5.0/3.
struct PosixRule {
  std::string standard, daylight;
  int standard_offset = 0, daylight_offset = 0;  // Seconds east of UTC.
  bool has_daylight = false;
  RuleDay start, end;
};
std::optional<PosixRule> parse_posix_rule(std::string_view text);

class TimeZone {
 public:
  static Result<std::shared_ptr<const TimeZone>> load(std::string_view name);
  static Result<TimeZone> parse(std::string_view tzif);
  static std::shared_ptr<const TimeZone> utc();

  LocalTime at(Timestamp t) const;

 private:
  struct Type {
    int offset = 0;
    std::string abbreviation;
  };
  Type type_at(std::int64_t seconds) const;

  std::vector<std::int64_t> transitions_;
  std::vector<std::uint8_t> indices_;
  std::vector<Type> types_{{0, "UTC"}};
  std::optional<PosixRule> rule_;
};

}  // namespace penstock::firehose
