// The filter language, on data.
#include "stream/event_pattern.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <vector>

namespace penstock::stream {
namespace {

struct Document {
  explicit Document(std::string_view json) : text(json) {
    EXPECT_EQ(parser.parse(text).get(root), simdjson::SUCCESS) << json;
  }
  simdjson::padded_string text;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
};

constexpr std::string_view kOrder =
    R"({"eventID":"e1","eventName":"INSERT","n":5,"list":[{"a":1,"b":"x"},{"a":2,"b":"y"}],)"
    R"("dynamodb":{"Keys":{"pk":{"S":"o-1"}},"NewImage":{"pk":{"S":"o-1"},"total":{"N":"12"}}},)"
    R"("empty":[],"yes":true,"none":null,"text":"say \"hi\""})";

// The semantics are documented with the rule engine that AWS published.
TEST(EventPattern, Matches) {
  Document order(kOrder);
  struct Case {
    std::string_view pattern;
    bool matches;
  };
  const std::vector<Case> cases = {
      {R"({"eventName":["INSERT","MODIFY"]})", true},
      {R"({"eventName":["REMOVE"]})", false},
      {R"({"eventName":["INSERT"],"eventID":["other"]})", false},
      {R"({"dynamodb":{"Keys":{"pk":{"S":["o-1"]}}}})", true},
      {R"({"dynamodb.Keys.pk.S":["o-1"]})", true},
      {R"({"dynamodb":{"Keys":{"pk":{"S":[{"prefix":"o-"}]}}}})", true},
      {R"({"dynamodb":{"Keys":{"pk":{"S":[{"prefix":{"equals-ignore-case":"O-"}}]}}}})", true},
      {R"({"dynamodb":{"Keys":{"pk":{"S":[{"suffix":"-2"}]}}}})", false},
      {R"({"eventName":[{"equals-ignore-case":"insert"}]})", true},
      {R"({"eventName":[{"anything-but":["REMOVE","MODIFY"]}]})", true},
      {R"({"eventName":[{"anything-but":"INSERT"}]})", false},
      {R"({"absent":[{"anything-but":"x"}]})", false},
      {R"({"n":[5]})", true},
      {R"({"n":[5.0]})", true},
      {R"({"n":[{"numeric":[">",4,"<=",5]}]})", true},
      {R"({"n":[{"numeric":["<",5]}]})", false},
      {R"({"n":[{"numeric":["=",5]}]})", true},
      // DynamoDB numbers are strings: numeric operators never match them.
      {R"({"dynamodb":{"NewImage":{"total":{"N":[{"numeric":[">",1]}]}}}})", false},
      {R"({"dynamodb":{"NewImage":{"total":{"N":["12"]}}}})", true},
      {R"({"yes":[true]})", true},
      {R"({"none":[null]})", true},
      {R"({"eventID":[{"exists":true}]})", true},
      {R"({"absent":[{"exists":true}]})", false},
      {R"({"absent":[{"exists":false}]})", true},
      {R"({"absent":{"deeper":[{"exists":false}]}})", true},
      // Only leaves exist: pk is an object.
      {R"({"dynamodb":{"NewImage":{"pk":[{"exists":false}]}}})", true},
      {R"({"dynamodb":{"NewImage":{"pk":{"S":[{"exists":false}]}}}})", false},
      {R"({"empty":[{"exists":false}]})", true},
      // Fields of one nested pattern come from the same element.
      {R"({"list":{"a":[1],"b":["x"]}})", true},
      {R"({"list":{"a":[1],"b":["y"]}})", false},
      {R"({"$or":[{"eventID":["nope"]},{"n":[5]}]})", true},
      {R"({"$or":[{"eventID":["nope"]},{"n":[6]}]})", false},
      {R"({"eventName":["REMOVE"],"$or":[{"n":[5]},{"n":[6]}]})", false},
  };
  for (const Case& c : cases) {
    const auto pattern = EventPattern::parse(c.pattern);
    ASSERT_TRUE(pattern.has_value()) << c.pattern << pattern.error().message;
    EXPECT_EQ(pattern->matches(order.root), c.matches) << c.pattern;
  }
  Document host(R"({"ip":"10.0.0.77","six":"2001:db8::1"})");
  EXPECT_TRUE(EventPattern::parse(R"({"ip":[{"cidr":"10.0.0.0/24"}]})")->matches(host.root));
  EXPECT_FALSE(EventPattern::parse(R"({"ip":[{"cidr":"10.0.1.0/24"}]})")->matches(host.root));
  EXPECT_TRUE(EventPattern::parse(R"({"six":[{"cidr":"2001:db8::/32"}]})")->matches(host.root));
}

// The reasons are those of the published rule engine.
TEST(EventPattern, Refuses) {
  struct Case {
    std::string_view pattern;
    std::string_view reason;
  };
  const std::vector<Case> cases = {
      {"", "Filter is not an object"},
      {"[]", "Filter is not an object"},
      {"{}", "Empty objects are not allowed"},
      {R"({"a":{}})", "Empty objects are not allowed"},
      {R"({"a":"x"})", "\"a\" must be an object or an array"},
      {R"({"a":[]})", "Empty arrays are not allowed"},
      {R"({"a":[["x"]]})", "Match value must be String, number, true, false, or null"},
      {R"({"a":[{"wildcard":"x*"}]})", "Unrecognized match type wildcard"},
      {R"({"a":[{"prefix":"x","suffix":"y"}]})", "Only one key allowed in match expression"},
      {R"({"a":[{"prefix":5}]})", "prefix match pattern must be a string"},
      {R"({"a":[{"exists":"yes"}]})", "exists match pattern must be either true or false."},
      {R"({"a":[{"numeric":5}]})", "Value of numeric must be an array."},
      {R"({"a":[{"numeric":["!",5]}]})", "Unrecognized numeric range operator: !"},
      {R"({"a":[{"numeric":[">",5,"<",5]}]})", "Bottom must be less than top"},
      {R"({"a":["x"],"a":["y"]})", "Path `a` cannot be allowed multiple times"},
  };
  for (const Case& c : cases) {
    const auto pattern = EventPattern::parse(c.pattern);
    ASSERT_FALSE(pattern.has_value()) << c.pattern;
    EXPECT_EQ(pattern.error().message, c.reason) << c.pattern;
  }
}

}  // namespace
}  // namespace penstock::stream
