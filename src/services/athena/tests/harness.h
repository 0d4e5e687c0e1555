// An Athena service over a real store, with a catalog and a bucket that are maps.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "async/gate.h"
#include "gen/glue/model.h"
#include "gen/s3/model.h"
#include "protocol/caller.h"
#include "services/athena/athena.h"
#include "services/athena/operations.h"

namespace penstock::athena {

class FakeS3 final : public protocol::Caller {
 public:
  std::map<std::string, std::string> objects;  // "bucket/key"
  std::map<std::string, std::string> content_types;

  protocol::Reply<protocol::AnyShape> call(protocol::Context,
                                           const protocol::OperationInfo& operation,
                                           protocol::AnyShape input) override {
    const std::scoped_lock lock(mutex_);
    if (operation.name == "PutObject") {
      auto& request = input.as<s3::api::PutObjectRequest>();
      if (request.bucket == "gone") co_return protocol::refuse("NoSuchBucket", "no bucket", 404);
      content_types[request.bucket + "/" + request.key] = request.content_type.value_or("");
      objects[request.bucket + "/" + request.key] = request.body.take_bytes();
      co_return protocol::AnyShape::of(s3::api::PutObjectOutput());
    }
    if (operation.name == "ListObjectsV2") {
      const auto& request = input.as<s3::api::ListObjectsV2Request>();
      s3::api::ListObjectsV2Output output;
      output.contents.emplace();
      const std::string start = request.bucket + "/" + request.prefix.value_or("");
      for (const auto& [path, bytes] : objects) {
        if (!path.starts_with(start)) continue;
        s3::api::Object& object = output.contents->emplace_back();
        object.key = path.substr(request.bucket.size() + 1);
        object.size = static_cast<std::int64_t>(bytes.size());
      }
      co_return protocol::AnyShape::of(std::move(output));
    }
    const auto& request = input.as<s3::api::GetObjectRequest>();
    const auto found = objects.find(request.bucket + "/" + request.key);
    if (found == objects.end()) co_return protocol::refuse("NoSuchKey", "gone", 404);
    unsigned long first = 0, last = 0;
    CHECK(std::sscanf(request.range->c_str(), "bytes=%lu-%lu", &first, &last) == 2);
    if (first >= found->second.size()) co_return protocol::refuse("InvalidRange", "range", 416);
    s3::api::GetObjectOutput output;
    output.body = net::Body(found->second.substr(first, last - first + 1));
    co_return protocol::AnyShape::of(std::move(output));
  }

 private:
  std::mutex mutex_;
};

// As much of a Glue catalog as Athena asks for.
class FakeGlue final : public protocol::Caller {
 public:
  std::map<std::string, glue::api::Database> databases;
  std::map<std::string, glue::api::Table> tables;  // "database.table"
  std::map<std::string, std::map<std::vector<std::string>, glue::api::Partition>> partitions;

