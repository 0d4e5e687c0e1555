// One coroutine reads, one for each sub-lane delivers, and whoever moves the position stores it.
#include "stream/shard_lane.h"

#include "async/gate.h"
#include "base/log.h"

namespace penstock::stream {
namespace {

class ShardLane {
 public:
  ShardLane(LaneSetting setting, LaneStart start, Consumer& consumer)
      : setting_(std::move(setting)),
        start_(std::move(start)),
        consumer_(consumer),
        reader_({setting_.source, setting_.arrivals, setting_.clock, setting_.stats, consumer,
                 setting_.rules.batch, setting_.reader},
                start_.shard, start_.position, start_.iterator),
        ends_with_(start_.stop, Stop{stop_}) {}

  Task<LaneEnd> run() {
    Gate workers;  // They end by stop_ or at the end of the shard.
    for (std::uint32_t i = 0; i < reader_.sub_lanes_most(); ++i) {
      workers.spawn(Executor::current(), work(i));
    }
    while (co_await reader_.read(stop_.get_token())) {
      co_await checkpoint();  // Over what was passed over.
    }
    co_await workers.closed();
    co_await checkpoint();
    // Whoever reads on loads the position from the store.
    (void)co_await setting_.store.commit({});
    const bool open = consumer_.deadline().has_value();
    co_return LaneEnd{reader_.drained() && !open && !lost_, reader_.position()};
  }

 private:
  struct Stop {
    std::stop_source source;
    void operator()() { source.request_stop(); }
  };

  Task<void> work(std::uint32_t index) {
    Delivery delivery(consumer_, setting_.rules.retry, setting_.clock, setting_.stats, {},
                      stop_.get_token());
    while (true) {
      auto batch = co_await reader_.next_batch(index, stop_.get_token());
      if (!batch) break;
      if (batch->empty()) {
        co_await consumer_.close(stop_.get_token());
        co_await checkpoint(true);
        continue;
      }
      delivery.set_sub_lane({index, reader_.sub_lanes()});
      const bool done = co_await delivery.run(*batch);
      reader_.settle(*batch);
      co_await checkpoint();
      if (!done) break;
    }
  }

  // `standing`: also when the position did not move. What cannot be stored now stands: whoever
  // comes next stores it, after the next batch or when the reader has looked again.
  Task<void> checkpoint(bool standing = false) {
    standing_ = standing_ || standing;
    if (storing_) co_return;  // Whoever stores looks again.
    storing_ = true;
    while (reader_.advance() || standing_) {
      standing_ = false;
      storage::Batch batch;
      if (!consumer_.store(batch, reader_.position())) {
        standing_ = true;
        break;
      }
      put_position(batch, setting_.space, start_.shard, reader_.position());
      // Not waited for: the delivery is durable, and a position that lags behind only repeats it.
      batch.set_patient();
      const Status taken = co_await start_.claim->checkpoint(std::move(batch));
      if (taken) continue;
      if (taken.error().kind == ErrorKind::kConflict) {
        lose();
        continue;
      }
      consumer_.not_stored();
      standing_ = true;
      break;
    }
    storing_ = false;
  }

  void lose() {
    if (lost_) return;
    log::info("stream", "the shard is another worker's now",
              {{"reader", setting_.reader}, {"shard", start_.shard}});
    lost_ = true;
    stop_.request_stop();
  }

  const LaneSetting setting_;
  LaneStart start_;
  Consumer& consumer_;
  std::stop_source stop_;
  ShardReader reader_;
  bool storing_ = false;
  bool standing_ = false;
  bool lost_ = false;
  std::stop_callback<Stop> ends_with_;
};

}  // namespace

Task<LaneEnd> run_shard_lane(LaneSetting setting, LaneStart start, Consumer& consumer) {
  ShardLane lane(std::move(setting), std::move(start), consumer);
  co_return co_await lane.run();
}

}  // namespace penstock::stream
