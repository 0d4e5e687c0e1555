// A Kinesis service over a real store in a directory of its own, with a clock that the test moves.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "async/gate.h"
#include "services/kinesis/kinesis.h"
#include "services/kinesis/operations.h"

namespace penstock::kinesis {

class Harness {
 public:
  explicit Harness(storage::Durability durability_ = storage::Durability::kAlways)
      : durability(durability_) {
    std::string path = (std::filesystem::temp_directory_path() / "kinesis-XXXXXX").string();
    CHECK(mkdtemp(path.data()) != nullptr);
    directory = path;
    open();
  }
  // Over what another harness, perhaps of another process, left behind.
  explicit Harness(std::string existing) : directory(std::move(existing)) { open(); }
  ~Harness() {
    close();
    std::filesystem::remove_all(directory);
  }

  void open() {
    auto opened = storage::Store::open({.directory = directory, .durability = durability});
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    store = std::move(*opened);
    service = std::make_unique<Service>(Dependencies{*store, runtime, clock, *random}, options);
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

  template <typename T>
  protocol::ApiResult<T> run(protocol::Reply<T> reply) {
    return block_on(runtime.loop(0), std::move(reply));
  }

  void create(std::string name, int shards = 1) {
    api::CreateStreamInput input;
    input.stream_name = std::move(name);
    input.shard_count = shards;
    const auto reply = run(create_stream(*service, context, std::move(input)));
    ASSERT_TRUE(reply.has_value()) << reply.error().message;
  }

  protocol::ApiResult<api::PutRecordOutput> put(std::string stream, std::string key,
                                                std::string data) {
    api::PutRecordInput input;
    input.stream_name = std::move(stream);
    input.partition_key = std::move(key);
    input.data.bytes = std::move(data);
    return run(put_record(*service, context, std::move(input)));
  }

  std::string iterator(std::string stream, std::string shard, std::string type,
                       std::optional<std::string> sequence = {}) {
    api::GetShardIteratorInput input;
    input.stream_name = std::move(stream);
    input.shard_id = std::move(shard);
    input.shard_iterator_type = std::move(type);
    input.starting_sequence_number = std::move(sequence);
    auto reply = run(get_shard_iterator(*service, context, std::move(input)));
    if (!reply) {
      ADD_FAILURE() << reply.error().message;
      return "";
    }
    return *reply->shard_iterator;
  }

  protocol::ApiResult<api::GetRecordsOutput> get(std::string iterator,
                                                 std::optional<int> limit = {}) {
    api::GetRecordsInput input;
    input.shard_iterator = std::move(iterator);
    input.limit = limit;
    return run(get_records(*service, context, std::move(input)));
  }

  // The data of all records of a shard, joined with blanks.
  std::string contents(std::string stream, std::string shard = "shardId-000000000000") {
    const auto reply = get(iterator(std::move(stream), std::move(shard), "TRIM_HORIZON"));
    std::string all;
    if (!reply) return "error " + reply.error().message;
    for (const api::Record& record : reply->records) {
      if (!all.empty()) all += ' ';
      all += record.data.bytes;
    }
    return all;
  }

  // "" when it was done, else the code and the message.
  template <typename T>
  std::string outcome(protocol::Reply<T> reply) {
    const auto done = run(std::move(reply));
    return done ? "" : done.error().code + ": " + done.error().message;
  }
  std::string split(std::string stream, std::string shard, std::string start) {
    api::SplitShardInput input;
    input.stream_name = std::move(stream);
    input.shard_to_split = std::move(shard);
    input.new_starting_hash_key = std::move(start);
    return outcome(split_shard(*service, context, std::move(input)));
  }
  std::string merge(std::string stream, std::string shard, std::string adjacent) {
    api::MergeShardsInput input;
    input.stream_name = std::move(stream);
    input.shard_to_merge = std::move(shard);
    input.adjacent_shard_to_merge = std::move(adjacent);
    return outcome(merge_shards(*service, context, std::move(input)));
  }
  std::string scale(std::string stream, int target) {
    api::UpdateShardCountInput input;
    input.stream_name = std::move(stream);
    input.target_shard_count = target;
    input.scaling_type = "UNIFORM_SCALING";
    return outcome(update_shard_count(*service, context, std::move(input)));
  }
  std::vector<api::Shard> shards(std::string stream) {
    api::ListShardsInput input;
    input.stream_name = std::move(stream);
    const auto reply = run(list_shards(*service, context, std::move(input)));
    return reply ? *reply->shards : std::vector<api::Shard>();
  }
  void keep_retention() {
    const Status kept = block_on(runtime.loop(0), kinesis::keep_retention(*service));
    ASSERT_TRUE(kept.has_value()) << kept.error().message;
  }

  // Records of seven partition keys, numbered `first` to `last`, of one producer of "orders".
  protocol::ApiResult<api::PutRecordsOutput> produce(const std::string& producer, int first,
                                                     int last) {
    protocol::Context from = context;
    from.producer = protocol::Producer{producer, {}};
    api::PutRecordsInput input;
    input.stream_name = "orders";
    for (int i = first; i <= last; ++i) {
      const std::string number = std::to_string(10000 + i);
      from.producer->positions.push_back(number);
      input.records.push_back(
          {Blob{producer + "/" + number}, std::nullopt, producer + std::to_string(i % 7)});
    }
    return run(put_records(*service, from, std::move(input)));
  }

  // All records of a stream, parents before children.
  std::vector<api::Record> all(const std::string& stream) {
    std::vector<api::Record> found;
    for (const api::Shard& shard : shards(stream)) {
      std::optional<std::string> next = iterator(stream, shard.shard_id, "TRIM_HORIZON");
      while (next) {
        auto page = get(*next);
        if (!page) {
          ADD_FAILURE() << page.error().message;
          return found;
        }
        const bool tip = page->records.empty();
        for (api::Record& record : page->records) found.push_back(std::move(record));
        next = tip ? std::nullopt : page->next_shard_iterator;
      }
    }
    return found;
  }

  std::string directory;
  storage::Durability durability = storage::Durability::kAlways;
  Options options;  // From the next open() on.
  Runtime runtime{{.loops = 2, .blocking_threads = 2}};
  SimClock clock;
  std::unique_ptr<Random> random = make_seeded_random(1);
  protocol::Context context;
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<Service> service;
};

}  // namespace penstock::kinesis
