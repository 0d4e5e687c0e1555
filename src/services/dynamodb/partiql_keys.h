// What a WHERE clause says about keys. Pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "services/dynamodb/partiql_compile.h"
#include "services/dynamodb/table.h"

namespace penstock::dynamodb {

// The parts of a condition that all have to hold.
std::vector<const Predicate*> conjuncts_of(const Predicate& predicate);
// The predicates joined by AND; nullopt for none.
std::optional<Predicate> all_of(const std::vector<const Predicate*>& parts);
// The value that the predicate says the top-level attribute equals, or nullptr.
const AttributeValue* equal_to(const Predicate& predicate, std::string_view attribute);

// One item, and what else is said of it.
struct PartiqlItem {
  AttributeMap key;
  std::optional<Predicate> condition;
};
// For UPDATE, DELETE and EXISTS. Of two values for one key attribute, EXISTS takes the first and
// leaves the other in the condition.
Checked<PartiqlItem> partiql_item_of(const PartiqlCommand& command, const KeySchema& keys);
// For SELECT in batches and transactions: the whole key and nothing else; else nullopt.
std::optional<AttributeMap> partiql_key_of(const PartiqlCommand& command, const KeySchema& keys);
// "Key attribute's data type should match ..."
Checked<void> check_partiql_key(const KeyAttribute& attribute, const AttributeValue& value);
Checked<void> check_partiql_key(const KeySchema& keys, const AttributeMap& key);

}  // namespace penstock::dynamodb
