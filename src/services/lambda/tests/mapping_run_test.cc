// A mapping of a stream, running against a Kinesis stream that is made up, by a clock that is moved
// by hand.
#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>

#include "async/notifier.h"
#include "base/check.h"
#include "gen/kinesis/shapes.h"
#include "gen/sqs/shapes.h"
#include "services/lambda/lambda.h"

namespace penstock::lambda {
namespace {

constexpr const char* kMappedStream = "arn:aws:kinesis:us-east-1:000000000000:stream/s";

// One shard with one record, and the queue that failures are reported to. Thread-safe.
class OneRecord final : public protocol::Caller {
 public:
  explicit OneRecord(const Clock& clock) : created_(clock.now()) {}

  Reply<protocol::AnyShape> call(Context, const protocol::OperationInfo& operation,
                                 protocol::AnyShape input) override {
    const std::scoped_lock lock(mutex_);
    if (operation.name == "ListShards") {
      kinesis::api::ListShardsOutput output;
      output.shards.emplace().emplace_back().shard_id = "shardId-000000000000";
      co_return protocol::AnyShape::of(std::move(output));
    }
    if (operation.name == "GetShardIterator") {
      kinesis::api::GetShardIteratorOutput output;
      output.shard_iterator = "first";
      co_return protocol::AnyShape::of(std::move(output));
    }
    if (operation.name == "GetRecords") {
      kinesis::api::GetRecordsOutput output;
      output.next_shard_iterator = "after";
      output.millis_behind_latest = 0;
      if (input.as<kinesis::api::GetRecordsInput>().shard_iterator == "first") {
        kinesis::api::Record& record = output.records.emplace_back();
        record.sequence_number = "7";
        record.partition_key = "k";
        record.data = Blob{"hello"};
        record.approximate_arrival_timestamp = created_;
      }
      co_return protocol::AnyShape::of(std::move(output));
    }
    if (operation.name == "SendMessage") {
      letters_.push_back(input.as<sqs::api::SendMessageRequest>().message_body);
      changed_.notify_all();
    }
    co_return operation.make_output();
  }
  std::string letter() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return !letters_.empty(); });
    return letters_.empty() ? "" : letters_.front();
  }
  std::size_t letters() {
    const std::scoped_lock lock(mutex_);
    return letters_.size();
  }

 private:
  const Timestamp created_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> letters_;
};

// Until the function was called once more, in vain.
bool tried_again(MappingResult& result) {
  result.set(kNoRecords);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (result.get() != kCallFailed && std::chrono::steady_clock::now() < end) {
    std::this_thread::yield();
  }
  return result.get() == kCallFailed;
}

// Documented: a record that is older than MaximumRecordAgeInSeconds is not tried any longer,
// however many attempts are left; the report says RecordAgeExceeded and has no response.
TEST(MappingRun, GivesUpARecordThatHasGrownTooOld) {
  std::string directory = (std::filesystem::temp_directory_path() / "mapping-XXXXXX").string();
  CHECK(mkdtemp(directory.data()) != nullptr);
  {
    auto store = storage::Store::open({.directory = directory + "/store"}).value();
    auto files =
        storage::BlobFiles::open(directory + "/packages", storage::Durability::kNone).value();
    Runtime runtime{{.loops = 1, .blocking_threads = 1}};
    SimClock clock;
    clock.advance(std::chrono::hours(1));
    const auto random = make_seeded_random(5);
    OneRecord peers(clock);
    Notifier notifier;
    protocol::LocalArrivals arrivals(notifier);
    Dependencies dependencies{*store, *files, runtime, clock, *random, &peers, &peers};
    dependencies.kinesis = dependencies.sqs = &peers;
    dependencies.kinesis_arrivals = &arrivals;
    Options options;
    options.directory = directory + "/scratch";
    Service service(std::move(dependencies), options);
    ASSERT_TRUE(service.start().has_value());

    auto mapping = std::make_shared<Mapping>();
    mapping->place = {"000000000000", "us-east-1"};
    mapping->uuid = "00000000-0000-4000-8000-000000000001";
    mapping->source_arn = kMappedStream;
    mapping->function = "absent";  // Each call fails, and not by the customer's fault.
    mapping->start = "TRIM_HORIZON";
    mapping->age_seconds_max = 60;
    mapping->retries_max = 0;
    mapping->on_failure = "arn:aws:sqs:us-east-1:000000000000:dead";
    auto result = std::make_shared<MappingResult>();
    const auto run = make_stream_run(service, mapping, result, "arn:aws:iam::000000000000:role/r");
    run->start();
    EXPECT_TRUE(tried_again(*result));
    clock.advance(std::chrono::seconds(60));  // Not older yet.
    // Of two further attempts the second has begun after that.
    EXPECT_TRUE(tried_again(*result));
    EXPECT_TRUE(tried_again(*result));
    EXPECT_EQ(peers.letters(), 0U);
    clock.advance(std::chrono::seconds(1));
    const std::string letter = peers.letter();
    EXPECT_NE(letter.find(R"("condition":"RecordAgeExceeded")"), std::string::npos) << letter;
    EXPECT_NE(letter.find(R"("startSequenceNumber":"7","endSequenceNumber":"7")"),
              std::string::npos);
    EXPECT_EQ(letter.find("responseContext"), std::string::npos);
    run->stop();
    EXPECT_EQ(peers.letters(), 1U);
    service.stop();
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace penstock::lambda
