// Tumbling windows: the records of one shard that arrived within one stretch of time, and the state
// that the function carries from one invocation of the window to the next. Pure.
//
// Windows lie on multiples of their length, by the time at which records arrived, and do not
// overlap. At the end of one the function is invoked once more, without records, and the state is
// gone.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "stream/positions.h"

namespace penstock::lambda {

// What a state may have as JSON; the window of a larger one ends early. Documented: 1 MB.
inline constexpr std::size_t kWindowStateMax = 1'048'576;

struct OpenWindow {
  Timestamp start;
  Timestamp end;
  std::string state = "{}";  // JSON, as the function answered it.
  std::string through;       // The last record that the state knows of.
  bool ends_early = false;   // For its state's size.
  bool holds(Timestamp created) const { return created < end; }
  friend bool operator==(const OpenWindow&, const OpenWindow&) = default;
};

OpenWindow window_at(Timestamp created, std::chrono::seconds length);

// What the function is invoked with. `events` are those of "Records".
struct WindowInvocation {
  const OpenWindow& window;
  std::string_view shard;
  std::string_view source_arn;
  bool final = false;
};
std::string window_payload(const std::vector<std::string_view>& events,
                           const WindowInvocation& invocation);

// The state in what a function answered, as it is written. nullopt: the response has none, so that
// the invocation has failed (documented).
std::optional<std::string> state_of(std::string_view response);

// Under which keys the open windows of a mapping's shards are.
stream::PositionSpace mapping_windows(std::string_view uuid);
std::string encode_window(const OpenWindow& window);
Result<OpenWindow> decode_window(std::string_view value);

}  // namespace penstock::lambda
