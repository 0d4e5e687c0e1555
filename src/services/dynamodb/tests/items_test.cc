// Put, Get, Update, Delete over the whole service. Expectations: documented behaviour and wording
// recorded from AWS (dynalite, Alternator), unless a line says deduced.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "services/dynamodb/tests/harness.h"

namespace penstock::dynamodb {
namespace {

struct Step {
  std::string operation, request, reply;
};

void run(Harness& harness, const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    EXPECT_EQ(harness.call(step.operation, step.request), step.reply)
        << step.operation << " " << step.request;
  }
}

const std::string kFailed = "ConditionalCheckFailedException: The conditional request failed";

TEST(Items, ArePutReadAndDeleted) {
  Harness harness;
  harness.create();
  run(harness,
      {
          {"GetItem", R"({"TableName":"tbl","Key":{"h":{"S":"a"}}})", "{}"},
          {"PutItem", R"({"TableName":"tbl","Item":{"h":{"S":"a"},"n":{"N":"1.0"},"e":{"S":""}}})",
           "{}"},
          {"GetItem", R"({"TableName":"tbl","Key":{"h":{"S":"a"}}})",
           R"({"Item":{"e":{"S":""},"h":{"S":"a"},"n":{"N":"1"}}})"},
          {"GetItem", R"({"TableName":"tbl","Key":{"h":{"S":"a"}},"ProjectionExpression":"n, zz"})",
           R"({"Item":{"n":{"N":"1"}}})"},
          {"GetItem", R"({"TableName":"tbl","Key":{"h":{"S":"a"}},"AttributesToGet":["zz"]})",
           R"({"Item":{}})"},
          {"GetItem",
           R"({"TableName":"arn:aws:dynamodb:eu-west-1:123456789012:table/tbl2","Key":{"h":{"S":"a"}}})",
           "ResourceNotFoundException: Requested resource not found"},
          {"PutItem",
           R"({"TableName":"tbl","Item":{"h":{"S":"a"},"n":{"N":"2"}},"ReturnValues":"ALL_OLD"})",
           R"({"Attributes":{"e":{"S":""},"h":{"S":"a"},"n":{"N":"1"}}})"},
          {"PutItem", R"({"TableName":"tbl","Item":{"h":{"S":"b"}},"ReturnValues":"ALL_OLD"})",
           "{}"},
          {"DeleteItem", R"({"TableName":"tbl","Key":{"h":{"S":"a"}},"ReturnValues":"ALL_OLD"})",
           R"({"Attributes":{"h":{"S":"a"},"n":{"N":"2"}}})"},
          {"DeleteItem", R"({"TableName":"tbl","Key":{"h":{"S":"a"}},"ReturnValues":"ALL_OLD"})",
           "{}"},
          {"GetItem",
           R"({"TableName":"tbl","Key":{"h":{"S":"a"}},"ReturnConsumedCapacity":"TOTAL"})",
           R"({"ConsumedCapacity":{"TableName":"tbl","CapacityUnits":0.5}})"},
          {"GetItem",
           R"({"TableName":"tbl","Key":{"h":{"S":"b"}},"ConsistentRead":true,"ReturnConsumedCapacity":"INDEXES"})",
           R"({"Item":{"h":{"S":"b"}},"ConsumedCapacity":{"TableName":"tbl","CapacityUnits":1,"Table":{"CapacityUnits":1}}})"},
      });
}

TEST(Items, ConditionsDecide) {
  Harness harness;
  harness.create();
  run(harness,
      {
          {"PutItem",
           R"({"TableName":"tbl","Item":{"h":{"S":"a"},"n":{"N":"1"}},"ConditionExpression":"attribute_not_exists(h) "})",
           "{}"},
          {"PutItem",
           R"({"TableName":"tbl","Item":{"h":{"S":"a"},"n":{"N":"2"}},"ConditionExpression":"attribute_not_exists(h) "})",
           kFailed},
          {"PutItem",
           R"({"TableName":"tbl","Item":{"h":{"S":"a"}},"ConditionExpression":"n > :x","ExpressionAttributeValues":{":x":{"N":"5"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"})",
           kFailed + R"( Item={"h":{"S":"a"},"n":{"N":"1"}})"},
          {"DeleteItem",
           R"({"TableName":"tbl","Key":{"h":{"S":"zz"}},"ConditionExpression":"attribute_exists(h) "})",
           kFailed},
          {"UpdateItem",
           R"({"TableName":"tbl","Key":{"h":{"S":"a"}},"UpdateExpression":"SET n = n + :one","ConditionExpression":"n = :one","ExpressionAttributeValues":{":one":{"N":"1"}},"ReturnValues":"UPDATED_NEW"})",
           R"({"Attributes":{"n":{"N":"2"}}})"},
          {"UpdateItem",
           R"({"TableName":"tbl","Key":{"h":{"S":"a"}},"UpdateExpression":"SET n = n + :one","ConditionExpression":"n = :one","ExpressionAttributeValues":{":one":{"N":"1"}}})",
           kFailed},
      });
}

