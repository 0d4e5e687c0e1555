// Tumbling windows as values. Bounds, members and the limit: documented ("Implementing stateful
// Kinesis Data Streams processing in Lambda").
#include "services/lambda/mapping_window.h"

#include <gtest/gtest.h>

namespace penstock::lambda {
namespace {

using std::chrono::seconds;

TEST(MappingWindow, LiesOnMultiplesOfItsLength) {
  const Timestamp at = Timestamp::from_millis(1'607'497'499'999);  // 2020-12-09T07:04:59.999Z
  const OpenWindow window = window_at(at, seconds(120));
  EXPECT_EQ(format_iso8601(window.start), "2020-12-09T07:04:00Z");
  EXPECT_EQ(format_iso8601(window.end), "2020-12-09T07:06:00Z");
  EXPECT_EQ(window_at(window.end, seconds(120)).start, window.end);
}

TEST(MappingWindow, IsShownBesideTheRecords) {
  OpenWindow window = window_at(Timestamp::from_seconds(std::int64_t{1'607'497'440}), seconds(120));
  window.state = R"({"1":282, "2":715})";
  EXPECT_EQ(window_payload({"{\"a\":1}"}, {window, "shardId-000000000006", "arn:s"}),
            R"({"Records":[{"a":1}],"window":{"start":"2020-12-09T07:04:00Z",)"
            R"("end":"2020-12-09T07:06:00Z"},"state":{"1":282, "2":715},)"
            R"("shardId":"shardId-000000000006","eventSourceARN":"arn:s",)"
            R"("isFinalInvokeForWindow":false,"isWindowTerminatedEarly":false})");
  window.ends_early = true;
  EXPECT_TRUE(window_payload({}, {window, "s", "arn:s", true})
                  .ends_with(R"("isFinalInvokeForWindow":true,"isWindowTerminatedEarly":true})"));
}

TEST(MappingWindow, TakesTheStateAsItIsWritten) {
  struct Case {
    std::string_view response;
    std::optional<std::string> state;
  };
  const Case cases[] = {
      {R"({"state":{}})", "{}"},
      {R"({"batchItemFailures":[], "state" : {"sum": 1.50, "b":"x\"}"} })",
       R"({"sum": 1.50, "b":"x\"}"})"},
      {R"({"other":{"state":{}}})", std::nullopt},
      {R"({"state":null})", std::nullopt},  // Deduced: it is an object.
      {R"({"state":"x"})", std::nullopt},
      {R"({"state":{}} trailing)", std::nullopt},
      {"null", std::nullopt},
      {"[]", std::nullopt},
      {"", std::nullopt},
  };
  for (const Case& c : cases) EXPECT_EQ(state_of(c.response), c.state) << c.response;
}

TEST(MappingWindow, IsStored) {
  OpenWindow window = window_at(Timestamp::from_seconds(std::int64_t{1'607'497'440}), seconds(1));
  window.state = R"({"n":1})";
  window.through = "49590338271490256608559692538361571095921575989136588898";
  window.ends_early = true;
  const auto read = decode_window(encode_window(window));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(*read, window);
  EXPECT_FALSE(decode_window("").has_value());
  EXPECT_FALSE(decode_window(encode_window(window).substr(0, 9)).has_value());
}

}  // namespace
}  // namespace penstock::lambda
