// A call that may never be answered, waited for until a time.
//
//   std::optional<protocol::ApiResult<Out>> reply =
//       co_await within(limit, client.put_records(context, input));   // nullopt: too late
//
// A call that is too late goes on by itself in the gate; what it answers is not looked at. Whoever
// stops waits for it no longer than five seconds.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "async/gate.h"
#include "async/notifier.h"
#include "base/clock.h"

namespace penstock::pipes {

struct CallLimit {
  Gate& gate;  // Outlives the calls: closed by whoever owns what they call.
  const Clock& clock;
  std::chrono::microseconds until;  // Of clock.monotonic().
  std::stop_token stop;
};

namespace detail {

// The clock may be one that is advanced by hand, so that it is looked at from time to time.
inline constexpr std::chrono::milliseconds kLimitLook{100};
inline constexpr int kStopLooks = 50;  // Stop patience: 5 s.

template <typename T>
struct PendingCall {
  std::mutex mutex;
  std::optional<T> value;
  Notifier done;
};

template <typename T>
Task<void> finish_call(std::shared_ptr<PendingCall<T>> pending, Task<T> call) {
  T value = co_await std::move(call);
  {
    const std::scoped_lock lock(pending->mutex);
    pending->value.emplace(std::move(value));
  }
  pending->done.notify("");
}

}  // namespace detail

template <typename T>
Task<std::optional<T>> within(CallLimit limit, Task<T> call) {
  auto pending = std::make_shared<detail::PendingCall<T>>();
  if (!limit.gate.spawn(Executor::current(), detail::finish_call<T>(pending, std::move(call)))) {
    co_return std::nullopt;
  }
  for (int looks = 0;;) {
    {
      const std::scoped_lock lock(pending->mutex);
      if (pending->value) co_return std::move(pending->value);
    }
    if (limit.clock.monotonic() >= limit.until) co_return std::nullopt;
    if (limit.stop.stop_requested() && ++looks > detail::kStopLooks) co_return std::nullopt;
    co_await pending->done.wait_beyond("", 0, detail::kLimitLook);
  }
}

}  // namespace penstock::pipes
