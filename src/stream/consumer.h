// Consumer: what a lane does with the records of one shard. It shapes each record when it is read,
// and delivers batches of what it has shaped; reading, batching, retries and positions are the
// lane's (shard_lane.h).
//
// All calls of one consumer come on one executor, so that it needs no locks; with several sub-lanes
// deliver() is called again while a call of another sub-lane has not ended.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "async/task.h"
#include "base/result.h"
#include "protocol/api_error.h"
#include "storage/store.h"
#include "stream/source.h"

namespace penstock::stream {

// What the consumer made of a record: its event, or whatever deliver() needs.
struct Shaped {
  virtual ~Shaped() = default;
};

enum class Fate : std::uint8_t { kPending, kDelivered, kFiltered, kFailed };

struct Item {
  Record record;
  std::unique_ptr<Shaped> shaped;
  std::size_t bytes = 0;  // Of the payload: what fills a batch.
  std::string problem;    // Not empty: it cannot be sent, for this reason.
  Fate fate = Fate::kPending;
  std::uint64_t index = 0;  // The lane's own number of it.
};

// What is to become of a record that was read.
struct Admission {
  // kPending: it goes into a batch. kFiltered: it is passed over. kFailed: it was given up before a
  // restart, and that is durable.
  Fate fate = Fate::kPending;
  std::unique_ptr<Shaped> shaped;
  std::size_t bytes = 0;
  // The record cannot be sent as things are: it is tried like one that the target refuses, alone.
  std::string problem;
};

// Which of the concurrent deliveries of a shard. A record belongs to key hash modulo `count`, so
// what one sub-lane delivers is in order, before and after a restart. A target that drops
// repetitions must know each (count, index) as a producer of its own.
struct SubLane {
  std::uint32_t index = 0;
  std::uint32_t count = 1;
  friend bool operator==(const SubLane&, const SubLane&) = default;
};

// A batch, or the part of one that is left, in the order of the shard. Valid during the call.
struct Delivering {
  std::span<Item* const> items;  // Never empty.
  SubLane sub_lane;
  std::int32_t retries = 0;  // That were counted for this piece.
  std::stop_token stop;
};

struct Outcome {
  enum class Kind : std::uint8_t {
    kDelivered,    // All of them.
    kItemsFailed,  // Only those at `failed`, which are sent again: the order is lost between them.
    kFailedFrom,   // What is before `failed.front()` is delivered; it and all after are sent again.
    kAllFailed,
  };
  Kind kind = Kind::kDelivered;
  std::vector<std::size_t> failed;  // Ascending.
  // A fault of the target (throttling, 5xx) is not counted as a retry; an error of the customer is.
  bool counted = false;
  std::string error;  // "<code>: <message>"

  static Outcome delivered() { return {}; }
  static Outcome fault(std::string error) {
    return {Kind::kAllFailed, {}, false, std::move(error)};
  }
  static Outcome refused(std::string error) {
    return {Kind::kAllFailed, {}, true, std::move(error)};
  }
  // By the kind of the error (is_fault).
  static Outcome of(const protocol::ApiError& error);
  static Outcome items_failed(std::vector<std::size_t> failed, bool counted, std::string error) {
    return {Kind::kItemsFailed, std::move(failed), counted, std::move(error)};
  }
  // The partial batch response of a function.
  static Outcome failed_from(std::size_t first, std::string error) {
    return {Kind::kFailedFrom, {first}, true, std::move(error)};
  }
};

// Throttling or a failure inside the service called: not the customer's fault.
bool is_fault(const protocol::ApiError& error);

enum class Reason : std::uint8_t { kRetryAttemptsExhausted, kRecordAgeExceeded };
std::string_view to_string(Reason reason);

// Records that will not be delivered. Valid during the call.
struct GivingUp {
  std::span<Item* const> items;
  Reason reason = Reason::kRetryAttemptsExhausted;
  std::string error;          // Of the last attempt; empty when there was none.
  std::int32_t attempts = 0;  // Deliveries that were tried and counted.
};

class Consumer {
 public:
  virtual ~Consumer() = default;
  // In the order of the shard. May take the record's body.
  virtual Admission admit(Record& record) = 0;
  virtual Task<Outcome> deliver(Delivering delivering) = 0;
  // Stores the reason, or tells a dead-letter queue; durable when it returns, so that a restart
  // finds it (Admission::kFailed) although the position is not beyond it yet. On an error it is
  // tried again until it succeeds: the batch stays.
  virtual Task<Status> give_up(GivingUp giving_up) = 0;

  // What else is to be stored whenever a position is: they are durable together. False: the
  // position must not be stored now, since what belongs to it is no longer known; the lane asks
  // again.
  virtual bool store(storage::Batch&, const Position&) { return true; }
  // The store did not take what store() has added, nor the position: it is to be added again.
  virtual void not_stored() {}
  // Until when it waits for records of a window (BatchRules::tumbling); nullopt: it has none open.
  virtual std::optional<Timestamp> deadline() const { return std::nullopt; }
  // The deadline has passed, or the shard has ended, and all that came before has its fate. Tries
  // until it succeeds or is stopped.
  virtual Task<void> close(std::stop_token) { co_return; }
};

}  // namespace penstock::stream
