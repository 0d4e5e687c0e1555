// A Firehose service over a real store, with Kinesis, Lambda and S3 played by the test.
//
// S3 keeps its objects in the store: putting an object and committing `extra` is one commit, as in
// the server. Kinesis is a list of records in memory.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "async/gate.h"
#include "base/check.h"
#include "protocol/caller.h"
#include "services/firehose/firehose.h"
#include "services/firehose/operations.h"

namespace penstock::firehose {

inline constexpr const char* kKinesisArn = "arn:aws:kinesis:us-east-1:000000000000:stream/changes";
inline constexpr const char* kShard = "shardId-000000000000";
inline constexpr const char* kRole = "arn:aws:iam::000000000000:role/firehose";
inline constexpr const char* kFunction = "arn:aws:lambda:us-east-1:000000000000:function:transform";

// The clock of Kinesis is the test's: a record arrives when put() is called.
class FakeKinesis final : public protocol::Caller {
 public:
  FakeKinesis(Clock& clock, Notifier& notifier) : clock_(clock), notifier_(notifier) {}

  void put(std::string data) {
    {
      const std::scoped_lock lock(mutex_);
      kinesis::api::Record record;
      record.sequence_number = std::to_string(1'000'000 + records_.size());
      record.approximate_arrival_timestamp = clock_.now();
      record.partition_key = "k";
      record.data.bytes = std::move(data);
      records_.push_back(std::move(record));
    }
    notifier_.notify(protocol::arrivals_key(kKinesisArn, kShard));
  }

  protocol::Reply<protocol::AnyShape> call(protocol::Context, const protocol::OperationInfo& op,
                                           protocol::AnyShape input) override {
    namespace api = kinesis::api;
    const std::scoped_lock lock(mutex_);
    if (op.name == "ListShards") {
      api::ListShardsOutput output;
      output.shards.emplace().emplace_back().shard_id = kShard;
      co_return protocol::AnyShape::of(std::move(output));
    }
    if (op.name == "GetShardIterator") {
      const auto& in = input.as<api::GetShardIteratorInput>();
      std::size_t at = 0;
      while (at < records_.size() && before(records_[at], in)) ++at;
      api::GetShardIteratorOutput output;
      output.shard_iterator = std::to_string(at);
      co_return protocol::AnyShape::of(std::move(output));
    }
    const auto& in = input.as<api::GetRecordsInput>();
    const std::size_t at = std::stoul(in.shard_iterator);
    api::GetRecordsOutput output;
    const std::size_t end = std::min(records_.size(), at + page);
    output.records.assign(records_.begin() + static_cast<long>(at),
                          records_.begin() + static_cast<long>(end));
    output.next_shard_iterator = std::to_string(end);
    output.millis_behind_latest = end < records_.size() ? 1 : 0;
    co_return protocol::AnyShape::of(std::move(output));
  }

  std::size_t page = 3;

 private:
  static bool before(const kinesis::api::Record& record,
                     const kinesis::api::GetShardIteratorInput& in) {
    if (in.shard_iterator_type == "AT_TIMESTAMP") {
      return *record.approximate_arrival_timestamp < *in.timestamp;
    }
    if (in.shard_iterator_type == "TRIM_HORIZON") return false;
    if (in.shard_iterator_type == "AT_SEQUENCE_NUMBER") {
      return record.sequence_number < *in.starting_sequence_number;
    }
    return record.sequence_number <= *in.starting_sequence_number;
  }

  Clock& clock_;
  Notifier& notifier_;
  std::mutex mutex_;
  std::vector<kinesis::api::Record> records_;
};

class FakeLambda final : public protocol::Caller {
 public:
  using Answer = std::function<protocol::ApiResult<lambda::api::InvocationResponse>(std::string)>;
  protocol::Reply<protocol::AnyShape> call(protocol::Context, const protocol::OperationInfo&,
                                           protocol::AnyShape input) override {
    auto& in = input.as<lambda::api::InvocationRequest>();
    function = in.function_name;
    CO_TRY(lambda::api::InvocationResponse response, answer(std::move(in.payload->bytes)));
    co_return protocol::AnyShape::of(std::move(response));
  }
  Answer answer;
  std::string function;
};

// Every call is refused: nothing but put_with may be used.
class NoCaller final : public protocol::Caller {
 public:
  protocol::Reply<protocol::AnyShape> call(protocol::Context, const protocol::OperationInfo&,
                                           protocol::AnyShape) override {
    co_return protocol::refuse("InternalError", "unexpected call", 500);
  }
};

struct FakeObject {
  std::string key, body, encoding;
};

class Harness {
 public:
  explicit Harness(std::string where = {}) : owns_directory_(where.empty()) {
    if (owns_directory_) {
      where = (std::filesystem::temp_directory_path() / "firehose-XXXXXX").string();
      CHECK(mkdtemp(where.data()) != nullptr);
    }
    directory = where;
  }
  ~Harness() {
    close();
    if (owns_directory_) std::filesystem::remove_all(directory);
  }

