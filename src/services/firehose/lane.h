// A lane: one source in order (the put records of a stream, or one shard), through to S3.
//
//   read → buffer → cut and write down the plan → transform → put with checkpoint
//
// Each arrow is a loop of its own, so that the transform of one batch runs while the one before is
// put; batches are settled in the order in which they were cut. All of a lane runs on one executor
// and needs no lock. A plan that is found at the start was cut before a crash: it is done again,
// under the same keys, before anything new.
#pragma once

#include <deque>
#include <memory>
#include <stop_token>
#include <string>

#include "async/gate.h"
#include "services/firehose/buffer.h"
#include "services/firehose/source.h"
#include "services/firehose/transform.h"

namespace penstock::firehose {

struct Service;
struct LedgerEntry;

// A batch on its way.
struct Work {
  Plan plan;
  std::shared_ptr<const Settings> settings;
  RecordList records;  // Without those that an error object holds already.
  std::uint64_t lost = 0;
  TransformedBatch outcome;
};

class Lane {
 public:
  // `name` is the shard, or empty for put records.
  Lane(Service& service, std::shared_ptr<LiveStream> stream, std::string name,
       std::unique_ptr<Source> source);

  // Until stopped, or until the source has ended and everything is settled. Requires: awaited on
  // the executor that is the lane's from then on.
  Task<void> run(std::stop_token stop);
  // After run(): the source has ended and everything is settled.
  bool finished() const { return finished_; }

 private:
  // lane.cc
  Task<bool> recover(std::stop_token stop);
  Task<bool> load(std::stop_token stop);
  Task<void> read_loop(std::stop_token stop);
  Task<void> cut_loop(std::stop_token stop);
  Task<void> transform_loop(std::stop_token stop);
  Task<void> settle_loop(std::stop_token stop);
  Task<bool> cut(std::shared_ptr<const Settings> settings, std::stop_token stop);
  Task<bool> redo(Plan plan, std::stop_token stop);
  Task<void> changed(std::uint64_t seen, std::chrono::microseconds timeout, std::stop_token stop);
  Plan plan_for(const Settings& settings, const std::vector<SourceRecord>& records);
  CutRule rule_for(const Settings& settings) const;
  bool done() const { return ended_ && buffer_.empty() && in_flight_ == 0; }
  void signal();
  void show();
  Task<void> pause(int failures, std::stop_token stop);

  // delivery.cc
  Task<bool> settle(Work& work, std::stop_token stop);
  Task<bool> put_errors(Work& work, LedgerEntry& entry, bool last, std::stop_token stop);
  Task<bool> put_body(Work& work, LedgerEntry& entry, std::stop_token stop);
  Task<bool> put_object(const Work& work, std::string key, std::string body,
                        std::string_view encoding, storage::Batch extra, std::stop_token stop);
  protocol::Reply<void> try_put(const Work& work, std::string key, std::string body,
                                std::string_view encoding, storage::Batch extra);
  LedgerEntry ledger_entry(const Work& work) const;
  storage::Batch checkpoint(const Work& work, const LedgerEntry& entry, Position& after);

  Service& service_;
  const std::shared_ptr<LiveStream> stream_;
  const std::string name_;
  const std::string key_;  // Notifier key: something in this lane changed.
  const std::unique_ptr<Source> source_;

  Buffer buffer_;
  std::deque<Work> to_transform_, to_settle_;
  Position position_;            // As durable.
  std::uint64_t next_plan_ = 1;  // Beyond position_.next_plan by what is in flight.
  std::size_t in_flight_ = 0;    // Cut and not settled.
  std::size_t untransformed_ = 0;
  std::int64_t behind_millis_ = 0;
  std::deque<std::int64_t> in_flight_oldest_;  // Arrivals, in the order of cutting.
  bool ended_ = false;
  bool finished_ = false;
};

}  // namespace penstock::firehose
