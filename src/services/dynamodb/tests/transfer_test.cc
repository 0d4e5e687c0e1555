// Imports and Kinesis destinations over fakes of S3 and Kinesis. Expectations: recorded from AWS
// (those of imports by Alternator's tests), unless a line says otherwise.
#include <gtest/gtest.h>

#include <thread>

#include "services/dynamodb/tests/fakes.h"
#include "services/dynamodb/tests/harness.h"

namespace penstock::dynamodb {
namespace {

constexpr std::string_view kTheStream = "arn:aws:kinesis:eu-west-1:123456789012:stream/changes";

std::string text_member_of(const std::string& json, const std::string& name) {
  const std::string mark = "\"" + name + "\":\"";
  const std::size_t at = json.find(mark);
  if (at == std::string::npos) return "";
  return json.substr(at + mark.size(), json.find('"', at + mark.size()) - at - mark.size());
}

// Repeats the call until its reply has the text.
std::string call_until(Harness& harness, const std::string& operation, const std::string& json,
                       const std::string& text) {
  for (int i = 0; i < 20'000; ++i) {
    std::string reply = harness.call(operation, json);
    if (reply.find(text) != std::string::npos) return reply;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return "never " + text;
}

struct ImportBench {
  FakeS3 s3;
  Harness harness;

  ImportBench() {
    harness.s3 = &s3;
    harness.reopen();
  }
  std::string start(const std::string& more = R"("InputFormat":"DYNAMODB_JSON")",
                    const std::string& bucket = "bucket", const std::string& token = "token",
                    const std::string& table = "tbl") {
    return harness.call(
        "ImportTable",
        R"({"ClientToken":")" + token + R"(","S3BucketSource":{"S3Bucket":")" + bucket +
            R"(","S3KeyPrefix":"in/"},)" + more + R"(,"TableCreationParameters":{"TableName":")" +
            table +
            R"(","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"h","KeyType":"HASH"}],)"
            R"("AttributeDefinitions":[{"AttributeName":"h","AttributeType":"S"},{"AttributeName":"g","AttributeType":"N"}],)"
            R"("GlobalSecondaryIndexes":[{"IndexName":"idx","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}]}})");
  }
  std::string ended(const std::string& started) {
    return call_until(harness, "DescribeImport",
                      R"({"ImportArn":")" + text_member_of(started, "ImportArn") + R"("})",
                      "EndTime");
  }
};

TEST(Import, ReadsAllObjectsOfThePrefix) {
  ImportBench bench;
  bench.s3.objects = {{"in/1", "{\"Item\":{\"h\":{\"S\":\"a\"},\"g\":{\"N\":\"1\"}}}\n\n"},
                      {"in/2", ""},
                      {"in/3", R"({"Item":{"h":{"S":"b"},"g":{"N":"1"}}})"},
                      // The same key again: the last one stays, and leaves no entry in the index.
                      {"in/4",
                       "{\"Item\":{\"h\":{\"S\":\"a\"},\"g\":{\"N\":\"2\"}}}\n"
                       "{\"Item\":{\"h\":{\"S\":\"a\"},\"g\":{\"N\":\"3\"}}}\n"},
                      {"other/1", "rubbish"}};
  bench.s3.failing_reads = 1;
  const std::string started = bench.start();
  EXPECT_EQ(text_member_of(started, "ImportStatus"), "IN_PROGRESS") << started;
  EXPECT_EQ(started.find("EndTime"), std::string::npos);
  EXPECT_EQ(started.find("ProcessedSizeBytes"), std::string::npos);
  const std::string done = bench.ended(started);
  EXPECT_EQ(text_member_of(done, "ImportStatus"), "COMPLETED") << done;
  EXPECT_NE(done.find(R"("ProcessedItemCount":4,"ImportedItemCount":4)"), std::string::npos)
      << done;
  EXPECT_NE(done.find(R"("ErrorCount":0)"), std::string::npos);
  const std::string items = bench.harness.call("Scan", R"({"TableName":"tbl"})");
  EXPECT_NE(items.find(R"("Count":2)"), std::string::npos) << items;
  const std::string entries =
      bench.harness.call("Scan", R"({"TableName":"tbl","IndexName":"idx"})");
  EXPECT_NE(entries.find(R"("Count":2)"), std::string::npos) << entries;
  EXPECT_NE(entries.find(R"("g":{"N":"3"})"), std::string::npos) << entries;
  EXPECT_EQ(
      text_member_of(bench.harness.call("DescribeTable", R"({"TableName":"tbl"})"), "TableId"),
      text_member_of(started, "TableId"));
  // Once the table exists, that is what is said.
  EXPECT_EQ(bench.start(), "ResourceInUseException: Table already exists: tbl");
  bench.harness.reopen();
  EXPECT_NE(bench.harness.call("Scan", R"({"TableName":"tbl"})").find(R"("Count":2)"),
            std::string::npos);
  EXPECT_NE(bench.harness.call("ListImports", "{}").find("COMPLETED"), std::string::npos);
}

