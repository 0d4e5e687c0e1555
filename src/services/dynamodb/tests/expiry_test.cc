// Time to live. Expectations: wording and states recorded from AWS, the rest documented, unless a
// line says otherwise.
#include "services/dynamodb/expiry.h"

#include <gtest/gtest.h>

#include "services/dynamodb/keys.h"
#include "services/dynamodb/tests/harness.h"
#include "services/dynamodb/tests/waiting.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

constexpr const char* kEnable =
    R"({"TableName":"tbl","TimeToLiveSpecification":{"AttributeName":"ttl","Enabled":true}})";
constexpr const char* kDisable =
    R"({"TableName":"tbl","TimeToLiveSpecification":{"AttributeName":"ttl","Enabled":false}})";
// The harness's clock begins at 1,700,000,000.

struct TtlHarness : Harness {
  TtlHarness() { create(); }

  void enable() {
    ASSERT_EQ(call("UpdateTimeToLive", kEnable),
              R"({"TimeToLiveSpecification":{"Enabled":true,"AttributeName":"ttl"}})");
    wait_for_index();
  }
  void wait_for_index() {
    ASSERT_TRUE(eventually([this] { return table().time_to_live->indexed; }));
  }
  Table table() { return service->registry.find_table("123456789012", "eu-west-1", "tbl")->table; }
  void sweep() {
    const Status swept = block_on(runtime.next_loop(), expire_items(*service));
    ASSERT_TRUE(swept.has_value()) << swept.error().message;
  }
  void put_expiring(const std::string& h, const std::string& ttl) {
    ASSERT_EQ(put(R"({"h":{"S":")" + h + R"("},"ttl":)" + ttl + "}"), "{}");
  }
  bool has(const std::string& h) {
    return call("GetItem", R"({"TableName":"tbl","Key":{"h":{"S":")" + h + R"("}}})") != "{}";
  }
  std::size_t entries() {
    std::size_t count = 0;
    const std::string prefix = expiries_prefix(table().number);
    EXPECT_TRUE(store
                    ->scan(storage::Family::kItems, prefix, storage::prefix_end(prefix),
                           [&count](std::string_view, std::string_view) {
                             ++count;
                             return storage::Next::kContinue;
                           })
                    .has_value());
    return count;
  }
};

