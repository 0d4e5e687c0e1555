// Time as a value and as an interface, so that tests advance it instead of sleeping.
//
// Timestamp is wall-clock time in microseconds since 1970 (UTC). Monotonic durations come from
// Clock::monotonic(). SystemClock reads the machine; SimClock stands still until advance() is
// called. Both are safe to use from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace penstock {

struct Timestamp {
  std::int64_t micros = 0;

  static constexpr Timestamp from_millis(std::int64_t millis) { return {millis * 1000}; }
  static constexpr Timestamp from_seconds(std::int64_t seconds) { return {seconds * 1'000'000}; }
  static Timestamp from_seconds(double seconds);
  constexpr std::int64_t millis() const { return micros / 1000; }
  constexpr std::int64_t seconds() const { return micros / 1'000'000; }

  friend constexpr auto operator<=>(const Timestamp&, const Timestamp&) = default;
  friend constexpr Timestamp operator+(Timestamp t, std::chrono::microseconds d) {
    return {t.micros + d.count()};
  }
  friend constexpr Timestamp operator-(Timestamp t, std::chrono::microseconds d) {
    return {t.micros - d.count()};
  }
  friend constexpr std::chrono::microseconds operator-(Timestamp a, Timestamp b) {
    return std::chrono::microseconds(a.micros - b.micros);
  }
};

// Broken-down UTC time. month and day start at 1.
struct CivilTime {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, millisecond = 0;
  int day_of_week = 4;  // 0 is Sunday.
  int day_of_year = 1;
};
CivilTime civil_from(Timestamp t);
Timestamp timestamp_from(const CivilTime& civil);

std::string format_iso8601(Timestamp t);         // 2026-11-22T07:30:01Z
std::string format_iso8601_millis(Timestamp t);  // 2026-11-22T07:30:01.123Z
std::string format_amz_date(Timestamp t);        // 20261122T073001Z
std::string format_http_date(Timestamp t);       // Sun, 22 Nov 2026 07:30:01 GMT
// Each accepts exactly the form its formatter writes (iso8601: fraction and +hh:mm offset
// optional).
Result<Timestamp> parse_iso8601(std::string_view text);
Result<Timestamp> parse_amz_date(std::string_view text);
Result<Timestamp> parse_http_date(std::string_view text);

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;
  virtual std::chrono::microseconds monotonic() const = 0;
};

class SystemClock final : public Clock {
 public:
  Timestamp now() const override;
  std::chrono::microseconds monotonic() const override;
};

class SimClock final : public Clock {
 public:
  explicit SimClock(Timestamp start = Timestamp::from_seconds(std::int64_t{1'700'000'000}))
      : start_(start), micros_(start.micros) {}
  Timestamp now() const override { return {micros_.load()}; }
  std::chrono::microseconds monotonic() const override { return now() - start_; }
  void advance(std::chrono::microseconds d) { micros_ += d.count(); }

 private:
  const Timestamp start_;
  std::atomic<std::int64_t> micros_;
};

}  // namespace penstock
