// How far a reader has come in one shard of its stream. Pure values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace penstock::stream {

struct Counters {
  std::uint64_t read = 0;
  std::uint64_t delivered = 0;
  std::uint64_t filtered = 0;
  std::uint64_t failed = 0;  // Given up.
  friend bool operator==(const Counters&, const Counters&) = default;
  Counters& operator+=(const Counters& other);
};

// Everything up to `sequence` is delivered, filtered out or given up, and is counted.
struct Position {
  std::string sequence;   // Empty: nothing yet.
  bool finished = false;  // The shard is closed and read to its end.
  std::string start;      // TRIM_HORIZON, LATEST or AT_TIMESTAMP: where it began.
  Timestamp anchor;       // LATEST: when it was decided; AT_TIMESTAMP: the time meant.
  Counters counters;
  // Into how many sub-lanes, by key, what lies beyond `sequence` may have been divided: records
  // that were delivered ahead of the position are known to a target under the ids of these.
  std::uint32_t lanes = 1;
  friend bool operator==(const Position&, const Position&) = default;
};

// Of two decimal numbers, of any length.
bool sequence_less(std::string_view a, std::string_view b);

}  // namespace penstock::stream
