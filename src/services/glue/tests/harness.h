// A Glue service over a real store in a directory of its own, a clock that the test moves, and an
// S3 that is a map.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "async/gate.h"
#include "gen/s3/model.h"
#include "protocol/caller.h"
#include "services/glue/glue.h"
#include "services/glue/operations.h"

namespace penstock::glue {

// ListObjectsV2 and GetObject with ranges, over objects that the test puts.
class FakeS3 final : public protocol::Caller {
 public:
  std::map<std::string, std::string> objects;  // "bucket/key"
  std::size_t page_size = 2;                   // Small, so that paging is exercised.
  std::string refuse_with;                     // An error code for every call.
  std::vector<std::string> principals;
  std::size_t reads = 0;
  std::function<void()> on_read = [] {};

  protocol::Reply<protocol::AnyShape> call(protocol::Context context,
                                           const protocol::OperationInfo& operation,
                                           protocol::AnyShape input) override {
    const std::scoped_lock lock(mutex_);
    principals.push_back(context.principal_arn);
    if (!refuse_with.empty()) co_return protocol::refuse(refuse_with, "Refused", 403);
    if (operation.name == "ListObjectsV2") {
      co_return protocol::AnyShape::of(list(input.as<s3::api::ListObjectsV2Request>()));
    }
    const auto& request = input.as<s3::api::GetObjectRequest>();
    ++reads;
    on_read();
    const auto found = objects.find(request.bucket + "/" + request.key);
    if (found == objects.end()) co_return protocol::refuse("NoSuchKey", "gone", 404);
    unsigned long first = 0, last = 0;
    CHECK(std::sscanf(request.range->c_str(), "bytes=%lu-%lu", &first, &last) == 2);
    s3::api::GetObjectOutput output;
    output.body = net::Body(found->second.substr(first, last - first + 1));
    co_return protocol::AnyShape::of(std::move(output));
  }

 private:
  s3::api::ListObjectsV2Output list(const s3::api::ListObjectsV2Request& request) const {
    s3::api::ListObjectsV2Output output;
    output.contents.emplace();
    output.is_truncated = false;
    const std::string after = request.continuation_token.value_or("");
    for (const auto& [path, bytes] : objects) {
      if (!path.starts_with(request.bucket + "/")) continue;
      const std::string key = path.substr(request.bucket.size() + 1);
      if (!key.starts_with(request.prefix.value_or("")) || (!after.empty() && key <= after))
        continue;
      if (output.contents->size() == page_size) {
        output.is_truncated = true;
        output.next_continuation_token = output.contents->back().key;
        break;
      }
      s3::api::Object& object = output.contents->emplace_back();
      object.key = key;
      object.size = static_cast<std::int64_t>(bytes.size());
    }
    return output;
  }

  std::mutex mutex_;
};

class Harness {
 public:
  Harness() {
    std::string path = (std::filesystem::temp_directory_path() / "glue-XXXXXX").string();
    CHECK(mkdtemp(path.data()) != nullptr);
    directory = path;
    context.principal_arn = "arn:aws:iam::000000000000:root";
    open();
  }
  ~Harness() {
    close();
    std::filesystem::remove_all(directory);
  }

