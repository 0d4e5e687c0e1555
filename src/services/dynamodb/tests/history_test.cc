// Backups and restores. Expectations: members, states and codes documented; wording recorded where
// errors.cc does not say otherwise; what becomes of the items deduced from them.
#include "services/dynamodb/history.h"

#include <gtest/gtest.h>

#include "services/dynamodb/keys.h"
#include "services/dynamodb/tests/harness.h"
#include "services/dynamodb/tests/waiting.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

constexpr const char* kIndexed =
    R"({"TableName":"tbl","KeySchema":[{"AttributeName":"h","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"g","AttributeType":"N"},{"AttributeName":"h","AttributeType":"S"}],"BillingMode":"PROVISIONED","ProvisionedThroughput":{"WriteCapacityUnits":6,"ReadCapacityUnits":5},"GlobalSecondaryIndexes":[{"IndexName":"idx","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],"Projection":{"ProjectionType":"KEYS_ONLY"},"ProvisionedThroughput":{"ReadCapacityUnits":7,"WriteCapacityUnits":8}}],"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"},"Tags":[{"Key":"k","Value":"v"}]})";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct HistoryHarness : Harness {
  HistoryHarness() { EXPECT_TRUE(contains(call("CreateTable", kIndexed), "CREATING")); }

  void put_number(int h, int g) {
    const std::string item = R"({"h":{"S":"k)" + std::to_string(h) + R"("},"g":{"N":")" +
                             std::to_string(g) + R"("},"v":{"S":"x"}})";
    ASSERT_EQ(put(item), "{}");
  }
  // Loads many items at once.
  void fill(int items) {
    for (int from = 0; from < items; from += 25) {
      std::string requests;
      for (int i = from; i < std::min(items, from + 25); ++i) {
        requests += std::string(requests.empty() ? "" : ",") +
                    R"({"PutRequest":{"Item":{"h":{"S":"k)" + std::to_string(i) +
                    R"("},"g":{"N":")" + std::to_string(i % 3) + R"("}}}})";
      }
      ASSERT_TRUE(
          contains(call("BatchWriteItem", R"({"RequestItems":{"tbl":[)" + requests + "]}}"), "{}"));
    }
  }
  void recover() {
    ASSERT_TRUE(contains(
        call(
            "UpdateContinuousBackups",
            R"({"TableName":"tbl","PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":true}})"),
        "ENABLED"));
  }
  std::string describe(const std::string& table) {
    return call("DescribeTable", R"({"TableName":")" + table + R"("})");
  }
  bool becomes_active(const std::string& table) {
    return eventually([&] { return contains(describe(table), R"("RestoreInProgress":false)"); });
  }
  // All items in one text, in the order of the store.
  std::string scan(const std::string& table, const std::string& more = "") {
    const std::string reply = call("Scan", R"({"TableName":")" + table + "\"" + more + "}");
    return reply.substr(0, reply.find(R"(,"ScannedCount")"));
  }
  std::string restore_to(const std::string& target, std::int64_t second,
                         const std::string& more = "") {
    return call("RestoreTableToPointInTime", R"({"SourceTableName":"tbl","TargetTableName":")" +
                                                 target + R"(","RestoreDateTime":)" +
                                                 std::to_string(second) + more + "}");
  }
  // The new backup's ARN.
  std::string back_up(const std::string& name = "saved") {
    const std::string reply =
        call("CreateBackup", R"({"TableName":"tbl","BackupName":")" + name + R"("})");
    const std::string mark = R"("BackupArn":")";
    const std::size_t begin = reply.find(mark) + mark.size();
    EXPECT_TRUE(contains(reply, mark)) << reply;
    return reply.substr(begin, reply.find('"', begin) - begin);
  }
  std::string describe_backup(const std::string& arn) {
    return call("DescribeBackup", R"({"BackupArn":")" + arn + R"("})");
  }
  bool becomes_available(const std::string& arn) {
    return eventually([&] { return contains(describe_backup(arn), "AVAILABLE"); });
  }
  std::string restore_backup(const std::string& target, const std::string& arn,
                             const std::string& more = "") {
    return call("RestoreTableFromBackup", R"({"TargetTableName":")" + target +
                                              R"(","BackupArn":")" + arn + "\"" + more + "}");
  }
  TablePtr find(const std::string& table) {
    return service->registry.find_table(context.account, context.region, table);
  }
  std::size_t entries(storage::Family family, const std::string& prefix) {
    std::size_t count = 0;
    EXPECT_TRUE(store
                    ->scan(family, prefix, storage::prefix_end(prefix),
                           [&count](std::string_view, std::string_view) {
                             ++count;
                             return storage::Next::kContinue;
                           })
                    .has_value());
    return count;
  }
  std::size_t items_under(std::uint32_t number) {
    return entries(storage::Family::kItems, items_prefix(number));
  }
};

