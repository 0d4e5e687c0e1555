// The Query side of a service that speaks JSON: names, errors and which requests are meant for it.
#include "protocol/query_compatibility.h"

#include <gtest/gtest.h>

#include "gen/sqs/model.h"
#include "protocol/wire.h"

namespace penstock::protocol {
namespace {

TEST(QueryCompatibility, TheTwinDescribesTheSameOperations) {
  const ServiceBinding json{&sqs::kServiceInfo, nullptr, {}};
  const QueryTwin twin(json, sqs::kQueryCompatibility);
  const ServiceInfo& info = *twin.binding().info;
  EXPECT_EQ(info.protocol, Protocol::kQuery);
  EXPECT_EQ(info.id, "sqs");
  ASSERT_EQ(info.operations.size(), sqs::kServiceInfo.operations.size());
  for (std::size_t i = 0; i < info.operations.size(); ++i) {
    const OperationInfo& operation = *info.operations[i];
    EXPECT_EQ(operation.name, sqs::kServiceInfo.operations[i]->name);
    EXPECT_EQ(operation.service, &info);
    // Documented: an action without a result has no result element.
    const bool answers = !operation.output->members.empty();
    EXPECT_EQ(operation.result_wrapper, answers ? std::string(operation.name) + "Result" : "");
  }
}

// Documented: codes and statuses of the Query protocol; recorded: they hold for JSON as well.
TEST(QueryCompatibility, ErrorsHaveTwoNames) {
  ReplyStyle style;
  style.query = &sqs::kQueryCompatibility;
  const ApiError error("PurgeQueueInProgress", "Only one.");
  const net::Response json = encode_error(sqs::kServiceInfo, error, style);
  EXPECT_EQ(json.status, 403);
  EXPECT_EQ(json.headers.get("x-amzn-query-error"),
            "AWS.SimpleQueueService.PurgeQueueInProgress;Sender");
  EXPECT_EQ(json.body.bytes(),
            R"({"__type":"com.amazonaws.sqs#PurgeQueueInProgress","message":"Only one."})");
  const QueryTwin twin({&sqs::kServiceInfo, nullptr, {}}, sqs::kQueryCompatibility);
  const net::Response xml = encode_error(*twin.binding().info, error, style);
  EXPECT_EQ(xml.status, 403);
  EXPECT_NE(xml.body.bytes().find("<Code>AWS.SimpleQueueService.PurgeQueueInProgress</Code>"),
            std::string::npos);
  EXPECT_FALSE(xml.headers.has("x-amzn-query-error"));
}

TEST(QueryCompatibility, PathsOfQueues) {
  EXPECT_TRUE(is_resource_url_path("/000000000000/q"));
  EXPECT_TRUE(is_resource_url_path("/000000000000/q.fifo"));
  for (const char* other : {"/", "/000000000000", "/000000000000/", "/bucket-of-12/q",
                            "/000000000000/a/b", "/00000000000/q", ""}) {
    EXPECT_FALSE(is_resource_url_path(other)) << other;
  }
}

}  // namespace
}  // namespace penstock::protocol