  void open() {
    auto opened =
        storage::Store::open({.directory = directory, .durability = storage::Durability::kNone});
    CHECK(opened.has_value());
    store = std::move(*opened);
    Dependencies dependencies{*store, runtime, clock, *random, s3};
    dependencies.may_assume = [this](protocol::Context, std::string arn) {
      return may_assume(arn);
    };
    dependencies.write_log = [this](protocol::Context, std::string group, std::string stream,
                                    std::vector<LogLine> lines) {
      return write_log(group + ":" + stream, std::move(lines));
    };
    service = std::make_unique<Service>(std::move(dependencies),
                                        Options{.schedule_interval = std::chrono::hours(1)});
    CHECK(service->start().has_value());
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
  // "" or "Code: message".
  template <typename T>
  std::string error_of(protocol::Reply<T> reply) {
    const auto result = run(std::move(reply));
    return result ? "" : result.error().code + ": " + result.error().message;
  }

  void create_database(std::string name) {
    api::CreateDatabaseRequest input;
    input.database_input.name = std::move(name);
    EXPECT_EQ(error_of(glue::create_database(*service, context, std::move(input))), "");
  }

  api::TableInput table_input(std::string name, std::vector<std::string> keys = {}) {
    api::TableInput input;
    input.name = std::move(name);
    input.storage_descriptor.emplace().columns.emplace();
    api::Column& column = input.storage_descriptor->columns->emplace_back();
    column.name = "a";
    column.type = "int";
    input.partition_keys.emplace();
    for (std::string& key : keys) {
      api::Column& partition_key = input.partition_keys->emplace_back();
      partition_key.name = std::move(key);
      partition_key.type = "int";
    }
    return input;
  }
  void create_table(std::string database, std::string name, std::vector<std::string> keys = {}) {
    api::CreateTableRequest input;
    input.database_name = std::move(database);
    input.table_input = table_input(std::move(name), std::move(keys));
    EXPECT_EQ(error_of(glue::create_table(*service, context, std::move(input))), "");
  }
  std::string create_partition(std::string table, std::vector<std::string> values) {
    api::CreatePartitionRequest input;
    input.database_name = "db";
    input.table_name = std::move(table);
    input.partition_input.values = std::move(values);
    return error_of(glue::create_partition(*service, context, std::move(input)));
  }

  std::optional<api::Table> table(std::string name, std::string database = "db") {
    api::GetTableRequest input;
    input.database_name = std::move(database);
    input.name = std::move(name);
    auto reply = run(get_table(*service, context, std::move(input)));
    if (!reply) return std::nullopt;
    return std::move(reply->table);
  }
  std::string table_names(std::optional<std::string> expression = {}) {
    api::GetTablesRequest input;
    input.database_name = "db";
    input.expression = std::move(expression);
    auto reply = run(get_tables(*service, context, std::move(input)));
    if (!reply) return reply.error().message;
    std::string names;
    for (const api::Table& found : *reply->table_list)
      names += (names.empty() ? "" : " ") + found.name;
    return names;
  }
  // "[2024,01] [2024,02]"
  std::string partitions(std::string table_name, std::string expression = "") {
    api::GetPartitionsRequest input;
    input.database_name = "db";
    input.table_name = std::move(table_name);
    input.expression = std::move(expression);
    auto reply = run(get_partitions(*service, context, std::move(input)));
    if (!reply) return reply.error().code + ": " + reply.error().message;
    std::string out;
    for (const api::Partition& partition : *reply->partitions) {
      std::string values;
      for (const std::string& value : *partition.values)
        values += (values.empty() ? "" : ",") + value;
      out += (out.empty() ? "[" : " [") + values + "]";
    }
    return out;
  }

  api::CreateCrawlerRequest crawler_request(std::string name, std::string path) {
    api::CreateCrawlerRequest input;
    input.name = std::move(name);
    input.role = "arn:aws:iam::000000000000:role/CrawlerRole";
    input.database_name = "db";
    input.targets.s3_targets.emplace().emplace_back().path = std::move(path);
    return input;
  }
  void create_crawler(api::CreateCrawlerRequest input) {
    EXPECT_EQ(error_of(glue::create_crawler(*service, context, std::move(input))), "");
  }
  std::string start(std::string name) {
    api::StartCrawlerRequest input;
    input.name = std::move(name);
    return error_of(start_crawler(*service, context, std::move(input)));
  }
  api::Crawler crawler(std::string name) {
    api::GetCrawlerRequest input;
    input.name = std::move(name);
    auto reply = run(get_crawler(*service, context, std::move(input)));
    CHECK(reply.has_value());
    return std::move(*reply->crawler);
  }
  // Runs the crawler to its end and returns the status of the crawl, with the error if there is
  // one.
  std::string crawl(std::string name) {
    log.clear();
    clock.advance(std::chrono::seconds(1));  // Crawls are told apart by their start.
    const std::string refused = start(name);
    if (!refused.empty()) return refused;
    wait_until_ready(name);
    const api::Crawler done = crawler(name);
    return *done.last_crawl->status +
           (done.last_crawl->error_message ? " " + *done.last_crawl->error_message : "");
  }
  void wait_until_ready(const std::string& name) {
    while (service->running.find({context.account, context.region}, name) != nullptr) {
      std::this_thread::yield();
    }
  }

  std::string directory;
  Runtime runtime{{.loops = 2, .blocking_threads = 2}};
  SimClock clock;
  std::unique_ptr<Random> random = make_seeded_random(1);
  protocol::Context context;
  FakeS3 s3;
  bool roles_exist = true;
  std::vector<std::string> assumed;
  std::string log_stream;
  std::vector<std::string> log;
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<Service> service;

 private:
  Task<bool> may_assume(std::string arn) {
    assumed.push_back(std::move(arn));
    co_return roles_exist;
  }
  Task<void> write_log(std::string stream, std::vector<LogLine> lines) {
    log_stream = std::move(stream);
    for (LogLine& line : lines) log.push_back(line.message.substr(line.message.find(']') + 2));
    co_return;
  }
};

}  // namespace penstock::glue