TEST(RestoreToPointInTime, BringsTheItemsAndIndexesBack) {
  HistoryHarness harness;
  harness.put_number(1, 1);
  harness.put_number(2, 2);
  harness.recover();
  harness.clock.advance(std::chrono::seconds(100));
  harness.put_number(3, 1);
  const std::string then = harness.scan("tbl");
  const std::string then_index = harness.scan("tbl", R"(,"IndexName":"idx")");
  harness.clock.advance(std::chrono::seconds(100));
  harness.put_number(1, 9);
  harness.call("DeleteItem", R"({"TableName":"tbl","Key":{"h":{"S":"k2"}}})");
  harness.put_number(4, 4);
  const std::string now = harness.scan("tbl");
  harness.clock.advance(std::chrono::seconds(1'000));

  const std::string reply = harness.restore_to("back", 1'700'000'150);
  EXPECT_TRUE(contains(reply, R"("TableStatus":"CREATING")")) << reply;
  EXPECT_TRUE(contains(reply, R"("IndexStatus":"CREATING")")) << reply;
  EXPECT_TRUE(contains(
      reply,
      R"("RestoreSummary":{"SourceTableArn":"arn:aws:dynamodb:eu-west-1:123456789012:table/tbl","RestoreDateTime":1700000150,"RestoreInProgress":true})"))
      << reply;
  ASSERT_TRUE(harness.becomes_active("back"));
  EXPECT_EQ(harness.scan("back"), then);
  EXPECT_EQ(harness.scan("back", R"(,"IndexName":"idx")"), then_index);
  EXPECT_EQ(harness.scan("tbl"), now);
  const std::string shown = harness.describe("back");
  EXPECT_TRUE(contains(shown, R"("ReadCapacityUnits":5)")) << shown;
  EXPECT_TRUE(contains(shown, R"("ReadCapacityUnits":7)")) << shown;
  EXPECT_TRUE(contains(shown, R"("ItemCount":3)")) << shown;
  EXPECT_TRUE(contains(shown, R"("TableStatus":"ACTIVE")")) << shown;
  // Documented: streams, tags and recovery have to be set up again.
  EXPECT_FALSE(contains(shown, "Stream")) << shown;
  EXPECT_TRUE(harness.find("back")->table.tags.empty());
  EXPECT_FALSE(harness.find("back")->table.recovery.has_value());
  // It is a table like any other.
  EXPECT_EQ(harness.call("PutItem", R"({"TableName":"back","Item":{"h":{"S":"new"}}})"), "{}");
  EXPECT_EQ(harness.entries(storage::Family::kMeta, restores_prefix()), 0U);
}

TEST(RestoreToPointInTime, GoesOnAfterACrash) {
  HistoryHarness harness;
  harness.fill(2'500);
  harness.recover();
  const std::string then = harness.scan("tbl", R"(,"Limit":1000)");
  harness.clock.advance(std::chrono::seconds(100));
  for (int i = 0; i < 40; ++i) harness.put_number(i * 50, 7);
  harness.call("DeleteItem", R"({"TableName":"tbl","Key":{"h":{"S":"k1"}}})");
  harness.clock.advance(std::chrono::seconds(1'000));
  // One page, and no more.
  harness.service->gate.request_stop();
  ASSERT_TRUE(contains(harness.restore_to("back", 1'700'000'050), "CREATING"));
  const std::uint32_t number = harness.find("back")->table.number;
  ASSERT_TRUE(eventually([&] { return harness.items_under(number) == 1'000; }));
  EXPECT_EQ(harness.call("GetItem", R"({"TableName":"back","Key":{"h":{"S":"k1"}}})"),
            "ResourceNotFoundException: Requested resource not found");
  EXPECT_EQ(
      harness.call(
          "UpdateTimeToLive",
          R"({"TableName":"back","TimeToLiveSpecification":{"AttributeName":"t","Enabled":true}})"),
      "ResourceInUseException: Attempt to change a resource which is still in use: Table "
      "back is being created");
  EXPECT_EQ(harness.call("DescribeTimeToLive", R"({"TableName":"back"})"),
            "ValidationException: Cannot describe time to live while table is in CREATING state: "
            "Current table state is CREATING");
  EXPECT_EQ(
      harness.call(
          "UpdateContinuousBackups",
          R"({"TableName":"back","PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":true}})"),
      "ContinuousBackupsUnavailableException: Backups are being enabled for the table: back. "
      "Please retry later");
  const char* in_use =
      "ResourceInUseException: Attempt to change a resource which is still in use: Table is being "
      "created: back";
  EXPECT_EQ(harness.call("DeleteTable", R"({"TableName":"back"})"), in_use);
  EXPECT_EQ(harness.call("UpdateTable", R"({"TableName":"back","DeletionProtectionEnabled":true})"),
            in_use);
  EXPECT_TRUE(harness.call("CreateBackup", R"({"TableName":"back","BackupName":"b12"})")
                  .starts_with("TableInUseException"));
  EXPECT_TRUE(harness.restore_to("back", 1'700'000'050).starts_with("TableInUseException"));
  // The source and its journal may go meanwhile; what is read stays.
  ASSERT_TRUE(contains(harness.call("DeleteTable", R"({"TableName":"tbl"})"), "DELETING"));
  ASSERT_TRUE(trim(*harness.service).has_value());
  harness.reopen();
  ASSERT_TRUE(harness.becomes_active("back"));
  EXPECT_EQ(harness.items_under(number), 2'500U);
  EXPECT_EQ(harness.scan("back", R"(,"Limit":1000)"), then);
  EXPECT_EQ(harness.items_under(harness.find("back")->table.indexes[0].number), 2'500U);
}

TEST(RestoreToPointInTime, KeepsAClosedJournalUntilItIsDone) {
  HistoryHarness harness;
  harness.fill(1'100);
  harness.recover();
  const std::uint32_t journal = harness.find("tbl")->table.journal->number;
  harness.clock.advance(std::chrono::seconds(10));
  harness.put_number(1, 7);
  harness.clock.advance(std::chrono::seconds(1'000));
  harness.service->gate.request_stop();
  ASSERT_TRUE(contains(harness.restore_to("back", 1'700'000'005), "CREATING"));
  const std::uint32_t number = harness.find("back")->table.number;
  ASSERT_TRUE(eventually([&] { return harness.items_under(number) == 1'000; }));
  harness.call(
      "UpdateContinuousBackups",
      R"({"TableName":"tbl","PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":false}})");
  harness.clock.advance(std::chrono::days(50));
  ASSERT_TRUE(trim(*harness.service).has_value());
  EXPECT_EQ(harness.entries(storage::Family::kChanges, changes_prefix(journal)), 1U);
  harness.reopen();
  ASSERT_TRUE(harness.becomes_active("back"));
  EXPECT_TRUE(contains(harness.call("GetItem", R"({"TableName":"back","Key":{"h":{"S":"k1"}}})"),
                       R"("g":{"N":"1"})"));
  ASSERT_TRUE(trim(*harness.service).has_value());
  EXPECT_EQ(harness.entries(storage::Family::kChanges, changes_prefix(journal)), 0U);
}

TEST(RestoreToPointInTime, Refuses) {
  HistoryHarness harness;
  EXPECT_EQ(harness.restore_to("back", 1'700'000'000),
            "PointInTimeRecoveryUnavailableException: Point in time recovery is not enabled for "
            "table 'tbl'");
  harness.recover();
  harness.clock.advance(std::chrono::seconds(1'000));
  for (const std::int64_t second : {1'699'999'999, 1'700'000'701}) {
    EXPECT_TRUE(harness.restore_to("back", second).starts_with("InvalidRestoreTimeException"));
  }
  EXPECT_EQ(harness.restore_to("tbl", 1'700'000'000),
            "TableAlreadyExistsException: Table already exists: tbl");
  const std::string target = R"("TargetTableName":"back")";
  const auto restore = [&](const std::string& more) {
    return harness.call("RestoreTableToPointInTime", "{" + target + more + "}");
  };
  EXPECT_TRUE(restore("").starts_with("ValidationException"));
  EXPECT_TRUE(restore(R"(,"SourceTableName":"tbl")").starts_with("ValidationException"));
  EXPECT_TRUE(
      restore(
          R"(,"SourceTableName":"tbl","UseLatestRestorableTime":true,"RestoreDateTime":1700000000)")
          .starts_with("ValidationException"));
  EXPECT_EQ(restore(R"(,"SourceTableName":"gone","UseLatestRestorableTime":true)"),
            "TableNotFoundException: Table not found: gone");
  for (const std::int64_t second : {1'700'000'000, 1'700'000'700}) {
    const std::string name = "at-" + std::to_string(second);
    EXPECT_TRUE(contains(harness.restore_to(name, second), "CREATING"));
    EXPECT_TRUE(harness.becomes_active(name));
  }
}

TEST(RestoreToPointInTime, TakesOverrides) {
  HistoryHarness harness;
  harness.put_number(1, 1);
  harness.recover();
  ASSERT_TRUE(
      contains(harness.restore_to("plain", 1'700'000'000, R"(,"GlobalSecondaryIndexOverride":[])"),
               "CREATING"));
  ASSERT_TRUE(harness.becomes_active("plain"));
  EXPECT_FALSE(contains(harness.describe("plain"), "idx"));
  EXPECT_EQ(harness.find("plain")->table.definitions.size(), 1U);

  ASSERT_TRUE(contains(
      harness.restore_to("demand", 1'700'000'000, R"(,"BillingModeOverride":"PAY_PER_REQUEST")"),
      "CREATING"));
  ASSERT_TRUE(harness.becomes_active("demand"));
  EXPECT_TRUE(harness.find("demand")->table.on_demand);

  ASSERT_TRUE(contains(
      harness.restore_to(
          "more", 1'700'000'000,
          R"(,"ProvisionedThroughputOverride":{"ReadCapacityUnits":50,"WriteCapacityUnits":60},"GlobalSecondaryIndexOverride":[{"IndexName":"idx","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],"Projection":{"ProjectionType":"KEYS_ONLY"},"ProvisionedThroughput":{"ReadCapacityUnits":70,"WriteCapacityUnits":80}}])"),
      "CREATING"));
  ASSERT_TRUE(harness.becomes_active("more"));
  EXPECT_EQ(harness.find("more")->table.throughput, (Throughput{50, 60}));
  EXPECT_EQ(harness.find("more")->table.indexes[0].throughput, (Throughput{70, 80}));

  EXPECT_TRUE(
      harness
          .restore_to(
              "other", 1'700'000'000,
              R"(,"GlobalSecondaryIndexOverride":[{"IndexName":"idx","KeySchema":[{"AttributeName":"h","KeyType":"HASH"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}])")
          .starts_with("ValidationException: One or more parameter values were invalid: Index"));
  // A billing mode that needs capacities: the checks of CreateTable.
  const char* backup =
      "{\"TableName\":\"demand\",\"PointInTimeRecoverySpecification\":"
      "{\"PointInTimeRecoveryEnabled\":true}}";
  ASSERT_TRUE(contains(harness.call("UpdateContinuousBackups", backup), "ENABLED"));
  EXPECT_EQ(
      harness.call(
          "RestoreTableToPointInTime",
          R"({"SourceTableName":"demand","TargetTableName":"other","UseLatestRestorableTime":true,"BillingModeOverride":"PROVISIONED"})"),
      "ValidationException: One or more parameter values were invalid: ReadCapacityUnits and "
      "WriteCapacityUnits must both be specified when BillingMode is PROVISIONED");
}

// Documented: at most 50 at a time.
TEST(RestoreToPointInTime, IsLimited) {
  HistoryHarness harness;
  harness.recover();
  harness.service->gate.request_stop();
  for (int i = 0; i < 50; ++i) {
    const std::string name = "back-" + std::to_string(i);
    ASSERT_TRUE(contains(harness.restore_to(name, 1'700'000'000), "CREATING"));
  }
  EXPECT_TRUE(harness.restore_to("more", 1'700'000'000).starts_with("LimitExceededException"));
  harness.reopen();
  ASSERT_TRUE(harness.becomes_active("back-49"));
  EXPECT_TRUE(
      eventually([&] { return contains(harness.restore_to("more", 1'700'000'000), "CREATING"); }));
}

TEST(Backups, AreCopiesOfOneMoment) {
  HistoryHarness harness;
  harness.fill(30);
  const std::string then = harness.scan("tbl");
  const std::string arn = harness.back_up();
  EXPECT_TRUE(
      arn.starts_with("arn:aws:dynamodb:eu-west-1:123456789012:table/tbl/backup/01700000000000-"));
  EXPECT_EQ(arn.size(), arn.rfind('-') + 9);
  ASSERT_TRUE(harness.becomes_available(arn));
  harness.put_number(1, 9);
  const std::string shown = harness.describe_backup(arn);
  EXPECT_TRUE(contains(shown, R"("BackupName":"saved")")) << shown;
  EXPECT_TRUE(contains(shown, R"("BackupType":"USER")")) << shown;
  EXPECT_TRUE(contains(shown, R"("BackupCreationDateTime":1700000000)")) << shown;
  EXPECT_FALSE(contains(shown, "BackupExpiryDateTime")) << shown;
  EXPECT_TRUE(contains(shown, R"("ItemCount":30)")) << shown;
  EXPECT_TRUE(contains(shown, R"("BillingMode":"PROVISIONED")")) << shown;
  EXPECT_TRUE(
      contains(shown, R"("ProvisionedThroughput":{"WriteCapacityUnits":6,"ReadCapacityUnits":5})"))
      << shown;
  EXPECT_TRUE(contains(shown, R"("IndexName":"idx")")) << shown;
  EXPECT_TRUE(contains(
      shown,
      R"("StreamDescription":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"},"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"})"))
      << shown;
  harness.reopen();
  ASSERT_TRUE(contains(harness.call("DeleteTable", R"({"TableName":"tbl"})"), "DELETING"));
  // The backup outlives its table; a table of the same name may come of it.
  ASSERT_TRUE(contains(harness.restore_backup("tbl", arn), R"("SourceBackupArn":")" + arn));
  ASSERT_TRUE(harness.becomes_active("tbl"));
  EXPECT_EQ(harness.scan("tbl"), then);
  const std::uint32_t number = harness.service->history->find_backup(arn)->number;
  EXPECT_TRUE(contains(harness.call("DeleteBackup", R"({"BackupArn":")" + arn + R"("})"),
                       R"("BackupStatus":"DELETED")"));
  EXPECT_EQ(harness.items_under(number), 0U);
  EXPECT_EQ(harness.describe_backup(arn), "BackupNotFoundException: Backup not found: " + arn);
  EXPECT_EQ(harness.scan("tbl"), then);
}

TEST(Backups, AreMadeAgainAfterACrash) {
  HistoryHarness harness;
  harness.fill(1'500);
  harness.service->gate.request_stop();
  const std::string arn = harness.back_up();
  const std::uint32_t number = harness.service->history->find_backup(arn)->number;
  ASSERT_TRUE(eventually([&] { return harness.items_under(number) == 1'000; }));
  EXPECT_TRUE(contains(harness.describe_backup(arn), R"("BackupStatus":"CREATING")"));
  const std::string id = R"({"BackupArn":")" + arn + R"("})";
  EXPECT_TRUE(harness.call("DeleteBackup", id).starts_with("BackupInUseException"));
  EXPECT_TRUE(harness.restore_backup("back", arn).starts_with("BackupInUseException"));
  EXPECT_TRUE(harness.call("CreateBackup", R"({"TableName":"tbl","BackupName":"second"})")
                  .starts_with("BackupInUseException"));
  EXPECT_TRUE(
      harness.call("DeleteTable", R"({"TableName":"tbl"})").starts_with("ResourceInUseException"));
  harness.reopen();
  ASSERT_TRUE(harness.becomes_available(arn));
  EXPECT_EQ(harness.items_under(number), 1'500U);
}

TEST(Backups, AreListed) {
  HistoryHarness harness;
  const auto list = [&](const std::string& more) {
    return harness.call("ListBackups", "{" + more + "}");
  };
  EXPECT_EQ(list(""), R"({"BackupSummaries":[]})");
  std::vector<std::string> arns;
  for (const char* name : {"one", "two", "three"}) {
    arns.push_back(harness.back_up(name));
    ASSERT_TRUE(harness.becomes_available(arns.back()));
    harness.clock.advance(std::chrono::seconds(10));
  }
  const auto listed = [&](const std::string& more) {
    const std::string reply = list(more);
    std::string names;
    for (const std::string& arn : arns) {
      if (contains(reply, R"("BackupArn":")" + arn)) names += std::to_string(&arn - arns.data());
    }
    return names;
  };
  EXPECT_EQ(listed(""), "012");
  EXPECT_EQ(listed(R"("TableName":"tbl")"), "012");
  EXPECT_EQ(listed(R"("TableName":"other")"), "");
  EXPECT_EQ(listed(R"("BackupType":"ALL")"), "012");
  EXPECT_EQ(listed(R"("BackupType":"SYSTEM")"), "");
  EXPECT_EQ(listed(R"("BackupType":"AWS_BACKUP")"), "");
  EXPECT_EQ(listed(R"("TimeRangeLowerBound":1700000010)"), "12");
  EXPECT_EQ(listed(R"("TimeRangeUpperBound":1700000010)"), "0");
  EXPECT_EQ(listed(R"("Limit":2)"), "01");
  EXPECT_TRUE(contains(list(R"("Limit":2)"), R"("LastEvaluatedBackupArn":")" + arns[1]));
  EXPECT_EQ(listed(R"("ExclusiveStartBackupArn":")" + arns[1] + "\""), "2");
  EXPECT_FALSE(contains(list(R"("Limit":3)"), "LastEvaluatedBackupArn"));
  harness.context.region = "us-east-1";
  EXPECT_EQ(listed(""), "");
  EXPECT_TRUE(harness.describe_backup(arns[0]).starts_with("BackupNotFoundException"));
}

TEST(Backups, AreKeptOfDeletedTablesWithRecovery) {
  HistoryHarness harness;
  harness.fill(20);
  harness.recover();
  const std::string then = harness.scan("tbl");
  const std::uint32_t number = harness.find("tbl")->table.number;
  const std::uint32_t index = harness.find("tbl")->table.indexes[0].number;
  harness.call("DeleteTable", R"({"TableName":"tbl"})");
  EXPECT_EQ(harness.items_under(number), 20U);
  EXPECT_EQ(harness.items_under(index), 0U);
  harness.reopen();
  EXPECT_EQ(harness.call("ListBackups", "{}"), R"({"BackupSummaries":[]})");
  const std::string listed = harness.call("ListBackups", R"({"BackupType":"SYSTEM"})");
  EXPECT_TRUE(contains(listed, R"("BackupName":"tbl$DeletedTableBackup")")) << listed;
  EXPECT_TRUE(contains(listed, R"("BackupExpiryDateTime":1703024000)")) << listed;
  const std::string arn = harness.service->history->backups_after({}).front()->arn();
  ASSERT_TRUE(contains(harness.restore_backup("back", arn), "CREATING"));
  ASSERT_TRUE(harness.becomes_active("back"));
  EXPECT_EQ(harness.scan("back"), then);
  harness.clock.advance(std::chrono::days(36));
  ASSERT_TRUE(trim(*harness.service).has_value());
  EXPECT_EQ(harness.items_under(number), 0U);
  EXPECT_EQ(harness.call("ListBackups", R"({"BackupType":"ALL"})"), R"({"BackupSummaries":[]})");
  EXPECT_EQ(harness.scan("back"), then);
}

TEST(Backups, Refuse) {
  HistoryHarness harness;
  EXPECT_EQ(harness.call("CreateBackup", R"({"TableName":"gone","BackupName":"saved"})"),
            "TableNotFoundException: Table not found: gone");
  const std::string arn =
      "arn:aws:dynamodb:eu-west-1:123456789012:table/tbl/backup/01489602797149-73d8d5bc";
  const std::string not_found = "BackupNotFoundException: Backup not found: " + arn;
  EXPECT_EQ(harness.describe_backup(arn), not_found);
  EXPECT_EQ(harness.call("DeleteBackup", R"({"BackupArn":")" + arn + R"("})"), not_found);
  EXPECT_EQ(harness.restore_backup("back", arn), not_found);
  const std::string made = harness.back_up();
  ASSERT_TRUE(harness.becomes_available(made));
  EXPECT_EQ(harness.restore_backup("tbl", made),
            "TableAlreadyExistsException: Table already exists: tbl");
}

}  // namespace
}  // namespace penstock::dynamodb