TEST(Expiry, IsTheFirstSecondPastTheTime) {
  struct Row {
    const char* value;
    std::optional<std::uint64_t> second;
  };
  const Row rows[] = {
      {R"({"N":"1700000000"})", 1'700'000'000},
      {R"({"N":"1.7e9"})", 1'700'000'000},
      {R"({"N":"1700000000.25"})", 1'700'000'001},  // Deduced: never before its time.
      {R"({"N":"0"})", 0},
      {R"({"N":"-5"})", std::nullopt},
      {R"({"N":"999999999999999999"})", 999'999'999'999'999'999},
      {R"({"N":"1000000000000000000"})", std::nullopt},
      {R"({"S":"1700000000"})", std::nullopt},
      {R"({"NULL":true})", std::nullopt},
      {R"({"L":[{"N":"1700000000"}]})", std::nullopt},
  };
  const TimeToLive ttl{.attribute = "ttl", .enabled = true, .changed = {}};
  for (const Row& row : rows) {
    EXPECT_EQ(expiry_of(ttl, item_of(std::string(R"({"ttl":)") + row.value + "}")), row.second)
        << row.value;
  }
  EXPECT_EQ(expiry_of(ttl, item_of(R"({"other":{"N":"1"}})")), std::nullopt);
}

TEST(Expiry, DeletesWhatExpiredAndLeavesTheRest) {
  TtlHarness harness;
  harness.enable();
  harness.put_expiring("past", R"({"N":"1699999999"})");
  harness.put_expiring("soon", R"({"N":"1700000100"})");
  harness.put_expiring("ancient", R"({"N":"1500000000"})");  // More than five years ago.
  harness.put_expiring("text", R"({"S":"1699999999"})");
  harness.put_expiring("prolonged", R"({"N":"1700000050"})");
  harness.put_expiring("prolonged", R"({"N":"1700009999"})");
  harness.put_expiring("freed", R"({"N":"1700000050"})");
  EXPECT_EQ(
      harness.call(
          "UpdateItem",
          R"({"TableName":"tbl","Key":{"h":{"S":"freed"}},"UpdateExpression":"REMOVE #t","ExpressionAttributeNames":{"#t":"ttl"}})"),
      "{}");
  EXPECT_TRUE(harness.has("soon"));
  harness.sweep();
  EXPECT_FALSE(harness.has("past"));
  EXPECT_TRUE(harness.has("soon"));
  harness.clock.advance(std::chrono::seconds(100));
  harness.sweep();
  EXPECT_FALSE(harness.has("soon"));
  for (const char* h : {"ancient", "text", "prolonged", "freed"}) EXPECT_TRUE(harness.has(h)) << h;
  EXPECT_EQ(harness.entries(), 2U);  // ancient, prolonged
}

TEST(Expiry, LeavesARecordOfTheService) {
  TtlHarness harness;
  harness.enable();
  harness.put_expiring("a", R"({"N":"1699999999"})");
  harness.sweep();
  const TablePtr live = harness.service->registry.find_table("123456789012", "eu-west-1", "tbl");
  const StreamPtr stream = harness.service->registry.find_stream(live->table.stream->arn);
  const std::string iterator = harness.call_streams(
      "GetShardIterator", R"({"StreamArn":")" + live->table.stream->arn + R"(","ShardId":")" +
                              stream->stream.shards.back().id +
                              R"(","ShardIteratorType":"TRIM_HORIZON"})");
  const std::string records = harness.call_streams("GetRecords", iterator);
  EXPECT_NE(records.find(R"("eventName":"REMOVE")"), std::string::npos) << records;
  EXPECT_NE(
      records.find(R"("userIdentity":{"PrincipalId":"dynamodb.amazonaws.com","Type":"Service"})"),
      std::string::npos)
      << records;
  EXPECT_NE(records.find(R"("OldImage":{"h":{"S":"a"},"ttl":{"N":"1699999999"}})"),
            std::string::npos)
      << records;
}

TEST(Expiry, FindsItemsThatWereThereBefore) {
  TtlHarness harness;
  // More than one round of the background work.
  for (int i = 0; i < 600; ++i) {
    harness.put_expiring("k" + std::to_string(i), R"({"N":"1699999999"})");
  }
  harness.put_expiring("later", R"({"N":"1700000001"})");
  harness.put_expiring("never", R"({"S":"x"})");
  harness.enable();
  harness.sweep();
  const std::string left = harness.call("Scan", R"({"TableName":"tbl","Select":"COUNT"})");
  EXPECT_NE(left.find(R"("Count":2)"), std::string::npos) << left;
  EXPECT_EQ(harness.entries(), 1U);
}

TEST(Expiry, GoesOnAfterARestart) {
  TtlHarness harness;
  harness.put_expiring("a", R"({"N":"1700000001"})");
  // Stopped before the items that are there were looked at.
  ASSERT_NE(harness.call("UpdateTimeToLive", kEnable).find("true"), std::string::npos);
  harness.reopen();
  harness.wait_for_index();
  harness.put_expiring("b", R"({"N":"1700000001"})");
  harness.reopen();
  EXPECT_EQ(harness.entries(), 2U);
  harness.clock.advance(std::chrono::seconds(1));
  // The hint is unknown after a start, so what is due is looked for.
  ASSERT_TRUE(
      block_on(harness.runtime.next_loop(), expire_due_items(*harness.service)).has_value());
  EXPECT_FALSE(harness.has("a"));
  EXPECT_FALSE(harness.has("b"));
}

TEST(Expiry, LooksOnlyWhenSomethingIsDue) {
  TtlHarness harness;
  harness.enable();
  harness.put_expiring("a", R"({"N":"1700000010"})");
  harness.sweep();
  const TablePtr live = harness.service->registry.find_table("123456789012", "eu-west-1", "tbl");
  EXPECT_EQ(live->sequencer->next_expiry, 1'700'000'010);
  harness.put_expiring("b", R"({"N":"1700000005"})");
  EXPECT_EQ(live->sequencer->next_expiry, 1'700'000'005);
  harness.clock.advance(std::chrono::seconds(7));
  ASSERT_TRUE(
      block_on(harness.runtime.next_loop(), expire_due_items(*harness.service)).has_value());
  EXPECT_TRUE(harness.has("a"));
  EXPECT_FALSE(harness.has("b"));
  EXPECT_EQ(live->sequencer->next_expiry, 1'700'000'010);
}

TEST(Expiry, DeletesIndexEntriesToo) {
  Harness harness;
  ASSERT_NE(
      harness
          .call(
              "CreateTable",
              R"({"TableName":"tbl","KeySchema":[{"AttributeName":"h","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"h","AttributeType":"S"},{"AttributeName":"ttl","AttributeType":"N"}],"BillingMode":"PAY_PER_REQUEST","GlobalSecondaryIndexes":[{"IndexName":"idx","KeySchema":[{"AttributeName":"ttl","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}]})")
          .find("CREATING"),
      std::string::npos);
  harness.call("UpdateTimeToLive", kEnable);
  harness.put(R"({"h":{"S":"a"},"ttl":{"N":"1699999999"}})");
  const char* scan = R"({"TableName":"tbl","IndexName":"idx","Select":"COUNT"})";
  ASSERT_TRUE(block_on(harness.runtime.next_loop(), expire_items(*harness.service)).has_value());
  EXPECT_NE(harness.call("Scan", scan).find(R"("Count":0)"), std::string::npos);
}

TEST(TimeToLive, IsSetAndDescribed) {
  TtlHarness harness;
  const char* describe = R"({"TableName":"tbl"})";
  const char* other =
      R"({"TableName":"tbl","TimeToLiveSpecification":{"AttributeName":"other","Enabled":)";
  const char* cooling =
      "ValidationException: Time to live has been modified multiple times within a fixed interval";
  EXPECT_EQ(harness.call("DescribeTimeToLive", describe),
            R"({"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}})");
  EXPECT_EQ(harness.call("UpdateTimeToLive", kDisable),
            "ValidationException: TimeToLive is already disabled");
  harness.enable();
  harness.put_expiring("a", R"({"N":"1700000001"})");
  EXPECT_EQ(harness.call("DescribeTimeToLive", describe),
            R"({"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":"ttl"}})");
  EXPECT_EQ(harness.call("UpdateTimeToLive", kEnable),
            "ValidationException: TimeToLive is already enabled");
  for (const char* enabled : {"true}}", "false}}"}) {
    EXPECT_EQ(harness.call("UpdateTimeToLive", std::string(other) + enabled),
              "ValidationException: TimeToLive is active on a different AttributeName: current "
              "AttributeName is ttl");
  }
  EXPECT_EQ(harness.call("UpdateTimeToLive", kDisable), cooling);
  harness.clock.advance(std::chrono::minutes(30));
  EXPECT_EQ(harness.call("UpdateTimeToLive", kDisable),
            R"({"TimeToLiveSpecification":{"Enabled":false,"AttributeName":"ttl"}})");
  EXPECT_EQ(harness.entries(), 0U);
  EXPECT_EQ(harness.call("DescribeTimeToLive", describe),
            R"({"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}})");
  EXPECT_EQ(harness.call("UpdateTimeToLive", std::string(other) + "true}}"), cooling);
  harness.clock.advance(std::chrono::minutes(30));
  harness.reopen();
  EXPECT_NE(harness.call("UpdateTimeToLive", std::string(other) + "true}}").find("other"),
            std::string::npos);
  const char* missing =
      R"({"TableName":"gone","TimeToLiveSpecification":{"AttributeName":"t","Enabled":true}})";
  EXPECT_EQ(harness.call("UpdateTimeToLive", missing),
            "ResourceNotFoundException: Requested resource not found: Table: gone not found");
}

TEST(TimeToLive, LeavesNothingBehindWhenItsTableGoes) {
  TtlHarness harness;
  harness.enable();
  harness.put_expiring("a", R"({"N":"1800000000"})");
  const std::string prefix = expiries_prefix(harness.table().number);
  harness.call("DeleteTable", R"({"TableName":"tbl"})");
  std::size_t left = 0;
  ASSERT_TRUE(harness.store
                  ->scan(storage::Family::kItems, prefix, storage::prefix_end(prefix),
                         [&left](std::string_view, std::string_view) {
                           ++left;
                           return storage::Next::kContinue;
                         })
                  .has_value());
  EXPECT_EQ(left, 0U);
}

}  // namespace
}  // namespace penstock::dynamodb
