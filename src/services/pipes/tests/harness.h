// Pipes over a real store, between a source and a target that the test holds in its hands.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "async/gate.h"
#include "async/notifier.h"
#include "base/bytes.h"
#include "gen/dynamodbstreams/shapes.h"
#include "gen/kinesis/shapes.h"
#include "services/pipes/operations.h"
#include "services/pipes/pipes.h"
#include "services/pipes/tests/fake_services.h"

namespace penstock::pipes {

inline constexpr const char* kStreamArn =
    "arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/2026-11-22T00:00:00.000";
inline constexpr const char* kTargetArn = "arn:aws:kinesis:us-east-1:000000000000:stream/changes";
inline constexpr const char* kRoleArn = "arn:aws:iam::000000000000:role/pipe";

// A DynamoDB stream in memory. Iterators are "<shard>:<index>".
class FakeStream final : public protocol::Caller {
 public:
  struct Shard {
    std::string parent;
    bool closed = false;
    std::vector<dynamodbstreams::api::Record> records;
  };

  void add_shard(std::string id, std::string parent = "") {
    const std::scoped_lock lock(mutex_);
    shards_[id].parent = std::move(parent);
  }
  void close_shard(const std::string& id) {
    {
      const std::scoped_lock lock(mutex_);
      shards_[id].closed = true;
    }
    notifier.notify(protocol::arrivals_key(kStreamArn, id));
  }
  // Numbers are handed out from 1; the key of record n is "k<n % 10>".
  void put(const std::string& shard, int count, Timestamp created) {
    {
      const std::scoped_lock lock(mutex_);
      for (int i = 0; i < count; ++i) {
        const int number = ++last_;
        dynamodbstreams::api::Record& record = shards_[shard].records.emplace_back();
        record.event_id = "event" + std::to_string(number);
        record.event_name = number % 2 == 0 ? "MODIFY" : "INSERT";
        auto& change = record.dynamodb.emplace();
        change.sequence_number = std::to_string(number);
        change.approximate_creation_date_time = created;
        change.keys.emplace().set("pk", AttributeValue::s("k" + std::to_string(number % 10)));
      }
    }
    notifier.notify(protocol::arrivals_key(kStreamArn, shard));
  }

  protocol::Reply<protocol::AnyShape> call(protocol::Context context,
                                           const protocol::OperationInfo& operation,
                                           protocol::AnyShape input) override {
    const std::scoped_lock lock(mutex_);
    principal = context.principal_arn;
    if (gone) co_return protocol::refuse("ResourceNotFoundException", "no such stream");
    if (operation.name == "DescribeStream") {
      co_return protocol::AnyShape::of(describe());
    }
    if (operation.name == "GetShardIterator") {
      co_return open(input.as<dynamodbstreams::api::GetShardIteratorInput>());
    }
    co_return read(input.as<dynamodbstreams::api::GetRecordsInput>());
  }

  Notifier notifier;
  protocol::LocalArrivals arrivals{notifier};
  std::atomic<bool> gone{false};
  std::atomic<bool> expire_once{false};
  std::string principal;

 private:
  dynamodbstreams::api::DescribeStreamOutput describe() {
    dynamodbstreams::api::DescribeStreamOutput output;
    auto& shards = output.stream_description.emplace().shards.emplace();
    for (const auto& [id, shard] : shards_) {
      auto& out = shards.emplace_back();
      out.shard_id = id;
      if (!shard.parent.empty()) out.parent_shard_id = shard.parent;
      if (shard.closed) out.sequence_number_range.emplace().ending_sequence_number = "999";
    }
    return output;
  }

  protocol::ApiResult<protocol::AnyShape> open(dynamodbstreams::api::GetShardIteratorInput& input) {
    const Shard& shard = shards_[input.shard_id];
    std::size_t index = 0;
    if (input.shard_iterator_type == "LATEST") index = shard.records.size();
    if (input.shard_iterator_type == "AFTER_SEQUENCE_NUMBER") {
      while (index < shard.records.size() &&
             std::stoi(*shard.records[index].dynamodb->sequence_number) <=
                 std::stoi(*input.sequence_number)) {
        ++index;
      }
    }
    dynamodbstreams::api::GetShardIteratorOutput output;
    output.shard_iterator = input.shard_id + ":" + std::to_string(index);
    return protocol::AnyShape::of(std::move(output));
  }

