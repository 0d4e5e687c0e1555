// JSON bodies against the member tables: what is decoded, what is refused and in which words.
// Wording of type errors: recorded by emulators that ran against AWS (Kinesis, DynamoDB); the rest
// is deduced.
#include "protocol/json_codec.h"

#include <gtest/gtest.h>

#include "gen/kinesis/model.h"

namespace penstock::protocol {
namespace {

using kinesis::api::DescribeStreamInput;
using kinesis::api::PutRecordInput;

template <typename T>
ApiResult<T> decode(std::string body, Missing& missing) {
  T value;
  TRY_VOID(decode_json(kinesis::kServiceInfo, T::shape(), std::move(body), &value, missing));
  return value;
}

TEST(JsonCodec, DecodesBodiesOfEveryLength) {
  for (std::size_t length = 0; length < 300; ++length) {
    Missing missing;
    const std::string name(length, 'a');
    const auto decoded = decode<DescribeStreamInput>("{\"StreamName\":\"" + name + "\"}", missing);
    ASSERT_TRUE(decoded.has_value()) << length;
    EXPECT_EQ(decoded->stream_name, name);
  }
}

struct Refusal {
  std::string_view body;
  std::string_view message;
};

TEST(JsonCodec, RefusesWrongTypesInKinesisWords) {
  const Refusal refusals[] = {
      {R"({"StreamName":1})", "class java.lang.Long can not be converted to a String"},
      {R"({"StreamName":["a"]})", "Start of list found where not expected"},
      {R"({"StreamName":{}})", "Start of structure or map found where not expected."},
      {R"({"Data":"a"})",
       "'a' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 "
       "bytes but found: 1"},
      {R"({"Data":"a*c="})",
       "'a*c=' can not be converted to a Blob: Invalid Base64 character: '*'"},
      {R"(not json)", ""},
      {R"([])", ""},
      {R"({"StreamName":"a")", ""},
  };
  for (const Refusal& refusal : refusals) {
    SCOPED_TRACE(refusal.body);
    Missing missing;
    const auto decoded = decode<PutRecordInput>(std::string(refusal.body), missing);
    ASSERT_FALSE(decoded.has_value());
    EXPECT_EQ(decoded.error().code, "SerializationException");
    EXPECT_EQ(decoded.error().message, refusal.message);
  }
}

TEST(JsonCodec, NamesMissingMembersAndIgnoresUnknownOnesAndNulls) {
  Missing missing;
  const auto decoded =
      decode<PutRecordInput>(R"({"Data":null,"Nothing":{"a":[1]},"PartitionKey":"k"})", missing);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->partition_key, "k");
  EXPECT_EQ(missing.paths, (std::vector<std::string>{"data"}));
}

TEST(JsonCodec, RoundTrips) {
  PutRecordInput input;
  input.stream_name = "quote \" back \\ line \n nul \x01 \xE2\x82\xAC";
  input.partition_key = "k";
  input.data.bytes = std::string("\x00\xff\x10", 3);
  std::string json;
  encode_json(PutRecordInput::shape(), &input, json);
  Missing missing;
  const auto decoded = decode<PutRecordInput>(json, missing);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->stream_name, input.stream_name);
  EXPECT_EQ(decoded->data, input.data);
}

}  // namespace
}  // namespace penstock::protocol
