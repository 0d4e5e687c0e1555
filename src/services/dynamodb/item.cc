// Items against their table's schema. Wording recorded by dynalite and Alternator against AWS.
#include "services/dynamodb/item.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/dynamodb/keys.h"
#include "services/dynamodb/limits.h"

namespace penstock::dynamodb {
namespace {

using Type = AttributeValue::Type;

constexpr const char* kKeyMismatch = "The provided key element does not match the schema";

std::string_view kind_of_empty(Type type) { return type == Type::kB ? "binary" : "string"; }

Checked<void> check_total(std::size_t bytes, bool is_hash) {
  if (is_hash && bytes > kHashKeyBytesMax) {
    return std::unexpected(
        "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size "
        "limit of2048 "
        "bytes");
  }
  if (!is_hash && bytes > kRangeKeyBytesMax) {
    return std::unexpected(
        "One or more parameter values were invalid: Aggregated size of all range keys has exceeded "
        "the size "
        "limit of 1024 bytes");
  }
  return {};
}

std::size_t key_size(const AttributeValue& value) {
  return value.type() == Type::kN ? 0 : value.scalar().size();  // Numbers always fit.
}

Checked<void> check_length(const AttributeValue& value, bool is_hash) {
  return check_total(key_size(value), is_hash);
}

bool is_empty(const AttributeValue& value) {
  return value.type() != Type::kN && value.scalar().empty();
}

std::string empty_item_key(const KeyAttribute& attribute) {
  return fmt::format(
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
      "contain an empty {} value. Key: {}",
      kind_of_empty(attribute.type), attribute.name);
}

std::string empty_request_key(const KeyAttribute& attribute) {
  return fmt::format(
      "One or more parameter values were invalid: The AttributeValue for a key attribute cannot "
      "contain an empty {} value. Key: {}",
      kind_of_empty(attribute.type), attribute.name);
}

Checked<void> check_item_key(const KeyAttribute& attribute, bool is_hash,
                             const AttributeMap& item) {
  const AttributeValue* value = item.find(attribute.name);
  if (value == nullptr) {
    return std::unexpected(
        fmt::format("One or more parameter values were invalid: Missing the key {} in the item",
                    attribute.name));
  }
  if (value->type() != attribute.type) {
    return std::unexpected(
        fmt::format("One or more parameter values were invalid: Type mismatch for key {} expected: "
                    "{} actual: {}",
                    attribute.name, type_name(attribute.type), type_name(value->type())));
  }
  if (is_empty(*value)) return std::unexpected(empty_item_key(attribute));
  return check_length(*value, is_hash);
}

Checked<void> check_index_attribute(const IndexKey& key, const AttributeMap& item) {
  const AttributeValue* value = item.find(key.attribute->name);
  if (value == nullptr) return {};
  if (value->type() != key.attribute->type) {
    return std::unexpected(index_type_mismatch(key, value->type()));
  }
  if (is_empty(*value)) {
    return std::unexpected(
        fmt::format("One or more parameter values are not valid. A value specified for a secondary "
                    "index key is not supported. The AttributeValue for a key attribute cannot "
                    "contain an empty {} value. IndexName: {}, IndexKey: {}",
                    kind_of_empty(value->type()), key.index->name, key.attribute->name));
  }
  return {};
}

// What the item has of these key attributes together.
std::size_t size_of(const std::vector<KeyAttribute>& attributes, const AttributeMap& item) {
  std::size_t bytes = 0;
  for (const KeyAttribute& attribute : attributes) {
    if (const AttributeValue* value = item.find(attribute.name)) bytes += key_size(*value);
  }
  return bytes;
}

Checked<void> check_index_sizes(const Index& index, const AttributeMap& item) {
  if (auto ok = check_total(size_of(index.keys.hash, item), true); !ok) return ok;
  return check_total(size_of(index.keys.range, item), false);
}

// Global indexes first: the order in which AWS looks at them.
std::vector<const Index*> indexes_in_order(const Table& table) {
  std::vector<const Index*> out;
  for (const bool global : {true, false}) {
    for (const Index& index : table.indexes) {
      if (index.global == global) out.push_back(&index);
    }
  }
  return out;
}

void add_keys(const Index& index, std::vector<IndexKey>& out) {
  for (const KeyAttribute& attribute : index.keys.hash) out.push_back({&index, &attribute});
  for (const KeyAttribute& attribute : index.keys.range) out.push_back({&index, &attribute});
}

Checked<void> check_index_key(const Index& index, const AttributeMap& item) {
  std::vector<IndexKey> keys;
  add_keys(index, keys);
  for (const IndexKey& key : keys) {
    if (auto ok = check_index_attribute(key, item); !ok) return ok;
  }
  return check_index_sizes(index, item);
}

Checked<void> check_index_keys(const Table& table, const AttributeMap& item) {
  for (const Index* index : indexes_in_order(table)) {
    if (auto ok = check_index_key(*index, item); !ok) return ok;
  }
  return {};
}

bool has_all(const std::vector<KeyAttribute>& attributes, const AttributeMap& item) {
  return std::ranges::all_of(
      attributes, [&item](const KeyAttribute& attribute) { return item.contains(attribute.name); });
}

bool has_wrong_type(const std::vector<KeyAttribute>& attributes, const AttributeMap& item) {
  return std::ranges::any_of(attributes, [&item](const KeyAttribute& attribute) {
    const AttributeValue* value = item.find(attribute.name);
    return value != nullptr && value->type() != attribute.type;
  });
}

}  // namespace

Checked<void> check_key_value(const KeyAttribute& attribute, bool is_hash,
                              const AttributeValue* value, const std::string& refusal) {
  if (value == nullptr || value->type() != attribute.type) return std::unexpected(refusal);
  if (is_empty(*value)) return std::unexpected(empty_request_key(attribute));
  return check_length(*value, is_hash);
}

std::vector<IndexKey> index_keys(const Table& table) {
  std::vector<IndexKey> out;
  for (const Index* index : indexes_in_order(table)) add_keys(*index, out);
  return out;
}

std::string index_type_mismatch(const IndexKey& key, AttributeValue::Type actual) {
  return fmt::format(
      "One or more parameter values were invalid: Type mismatch for Index Key {} Expected: {} "
      "Actual: {} IndexName: {}",
      key.attribute->name, type_name(key.attribute->type), type_name(actual), key.index->name);
}

std::optional<std::string> empty_key(const Table& table, const AttributeMap& attributes,
                                     bool is_item) {
  for (const KeyAttribute* key :
       {&table.keys.hash, table.keys.range ? &*table.keys.range : nullptr}) {
    const AttributeValue* value = key != nullptr ? attributes.find(key->name) : nullptr;
    if (value == nullptr || value->type() != key->type || !is_empty(*value)) continue;
    return is_item ? empty_item_key(*key) : empty_request_key(*key);
  }
  return std::nullopt;
}

Checked<std::string> check_key(const Table& table, const AttributeMap& key) {
  const KeySchema& keys = table.keys;
  if (key.size() != (keys.range ? 2U : 1U)) return std::unexpected(kKeyMismatch);
  auto ok = check_key_value(keys.hash, true, key.find(keys.hash.name), kKeyMismatch);
  if (ok && keys.range)
    ok = check_key_value(*keys.range, false, key.find(keys.range->name), kKeyMismatch);
  if (!ok) return std::unexpected(ok.error());
  return item_key(table.number, keys, key);
}

Checked<std::string> check_item(const Table& table, const AttributeMap& item) {
  if (item_size(item) > kItemBytesMax) {
    return std::unexpected("Item size has exceeded the maximum allowed size");
  }
  auto ok = check_item_key(table.keys.hash, true, item);
  if (ok && table.keys.range) ok = check_item_key(*table.keys.range, false, item);
  if (ok) ok = check_index_keys(table, item);
  if (!ok) return std::unexpected(ok.error());
  return item_key(table.number, table.keys, item);
}

Checked<void> check_updated_item(const Table& table, const AttributeMap& item) {
  for (const Index& index : table.indexes) {
    if (has_wrong_type(index.keys.hash, item) || has_wrong_type(index.keys.range, item)) {
      return std::unexpected(
          "The update expression attempted to update the secondary index key to unsupported "
          "type");
    }
    if (!check_index_sizes(index, item)) {
      return std::unexpected(
          "The update expression attempted to update the secondary index key beyond allowed size "
          "limits");
    }
  }
  if (auto ok = check_index_keys(table, item); !ok) return ok;
  if (item_size(item) > kItemBytesMax) {
    return std::unexpected("Item size to update has exceeded the maximum allowed size");
  }
  return {};
}

AttributeMap key_of(const KeyParts& keys, const AttributeMap& item) {
  AttributeMap key;
  for (const KeyAttribute& attribute : keys.hash)
    key.set(attribute.name, *item.find(attribute.name));
  for (const KeyAttribute& attribute : keys.range) {
    key.set(attribute.name, *item.find(attribute.name));
  }
  return key;
}

std::optional<AttributeMap> index_entry(const Index& index, const KeySchema& table_keys,
                                        const AttributeMap& item) {
  if (!has_all(index.keys.hash, item) || !has_all(index.keys.range, item)) return std::nullopt;
  if (index.projection == ProjectionKind::kAll) return item;
  AttributeMap::Entries entries;
  for (const AttributeMap::Entry& entry : item) {
    if (index.projects(entry.name, table_keys)) entries.push_back(entry);
  }
  return AttributeMap::from_entries(std::move(entries));
}

std::optional<AttributeMap> valid_index_entry(const Index& index, const KeySchema& table_keys,
                                              const AttributeMap& item) {
  if (!check_index_key(index, item)) return std::nullopt;
  return index_entry(index, table_keys, item);
}

}  // namespace penstock::dynamodb
