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

constexpr const char* kPassedOver = "passed over";
// A store that takes this much at once does not take a batch that is larger.
constexpr std::size_t kPendingMax = 64 << 10;

// Counts the records of the open window; ends it when one of another window comes. Its log:
// "<count of a batch>" and "end <count of the window>". Records of the key kPassedOver are.
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
    std::atomic<int> too_large{0};     // So often it adds more than the store takes.
    std::atomic<bool> not_now{false};  // The position must not be stored.
  };
  explicit WindowConsumer(Log& log) : log_(log) {}

  Admission admit(Record& record) override {
    Admission admission;
    if (record.kinesis().partition_key == kPassedOver) {
      admission.fate = Fate::kFiltered;
      return admission;
    }
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
    changed_ = true;
    log_.add(std::to_string(delivering.items.size()));
    co_return Outcome::delivered();
  }
  Task<Status> give_up(GivingUp) override { co_return Status(); }
  bool store(storage::Batch& batch, const Position& position) override {
    if (log_.not_now) return false;
    if (!std::exchange(changed_, false)) return true;
    std::string value = position.sequence + " " + std::to_string(count_);
    if (log_.too_large > 0) {
      --log_.too_large;
      value.append(kPendingMax, ' ');
    }
    batch.put(storage::Family::kMeta, "window", std::move(value));
    return true;
  }
  void not_stored() override { changed_ = true; }
  std::optional<Timestamp> deadline() const override { return end_; }
  Task<void> close(std::stop_token) override {
    log_.add("end " + std::to_string(count_));
    count_ = 0;
    end_.reset();
    changed_ = true;
    co_return;
  }

 private:
  static constexpr std::int64_t kMicros = std::chrono::microseconds(kLength).count();
  Log& log_;
  std::optional<Timestamp> end_;
  std::size_t count_ = 0;
  bool changed_ = false;
};

class WindowTest : public testing::Test {
 protected:
  void SetUp() override {
    h.source.add_shard("a");
    rules.batch.tumbling = kLength;
    // To the beginning of a window.
    h.clock.advance(kLength - seconds(h.clock.now().seconds() % kLength.count()));
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
  void put(int count, const std::string& key = "k") {
    for (int i = 0; i < count; ++i) h.source.put("a", key, h.clock.now());
  }
  // Nothing new: the reader only looks, and so does whoever waits for the window. Twice, so that
  // the latter has looked, too.
  bool look() {
    for (int i = 0; i < 2; ++i) {
      const int before = h.source.reads;
      h.source.notifier.notify(protocol::arrivals_key(kArn, "a"));
      if (!Harness::wait_until([&] { return h.source.reads > before; })) return false;
    }
    return true;
  }
  bool wait_for_position(const std::string& sequence) {
    return Harness::wait_until([&] { return position() == sequence; });
  }
  std::string position() { return h.positions()["a"].sequence; }
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
  // Its time is over, but a record of it may still be on its way.
  h.clock.advance(kLength + seconds(1));
  ASSERT_TRUE(look());
  EXPECT_THAT(log.get(), ElementsAre("3", "end 3", "1"));
  h.clock.advance(seconds(1));
  ASSERT_TRUE(look());
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

// Deduced: without it, a crash would leave a position whose records are in no window.
TEST_F(WindowTest, AreStoredAgainWhenTheStoreDidNotTakeThem) {
  h.store.reset();
  h.store =
      storage::Store::open({.directory = h.directory, .pending_bytes_max = kPendingMax}).value();
  log.too_large = 1;
  put(2);
  start();
  ASSERT_TRUE(wait_for({"2"}));
  ASSERT_TRUE(Harness::wait_until([&] { return log.too_large == 0; }));
  put(1, kPassedOver);  // The position moves, the window does not.
  ASSERT_TRUE(wait_for_position("3"));
  EXPECT_THAT(stored(), testing::AnyOf("2 2", "3 2"));

  log.too_large = 1;
  h.source.close_shard("a");
  ASSERT_TRUE(wait_for({"2", "end 2"}));
  ASSERT_TRUE(Harness::wait_until([&] { return h.positions().at("a").finished; }));
  EXPECT_EQ(stored(), "3 0");
  gate.close();
}

TEST_F(WindowTest, HoldThePositionUntilTheyCanBeStoredWithIt) {
  log.not_now = true;
  put(2);
  start();
  ASSERT_TRUE(wait_for({"2"}));
  put(1, kPassedOver);
  ASSERT_TRUE(look());
  EXPECT_EQ(position(), "");
  log.not_now = false;
  ASSERT_TRUE(look());
  ASSERT_TRUE(wait_for_position("3"));
  EXPECT_EQ(stored(), "3 2");
  gate.close();
}

}  // namespace
}  // namespace penstock::stream
