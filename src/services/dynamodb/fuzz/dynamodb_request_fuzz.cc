// Requests in the API before expressions, key conditions, iterators and ARNs: nothing aborts, what
// is accepted can be evaluated, and tokens that open are tokens that were made.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "gen/dynamodb/model.h"
#include "protocol/json_codec.h"
#include "services/dynamodb/condition.h"
#include "services/dynamodb/item.h"
#include "services/dynamodb/iterator.h"
#include "services/dynamodb/key_condition.h"
#include "services/dynamodb/legacy.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/request.h"
#include "services/dynamodb/update.h"

namespace penstock::dynamodb {
namespace {

// As the dispatcher does before an operation sees its input.
template <typename Op>
bool decode(std::string_view json, typename Op::Input& value) {
  protocol::Missing missing;
  const auto& shape = Op::Input::shape();
  return protocol::decode_json(kServiceInfo, shape, std::string(json), &value, missing) &&
         protocol::validate(Op::kInfo, &value, missing);
}

const AttributeMap& item() {
  static const AttributeMap made = [] {
    AttributeMap map;
    map.set("a", AttributeValue::n("1"));
    map.set("b", AttributeValue::list({AttributeValue::s("x"), AttributeValue::null()}));
    map.set("c", AttributeValue::map(map));
    return map;
  }();
  return made;
}

void keys(const Predicate& predicate) {
  using Type = AttributeValue::Type;
  for (const Type type : {Type::kS, Type::kN, Type::kB}) {
    const KeySchema schema{{"a", type}, KeyAttribute{"b", type}};
    const auto condition = read_key_condition(predicate, schema);
    if (!condition) continue;
    const KeyRange range = range_of(*condition, 1);
    CHECK(range.begin <= range.end || condition->range != KeyCondition::RangeKind::kNone);
  }
}

void query(std::string_view json) {
  api::QueryInput input;
  if (!decode<op::Query>(json, input)) return;
  if (const auto filter = from_filter(input.query_filter, input.conditional_operator)) {
    if (*filter) (void)holds(**filter, item());
  }
  if (const auto conditions = from_key_conditions(input.key_conditions)) {
    if (*conditions) keys(**conditions);
  }
  const ExpressionTexts texts{.key_condition = &input.key_condition_expression,
                              .filter = &input.filter_expression,
                              .projection = &input.projection_expression,
                              .names = &input.expression_attribute_names,
                              .values = &input.expression_attribute_values};
  if (!check_parameters(texts, {})) return;
  if (const auto parsed = parse_expressions(texts)) {
    if (parsed->key_condition) keys(*parsed->key_condition);
    if (parsed->filter) (void)holds(*parsed->filter, item());
  }
  if (input.attributes_to_get) (void)attributes_to_get(*input.attributes_to_get);
}

void update(std::string_view json) {
  api::UpdateItemInput input;
  if (!decode<op::UpdateItem>(json, input)) return;
  if (const auto expected = from_expected(input.expected, input.conditional_operator)) {
    if (*expected) (void)holds(**expected, item());
  }
  if (const auto updates = from_updates(input.attribute_updates)) {
    if (*updates) (void)apply_update(**updates, item());
  }
}

}  // namespace
}  // namespace penstock::dynamodb

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::dynamodb;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  query(text);
  update(text);
  if (const auto iterator = decode_iterator(text)) {
    const auto again = decode_iterator(encode_iterator(*iterator));
    CHECK(again && again->stream_arn == iterator->stream_arn && again->next == iterator->next);
    CHECK(again->issued == iterator->issued && again->shard_id == iterator->shard_id);
  }
  const penstock::protocol::Context context;
  if (const auto name = resolve_table_name(context, text)) CHECK(name->size() <= text.size());
  (void)parse_sequence(text);
  return 0;
}