TEST(Import, BadItemsFailItAndGoodOnesStay) {
  ImportBench bench;
  bench.s3.objects = {{"in/1",
                       "{\"Item\":{\"h\":{\"S\":\"a\"}}}\n"
                       "{\"Item\":{\"x\":{\"S\":\"a\"}}}\n"
                       "{\"Item\":{\"h\":{\"N\":\"1\"}}}\n"
                       "{\"Item\":{\"h\":{\"S\":\"b\"},\"g\":{\"S\":\"1\"}}}\n"
                       "{\"NotAnItem\":1}\n"
                       "{\"Item\":{\"h\":{\"S\":\"never read\"}}}\n"},
                      {"in/2", "{\"Item\":{\"h\":{\"S\":\"c\"}}}\n"}};
  const std::string done = bench.ended(bench.start());
  EXPECT_EQ(text_member_of(done, "ImportStatus"), "FAILED") << done;
  EXPECT_EQ(text_member_of(done, "FailureCode"), "ItemValidationError");
  EXPECT_NE(done.find(R"("ErrorCount":4)"), std::string::npos) << done;
  EXPECT_NE(done.find(R"("ProcessedItemCount":6,"ImportedItemCount":2)"), std::string::npos)
      << done;
  EXPECT_NE(bench.harness.call("Scan", R"({"TableName":"tbl"})").find(R"("Count":2)"),
            std::string::npos);
}

TEST(Import, FailsWithoutATableWhenThereIsNoBucket) {
  ImportBench bench;
  const std::string done = bench.ended(bench.start(R"("InputFormat":"CSV")", "no-bucket"));
  EXPECT_EQ(text_member_of(done, "FailureCode"), "S3NoSuchBucket") << done;
  EXPECT_NE(bench.harness.call("DescribeTable", R"({"TableName":"tbl"})").find("ResourceNotFound"),
            std::string::npos);
  // The name is free again.
  bench.harness.create();
}

TEST(Import, RefusesWhatTheModelCannotSay) {
  ImportBench bench;
  EXPECT_EQ(
      bench.start(
          R"("InputFormat":"DYNAMODB_JSON","InputFormatOptions":{"Csv":{"Delimiter":","}})"),
      "ValidationException: Invalid Request: Unsupported InputFormatOptions for the given input "
      "format: DYNAMODB_JSON.");
  EXPECT_EQ(
      bench.harness.call(
          "DescribeImport",
          R"({"ImportArn":"arn:aws:dynamodb:eu-west-1:123456789012:table/x/import/01658528578619-c4d4e311"})"),
      "ValidationException: Invalid Import ARN");
  EXPECT_EQ(
      bench.harness
          .call(
              "DescribeImport",
              R"({"ImportArn":"arn:aws:dynamodb:eu-west-1:123456789012:table/tbl/import/01658528578619-c4d4e311"})")
          .substr(0, 23),
      "ImportNotFoundException");
}

// Documented: 50 at a time. Deduced: the wording.
TEST(Import, HasALimit) {
  ImportBench bench;
  bench.s3.objects = {{"in/1", "{}"}};
  bench.s3.failing_reads = 1'000'000;
  const std::string format = R"("InputFormat":"DYNAMODB_JSON")";
  for (int i = 0; i < 50; ++i) {
    const std::string number = std::to_string(i);
    EXPECT_NE(bench.start(format, "bucket", "token" + number, "tbl" + number).find("IN_PROGRESS"),
              std::string::npos);
  }
  EXPECT_EQ(bench.start(format, "bucket", "token50", "tbl50"),
            "LimitExceededException: Subscriber limit exceeded: There is a limit of 50 "
            "simultaneous imports");
}

