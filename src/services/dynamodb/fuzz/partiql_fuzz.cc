// No statement makes the parser, the compiler, the planner or an evaluator abort; and tokens that
// open are written as they can be opened again.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "services/dynamodb/condition.h"
#include "services/dynamodb/partiql_keys.h"
#include "services/dynamodb/partiql_plan.h"
#include "services/dynamodb/partiql_run.h"
#include "services/dynamodb/partiql_token.h"
#include "services/dynamodb/update.h"

namespace penstock::dynamodb {
namespace {

using Type = AttributeValue::Type;

// Keys a (S) and b (N), and an index on c that has only keys.
const Table& fuzzed_table() {
  static const Table made = [] {
    Table table;
    table.number = 1;
    table.keys = {{"a", Type::kS}, KeyAttribute{"b", Type::kN}};
    Index index;
    index.name = "i";
    index.number = 2;
    index.keys.hash = {{"c", Type::kS}};
    index.projection = ProjectionKind::kKeysOnly;
    table.indexes.push_back(std::move(index));
    return table;
  }();
  return made;
}

const AttributeMap& fuzzed_item() {
  static const AttributeMap made = [] {
    AttributeMap map;
    map.set("a", AttributeValue::s("x"));
    map.set("b", AttributeValue::n("1"));
    map.set("c", AttributeValue::list({AttributeValue::s("x"), AttributeValue::null()}));
    map.set("d", AttributeValue::set(Type::kSS, {"x", "y"}));
    map.set("m", AttributeValue::map(map));
    return map;
  }();
  return made;
}

void fuzz_command(const PartiqlCommand& command) {
  if (command.where) (void)holds(*command.where, fuzzed_item());
  if (command.update) (void)apply_update(*command.update, fuzzed_item());
  (void)partiql_columns(command, fuzzed_item());
  if (command.is_read()) {
    if (const auto plan = plan_partiql(command, fuzzed_table(), false)) {
      for (const PartiqlRead& read : plan->reads) {
        if (read.filter) (void)holds(*read.filter, fuzzed_item());
      }
    }
    (void)partiql_key_of(command, fuzzed_table().keys);
  } else if (const auto write = bind_partiql_write(command, fuzzed_table().keys, true)) {
    if (write->condition) (void)holds(*write->condition, fuzzed_item());
  }
}

}  // namespace
}  // namespace penstock::dynamodb

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock;
  using namespace penstock::dynamodb;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto mark = parse_partiql_token(text)) {
    CHECK(parse_partiql_token(format_partiql_token(*mark))->last_key == mark->last_key);
  }
  static const PartiqlParameters kParameters = std::vector{
      AttributeValue::s("x"), AttributeValue::n("1"), AttributeValue::set(Type::kSS, {"x"}),
      AttributeValue::list({AttributeValue::s("x")}), AttributeValue::map(fuzzed_item())};
  if (text.size() > 8'192) return 0;  // The model lets no longer statement pass.
  if (const auto command = compile_partiql(text, kParameters)) fuzz_command(*command);
  return 0;
}
