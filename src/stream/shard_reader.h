// ShardReader: the reading half of a lane. It reads one shard on from a position, has each record
// admitted, and keeps what is to be delivered in a bounded buffer, divided into sub-lanes by key,
// until it is cut into batches. It reads ahead while there is room and not further; nothing polls:
// it is woken by arrivals.
//
// All of it runs on one executor and needs no lock.
//
// The number of sub-lanes (ParallelizationFactor) may change between two runs. What the former run
// delivered beyond its position is known to the target under the ids of its own sub-lanes, so the
// reader goes on with the former number until it is beyond everything that can have been delivered:
// kStreamAheadRecords records, or all that there was when it began.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "async/notifier.h"
#include "base/clock.h"
#include "base/limits.h"
#include "protocol/arrivals.h"
#include "stream/consumer.h"
#include "stream/cursor.h"
#include "stream/progress.h"
#include "stream/stats.h"

namespace penstock::stream {

struct BatchRules {
  std::size_t records_max = 100;
  std::chrono::microseconds window{0};  // How long a batch may be gathered.
  std::size_t payload_max = limits::kStreamPayloadBytes;
  std::uint32_t sub_lanes = 1;  // ParallelizationFactor.
  // Records that were created in different windows of this length do not share a batch; 0: they do.
  std::chrono::seconds tumbling{0};
};

class ShardReader {
 public:
  struct Setting {
    Source& source;
    protocol::Arrivals& arrivals;
    const Clock& clock;
    ReaderStats& stats;
    Consumer& consumer;
    BatchRules rules;
    std::string reader;  // Its name in the log.
  };
  ShardReader(Setting setting, std::string shard, Position position, std::string iterator);

  // Reads a page as soon as there is room and something to read, or waits a while for that. False:
  // the shard has ended, or stop is requested.
  Task<bool> read(std::stop_token stop);
  // The next batch of a sub-lane once it is due: full, as old as the window, or nothing more to
  // come. An empty one: the consumer's deadline has passed, or the shard has ended before it.
  // nullopt: stop, or the sub-lane has come to its end.
  Task<std::optional<std::vector<Item>>> next_batch(std::uint32_t sub_lane, std::stop_token stop);
  // The items of a batch have their fates.
  void settle(const std::vector<Item>& batch);
  // Moves the position over what has its fate; true when there is something to store.
  bool advance();

  const Position& position() const { return position_; }
  std::uint32_t sub_lanes() const { return position_.lanes; }
  // Of workers: also of those that have nothing to do until the number changes.
  std::uint32_t sub_lanes_most() const;
  bool drained() const { return ended_ && progress_.empty(); }
  std::size_t buffered_bytes() const { return bytes_; }

 private:
  struct Queue {
    std::deque<Item> items;
    std::size_t bytes = 0;  // Of payload.
    std::chrono::microseconds since{0};
  };

  Task<void> pause(std::stop_token stop);
  // False: stopped before all were taken.
  Task<bool> take(std::vector<Record> records, std::stop_token stop);
  void add(Record record, Admission admission);
  bool full() const;
  bool due(const Queue& queue) const;
  std::int64_t window_of(Timestamp time) const {
    return time.micros / std::chrono::microseconds(setting_.rules.tumbling).count();
  }
  bool crosses_window(const Queue& queue) const;
  // How long until the consumer is to close what it has open; nullopt: it has nothing open.
  std::optional<std::chrono::microseconds> closing_in() const;
  std::chrono::microseconds due_in(const Queue& queue) const;
  std::vector<Item> cut(Queue& queue);
  bool dividing() const { return position_.lanes != setting_.rules.sub_lanes; }
  void divide();
  void signal() { changed_.notify(""); }

  const Setting setting_;
  const std::string arrivals_key_;
  ShardCursor cursor_;
  Position position_;
  Progress progress_;
  std::vector<Queue> queues_;
  Notifier changed_;
  std::size_t bytes_ = 0;             // Of all items that have no fate yet.
  std::uint64_t taken_ = 0;           // Records since it began.
  std::uint32_t lanes_stored_ = 0;    // As the stored position has it.
  bool tip_seen_ = false;             // There was nothing more at some time since it began.
  std::optional<std::uint64_t> tip_;  // As of these arrivals there is nothing more.
  bool ended_ = false;
  int failures_in_a_row_ = 0;
};

}  // namespace penstock::stream
