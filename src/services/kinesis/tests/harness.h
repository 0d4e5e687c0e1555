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
  Harness() {
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
    auto opened = storage::Store::open({.directory = directory});
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    store = std::move(*opened);
    service = std::make_unique<Service>(Dependencies{*store, runtime, clock, *random});
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

  std::string directory;
  Runtime runtime{{.loops = 2, .blocking_threads = 2}};
  SimClock clock;
  std::unique_ptr<Random> random = make_seeded_random(1);
  protocol::Context context;
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<Service> service;
};

}  // namespace penstock::kinesis
