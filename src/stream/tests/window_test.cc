// Windows of time in a lane: batches do not cross them, the consumer is told when one is over, and
// what it stores goes with the position. The rules are those of AWS's tumbling windows (documented:
// by the time of arrival, the end of a shard ends its window).
#include <gmock/gmock.h>

#include "stream/tests/harness.h"

namespace penstock::stream {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

constexpr seconds kLength{60};

// Counts the records of the open window; ends it when one of another window comes. Its log:
// "<count of a batch>" and "end <count of the window>".
class WindowConsumer final : public Consumer {
 public:
  struct Log {
    std::mutex mutex;
    std::vector<std::string> lines;
    std::vector<std::string> get() {
      const std::scoped_lock lock(mutex);
      return lines;
    }
    void add(std::string line) {
      const std::scoped_lock lock(mutex);
      lines.push_back(std::move(line));
    }
  };
  explicit WindowConsumer(Log& log) : log_(log) {}

  Admission admit(Record&) override {
    Admission admission;
    admission.shaped = std::make_unique<Number>();
    admission.bytes = 1;
    return admission;
  }
  Task<Outcome> deliver(Delivering delivering) override {
    const Timestamp created = delivering.items.front()->record.created;
    if (end_ && created >= *end_) co_await close({});
    if (!end_) end_ = Timestamp{(created.micros / kMicros + 1) * kMicros};
    for (const Item* item : delivering.items) EXPECT_LT(item->record.created, *end_);
    count_ += delivering.items.size();
    log_.add(std::to_string(delivering.items.size()));
    co_return Outcome::delivered();
  }
  Task<Status> give_up(GivingUp) override { co_return Status(); }
  void store(storage::Batch& batch, const Position& position) override {
    batch.put(storage::Family::kMeta, "window", position.sequence + " " + std::to_string(count_));
  }
  std::optional<Timestamp> deadline() const override { return end_; }
  Task<void> close(std::stop_token) override {
    log_.add("end " + std::to_string(count_));
    count_ = 0;
    end_.reset();
    co_return;
  }

 private:
  static constexpr std::int64_t kMicros = std::chrono::microseconds(kLength).count();
  Log& log_;
  std::optional<Timestamp> end_;
  std::size_t count_ = 0;
};

class WindowTest : public testing::Test {
 protected:
  void SetUp() override {
    h.source.add_shard("a");
    rules.batch.tumbling = kLength;
  }
  void TearDown() override { gate.close(); }
  void start() {
    follower =
        std::make_shared<Follower>(FollowerSetting{"reader", h.runtime, *h.store, h.clock, h.source,
                                                   stats, space, "TRIM_HORIZON"},
                                   [this](LaneStart start) { return run(std::move(start)); });
    follower->start(gate);
  }
  Task<Result<LaneEnd>> run(LaneStart start) {
    WindowConsumer consumer(log);
    co_return co_await run_shard_lane(
        {h.source, h.source.arrivals, *h.store, h.clock, stats, space, rules, "reader"},
        std::move(start), consumer);
  }
  void put(int count) {
    for (int i = 0; i < count; ++i) h.source.put("a", "k", h.clock.now());
  }
  bool wait_for(const std::vector<std::string>& lines) {
    return Harness::wait_until([&] { return log.get() == lines; });
  }
  std::string stored() {
    return h.store->get(storage::Family::kMeta, "window").value().value_or("");
  }

  Harness h;
  LaneRules rules;
  ReaderStats stats;
  const PositionSpace space = PositionSpace::of_reader("reader");
  WindowConsumer::Log log;
  std::shared_ptr<Follower> follower;
  Gate gate;
};

TEST_F(WindowTest, BatchesDoNotCrossThem) {
  put(3);
  h.clock.advance(kLength);
  put(2);
  h.clock.advance(kLength * 3);  // One of which nothing comes is none.
  put(1);
  start();
  EXPECT_TRUE(wait_for({"3", "end 3", "2", "end 2", "1"})) << log.get().size();
  gate.close();
  EXPECT_EQ(h.positions().at("a").sequence, "6");
  EXPECT_EQ(stored(), "6 1");
}

TEST_F(WindowTest, EndWhenTheirTimeIsOverAndAllWasRead) {
  put(3);
  start();
  ASSERT_TRUE(wait_for({"3"}));
  h.clock.advance(kLength);
  put(1);  // The reader looks, and so does whoever waits for the window.
  ASSERT_TRUE(wait_for({"3", "end 3", "1"}));
  h.clock.advance(kLength + seconds(2));
  h.source.notifier.notify(protocol::arrivals_key(kArn, "a"));  // Nothing new: only a look.
  EXPECT_TRUE(wait_for({"3", "end 3", "1", "end 1"}));
  EXPECT_TRUE(Harness::wait_until([&] { return stored() == "4 0"; })) << stored();
  gate.close();
}

TEST_F(WindowTest, EndWithTheirShard) {
  put(2);
  start();
  ASSERT_TRUE(wait_for({"2"}));
  h.source.close_shard("a");
  EXPECT_TRUE(wait_for({"2", "end 2"}));
  EXPECT_TRUE(Harness::wait_until([&] { return h.positions().at("a").finished; }));
  gate.close();
  EXPECT_EQ(stored(), "2 0");
}

}  // namespace
}  // namespace penstock::stream
