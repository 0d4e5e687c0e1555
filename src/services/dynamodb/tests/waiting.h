// Waiting for background work, for tests.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace penstock::dynamodb {

// True once the condition holds; false when it does not come to hold.
inline bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace penstock::dynamodb
