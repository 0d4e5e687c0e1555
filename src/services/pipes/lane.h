// Lane: one shard of a pipe's source, read in order and handed to the target in order.
//
// Batches go one after the other: the next one is sent when the one before is durable at the
// target. That keeps the order per key, and lets the target recognise a repetition by its position
// alone.
#pragma once

#include <deque>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "gen/kinesis/client.h"
#include "services/pipes/pipes.h"
#include "services/pipes/source.h"
#include "services/pipes/transform.h"

namespace penstock::pipes {

struct LaneSetting {
  Dependencies& deps;
  PipeStats& stats;
  const PipeConfig& config;
  Source& source;
  std::stop_token stop;
};

class Lane {
 public:
  // `iterator`: where to begin, when it is known; else the position says it.
  Lane(LaneSetting setting, std::string shard, Position position, std::string iterator);

  // Until the shard comes to its end (true) or stop is requested (false).
  Task<bool> run();
  const Position& position() const { return position_; }

 private:
  // A record on its way, with what it became.
  struct Entry {
    SourceRecord record;
    Outgoing out;
  };
  // Records whose fate is known or in the target's hands; their tally is stored with the position.
  struct Segment {
    std::vector<Entry> entries;
    Counters tally;
    std::string last_sequence;
    storage::Batch failures;
  };
  enum class Outcome : std::uint8_t { kDone, kStopped };

  bool stopping() const { return setting_.stop.stop_requested(); }
  Task<bool> open();
  Task<bool> read_page();
  void take(std::vector<SourceRecord> records);
  bool batch_is_due(bool force) const;
  Task<void> wait(std::uint64_t seen);
  Task<Outcome> hand_over(bool force);
  Task<Outcome> deliver(std::vector<SourceRecord> batch);
  Task<Outcome> refuse_record(SourceRecord record, std::string reason);
  Task<Outcome> flush(Segment& segment);
  Task<Outcome> send(std::vector<Entry> entries, Segment& segment);
  // What is left to send of `entries` after a reply that took some of them.
  static std::vector<Entry> rest_of(std::vector<Entry> entries,
                                    const kinesis::api::PutRecordsOutput& reply,
                                    std::string& error);
  void give_up(const SourceRecord& record, std::string reason, Segment& segment);
  bool too_old(const SourceRecord& record) const;
  void drop_expired(std::vector<Entry>& entries, Segment& segment);
  Task<void> back_off();
  Task<bool> finish();

  LaneSetting setting_;
  const std::string shard_;
  const std::string producer_;
  const std::string arrivals_key_;
  protocol::Arrivals& arrivals_;
  const kinesis::Client target_;
  const protocol::Context role_;
  Transform transform_;
  Position position_;
  bool skip_old_ = false;  // Reading again from the horizon for a LATEST decided earlier.
  bool ended_ = false;     // The shard is closed and read to its end.
  bool idle_ = false;      // The last page said that there is nothing more now.
  std::string iterator_;
  std::deque<SourceRecord> buffer_;
  std::size_t buffer_bytes_ = 0;
  std::chrono::microseconds buffered_since_{0};
  int failures_in_a_row_ = 0;
};

}  // namespace penstock::pipes
