// Death on request, for tests of recovery. The point is read from the environment before main()
// starts.
#include "base/crash_points.h"

#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <string>

namespace penstock {
namespace {

constexpr int kKilledStatus = 137;  // What a shell reports for SIGKILL.

struct Armed {
  std::mutex mutex;
  std::string name;
  std::uint64_t hits_left = 0;
};

Armed& armed() {
  static Armed* const instance =
      new Armed;  // Never destroyed: threads may still run during exit().
  return *instance;
}

}  // namespace

namespace detail {

std::atomic<bool> crash_point_armed{false};

void crash_point_hit(std::string_view name) {
  Armed& state = armed();
  const std::scoped_lock lock(state.mutex);
  if (state.hits_left == 0 || name != state.name) return;
  if (--state.hits_left == 0) _exit(kKilledStatus);
}

}  // namespace detail

void arm_crash_point(std::string_view spec) {
  Armed& state = armed();
  const std::scoped_lock lock(state.mutex);
  state.name = spec;
  state.hits_left = spec.empty() ? 0 : 1;
  if (const std::size_t colon = spec.rfind(':'); colon != std::string_view::npos) {
    std::uint64_t count = 0;
    const char* const end = spec.data() + spec.size();
    const auto parsed = std::from_chars(spec.data() + colon + 1, end, count);
    if (parsed.ec == std::errc() && parsed.ptr == end && count > 0) {
      state.name = spec.substr(0, colon);
      state.hits_left = count;
    }
  }
  detail::crash_point_armed.store(state.hits_left > 0, std::memory_order_relaxed);
}

namespace {

// The read happens while the process has one thread. Linked in whenever a crash point is used.
const bool kArmedFromEnvironment = [] {
  if (const char* spec = std::getenv("PENSTOCK_CRASH_AT"); spec != nullptr) arm_crash_point(spec);
  return true;
}();

}  // namespace
}  // namespace penstock
