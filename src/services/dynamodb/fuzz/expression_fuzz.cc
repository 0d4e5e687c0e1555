// No expression makes a parser or an evaluator abort.
#include <map>
#include <string>

#include "services/dynamodb/condition.h"
#include "services/dynamodb/expression.h"
#include "services/dynamodb/update.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock;
  using namespace penstock::dynamodb;
  if (size == 0) return 0;
  static const std::map<std::string, std::string> kNames = {{"#a", "a"}, {"#b", "b"}};
  AttributeMap item;
  item.set("a", AttributeValue::n("1"));
  item.set("b", AttributeValue::list({AttributeValue::s("x"), AttributeValue::null()}));
  item.set("c", AttributeValue::map(item));
  AttributeMap values;
  values.set(":a", AttributeValue::n("1"));
  values.set(":b", AttributeValue::s("x"));
  values.set(":c", AttributeValue::set(AttributeValue::Type::kSS, {"x", "y"}));
  values.set(":d", AttributeValue::list({AttributeValue::s("x")}));
  Placeholders placeholders{.names = &kNames, .values = &values};
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      if (const auto parsed = parse_condition("ConditionExpression", text, placeholders))
        (void)holds(*parsed, item);
      break;
    case 1:
      if (const auto parsed = parse_update(text, placeholders)) (void)apply_update(*parsed, item);
      break;
    default:
      if (const auto parsed = parse_projection(text, placeholders)) (void)project(item, *parsed);
  }
  return 0;
}