  void open() {
    auto opened = storage::Store::open({.directory = directory});
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    store = std::move(*opened);
    Dependencies deps{
        *store,
        runtime,
        clock,
        *random,
        kinesis::Client(kinesis),
        lambda::Client(lambda),
        s3::Client(no_caller),
        arrivals,
        [this](protocol::Context context, s3::api::PutObjectRequest input, storage::Batch extra) {
          return put(std::move(context), std::move(input), std::move(extra));
        },
        check_role,
        [this](DeliveryLog log) {
          const std::scoped_lock lock(mutex);
          logs.push_back(std::move(log.message));
        }};
    Options options;
    options.linger = std::chrono::milliseconds(0);
    options.retry_first = std::chrono::milliseconds(1);
    options.retry_max = std::chrono::milliseconds(5);
    service = std::make_unique<Service>(std::move(deps), options);
    const Status started = service->start();
    ASSERT_TRUE(started.has_value()) << started.error().message;
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

  protocol::Reply<s3::api::PutObjectOutput> put(protocol::Context, s3::api::PutObjectRequest input,
                                                storage::Batch extra) {
    if (refusal) {
      const auto refused = refusal(input.key);
      if (refused) {
        notify();
        co_return std::unexpected(*refused);
      }
    }
    extra.put(storage::Family::kObjects, "object/" + input.key,
              input.content_encoding.value_or("") + "|" + input.body.take_bytes());
    CO_TRY_VOID(co_await store->commit(std::move(extra)));
    notify();
    co_return s3::api::PutObjectOutput{};
  }

  std::vector<FakeObject> objects() {
    std::vector<FakeObject> all;
    CHECK(store
              ->scan(storage::Family::kObjects, "object/", "object0",
                     [&](std::string_view key, std::string_view value) {
                       const std::size_t bar = value.find('|');
                       all.push_back({std::string(key.substr(7)),
                                      std::string(value.substr(bar + 1)),
                                      std::string(value.substr(0, bar))});
                       return storage::Next::kContinue;
                     })
              .has_value());
    return all;
  }
  // Everything that was delivered, in the order of the ledger.
  std::string delivered(const std::string& stream = "s") {
    std::map<std::string, std::string> bodies;
    for (FakeObject& object : objects()) bodies[object.key] = object.body;
    std::string all;
    for (const LedgerEntry& entry : entries(stream)) all += bodies[entry.key];
    return all;
  }
  std::vector<LedgerEntry> entries(const std::string& stream = "s") {
    return ledger(*service, {context.account, context.region}, stream, 0, 1000).value();
  }
  Totals totals() { return stats(*service).at(0).totals; }

  // Waits until `condition` holds, looking again after every put; gives up after ten seconds.
  bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    std::unique_lock lock(mutex);
    while (std::chrono::steady_clock::now() < deadline) {
      lock.unlock();
      const bool holds = condition();
      lock.lock();
      if (holds) return true;
      changed.wait_for(lock, std::chrono::milliseconds(5));
    }
    return false;
  }
  bool settled(std::uint64_t records) {
    return eventually([&] { return totals().records >= records; });
  }
  void notify() {
    const std::scoped_lock lock(mutex);
    changed.notify_all();
  }

  template <typename T>
  protocol::ApiResult<T> run(protocol::Reply<T> reply) {
    return block_on(runtime.loop(0), std::move(reply));
  }

  static api::CreateDeliveryStreamInput direct(std::string name = "s", int interval = 0) {
    api::CreateDeliveryStreamInput input;
    input.delivery_stream_name = std::move(name);
    auto& destination = input.extended_s3_destination_configuration.emplace();
    destination.role_arn = kRole;
    destination.bucket_arn = "arn:aws:s3:::lake";
    destination.buffering_hints = api::BufferingHints{1, interval};
    return input;
  }
  static api::CreateDeliveryStreamInput from_kinesis(std::string name = "s") {
    api::CreateDeliveryStreamInput input = direct(std::move(name));
    input.delivery_stream_type = "KinesisStreamAsSource";
    input.kinesis_stream_source_configuration.emplace() = {kKinesisArn, kRole};
    return input;
  }
  static void with_lambda(api::CreateDeliveryStreamInput& input, std::string arn, int retries = 0) {
    auto& processing =
        input.extended_s3_destination_configuration->processing_configuration.emplace();
    processing.enabled = true;
    api::Processor& lambda = processing.processors.emplace().emplace_back();
    lambda.type = "Lambda";
    lambda.parameters.emplace() = {{"LambdaArn", std::move(arn)},
                                   {"NumberOfRetries", std::to_string(retries)}};
    processing.processors->push_back({.type = "AppendDelimiterToRecord"});
  }
  void create(api::CreateDeliveryStreamInput input) {
    const auto reply = run(create_delivery_stream(*service, context, std::move(input)));
    ASSERT_TRUE(reply.has_value()) << reply.error().message;
  }
  void put_direct(std::string data, std::string stream = "s") {
    api::PutRecordInput input;
    input.delivery_stream_name = std::move(stream);
    input.record.data.bytes = std::move(data);
    const auto reply = run(put_record(*service, context, std::move(input)));
    ASSERT_TRUE(reply.has_value()) << reply.error().message;
  }
  api::DeliveryStreamDescription describe(std::string stream = "s") {
    api::DescribeDeliveryStreamInput input;
    input.delivery_stream_name = std::move(stream);
    auto reply = run(describe_delivery_stream(*service, context, std::move(input)));
    if (!reply) {
      ADD_FAILURE() << reply.error().message;
      return {};
    }
    return std::move(reply->delivery_stream_description);
  }

  std::string directory;
  Runtime runtime{{.loops = 2, .blocking_threads = 2}};
  SimClock clock;
  std::unique_ptr<Random> random = make_system_random();  // Ids differ from run to run.
  protocol::Context context;
  Notifier source_notifier;
  protocol::LocalArrivals arrivals{source_notifier};
  FakeKinesis kinesis{clock, source_notifier};
  FakeLambda lambda;
  NoCaller no_caller;
  std::function<std::optional<protocol::ApiError>(const std::string& key)> refusal;
  CheckRole check_role;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> logs;  // Guarded by mutex.
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<Service> service;

 private:
  const bool owns_directory_;
};

}  // namespace penstock::firehose
