// Items against their table's schema: keys, index keys, index entries. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/dynamodb/expression.h"
#include "services/dynamodb/table.h"

namespace penstock::dynamodb {

// The Key of a request: exactly the table's key attributes. The item's key in the store, or AWS's
// text.
Checked<std::string> check_key(const Table& table, const AttributeMap& key);
// The item of a put: has the table's keys, and what index keys it has are of the right type.
Checked<std::string> check_item(const Table& table, const AttributeMap& item);
// After an update: index keys and size.
Checked<void> check_updated_item(const Table& table, const AttributeMap& item);
// An attribute of the key that is an empty string or binary: the text, or nullopt. `is_item` says
// whether `attributes` is an item or a Key, which AWS words differently.
std::optional<std::string> empty_key(const Table& table, const AttributeMap& attributes,
                                     bool is_item);

// A key attribute of an index, global indexes first: the order in which AWS looks at them.
struct IndexKey {
  const Index* index;
  const KeyAttribute* attribute;
};
std::vector<IndexKey> index_keys(const Table& table);
std::string index_type_mismatch(const IndexKey& key, AttributeValue::Type actual);

// One key attribute against the schema, as reads do: type, emptiness, length. `refusal` is the text
// for a missing or ill-typed one.
Checked<void> check_key_value(const KeyAttribute& attribute, bool is_hash,
                              const AttributeValue* value, const std::string& refusal);

// Only the key attributes, all of which the item has.
AttributeMap key_of(const KeyParts& keys, const AttributeMap& item);

// The item as the index sees it, or nullopt when it lacks a key attribute of the index.
std::optional<AttributeMap> index_entry(const Index& index, const KeySchema& table_keys,
                                        const AttributeMap& item);
// As index_entry, and skips items whose index key has the wrong type or size (backfill).
std::optional<AttributeMap> valid_index_entry(const Index& index, const KeySchema& table_keys,
                                              const AttributeMap& item);

}  // namespace penstock::dynamodb
