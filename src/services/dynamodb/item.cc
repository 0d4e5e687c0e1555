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

Checked<void> check_length(const AttributeValue& value, bool is_hash) {
  if (value.type() == Type::kN) return {};
  if (is_hash && value.scalar().size() > kHashKeyBytesMax) {
    return std::unexpected(
        "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size "
        "limit of2048 "
        "bytes");
  }
  if (!is_hash && value.scalar().size() > kRangeKeyBytesMax) {
    return std::unexpected(
        "One or more parameter values were invalid: Aggregated size of all range keys has exceeded "
        "the size "
        "limit of 1024 bytes");
  }
  return {};
}

bool is_empty(const AttributeValue& value) {
  return value.type() != Type::kN && value.scalar().empty();
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
  if (is_empty(*value)) {
    return std::unexpected(fmt::format(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
        "contain an empty {} value. Key: {}",
        kind_of_empty(value->type()), attribute.name));
  }
  return check_length(*value, is_hash);
}

Checked<void> check_index_key(const Index& index, const KeyAttribute& attribute, bool is_hash,
                              const AttributeMap& item) {
  const AttributeValue* value = item.find(attribute.name);
  if (value == nullptr) return {};
  if (value->type() != attribute.type) {
    return std::unexpected(fmt::format(
        "One or more parameter values were invalid: Type mismatch for Index Key {} Expected: {} "
        "Actual: {} "
        "IndexName: {}",
        attribute.name, type_name(attribute.type), type_name(value->type()), index.name));
  }
  if (is_empty(*value)) {
    return std::unexpected(
        fmt::format("One or more parameter values are not valid. A value specified for a secondary "
                    "index key is not "
                    "supported. The AttributeValue for a key attribute cannot contain an empty {} "
                    "value. IndexName: {}, "
                    "IndexKey: {}",
                    kind_of_empty(value->type()), index.name, attribute.name));
  }
  return check_length(*value, is_hash);
}

Checked<void> check_index_keys(const Table& table, const AttributeMap& item) {
  for (const Index& index : table.indexes) {
    if (auto ok = check_index_key(index, index.keys.hash, true, item); !ok) return ok;
    if (!index.keys.range) continue;
    if (auto ok = check_index_key(index, *index.keys.range, false, item); !ok) return ok;
  }
  return {};
}

}  // namespace

Checked<void> check_key_value(const KeyAttribute& attribute, bool is_hash,
                              const AttributeValue* value, const std::string& refusal) {
  if (value == nullptr || value->type() != attribute.type) return std::unexpected(refusal);
  if (is_empty(*value)) {
    return std::unexpected(fmt::format(
        "One or more parameter values were invalid: The AttributeValue for a key attribute cannot "
        "contain an empty {} value. Key: {}",
        kind_of_empty(value->type()), attribute.name));
  }
  return check_length(*value, is_hash);
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
  auto ok = check_item_key(table.keys.hash, true, item);
  if (ok && table.keys.range) ok = check_item_key(*table.keys.range, false, item);
  if (ok) ok = check_index_keys(table, item);
  if (!ok) return std::unexpected(ok.error());
  return item_key(table.number, table.keys, item);
}

Checked<void> check_updated_item(const Table& table, const AttributeMap& item) {
  for (const Index& index : table.indexes) {
    for (const KeyAttribute* attribute :
         {&index.keys.hash, index.keys.range ? &*index.keys.range : nullptr}) {
      const AttributeValue* value = attribute != nullptr ? item.find(attribute->name) : nullptr;
      if (value != nullptr && value->type() != attribute->type) {
        return std::unexpected(
            "The update expression attempted to update the secondary index key to unsupported "
            "type");
      }
      if (value == nullptr || is_empty(*value)) continue;
      if (!check_length(*value, attribute == &index.keys.hash)) {
        return std::unexpected(
            "The update expression attempted to update the secondary index key beyond allowed size "
            "limits");
      }
    }
  }
  if (auto ok = check_index_keys(table, item); !ok) return ok;
  if (item_size(item) > kItemBytesMax) {
    return std::unexpected("Item size to update has exceeded the maximum allowed size");
  }
  return {};
}

Checked<void> check_update_paths(const Table& table, const std::vector<DocumentPath>& paths) {
  constexpr const char* kNested =
      "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
      "allowed: ";
  for (const DocumentPath& path : paths) {
    if (table.keys.contains(path.root())) {
      if (path.is_nested()) return std::unexpected(std::string(kNested) + "Key: " + path.root());
      return std::unexpected(
          fmt::format("One or more parameter values were invalid: Cannot update attribute {}. This "
                      "attribute is part of the "
                      "key",
                      path.root()));
    }
    if (!path.is_nested()) continue;
    const bool in_index = std::ranges::any_of(
        table.indexes, [&path](const Index& index) { return index.keys.contains(path.root()); });
    if (in_index) return std::unexpected(std::string(kNested) + "IndexKey: " + path.root());
  }
  return {};
}

AttributeMap key_of(const KeySchema& keys, const AttributeMap& item) {
  AttributeMap key;
  key.set(keys.hash.name, *item.find(keys.hash.name));
  if (keys.range) key.set(keys.range->name, *item.find(keys.range->name));
  return key;
}

std::optional<AttributeMap> index_entry(const Index& index, const KeySchema& table_keys,
                                        const AttributeMap& item) {
  if (!item.contains(index.keys.hash.name)) return std::nullopt;
  if (index.keys.range && !item.contains(index.keys.range->name)) return std::nullopt;
  if (index.projection == ProjectionKind::kAll) return item;
  AttributeMap::Entries entries;
  for (const AttributeMap::Entry& entry : item) {
    if (index.projects(entry.name, table_keys)) entries.push_back(entry);
  }
  return AttributeMap::from_entries(std::move(entries));
}

std::optional<AttributeMap> valid_index_entry(const Index& index, const KeySchema& table_keys,
                                              const AttributeMap& item) {
  if (!check_index_key(index, index.keys.hash, true, item)) return std::nullopt;
  if (index.keys.range && !check_index_key(index, *index.keys.range, false, item))
    return std::nullopt;
  return index_entry(index, table_keys, item);
}

}  // namespace penstock::dynamodb