  protocol::ApiResult<protocol::AnyShape> read(dynamodbstreams::api::GetRecordsInput& input) {
    if (expire_once.exchange(false)) {
      return protocol::refuse("ExpiredIteratorException", "too old");
    }
    const std::size_t colon = input.shard_iterator.find(':');
    const std::string id = input.shard_iterator.substr(0, colon);
    std::size_t index = std::stoul(input.shard_iterator.substr(colon + 1));
    const Shard& shard = shards_[id];
    dynamodbstreams::api::GetRecordsOutput output;
    auto& records = output.records.emplace();
    while (index < shard.records.size() && records.size() < 30) {
      records.push_back(shard.records[index++]);
    }
    if (!shard.closed || index < shard.records.size()) {
      output.next_shard_iterator = id + ":" + std::to_string(index);
    }
    return protocol::AnyShape::of(std::move(output));
  }

  std::mutex mutex_;
  std::map<std::string, Shard> shards_;
  int last_ = 0;
};

// A Kinesis stream that knows producers: what a producer sent before is dropped.
class FakeTarget final : public protocol::Caller {
 public:
  protocol::Reply<protocol::AnyShape> call(protocol::Context context,
                                           const protocol::OperationInfo& operation,
                                           protocol::AnyShape input) override {
    CHECK(operation.name == "PutRecords");
    co_return put(context, input.as<kinesis::api::PutRecordsInput>());
  }

  // Reads the records that are in the file, and adds those that come.
  void keep_in(const std::string& path) {
    const std::scoped_lock lock(mutex_);
    std::ifstream old(path);
    std::string producer, position, key, data;
    while (old >> producer >> position >> key && std::getline(old, data)) {
      taken_.emplace(producer, from_hex(position).value());
      records_.push_back({data.substr(1), key});
    }
    file_.open(path, std::ios::app);
  }
  // Until `count` records are here, for at most ten seconds.
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10),
                             [&] { return records_.size() >= count; });
  }
  bool wait_for_calls(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return calls_ >= count; });
  }
  struct Stored {
    std::string data, key;
  };
  std::vector<Stored> records() {
    const std::scoped_lock lock(mutex_);
    return records_;
  }
  int calls() {
    const std::scoped_lock lock(mutex_);
    return calls_;
  }
  std::size_t largest_batch() {
    const std::scoped_lock lock(mutex_);
    return largest_batch_;
  }
  // The next calls fail with these, one each.
  void fail_next(std::vector<protocol::ApiError> errors) {
    const std::scoped_lock lock(mutex_);
    errors_.insert(errors_.end(), errors.begin(), errors.end());
  }
  void fail_always(std::optional<protocol::ApiError> error) {
    const std::scoped_lock lock(mutex_);
    always_ = std::move(error);
  }
  // A call with a record whose data holds this text is refused as a whole.
  void poison(std::string text) {
    const std::scoped_lock lock(mutex_);
    poison_ = std::move(text);
  }
  // The next call takes only every other record.
  void throttle_next() {
    const std::scoped_lock lock(mutex_);
    throttle_ = true;
  }

 private:
  protocol::ApiResult<protocol::AnyShape> put(const protocol::Context& context,
                                              kinesis::api::PutRecordsInput& input) {
    const std::scoped_lock lock(mutex_);
    ++calls_;
    changed_.notify_all();
    EXPECT_EQ(context.principal_arn, "arn:aws:sts::000000000000:assumed-role/pipe/p");
    EXPECT_EQ(input.stream_arn, kTargetArn);
    if (always_) return std::unexpected(*always_);
    if (!errors_.empty()) {
      protocol::ApiError error = errors_.front();
      errors_.pop_front();
      return std::unexpected(std::move(error));
    }
    for (const auto& record : input.records) {
      if (!poison_.empty() && record.data.bytes.find(poison_) != std::string::npos) {
        return protocol::refuse("ValidationException", "poison");
      }
    }
    largest_batch_ = std::max(largest_batch_, input.records.size());
    const bool throttle = std::exchange(throttle_, false);
    kinesis::api::PutRecordsOutput output;
    for (std::size_t i = 0; i < input.records.size(); ++i) {
      auto& entry = output.records.emplace_back();
      if (throttle && i % 2 == 1) {
        entry.error_code = "ProvisionedThroughputExceededException";
        continue;
      }
      entry.sequence_number = "1";
      entry.shard_id = "shardId-000000000000";
      const auto taken = std::pair(context.producer->id, context.producer->positions[i]);
      if (!taken_.insert(taken).second) continue;
      records_.push_back({input.records[i].data.bytes, input.records[i].partition_key});
      if (file_.is_open()) {
        file_ << taken.first << ' ' << to_hex(taken.second) << ' ' << records_.back().key << ' '
              << records_.back().data << std::endl;
      }
    }
    changed_.notify_all();
    return protocol::AnyShape::of(std::move(output));
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Stored> records_;
  std::set<std::pair<std::string, std::string>> taken_;
  std::deque<protocol::ApiError> errors_;
  std::optional<protocol::ApiError> always_;
  std::string poison_;
  bool throttle_ = false;
  int calls_ = 0;
  std::size_t largest_batch_ = 0;
  std::ofstream file_;
};

