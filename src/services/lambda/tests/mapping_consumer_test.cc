// The consumer of a mapped shard with real functions: what becomes of the state of a window when
// batches are delivered in part, when it grows too large, and when the mapping is changed. What is
// stored beside a position is this server's own contract (mapping_consumer_window.cc); when windows
// end is documented ("Implementing stateful Kinesis Data Streams processing in Lambda").
#include "services/lambda/mapping_consumer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>

#include "async/notifier.h"
#include "base/check.h"
#include "gen/kinesis/shapes.h"
#include "gen/logs/shapes.h"
#include "services/lambda/operations.h"
#include "services/lambda/tests/zip_maker.h"

namespace penstock::lambda {
namespace {

using std::chrono::seconds;
using stream::Outcome;

constexpr const char* kWindowedStream = "arn:aws:kinesis:us-east-1:000000000000:stream/w";
constexpr const char* kWindowedShard = "shardId-000000000000";
constexpr seconds kWindowLength{60};
// All records; the beginning of a window.
constexpr Timestamp kArrived = Timestamp::from_seconds(std::int64_t{1'700'000'040});

// Adds up what comes before the first "bad" one, which it reports; "big" makes the state larger
// than it may be. Final invocations take their time.
constexpr const char* kSums = R"(
import base64, time

def handler(event, context):
    state = event.get("state", {})
    if event.get("isFinalInvokeForWindow"):
        print("final", ",".join(state.get("sum", [])), event["isWindowTerminatedEarly"])
        time.sleep(0.5)
        return {"state": state}
    texts = [base64.b64decode(r["kinesis"]["data"]).decode() for r in event["Records"]]
    print("got " + ",".join(texts) + ".")
    good = texts[:texts.index("bad")] if "bad" in texts else texts
    failures = [{"itemIdentifier": r["kinesis"]["sequenceNumber"]} for r in event["Records"][len(good):]]
    state["sum"] = state.get("sum", []) + good
    if "big" in good:
        state["pad"] = "x" * 1100000
    return {"state": state, "batchItemFailures": failures}
)";

// CloudWatch Logs, and a stream of one shard whose first page is empty. Thread-safe.
class WindowedPeers final : public protocol::Caller {
 public:
  Reply<protocol::AnyShape> call(Context, const protocol::OperationInfo& operation,
                                 protocol::AnyShape input) override {
    const std::scoped_lock lock(mutex_);
    if (operation.name == "PutLogEvents") {
      for (const auto& event : input.as<logs::api::PutLogEventsRequest>().log_events) {
        log_ += event.message;
      }
    }
    if (operation.name == "ListShards") {
      kinesis::api::ListShardsOutput output;
      output.shards.emplace().emplace_back().shard_id = kWindowedShard;
      co_return protocol::AnyShape::of(std::move(output));
    }
    if (operation.name == "GetShardIterator") {
      kinesis::api::GetShardIteratorOutput output;
      output.shard_iterator = "0";
      co_return protocol::AnyShape::of(std::move(output));
    }
    if (operation.name == "GetRecords") co_return page(input.as<kinesis::api::GetRecordsInput>());
    co_return operation.make_output();
  }
  int pages() {
    const std::scoped_lock lock(mutex_);
    return pages_;
  }
  std::size_t count(std::string_view text) {
    const std::scoped_lock lock(mutex_);
    std::size_t found = 0;
    for (std::size_t at = 0; (at = log_.find(text, at)) != std::string::npos; ++at) ++found;
    return found;
  }
  static kinesis::api::Record record(int number, std::string text) {
    kinesis::api::Record record;
    record.sequence_number = std::to_string(number);
    record.partition_key = text;
    record.data = Blob{std::move(text)};
    record.approximate_arrival_timestamp = kArrived;
    return record;
  }

 private:
  protocol::AnyShape page(const kinesis::api::GetRecordsInput& input) {
    ++pages_;
    kinesis::api::GetRecordsOutput output;
    output.millis_behind_latest = 0;
    output.next_shard_iterator = input.shard_iterator == "0" ? "1" : "2";
    for (int i = 0; i < 8 && input.shard_iterator == "1"; ++i) {
      output.records.push_back(record(10 + i, std::to_string(i)));
    }
    return protocol::AnyShape::of(std::move(output));
  }

  std::mutex mutex_;
  std::string log_;
  int pages_ = 0;
};

template <typename Condition>
bool comes_true(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + seconds(20);
  while (std::chrono::steady_clock::now() < end) {
    if (condition()) return true;
    std::this_thread::yield();
  }
  return false;
}

class MappingConsumerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string path = (std::filesystem::temp_directory_path() / "consumer-XXXXXX").string();
    CHECK(mkdtemp(path.data()) != nullptr);
    directory_ = path;
    store_ = storage::Store::open(
                 {.directory = directory_ + "/store", .durability = storage::Durability::kNone})
                 .value();
    files_ = storage::BlobFiles::open(directory_ + "/packages", storage::Durability::kNone).value();
    Dependencies dependencies{*store_, *files_, runtime_, clock_, *random_, &peers_, &peers_};
    dependencies.kinesis = &peers_;
    dependencies.kinesis_arrivals = &arrivals_;
    Options options;
    options.directory = directory_ + "/scratch";
    service_ = std::make_unique<Service>(std::move(dependencies), options);
    ASSERT_TRUE(service_->start().has_value());
    api::CreateFunctionRequest function;
    function.function_name = mapping_.function = "sums";
    function.runtime = "python3.12";
    function.handler = "app.handler";
    function.role = "arn:aws:iam::000000000000:role/fn";
    function.code.zip_file = Blob{testing::make_zip("app.py", kSums)};
    function.timeout = 20;
    ASSERT_TRUE(run(create_function(*service_, context_, std::move(function))).has_value());
    mapping_.place = context_.place();
    mapping_.uuid = "00000000-0000-4000-8000-000000000002";
    mapping_.source_arn = kWindowedStream;
    mapping_.start = "TRIM_HORIZON";
    mapping_.partial_failures = true;
    mapping_.tumbling_seconds = static_cast<std::int32_t>(kWindowLength.count());
  }
  void TearDown() override {
    service_->stop();
    service_.reset();
    files_.reset();
    store_.reset();
    std::filesystem::remove_all(directory_);
  }
  template <typename T>
  T run(Task<T> task) {
    return block_on(runtime_.loop(0), std::move(task));
  }
  std::unique_ptr<FunctionConsumer> consumer() {
    const auto mapping = std::make_shared<const Mapping>(mapping_);
    auto filters = std::make_shared<const MappingFilters>(MappingFilters::make(mapping_).value());
    FunctionConsumer::Setting setting{
        *service_, mapping, std::move(filters), result_, {kWindowedStream, "us-east-1", "role"},
        context_};
    auto made = std::make_unique<FunctionConsumer>(std::move(setting), kWindowedShard);
    EXPECT_TRUE(made->load_window().has_value());
    return made;
  }
  // Records of one window: the numbers are their sequence numbers, from `first` on.
  Outcome deliver(FunctionConsumer& consumer, int first, const std::vector<std::string>& texts) {
    std::vector<stream::Item> items;
    for (const std::string& text : texts) {
      stream::Item& item = items.emplace_back();
      item.record = stream::to_record(WindowedPeers::record(first++, text), kWindowedShard);
      item.shaped = consumer.admit(item.record).shaped;
    }
    std::vector<stream::Item*> pointers;
    for (stream::Item& item : items) pointers.push_back(&item);
    return run(consumer.deliver({pointers, {}, 0, {}}));
  }
  // What is stored beside a position: "not now", "nothing", "erased", or the state.
  std::string stored(FunctionConsumer& consumer, const std::string& sequence) {
    storage::Batch batch;
    if (!consumer.store(batch, {.sequence = sequence})) return "not now";
    if (batch.empty()) return "nothing";
    const storage::Batch::Entry& entry = batch.entries().front();
    EXPECT_EQ(entry.key, key_of_window());
    if (entry.kind == storage::Batch::Entry::Kind::kErase) return "erased";
    const auto window = decode_window(entry.value);
    EXPECT_TRUE(window.has_value());
    EXPECT_EQ(window->end - window->start, seconds(mapping_.tumbling_seconds));
    return window->state;
  }
  std::string key_of_window() { return mapping_windows(mapping_.uuid).key(kWindowedShard); }
  // As it was left before the mapping was changed: at "5", in the window of all records here.
  void leave_window() {
    OpenWindow window = window_at(kArrived, kWindowLength);
    window.state = R"({"sum": ["before"]})";
    window.through = "5";
    storage::Batch batch;
    batch.put(storage::Family::kPositions, key_of_window(), encode_window(window));
    ASSERT_TRUE(store_->commit_blocking(std::move(batch)).has_value());
  }

