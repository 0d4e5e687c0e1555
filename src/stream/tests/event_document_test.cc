// The documents of AWS's pollers. Names and order of the members: recorded (events logged by
// functions); that pipes order those of messages in the same way is deduced from it.
#include "stream/event_document.h"

#include <gtest/gtest.h>

namespace penstock::stream {
namespace {

const EventOrigin kOrigin{"arn:aws:kinesis:us-east-1:000000000000:stream/s", "us-east-1",
                          "arn:aws:iam::000000000000:role/r"};

TEST(EventDocument, OfAChange) {
  dynamodbstreams::api::Record record;
  record.event_id = "e";
  record.event_name = "REMOVE";
  record.event_version = "1.1";
  record.event_source = "aws:dynamodb";
  record.aws_region = "us-east-1";
  auto& change = record.dynamodb.emplace();
  change.approximate_creation_date_time = Timestamp::from_seconds(std::int64_t{1'700'000'000});
  change.keys.emplace().set("pk", AttributeValue::s("a\"b"));
  change.old_image.emplace().set("pk", AttributeValue::s("a\"b"));
  change.sequence_number = "1";
  change.size_bytes = 8;
  change.stream_view_type = "NEW_AND_OLD_IMAGES";
  record.user_identity.emplace();
  record.user_identity->type = "Service";
  record.user_identity->principal_id = "dynamodb.amazonaws.com";
  EXPECT_EQ(dynamodb_document("arn:t", record),
            R"({"eventID":"e","eventName":"REMOVE","eventVersion":"1.1",)"
            R"("eventSource":"aws:dynamodb","awsRegion":"us-east-1","dynamodb":{)"
            R"("ApproximateCreationDateTime":1700000000,"Keys":{"pk":{"S":"a\"b"}},)"
            R"("OldImage":{"pk":{"S":"a\"b"}},"SequenceNumber":"1","SizeBytes":8,)"
            R"("StreamViewType":"NEW_AND_OLD_IMAGES"},)"
            R"("userIdentity":{"type":"Service","principalId":"dynamodb.amazonaws.com"},)"
            R"("eventSourceARN":"arn:t"})");
}

TEST(EventDocument, OfAKinesisRecord) {
  kinesis::api::Record record;
  record.partition_key = "k";
  record.sequence_number = "7";
  record.data = Blob{R"({"n":1})"};
  record.approximate_arrival_timestamp = Timestamp::from_millis(1'700'000'000'125);
  const std::string members =
      R"("kinesisSchemaVersion":"1.0","partitionKey":"k","sequenceNumber":"7",)";
  const std::string source =
      R"("eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"shardId-0:7",)"
      R"("eventName":"aws:kinesis:record",)"
      R"("invokeIdentityArn":"arn:aws:iam::000000000000:role/r","awsRegion":"us-east-1",)"
      R"("eventSourceARN":"arn:aws:kinesis:us-east-1:000000000000:stream/s"})";
  const std::string arrival = R"("approximateArrivalTimestamp":1700000000.125)";
  struct Case {
    KinesisForm form;
    std::string_view data;
    std::string expected;
  };
  const Case cases[] = {
      {KinesisForm::kFlat, "",
       "{" + members + R"("data":"eyJuIjoxfQ==",)" + arrival + "," + source},
      {KinesisForm::kFlat, record.data.bytes,
       "{" + members + R"("data":{"n":1},)" + arrival + "," + source},
      {KinesisForm::kNested, "",
       R"({"kinesis":{)" + members + R"("data":"eyJuIjoxfQ==",)" + arrival + "}," + source},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(kinesis_document(kOrigin, record, "shardId-0:7", c.form, c.data), c.expected);
  }
}

TEST(EventDocument, OfAMessage) {
  const EventOrigin origin{"arn:aws:sqs:us-east-1:000000000000:q", "us-east-1", ""};
  sqs::api::Message message;
  message.message_id = "m";
  message.receipt_handle = "r";
  message.body = R"({"n":1})";
  message.md5_of_body = "x";
  const std::string source =
      R"("eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:000000000000:q",)"
      R"("awsRegion":"us-east-1"})";
  EXPECT_EQ(message_document(origin, message, ""),
            R"({"messageId":"m","receiptHandle":"r","body":"{\"n\":1}","attributes":{},)"
            R"("messageAttributes":{},"md5OfBody":"x",)" +
                source);
  message.attributes = std::map<std::string, std::string>{{"SenderId", "s"}};
  message.md5_of_message_attributes = "y";
  auto& attributes = message.message_attributes.emplace();
  attributes["b"].data_type = "Binary";
  attributes["b"].binary_value = Blob{"hello"};
  attributes["s"].data_type = "String";
  attributes["s"].string_value = "t";
  EXPECT_EQ(message_document(origin, message, *message.body),
            R"({"messageId":"m","receiptHandle":"r","body":{"n":1},)"
            R"("attributes":{"SenderId":"s"},"messageAttributes":{)"
            R"("b":{"binaryValue":"aGVsbG8=","stringListValues":[],"binaryListValues":[],)"
            R"("dataType":"Binary"},)"
            R"("s":{"stringValue":"t","stringListValues":[],"binaryListValues":[],)"
            R"("dataType":"String"}},"md5OfMessageAttributes":"y","md5OfBody":"x",)" +
                source);
}

}  // namespace
}  // namespace penstock::stream