class Harness {
 public:
  Harness() {
    std::string path = (std::filesystem::temp_directory_path() / "pipes-XXXXXX").string();
    CHECK(mkdtemp(path.data()) != nullptr);
    directory = path;
    open();
  }
  // Over what another harness, perhaps of another process, left behind; the target keeps its
  // records there, too.
  explicit Harness(std::string existing) : directory(std::move(existing)) {
    target.keep_in(directory + "/target");
  }
  ~Harness() {
    close();
    std::filesystem::remove_all(directory);
  }

  void open() {
    auto opened = storage::Store::open({.directory = directory});
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    store = std::move(*opened);
    service = std::make_unique<Service>(Dependencies{
        *store, runtime, clock, *random, stream, stream.arrivals, target, stream.arrivals,
        check_role, &others.firehose, &others.lambda, &others.sqs, nullptr, &others.logs});
    ASSERT_TRUE(service->start().has_value());
  }
  void close() {
    if (service) service->stop();
    service.reset();
    store.reset();
  }
  void reopen() {
    close();
    open();
  }

  template <typename T>
  protocol::ApiResult<T> run(protocol::Reply<T> reply) {
    return block_on(runtime.loop(0), std::move(reply));
  }

  static api::CreatePipeRequest request(std::string key = "$.dynamodb.Keys.pk.S") {
    api::CreatePipeRequest request;
    request.name = "p";
    request.source = kStreamArn;
    request.target = kTargetArn;
    request.role_arn = kRoleArn;
    auto& source = request.source_parameters.emplace();
    source.dynamo_db_stream_parameters.emplace().starting_position = "TRIM_HORIZON";
    request.target_parameters.emplace().kinesis_stream_parameters.emplace().partition_key =
        std::move(key);
    return request;
  }

  protocol::ApiResult<api::CreatePipeResponse> create(api::CreatePipeRequest request) {
    return run(create_pipe(*service, context, std::move(request)));
  }
  protocol::ApiResult<api::DescribePipeResponse> describe() {
    return run(describe_pipe(*service, context, {"p"}));
  }
  // The state once the pipe has come to rest; "" when it is gone.
  std::string settled() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < deadline) {
      const auto pipe = service->registry.find({context.account, context.region}, "p");
      if (!pipe) return "";
      const auto config = pipe->config();
      if (!is_transition(config->state)) return std::string(to_string(config->state));
      std::this_thread::yield();
    }
    return "still passing";
  }
  // The numbers of the events that reached the target, in order.
  std::vector<int> numbers() {
    std::vector<int> numbers;
    for (const auto& record : target.records()) {
      constexpr std::string_view kHead = R"({"eventID":"event)";
      numbers.push_back(std::stoi(record.data.substr(kHead.size())));
    }
    return numbers;
  }
  // Until the pipe's durable counters say so, for at most ten seconds.
  bool wait_for_counters(const Counters& expected) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < deadline) {
      Counters sum;
      const auto all = progress(*service);
      if (all && !all->empty()) {
        for (const ShardProgress& shard : all->front().shards) {
          sum.read += shard.position.counters.read;
          sum.delivered += shard.position.counters.delivered;
          sum.filtered += shard.position.counters.filtered;
          sum.failed += shard.position.counters.failed;
        }
      }
      if (sum == expected) return true;
      std::this_thread::yield();
    }
    return false;
  }

  std::string directory;
  Runtime runtime{{.loops = 2, .blocking_threads = 2}};
  SimClock clock;
  std::unique_ptr<Random> random = make_seeded_random(1);
  protocol::Context context;
  FakeStream stream;
  FakeTarget target;
  FakeServices others;
  RoleChecker check_role;
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<Service> service;
};

inline std::vector<int> upto(int last) {
  std::vector<int> numbers;
  for (int i = 1; i <= last; ++i) numbers.push_back(i);
  return numbers;
}

}  // namespace penstock::pipes
