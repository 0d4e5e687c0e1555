// A DynamoDB service over a real store in a directory of its own, called by operation name with
// JSON as on the wire, with a clock that the test moves.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "async/gate.h"
#include "base/check.h"
#include "protocol/json_codec.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/tests/items.h"

namespace penstock::dynamodb {

class Harness {
 public:
  explicit Harness(storage::Durability durability = storage::Durability::kNone)
      : durability_(durability) {
    std::string path = (std::filesystem::temp_directory_path() / "dynamodb-XXXXXX").string();
    CHECK(mkdtemp(path.data()) != nullptr);
    directory = path;
    context.account = "123456789012";
    context.region = "eu-west-1";
    open();
  }
  ~Harness() {
    close();
    std::filesystem::remove_all(directory);
  }

  void open() {
    auto opened = storage::Store::open({.directory = directory, .durability = durability_});
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    store = std::move(*opened);
    service = make({*store, runtime, clock, *random, s3, kinesis});
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

  // The reply's JSON, or "Code: message" and the further members of the error.
  std::string call(const std::string& operation, const std::string& json) {
    return call_on(binding(*service), operation, json);
  }
  std::string call_streams(const std::string& operation, const std::string& json) {
    return call_on(streams_binding(*service), operation, json);
  }

  // A table "tbl" with the hash key h (S), and the range key r (N) when asked for; with a stream of
  // both images.
  void create(bool with_range = false, const std::string& name = "tbl") {
    const std::string range_key = with_range ? R"(,{"AttributeName":"r","KeyType":"RANGE"})" : "";
    const std::string range_type =
        with_range ? R"(,{"AttributeName":"r","AttributeType":"N"})" : "";
    const std::string reply = call(
        "CreateTable",
        R"({"TableName":")" + name + R"(","KeySchema":[{"AttributeName":"h","KeyType":"HASH"})" +
            range_key + R"(],"AttributeDefinitions":[{"AttributeName":"h","AttributeType":"S"})" +
            range_type +
            R"(],"BillingMode":"PAY_PER_REQUEST","StreamSpecification":)"
            R"({"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}})");
    ASSERT_NE(reply.find("CREATING"), std::string::npos) << reply;
  }

  std::string put(const std::string& item) {
    return call("PutItem", R"({"TableName":"tbl","Item":)" + item + "}");
  }

  std::string directory;
  protocol::Caller* s3 = nullptr;  // Set before open() or reopen().
  protocol::Caller* kinesis = nullptr;
  Runtime runtime{{.loops = 2}};
  SimClock clock;
  std::unique_ptr<Random> random = make_seeded_random(1);
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<Service> service;
  protocol::Context context;

 private:
  std::string call_on(const protocol::ServiceBinding& target, const std::string& name,
                      const std::string& json) {
    const protocol::Operation* operation = target.find(name);
    CHECK(operation != nullptr);
    protocol::AnyShape input = operation->info->make_input();
    protocol::Missing missing;
    auto decoded =
        protocol::decode_json(*target.info, *operation->info->input, json, input.get(), missing);
    if (decoded) decoded = protocol::validate(*operation->info, input.get(), missing);
    if (!decoded) return text_of(decoded.error());
    auto reply =
        block_on(runtime.next_loop(), operation->call(target.service, context, std::move(input)));
    if (!reply) return text_of(reply.error());
    std::string out;
    protocol::encode_json(*operation->info->output, reply->get(), out);
    return out;
  }

  static std::string text_of(const protocol::ApiError& error) {
    std::string text = error.code + ": " + error.message;
    for (const protocol::ErrorMember& member : error.members)
      text += " " + member.name + "=" + member.json;
    return text;
  }

  storage::Durability durability_;
};

}  // namespace penstock::dynamodb
