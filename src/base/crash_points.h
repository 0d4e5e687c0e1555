// Crash points: named places where a test can make the process die as by `kill -9`.
//
//   crash_point("commit.after_write");
//
// PENSTOCK_CRASH_AT=name[:count] in the environment when the process starts arms one point: at its
// count-th hit (1 when left out) the process ends at once with status 137; nothing is flushed and
// no destructor runs. Costs one relaxed load when unarmed. Thread-safe.
#pragma once

#include <atomic>
#include <string_view>

namespace penstock {

namespace detail {
extern std::atomic<bool> crash_point_armed;
void crash_point_hit(std::string_view name);
}  // namespace detail

inline void crash_point(std::string_view name) {
  if (detail::crash_point_armed.load(std::memory_order_relaxed)) [[unlikely]] {
    detail::crash_point_hit(name);
  }
}

// For tests that fork without exec: arms `spec` ("name[:count]", empty disarms) as the environment
// would.
void arm_crash_point(std::string_view spec);

}  // namespace penstock