  protocol::Reply<protocol::AnyShape> call(protocol::Context,
                                           const protocol::OperationInfo& operation,
                                           protocol::AnyShape input) override {
    const std::scoped_lock lock(mutex_);
    using namespace glue::api;
    const auto absent = [](const std::string& what) {
      return protocol::refuse("EntityNotFoundException", what + " not found.");
    };
    if (operation.name == "GetDatabase") {
      const auto found = databases.find(input.as<GetDatabaseRequest>().name);
      if (found == databases.end()) co_return absent("Database");
      GetDatabaseResponse output;
      output.database = found->second;
      co_return protocol::AnyShape::of(std::move(output));
    }
    if (operation.name == "GetDatabases") {
      GetDatabasesResponse output;
      for (const auto& [name, database] : databases) output.database_list.push_back(database);
      co_return protocol::AnyShape::of(std::move(output));
    }
    if (operation.name == "CreateDatabase") {
      const auto& made = input.as<CreateDatabaseRequest>().database_input;
      if (databases.contains(made.name)) {
        co_return protocol::refuse("AlreadyExistsException", "Database already exists.");
      }
      databases[made.name].name = made.name;
      co_return protocol::AnyShape::of(CreateDatabaseResponse());
    }
    if (operation.name == "DeleteDatabase") {
      const std::string name = input.as<DeleteDatabaseRequest>().name;
      databases.erase(name);
      std::erase_if(tables, [&](const auto& entry) { return entry.first.starts_with(name + "."); });
      co_return protocol::AnyShape::of(DeleteDatabaseResponse());
    }
    if (operation.name == "GetTables") {
      const auto& request = input.as<GetTablesRequest>();
      if (!databases.contains(request.database_name)) co_return absent("Database");
      GetTablesResponse output;
      output.table_list.emplace();
      for (const auto& [name, table] : tables) {
        if (name.starts_with(request.database_name + ".")) output.table_list->push_back(table);
      }
      co_return protocol::AnyShape::of(std::move(output));
    }
    if (operation.name == "GetTable") {
      const auto& request = input.as<GetTableRequest>();
      const auto found = tables.find(request.database_name + "." + request.name);
      if (found == tables.end()) co_return absent("Table");
      GetTableResponse output;
      output.table = found->second;
      co_return protocol::AnyShape::of(std::move(output));
    }
    if (operation.name == "CreateTable" || operation.name == "UpdateTable") {
      const bool create = operation.name == "CreateTable";
      const std::string database = create ? input.as<CreateTableRequest>().database_name
                                          : input.as<UpdateTableRequest>().database_name;
      const TableInput made = create ? *input.as<CreateTableRequest>().table_input
                                     : *input.as<UpdateTableRequest>().table_input;
      if (!databases.contains(database)) co_return absent("Database");
      Table& table = tables[database + "." + made.name];
      if (create && !table.name.empty()) {
        co_return protocol::refuse("AlreadyExistsException", "Table already exists.");
      }
      table.name = made.name;
      table.storage_descriptor = made.storage_descriptor;
      table.partition_keys = made.partition_keys;
      table.parameters = made.parameters;
      table.table_type = made.table_type;
      table.view_original_text = made.view_original_text;
      if (create) co_return protocol::AnyShape::of(CreateTableResponse());
      co_return protocol::AnyShape::of(UpdateTableResponse());
    }
    if (operation.name == "DeleteTable") {
      const auto& request = input.as<DeleteTableRequest>();
      if (tables.erase(request.database_name + "." + request.name) == 0) co_return absent("Table");
      co_return protocol::AnyShape::of(DeleteTableResponse());
    }
    if (operation.name == "GetPartitions") {
      const auto& request = input.as<GetPartitionsRequest>();
      GetPartitionsResponse output;
      output.partitions.emplace();
      for (const auto& [values, one] :
           partitions[request.database_name + "." + request.table_name]) {
        output.partitions->push_back(one);
      }
      co_return protocol::AnyShape::of(std::move(output));
    }
    if (operation.name == "BatchCreatePartition") {
      const auto& request = input.as<BatchCreatePartitionRequest>();
      auto& all = partitions[request.database_name + "." + request.table_name];
      BatchCreatePartitionResponse output;
      for (const PartitionInput& one : request.partition_input_list) {
        if (all.contains(*one.values)) {
          PartitionError& error =
              (output.errors ? *output.errors : output.errors.emplace()).emplace_back();
          error.partition_values = one.values;
          error.error_detail.emplace().error_code = "AlreadyExistsException";
          continue;
        }
        Partition& partition = all[*one.values];
        partition.values = one.values;
        partition.storage_descriptor = one.storage_descriptor;
      }
      co_return protocol::AnyShape::of(std::move(output));
    }
    if (operation.name == "DeletePartition") {
      const auto& request = input.as<DeletePartitionRequest>();
      partitions[request.database_name + "." + request.table_name].erase(request.partition_values);
      co_return protocol::AnyShape::of(DeletePartitionResponse());
    }
    co_return protocol::refuse("InvalidAction", std::string(operation.name), 400);
  }