TEST(Import, IsBegunAnewAfterARestart) {
  ImportBench bench;
  bench.s3.objects = {{"in/1", "{\"Item\":{\"h\":{\"S\":\"a\"}}}\n"}};
  bench.s3.failing_reads = 1'000'000;
  const std::string started = bench.start();
  // The same token gives the running import, a different table is a conflict; the name is taken.
  EXPECT_EQ(text_member_of(bench.start(), "ImportArn"), text_member_of(started, "ImportArn"));
  EXPECT_EQ(bench.start(R"("InputFormat":"CSV")", "bucket", "token", "tbl2").substr(0, 24),
            "ImportConflictException:");
  EXPECT_EQ(bench.start(R"("InputFormat":"CSV")", "bucket", "other").substr(0, 22),
            "ResourceInUseException");
  bench.harness.close();
  bench.s3.failing_reads = 0;
  bench.harness.open();
  const std::string done = bench.ended(started);
  EXPECT_EQ(text_member_of(done, "ImportStatus"), "COMPLETED") << done;
  EXPECT_NE(bench.harness.call("Scan", R"({"TableName":"tbl"})").find(R"("Count":1)"),
            std::string::npos);
}

struct DestinationBench {
  FakeKinesis kinesis{std::string(kTheStream)};
  Harness harness;

  DestinationBench() {
    harness.kinesis = &kinesis;
    harness.reopen();
    harness.create();
  }
  std::string call(const std::string& operation, const std::string& more = "",
                   std::string_view stream = kTheStream) {
    return harness.call(
        operation, R"({"TableName":"tbl","StreamArn":")" + std::string(stream) + "\"" + more + "}");
  }
  std::string described(const std::string& status) {
    return call_until(harness, "DescribeKinesisStreamingDestination", R"({"TableName":"tbl"})",
                      status);
  }
  std::vector<std::string> delivered(std::size_t count) {
    for (int i = 0; i < 20'000 && kinesis.records().size() < count; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    std::vector<std::string> out;
    for (const auto& record : kinesis.records()) out.push_back(record.data.bytes);
    return out;
  }
};

TEST(KinesisDestination, DeliversEveryChangeInOrder) {
  DestinationBench bench;
  bench.harness.put(R"({"h":{"S":"before"}})");
  const std::string enabled = bench.call("EnableKinesisStreamingDestination");
  EXPECT_EQ(enabled, R"({"TableName":"tbl","StreamArn":")" + std::string(kTheStream) +
                         R"(","DestinationStatus":"ENABLING"})");
  bench.described("\"ACTIVE\"");
  bench.harness.put(R"({"h":{"S":"a"},"n":{"N":"1"}})");
  bench.harness.put(R"({"h":{"S":"a"},"n":{"N":"2"}})");
  bench.harness.call("DeleteItem", R"({"TableName":"tbl","Key":{"h":{"S":"a"}}})");
  const auto records = bench.delivered(3);
  ASSERT_EQ(records.size(), 3U);
  // Documented (kds): the members and their order as in AWS's samples.
  EXPECT_EQ(records[0].substr(0, 36), R"({"awsRegion":"eu-west-1","eventID":")");
  EXPECT_EQ(
      records[1].substr(73),
      R"(,"eventName":"MODIFY","userIdentity":null,"recordFormat":"application/json","tableName":"tbl","dynamodb":{"ApproximateCreationDateTime":1700000000000,"Keys":{"h":{"S":"a"}},"NewImage":{"h":{"S":"a"},"n":{"N":"2"}},"OldImage":{"h":{"S":"a"},"n":{"N":"1"}},"SizeBytes":12},"eventSource":"aws:dynamodb"})")
      << records[1];
  EXPECT_NE(records[2].find(R"("eventName":"REMOVE")"), std::string::npos);
  EXPECT_EQ(bench.kinesis.records()[0].partition_key, bench.kinesis.records()[2].partition_key);
}

