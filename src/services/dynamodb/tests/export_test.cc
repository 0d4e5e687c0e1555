// Exports over a fake of S3. Expectations: the developer guide (S3DataExport.Output), what was
// recorded from AWS (Alternator's tests) for the names of the objects and their digests.
#include <gtest/gtest.h>

#include <thread>

#include "base/bytes.h"
#include "protocol/inflate.h"
#include "services/dynamodb/tests/fakes.h"
#include "services/dynamodb/tests/harness.h"

namespace penstock::dynamodb {
namespace {

std::string text_of_member(const std::string& json, const std::string& name) {
  const std::string mark = "\"" + name + "\":\"";
  const std::size_t at = json.find(mark);
  if (at == std::string::npos) return "";
  return json.substr(at + mark.size(), json.find('"', at + mark.size()) - at - mark.size());
}

struct ExportBench {
  FakeS3 s3;
  Harness harness;

  ExportBench() {
    harness.s3 = &s3;
    harness.reopen();
    harness.create();
    enable();
  }
  void enable() {
    harness.call(
        "UpdateContinuousBackups",
        R"({"TableName":"tbl","PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":true}})");
  }
  std::string start(const std::string& more = "", const std::string& bucket = "bucket",
                    const std::string& table = "tbl") {
    return harness.call("ExportTableToPointInTime",
                        R"({"TableArn":"arn:aws:dynamodb:eu-west-1:123456789012:table/)" + table +
                            R"(","S3Bucket":")" + bucket + "\"" + more + "}");
  }
  std::string ended(const std::string& started) {
    const std::string request =
        R"({"ExportArn":")" + text_of_member(started, "ExportArn") + R"("})";
    for (int i = 0; i < 20'000; ++i) {
      std::string reply = harness.call("DescribeExport", request);
      if (reply.find("EndTime") != std::string::npos) return reply;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return "never ended";
  }
  std::string directory(const std::string& started) const {
    const std::string arn = text_of_member(started, "ExportArn");
    return "AWSDynamoDB/" + arn.substr(arn.rfind('/') + 1) + "/";
  }
  // The unpacked data files of the export, as its manifest names them; digests are checked.
  std::string data(const std::string& directory) {
    std::string text;
    const std::string manifest = s3.objects[directory + "manifest-files.json"];
    EXPECT_EQ(s3.objects[directory + "manifest-files.md5"], base64_encode(md5(manifest)));
    EXPECT_EQ(s3.objects[directory + "manifest-summary.md5"],
              base64_encode(md5(s3.objects[directory + "manifest-summary.json"])));
    for (std::size_t at = 0; at < manifest.size(); at = manifest.find('\n', at) + 1) {
      const std::string line = manifest.substr(at, manifest.find('\n', at) - at);
      const std::string& file = s3.objects[text_of_member(line, "dataFileS3Key")];
      EXPECT_EQ(text_of_member(line, "md5Checksum"), base64_encode(md5(file)));
      EXPECT_EQ(text_of_member(line, "etag"), "etag-1");
      const auto unpacked = protocol::inflate_bytes(file, 64 << 20);
      EXPECT_TRUE(unpacked.has_value());
      if (unpacked) text += *unpacked;
    }
    return text;
  }
};

TEST(Export, WritesTheTableOfTheMoment) {
  ExportBench bench;
  bench.harness.put(R"({"h":{"S":"a"},"n":{"N":"1"}})");
  bench.harness.clock.advance(std::chrono::seconds(10));
  const std::string at = std::to_string(bench.harness.clock.now().seconds());
  bench.harness.clock.advance(std::chrono::seconds(10));
  bench.harness.put(R"({"h":{"S":"a"},"n":{"N":"2"}})");
  bench.harness.put(R"({"h":{"S":"b"}})");
  bench.s3.failing_parts = 1;
  const std::string past = bench.start(R"(,"ExportTime":)" + at);
  EXPECT_EQ(text_of_member(past, "ExportStatus"), "IN_PROGRESS") << past;
  EXPECT_EQ(past.find("ExportType"), std::string::npos);
  const std::string done = bench.ended(past);
  EXPECT_EQ(text_of_member(done, "ExportStatus"), "COMPLETED") << done;
  const std::string directory = bench.directory(past);
  EXPECT_EQ(text_of_member(done, "ExportManifest"), directory + "manifest-summary.json");
  EXPECT_NE(done.find(R"("BilledSizeBytes":5,"ItemCount":1)"), std::string::npos) << done;
  EXPECT_EQ(bench.data(directory), "{\"Item\":{\"h\":{\"S\":\"a\"},\"n\":{\"N\":\"1\"}}}\n");
  EXPECT_TRUE(bench.s3.objects.contains(directory + "_started"));
  EXPECT_EQ(bench.s3.objects.size(), 6U);
  const std::string now = bench.start(R"(,"ExportFormat":"ION","S3Prefix":"some/where")");
  EXPECT_EQ(text_of_member(bench.ended(now), "ExportStatus"), "COMPLETED");
  EXPECT_EQ(bench.data("some/where/" + bench.directory(now)),
            "$ion_1_0 {Item:{h:\"a\",n:2.}}\n$ion_1_0 {Item:{h:\"b\"}}\n");
  const std::string summary =
      bench.s3.objects["some/where/" + bench.directory(now) + "manifest-summary.json"];
  EXPECT_EQ(summary.substr(0, 36), R"({"version":"2020-06-30","exportArn":)");
  EXPECT_NE(
      summary.find(R"("s3Prefix":"some/where","s3SseAlgorithm":"AES256","s3SseKmsKeyId":null)"),
      std::string::npos)
      << summary;
}

TEST(Export, WritesWhatChanged) {
  ExportBench bench;
  bench.harness.put(R"({"h":{"S":"changed"},"n":{"N":"1"}})");
  bench.harness.put(R"({"h":{"S":"gone"}})");
  bench.harness.clock.advance(std::chrono::minutes(1));
  const std::string from = std::to_string(bench.harness.clock.now().seconds());
  bench.harness.put(R"({"h":{"S":"changed"},"n":{"N":"2"}})");
  bench.harness.put(R"({"h":{"S":"new"}})");
  bench.harness.put(R"({"h":{"S":"came and went"}})");
  bench.harness.call("DeleteItem", R"({"TableName":"tbl","Key":{"h":{"S":"came and went"}}})");
  bench.harness.call("DeleteItem", R"({"TableName":"tbl","Key":{"h":{"S":"gone"}}})");
  bench.harness.clock.advance(std::chrono::minutes(15));
  const std::string to = std::to_string(bench.harness.clock.now().seconds());
  bench.harness.put(R"({"h":{"S":"later"}})");  // The end is exclusive.
  const std::string window =
      R"(,"ExportType":"INCREMENTAL_EXPORT","IncrementalExportSpecification":)"
      R"({"ExportFromTime":)" +
      from + R"(,"ExportToTime":)" + to;
  const std::string started = bench.start(window + "}");
  const std::string done = bench.ended(started);
  EXPECT_EQ(text_of_member(done, "ExportStatus"), "COMPLETED") << done;
  const std::string data = bench.data(bench.directory(started));
  const std::string metadata =
      R"({"Metadata":{"WriteTimestampMicros":{"N":"1700000060000000"}},"Keys":)";
  const std::string lines[] = {
      metadata +
          R"({"h":{"S":"changed"}},"OldImage":{"h":{"S":"changed"},"n":{"N":"1"}},"NewImage":{"h":{"S":"changed"},"n":{"N":"2"}}})",
      metadata + R"({"h":{"S":"new"}},"NewImage":{"h":{"S":"new"}}})",
      metadata + R"({"h":{"S":"gone"}},"OldImage":{"h":{"S":"gone"}}})"};
  std::size_t size = 0;
  for (const std::string& line : lines) {
    EXPECT_NE(data.find(line + "\n"), std::string::npos) << line << "\n" << data;
    size += line.size() + 1;
  }
  EXPECT_EQ(data.size(), size);
  bool shared = false;
  for (const auto& [key, bytes] : bench.s3.objects) shared |= key.starts_with("AWSDynamoDB/data/");
  EXPECT_TRUE(shared);
  const std::string newest = bench.start(window + R"(,"ExportViewType":"NEW_IMAGE"})");
  EXPECT_EQ(text_of_member(bench.ended(newest), "ExportStatus"), "COMPLETED");
  EXPECT_EQ(bench.data(bench.directory(newest)).find("OldImage"), std::string::npos);
}

TEST(Export, Refusals) {
  ExportBench bench;
  EXPECT_EQ(bench.start("", "bucket", "nope"),
            "TableNotFoundException: Table not found: "
            "arn:aws:dynamodb:eu-west-1:123456789012:table/nope");
  bench.harness.create(false, "plain");
  EXPECT_EQ(bench.start("", "bucket", "plain"),
            "PointInTimeRecoveryUnavailableException: Point in time recovery is not enabled for "
            "table 'plain'");
  EXPECT_EQ(bench.start(R"(,"ExportTime":1600000000)").substr(0, 26), "InvalidExportTimeException");
  EXPECT_EQ(bench.start(R"(,"ExportTime":1800000000)").substr(0, 26), "InvalidExportTimeException");
  EXPECT_EQ(bench.start(R"(,"S3SseAlgorithm":"AES256","S3SseKmsKeyId":"x")"),
            "ValidationException: Invalid Request: KMS Key Id is not supported for this encryption "
            "type");
  const std::string incremental = R"(,"ExportType":"INCREMENTAL_EXPORT")";
  EXPECT_EQ(bench.start(incremental + R"(,"IncrementalExportSpecification":{})"),
            "ValidationException: Invalid Request: ExportFromTime must be provided in "
            "IncrementalExportSpecification");
  const std::string close = bench.start(
      incremental +
      R"(,"IncrementalExportSpecification":{"ExportFromTime":1700000000,"ExportToTime":1700000002})");
  EXPECT_EQ(close.find("InvalidExportTimeException: Difference between export period"), 0U)
      << close;
  EXPECT_EQ(
      bench.harness.call(
          "DescribeExport",
          R"({"ExportArn":"arn:aws:dynamodb:eu-west-1:123456789012:table/nonexistent_table"})"),
      "ValidationException: Invalid Export ARN");
  const std::string failed = bench.ended(bench.start("", "no-bucket"));
  EXPECT_EQ(text_of_member(failed, "ExportStatus"), "FAILED");
  EXPECT_EQ(text_of_member(failed, "FailureCode"), "S3NoSuchBucket");
  EXPECT_NE(failed.find("bucket does not exist"), std::string::npos);
}

TEST(Export, TokensAndRestarts) {
  ExportBench bench;
  bench.harness.put(R"({"h":{"S":"a"}})");
  bench.s3.failing_parts = 1'000'000;
  const std::string token = R"(,"ClientToken":"token")";
  const std::string started = bench.start(token);
  EXPECT_EQ(text_of_member(bench.start(token), "ExportArn"), text_of_member(started, "ExportArn"));
  EXPECT_EQ(bench.start(token + R"(,"S3Prefix":"p")"),
            "ExportConflictException: Export conflict: Duplicate request detected with conflicting "
            "parameters");
  bench.harness.close();
  bench.s3.failing_parts = 0;
  bench.harness.open();
  const std::string done = bench.ended(started);
  EXPECT_EQ(text_of_member(done, "ExportStatus"), "COMPLETED") << done;
  EXPECT_TRUE(bench.s3.uploads.empty());
  EXPECT_EQ(bench.data(bench.directory(started)), "{\"Item\":{\"h\":{\"S\":\"a\"}}}\n");
  EXPECT_EQ(bench.harness.call("ListExports", "{}"),
            R"({"ExportSummaries":[{"ExportArn":")" + text_of_member(started, "ExportArn") +
                R"(","ExportStatus":"COMPLETED","ExportType":"FULL_EXPORT"}]})");
}

}  // namespace
}  // namespace penstock::dynamodb
