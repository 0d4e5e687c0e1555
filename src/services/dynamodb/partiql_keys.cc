// Keys in WHERE clauses.
#include "services/dynamodb/partiql_keys.h"

#include <fmt/format.h>

namespace penstock::dynamodb {
namespace {

using PredicateKind = Predicate::Kind;

void collect_conjuncts(const Predicate& predicate, std::vector<const Predicate*>& out) {
  if (predicate.kind != PredicateKind::kAnd) {
    out.push_back(&predicate);
    return;
  }
  for (const Predicate& part : predicate.conditions) collect_conjuncts(part, out);
}

bool is_attribute(const Operand& operand, std::string_view name) {
  return operand.kind == Operand::Kind::kPath && !operand.path.is_nested() &&
         operand.path.root() == name;
}

// IN with one value is an equality to reads.
const AttributeValue* only_value(const Predicate& predicate, std::string_view attribute) {
  if (predicate.kind != PredicateKind::kIn) return equal_to(predicate, attribute);
  const bool one = predicate.operands.size() == 2 && is_attribute(predicate.operands[0], attribute);
  return one ? predicate.operands[1].value : nullptr;
}

bool has_key(const KeySchema& keys, const AttributeMap& key) {
  return key.contains(keys.hash.name) && (!keys.range || key.contains(keys.range->name));
}

std::vector<std::string_view> names_of(const KeySchema& keys) {
  std::vector<std::string_view> names = {keys.hash.name};
  if (keys.range) names.push_back(keys.range->name);
  return names;
}

}  // namespace

std::vector<const Predicate*> conjuncts_of(const Predicate& predicate) {
  std::vector<const Predicate*> out;
  collect_conjuncts(predicate, out);
  return out;
}

std::optional<Predicate> all_of(const std::vector<const Predicate*>& parts) {
  if (parts.empty()) return std::nullopt;
  if (parts.size() == 1) return *parts.front();
  Predicate out{.kind = PredicateKind::kAnd};
  for (const Predicate* part : parts) out.conditions.push_back(*part);
  return out;
}

const AttributeValue* equal_to(const Predicate& predicate, std::string_view attribute) {
  if (predicate.kind != PredicateKind::kCompare || predicate.comparator != Comparator::kEqual) {
    return nullptr;
  }
  const Operand& left = predicate.operands[0];
  const Operand& right = predicate.operands[1];
  if (is_attribute(left, attribute) && right.kind == Operand::Kind::kValue) return right.value;
  if (is_attribute(right, attribute) && left.kind == Operand::Kind::kValue) return left.value;
  return nullptr;
}

Checked<PartiqlItem> partiql_item_of(const PartiqlCommand& command, const KeySchema& keys) {
  const bool exists = command.kind == PartiqlCommand::Kind::kExists;
  PartiqlItem item;
  std::vector<const Predicate*> rest;
  if (command.where) {
    for (const Predicate* part : conjuncts_of(*command.where)) {
      bool taken = false;
      for (const std::string_view name : names_of(keys)) {
        const AttributeValue* value = equal_to(*part, name);
        if (value == nullptr) continue;
        const AttributeValue* present = item.key.find(name);
        const bool conflict = present != nullptr && *present != *value;
        if (conflict && !exists) {
          return std::unexpected(
              fmt::format("Multiple conditions on same key {}. Only single item "
                          "Update/Insert/Delete are supported",
                          name));
        }
        if (present == nullptr) item.key.set(std::string(name), *value);
        taken = !conflict;
      }
      if (!taken) rest.push_back(part);
    }
  }
  item.condition = all_of(rest);
  if (exists && (!has_key(keys, item.key) || !item.condition)) {
    return std::unexpected("EXISTS() must contain a single item read with additional condition");
  }
  if (!has_key(keys, item.key)) {
    return std::unexpected(
        "Where clause does not contain a mandatory equality on all key attributes");
  }
  return item;
}

std::optional<AttributeMap> partiql_key_of(const PartiqlCommand& command, const KeySchema& keys) {
  if (!command.where || command.index) return std::nullopt;
  AttributeMap key;
  for (const Predicate* part : conjuncts_of(*command.where)) {
    bool taken = false;
    for (const std::string_view name : names_of(keys)) {
      const AttributeValue* value = only_value(*part, name);
      if (value == nullptr) continue;
      const AttributeValue* present = key.find(name);
      if (present != nullptr && *present != *value) return std::nullopt;
      if (present == nullptr) key.set(std::string(name), *value);
      taken = true;
    }
    if (!taken) return std::nullopt;
  }
  if (!has_key(keys, key)) return std::nullopt;
  return key;
}

Checked<void> check_partiql_key(const KeyAttribute& attribute, const AttributeValue& value) {
  if (!value.is_scalar_key()) {
    return std::unexpected(
        fmt::format("Key value must be of type S, N, or B. Key name: {}, Key type: {}",
                    attribute.name, type_name(value.type())));
  }
  if (value.type() != attribute.type) {
    return std::unexpected(fmt::format(
        "Key attribute's data type should match its data type in table's schema: Key {}",
        attribute.name));
  }
  return {};
}

Checked<void> check_partiql_key(const KeySchema& keys, const AttributeMap& key) {
  TRY_VOID(check_partiql_key(keys.hash, *key.find(keys.hash.name)));
  if (keys.range) TRY_VOID(check_partiql_key(*keys.range, *key.find(keys.range->name)));
  return {};
}

}  // namespace penstock::dynamodb