TEST(Items, UpdatesReturnWhatIsAsked) {
  Harness harness;
  harness.create();
  const std::string update = R"({"TableName":"tbl","Key":{"h":{"S":"a"}},)";
  run(harness,
      {
          {"UpdateItem", update + R"("UpdateExpression":"REMOVE x"})", "{}"},
          {"GetItem", R"({"TableName":"tbl","Key":{"h":{"S":"a"}}})", "{}"},
          {"UpdateItem", update + R"("ReturnValues":"ALL_NEW"})",
           R"({"Attributes":{"h":{"S":"a"}}})"},
          {"UpdateItem",
           update +
               R"("UpdateExpression":"SET m = :m","ExpressionAttributeValues":{":m":{"M":{"a":{"N":"1"},"l":{"L":[{"N":"0"},{"N":"1"}]}}}},"ReturnValues":"UPDATED_OLD"})",
           "{}"},
          {"UpdateItem",
           update +
               R"("UpdateExpression":"SET m.l[1] = :v, m.a = :v","ExpressionAttributeValues":{":v":{"S":"x"}},"ReturnValues":"UPDATED_OLD"})",
           R"({"Attributes":{"m":{"M":{"a":{"N":"1"},"l":{"L":[{"N":"1"}]}}}}})"},
          {"UpdateItem",
           update +
               R"("UpdateExpression":"ADD c :n","ExpressionAttributeValues":{":n":{"N":"5"}},"ReturnValues":"ALL_OLD"})",
           R"({"Attributes":{"h":{"S":"a"},"m":{"M":{"a":{"S":"x"},"l":{"L":[{"N":"0"},{"S":"x"}]}}}}})"},
          {"UpdateItem",
           update +
               R"("UpdateExpression":"SET h = :n","ExpressionAttributeValues":{":n":{"S":"5"}}})",
           "ValidationException: One or more parameter values were invalid: Cannot update "
           "attribute h. This attribute "
           "is part of the key"},
      });
}

