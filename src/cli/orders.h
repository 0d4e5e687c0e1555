// Mock sales orders: a seeded stream of puts, updates and deletes, the same for the same seed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "cli/session.h"

namespace penstock::cli {

struct OrderPlan {
  std::string table = "Ordertable";
  std::uint64_t count = 1000;  // Writes in all.
  double rate = 0;             // Writes per second; 0: as fast as it goes.
  double updates = 0.2;        // Share of writes that change an order written before.
  double deletes = 0.05;       // Share that delete one.
  std::uint64_t seed = 1;
  std::uint32_t concurrency = 32;  // Requests in flight.
  std::uint32_t batch = 1;         // Writes that one request may carry; over 1: BatchWriteItem.
};

struct OrderCounts {
  std::uint64_t puts = 0, updates = 0, deletes = 0, failed = 0;
  std::uint64_t total() const { return puts + updates + deletes; }
};

// Writes the orders; `progress` is called about ten times a second with what is acknowledged so
// far, from another thread's point of view consistent. Returns what was acknowledged, or the first
// error that is not worth a retry.
protocol::ApiResult<OrderCounts> write_orders(Session& session, const OrderPlan& plan,
                                              std::function<void(const OrderCounts&)> progress);

}  // namespace penstock::cli