 private:
  std::mutex mutex_;
};

class Harness {
 public:
  explicit Harness(Options options = {}) : options_(options) {
    char pattern[] = "/tmp/penstock_athena_XXXXXX";
    directory = ::mkdtemp(pattern);
    glue.databases["default"].name = "default";
    open();
  }
  ~Harness() {
    close();
    std::filesystem::remove_all(directory);
  }

  void open() {
    store = storage::Store::open({.directory = directory, .durability = storage::Durability::kNone})
                .value();
    service = std::make_unique<Service>(Dependencies{*store, runtime, clock, *random, glue, s3},
                                        options_);
    const Status started = service->start();
    CHECK(started.has_value());
  }
  void close() {
    if (service) service->stop();
    service.reset();
    store.reset();
  }

  template <typename T>
  auto wait(protocol::Reply<T> reply) {
    return block_on(runtime.loop(0), std::move(reply));
  }

  // Starts a statement and waits for its end.
  api::QueryExecution run(const std::string& sql, std::vector<std::string> parameters = {},
                          const std::string& token = {}) {
    const std::string id = start(sql, std::move(parameters), token);
    return finished(id);
  }
  std::string start(const std::string& sql, std::vector<std::string> parameters = {},
                    const std::string& token = {}) {
    auto reply = try_start(sql, std::move(parameters), token);
    EXPECT_TRUE(reply) << sql << ": " << reply.error().message;
    return reply ? *reply->query_execution_id : "";
  }
  protocol::ApiResult<api::StartQueryExecutionOutput> try_start(
      const std::string& sql, std::vector<std::string> parameters = {},
      const std::string& token = {}) {
    api::StartQueryExecutionInput input;
    input.query_string = sql;
    input.client_request_token = token.empty() ? random->uuid() : token;
    input.query_execution_context.emplace().database = "default";
    if (!output_location.empty()) {
      input.result_configuration.emplace().output_location = output_location;
    }
    if (!parameters.empty()) input.execution_parameters = std::move(parameters);
    if (!work_group.empty()) input.work_group = work_group;
    if (reuse_minutes) {
      auto& reuse = input.result_reuse_configuration.emplace();
      reuse.result_reuse_by_age_configuration =
          api::ResultReuseByAgeConfiguration{true, *reuse_minutes};
    }
    return wait(start_query_execution(*service, context, std::move(input)));
  }
  api::QueryExecution finished(const std::string& id) {
    while (true) {
      auto reply = wait(get_query_execution(*service, context, {id}));
      EXPECT_TRUE(reply);
      if (!reply) return {};
      const std::string state = *reply->query_execution->status->state;
      if (state != "QUEUED" && state != "RUNNING") return *reply->query_execution;
      std::this_thread::yield();
    }
  }
  protocol::ApiResult<api::GetQueryResultsOutput> results(const std::string& id,
                                                          std::optional<int> count = {},
                                                          std::optional<std::string> token = {}) {
    api::GetQueryResultsInput input;
    input.query_execution_id = id;
    input.max_results = count;
    input.next_token = std::move(token);
    return wait(get_query_results(*service, context, std::move(input)));
  }
  std::string file(const api::QueryExecution& execution) {
    return s3.objects[execution.result_configuration->output_location->substr(5)];
  }

  std::string directory;
  std::string output_location = "s3://results/out/";
  std::string work_group;
  std::optional<int> reuse_minutes;
  protocol::Context context{.principal_arn = "arn:aws:iam::000000000000:root"};
  FakeS3 s3;
  FakeGlue glue;
  SimClock clock;
  std::unique_ptr<Random> random = make_seeded_random(7);
  Runtime runtime{{.loops = 2, .blocking_threads = 6}};
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<Service> service;

 private:
  Options options_;
};

}  // namespace penstock::athena
