// Delivery: brings a batch to its end. Every item is delivered or given up; how often it is tried,
// how long, and in which pieces is decided here, and nowhere else.
//
//   faults of the target    tried again after a pause, without end
//   errors of the customer  counted; beyond `retries_max` the piece is given up
//   age                     a record older than `age_max` is given up and not sent
//   bisecting               a piece that failed by the customer's fault is halved, one half after
//                           the other, down to single records; each piece has its own count. Where
//                           the target said what failed first, it is cut there instead
//
// Records of one sub-lane never overtake one another: what cannot be sent holds up what is behind
// it until it is given up. A target that knows positions would take a later retry for a repetition.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "stream/consumer.h"
#include "stream/stats.h"

namespace penstock::stream {

struct RetryRules {
  std::int32_t retries_max = -1;                // -1: until the records expire.
  std::optional<std::chrono::seconds> age_max;  // nullopt: without end.
  bool bisect = false;
  std::chrono::milliseconds pause_first{100};   // Doubled with each failure in a row...
  std::chrono::milliseconds pause_max{25'600};  // ...up to this.
};

class Delivery {
 public:
  // All must outlive it.
  Delivery(Consumer& consumer, const RetryRules& rules, const Clock& clock, ReaderStats& stats,
           SubLane sub_lane, std::stop_token stop);

  // True when every item of the batch has its fate; false when it was stopped before: those without
  // a fate are still pending.
  Task<bool> run(std::vector<Item>& batch);
  void set_sub_lane(SubLane sub_lane) { sub_lane_ = sub_lane; }

 private:
  using Piece = std::vector<Item*>;

  Task<bool> send(Piece piece);
  Task<bool> refuse(Item* item);
  Task<bool> give_up(Piece piece, Reason reason, std::string error, std::int32_t attempts);
  // Takes those that are too old out of the piece and gives them up.
  Task<bool> drop_expired(Piece& piece);
  // Marks what the outcome says is delivered and leaves the rest.
  static void settle(Piece& piece, const Outcome& outcome);
  void delivered(const Item& newest);
  bool too_old(const Item& item) const;
  bool exhausted(std::int32_t retries) const;
  Task<void> pause();

  Consumer& consumer_;
  const RetryRules& rules_;
  const Clock& clock_;
  ReaderStats& stats_;
  SubLane sub_lane_;
  const std::stop_token stop_;
  int failures_in_a_row_ = 0;
};

}  // namespace penstock::stream