  std::string directory_;
  SystemClock clock_;
  std::unique_ptr<Random> random_ = make_seeded_random(11);
  WindowedPeers peers_;
  Notifier notifier_;
  protocol::LocalArrivals arrivals_{notifier_};
  Runtime runtime_{{.loops = 2}};
  Context context_;
  Mapping mapping_;
  std::shared_ptr<MappingResult> result_ = std::make_shared<MappingResult>();
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<storage::BlobFiles> files_;
  std::unique_ptr<Service> service_;
};

TEST_F(MappingConsumerTest, HoldsThePositionWhileABatchIsDeliveredInPart) {
  const auto shard = consumer();
  EXPECT_EQ(deliver(*shard, 1, {"a"}).kind, Outcome::Kind::kDelivered);
  const Outcome outcome = deliver(*shard, 2, {"b", "bad", "c"});
  EXPECT_EQ(outcome.kind, Outcome::Kind::kFailedFrom);
  EXPECT_THAT(outcome.failed, ::testing::ElementsAre(1U));
  // The state of "1" is no longer known, and that of "2" does not go with it.
  EXPECT_EQ(stored(*shard, "1"), "not now");
  EXPECT_EQ(stored(*shard, "2"), R"({"sum": ["a", "b"]})");
  EXPECT_EQ(stored(*shard, "4"), "nothing");
}

TEST_F(MappingConsumerTest, HoldsThePositionAlsoWhenTheWindowOfThatPartHasEnded) {
  const auto shard = consumer();
  EXPECT_EQ(deliver(*shard, 1, {"a"}).kind, Outcome::Kind::kDelivered);
  EXPECT_EQ(deliver(*shard, 2, {"big", "bad"}).kind, Outcome::Kind::kFailedFrom);
  EXPECT_EQ(deliver(*shard, 3, {"bad"}).kind, Outcome::Kind::kAllFailed);
  EXPECT_TRUE(comes_true([&] { return peers_.count("final a,big True") == 1; }));
  EXPECT_EQ(stored(*shard, "1"), "not now");
  EXPECT_EQ(stored(*shard, "3"), "{}");  // It was given up.
}

TEST_F(MappingConsumerTest, StoresAWindowAgainThatWasNotTaken) {
  const auto shard = consumer();
  EXPECT_EQ(deliver(*shard, 1, {"a"}).kind, Outcome::Kind::kDelivered);
  EXPECT_EQ(stored(*shard, "1"), R"({"sum": ["a"]})");
  shard->not_stored();
  EXPECT_EQ(stored(*shard, "2"), R"({"sum": ["a"]})");
  EXPECT_EQ(stored(*shard, "3"), "nothing");
  run(shard->close({}));
  EXPECT_EQ(stored(*shard, "3"), "erased");
  shard->not_stored();
  EXPECT_EQ(stored(*shard, "4"), "erased");
  EXPECT_EQ(stored(*shard, "4"), "nothing");
}

TEST_F(MappingConsumerTest, EndsAWindowOfAnotherLength) {
  leave_window();
  mapping_.tumbling_seconds = 90;
  const auto shard = consumer();
  EXPECT_EQ(shard->deadline(), kArrived);
  EXPECT_EQ(stored(*shard, "5"), "nothing");
  EXPECT_EQ(deliver(*shard, 6, {"a"}).kind, Outcome::Kind::kDelivered);
  EXPECT_TRUE(comes_true([&] { return peers_.count("final before False") == 1; }));
  EXPECT_EQ(stored(*shard, "6"), R"({"sum": ["a"]})");
}

// Documented: there is one final invocation. (It may be repeated after a crash.)
TEST_F(MappingConsumerTest, SeveralSubLanesEndAFormerWindowOnce) {
  leave_window();
  mapping_.tumbling_seconds = 0;
  mapping_.parallelization = 4;
  mapping_.batch_size = 1;
  const auto mapped = make_stream_run(*service_, std::make_shared<const Mapping>(mapping_), result_,
                                      "arn:aws:iam::000000000000:role/fn");
  mapped->start();
  EXPECT_TRUE(comes_true([&] { return peers_.pages() > 0; }));
  notifier_.notify(protocol::arrivals_key(kWindowedStream, kWindowedShard));
  for (int i = 0; i < 8; ++i) {
    EXPECT_TRUE(comes_true([&] { return peers_.count("got " + std::to_string(i) + ".") == 1; }));
  }
  mapped->stop();
  EXPECT_EQ(peers_.count("final before False"), 1U);
  ASSERT_TRUE(store_->commit_blocking({}).has_value());
  EXPECT_FALSE(store_->get(storage::Family::kPositions, key_of_window())->has_value());
}

}  // namespace
}  // namespace penstock::lambda