TEST(Items, AreRefusedWithAwsWording) {
  Harness harness;
  harness.create(true);
  const std::string p = "ValidationException: One or more parameter values were invalid: ";
  const std::string mismatch =
      "ValidationException: The provided key element does not match the schema";
  run(harness,
      {
          {"PutItem", R"({"TableName":"tbl","Item":{"h":{"S":"a"}}})",
           p + "Missing the key r in the item"},
          {"PutItem", R"({"TableName":"tbl","Item":{"h":{"S":"a"},"r":{"S":"1"}}})",
           p + "Type mismatch for key r expected: N actual: S"},
          {"PutItem", R"({"TableName":"tbl","Item":{"h":{"S":""},"r":{"N":"1"}}})",
           "ValidationException: One or more parameter values are not valid. The AttributeValue "
           "for a key attribute "
           "cannot contain an empty string value. Key: h"},
          {"PutItem",
           R"({"TableName":"tbl","Item":{"h":{"S":")" + std::string(2049, 'x') +
               R"("},"r":{"N":"1"}}})",
           p + "Size of hashkey has exceeded the maximum size limit of2048 bytes"},
          {"PutItem", R"({"TableName":"tbl","Item":{"h":{"S":"a"},"r":{"N":"1"},"x":{"SS":[]}}})",
           p + "An string set  may not be empty"},
          {"PutItem",
           R"({"TableName":"tbl","Item":{"h":{"S":"a"},"r":{"N":"1"},"x":{"S":")" +
               std::string(409'600, 'x') + R"("}}})",
           "ValidationException: Item size has exceeded the maximum allowed size"},
          {"PutItem",
           R"({"TableName":"tbl","Item":{"h":{"S":"a"},"r":{"N":"1"}},"ReturnValues":"ALL_NEW"})",
           "ValidationException: ReturnValues can only be ALL_OLD or NONE"},
          {"PutItem", R"({"TableName":"nope","Item":{"h":{"S":"a"}}})",
           "ResourceNotFoundException: Requested resource not found"},
          {"GetItem", R"({"TableName":"tbl","Key":{"h":{"S":"a"}}})", mismatch},
          {"GetItem", R"({"TableName":"tbl","Key":{"h":{"S":"a"},"r":{"S":"1"}}})", mismatch},
          {"GetItem", R"({"TableName":"tbl","Key":{"h":{"S":"a"},"r":{"N":"1"},"x":{"N":"1"}}})",
           mismatch},
          {"GetItem", R"({"TableName":"tbl","Key":{"h":{"S":""},"r":{"N":"1"}}})",
           p + "The AttributeValue for a key attribute cannot contain an empty string value. Key: "
               "h"},
          {"GetItem",
           R"({"TableName":"tbl","Key":{"h":{"S":"a"},"r":{"N":"1"}},"AttributesToGet":["a"],"ProjectionExpression":"a"})",
           "ValidationException: Can not use both expression and non-expression parameters in the "
           "same request: "
           "Non-expression parameters: {AttributesToGet} Expression parameters: "
           "{ProjectionExpression}"},
          {"GetItem",
           R"({"TableName":"tbl","Key":{"h":{"S":"a"},"r":{"N":"1"}},"ExpressionAttributeNames":{"#a":"b"}})",
           "ValidationException: ExpressionAttributeNames can only be specified when using "
           "expressions"},
          {"UpdateItem",
           R"({"TableName":"tbl","Key":{"h":{"S":"a"},"r":{"N":"1"}},"ExpressionAttributeValues":{":a":{"N":"1"}}})",
           "ValidationException: ExpressionAttributeValues can only be specified when using "
           "expressions: "
           "UpdateExpression and ConditionExpression are null"},
      });
  // Nothing was written.
  EXPECT_EQ(harness.call("Scan", R"({"TableName":"tbl"})"),
            R"({"Items":[],"Count":0,"ScannedCount":0})");
}

TEST(Items, NumbersAreOneKeyHoweverTheyAreSpelled) {
  Harness harness;
  harness.create(true);
  EXPECT_EQ(harness.put(R"({"h":{"S":"a"},"r":{"N":"1e3"},"v":{"S":"x"}})"), "{}");
  EXPECT_EQ(harness.put(R"({"h":{"S":"a"},"r":{"N":"1000.0"},"v":{"S":"y"}})"), "{}");
  EXPECT_EQ(
      harness.call("Scan", R"({"TableName":"tbl"})"),
      R"({"Items":[{"h":{"S":"a"},"r":{"N":"1000"},"v":{"S":"y"}}],"Count":1,"ScannedCount":1})");
}

TEST(Items, SurviveAReopen) {
  Harness harness(storage::Durability::kAlways);
  harness.create();
  EXPECT_EQ(harness.put(R"({"h":{"S":"a"},"n":{"N":"1"}})"), "{}");
  harness.reopen();
  EXPECT_EQ(harness.call("GetItem", R"({"TableName":"tbl","Key":{"h":{"S":"a"}}})"),
            R"({"Item":{"h":{"S":"a"},"n":{"N":"1"}}})");
}

// Concurrent counters must not lose an update: the turn keeps read-modify-write whole.
TEST(Items, ConcurrentUpdatesAllCount) {
  Harness harness;
  harness.create();
  constexpr int kThreads = 4, kEach = 50;
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&harness] {
      for (int n = 0; n < kEach; ++n) {
        harness.call(
            "UpdateItem",
            R"({"TableName":"tbl","Key":{"h":{"S":"a"}},"UpdateExpression":"ADD n :o","ExpressionAttributeValues":{":o":{"N":"1"}}})");
      }
    });
  }
  threads.clear();
  EXPECT_EQ(harness.call("GetItem",
                         R"({"TableName":"tbl","Key":{"h":{"S":"a"}},"ProjectionExpression":"n"})"),
            R"({"Item":{"n":{"N":"200"}}})");
}

}  // namespace
}  // namespace penstock::dynamodb
