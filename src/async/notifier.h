// Notifier: "wake me when there is something beyond what I have seen", by key.
//
//   const std::uint64_t seen = notifier.version(shard);   // read before looking for data
//   ... look; nothing there ...
//   co_await notifier.wait_beyond(shard, seen, 1s, stop);  // returns on notify, time-out or stop
//
// notify() is called after the data is durable and costs one hash look-up when nobody waits. A key
// is remembered while it is waited on or was notified; forget() drops it and wakes whoever waits.
// Versions only grow, across forget() too, so a waiter never sleeps through a key that was
// forgotten and came back. A wait may end with true although nothing new is there: look again.
// Thread-safe.
#pragma once

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "async/task.h"

namespace penstock {

class Notifier {
 public:
  Notifier();
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  std::uint64_t version(std::string_view key) const;
  void notify(std::string_view key);
  void forget(std::string_view key);
  // True when the version moved beyond `seen`; false on time-out or stop.
  Task<bool> wait_beyond(std::string key, std::uint64_t seen, std::chrono::microseconds timeout,
                         std::stop_token stop = {});

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace penstock