TEST(KinesisDestination, WaitsForAStreamThatIsAwayAndGoesOnAfterARestart) {
  DestinationBench bench;
  bench.call("EnableKinesisStreamingDestination");
  bench.described("\"ACTIVE\"");
  bench.kinesis.is_away = true;
  for (int i = 0; i < 600; ++i) {
    bench.harness.put(R"({"h":{"S":"a"},"n":{"N":")" + std::to_string(i) + R"("}})");
  }
  // What is not delivered is not trimmed, however old it is.
  bench.harness.clock.advance(std::chrono::hours(48));
  ASSERT_TRUE(trim(*bench.harness.service).has_value());
  bench.harness.reopen();
  bench.kinesis.is_away = false;
  const auto records = bench.delivered(600);
  ASSERT_EQ(records.size(), 600U);
  for (int i = 0; i < 600; ++i) {
    const std::string image =
        R"("NewImage":{"h":{"S":"a"},"n":{"N":")" + std::to_string(i) + R"("}})";
    EXPECT_NE(records[static_cast<std::size_t>(i)].find(image), std::string::npos);
  }
}

TEST(KinesisDestination, StatesAndRefusals) {
  DestinationBench bench;
  const std::string prefix =
      "ValidationException: Table is not in a valid state to enable Kinesis Streaming "
      "Destination: ";
  const std::string stream(kTheStream);
  EXPECT_EQ(bench.call("DisableKinesisStreamingDestination"),
            prefix + "KinesisStreamingDestination must be ACTIVE to perform DISABLE operation.");
  const std::string micros =
      R"(,"UpdateKinesisStreamingConfiguration":{"ApproximateCreationDateTimePrecision":"MICROSECOND"})";
  EXPECT_EQ(bench.call("UpdateKinesisStreamingDestination", micros),
            prefix + "No streaming destination with streamArn: " + stream +
                " found for table with tableName: tbl");
  EXPECT_EQ(bench.call("UpdateKinesisStreamingDestination"),
            "ValidationException: Streaming destination cannot be updated with given parameters: "
            "UpdateKinesisStreamingConfiguration cannot be null or contain only null values");
  // A stream that is not there is found out later.
  bench.call("EnableKinesisStreamingDestination", "", stream + "-gone");
  bench.described("ENABLE_FAILED");
  bench.call("EnableKinesisStreamingDestination");
  bench.described("\"ACTIVE\"");
  EXPECT_EQ(bench.call("EnableKinesisStreamingDestination"),
            prefix +
                "EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform "
                "ENABLE operation.");
  EXPECT_NE(bench.call("UpdateKinesisStreamingDestination", micros).find("UPDATING"),
            std::string::npos);
  bench.described("\"ACTIVE\"");
  const std::string again = bench.call("UpdateKinesisStreamingDestination", micros);
  EXPECT_EQ(again.find("ValidationException: Invalid Request: Precision is already set to the "
                       "desired value of MICROSECOND for tableId: "),
            0U)
      << again;
  bench.harness.put(R"({"h":{"S":"a"}})");
  EXPECT_NE(
      bench.delivered(1).at(0).find(
          R"("ApproximateCreationDateTime":1700000000000000,"ApproximateCreationDateTimePrecision":"MICROSECOND")"),
      std::string::npos);
  EXPECT_NE(bench.call("DisableKinesisStreamingDestination").find("DISABLING"), std::string::npos);
  bench.described("\"DISABLED\"");
  EXPECT_EQ(bench.call("UpdateKinesisStreamingDestination", micros),
            prefix +
                "Kinesis streaming is not in ACTIVE state. Updates are only allowed in ACTIVE "
                "state. TableName: tbl, kdsArn: " +
                stream);
  bench.harness.put(R"({"h":{"S":"b"}})");
  // Nothing of what came while it was disabled is delivered later.
  bench.call("EnableKinesisStreamingDestination");
  bench.described("\"ACTIVE\"");
  bench.harness.put(R"({"h":{"S":"c"}})");
  const auto records = bench.delivered(2);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_NE(records[1].find(R"({"S":"c"})"), std::string::npos);
  EXPECT_NE(bench.harness.call("DeleteTable", R"({"TableName":"tbl"})").find("DELETING"),
            std::string::npos);
}

}  // namespace
}  // namespace penstock::dynamodb
