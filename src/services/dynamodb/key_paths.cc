// Order and wording: dynalite's record of AWS. Global indexes come before local ones.
#include "services/dynamodb/key_paths.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "services/dynamodb/item.h"

namespace penstock::dynamodb {
namespace {

using Type = AttributeValue::Type;

void collect(const Operand& operand, std::vector<const DocumentPath*>& out) {
  if (operand.kind == Operand::Kind::kPath) out.push_back(&operand.path);
  for (const Operand& child : operand.operands) collect(child, out);
}
void collect(const Predicate& predicate, std::vector<const DocumentPath*>& out) {
  for (const Operand& operand : predicate.operands) collect(operand, out);
  for (const Predicate& child : predicate.conditions) collect(child, out);
}

bool names_root(const std::vector<DocumentPath>& paths, const std::string& root) {
  return std::ranges::any_of(paths, [&root](const DocumentPath& p) { return p.root() == root; });
}

// The type that an operand has whatever the item is.
std::optional<Type> literal_type(const Operand& operand) {
  switch (operand.kind) {
    case Operand::Kind::kValue: return operand.value->type();
    case Operand::Kind::kPlus:
    case Operand::Kind::kMinus: return Type::kN;
    case Operand::Kind::kFunction:
      if (operand.function == "list_append") return Type::kL;
      if (operand.function == "if_not_exists") return literal_type(operand.operands[1]);
      break;
    case Operand::Kind::kPath: break;
  }
  return std::nullopt;
}

// What the update gives a whole attribute, when that can be said.
std::optional<Type> given_type(const UpdateExpression& update, const std::string& name) {
  const auto is_it = [&name](const DocumentPath& path) {
    return !path.is_nested() && path.root() == name;
  };
  for (const SetAction& action : update.sets) {
    if (is_it(action.path)) return literal_type(action.value);
  }
  for (const std::vector<ValueAction>* actions : {&update.adds, &update.deletes}) {
    for (const ValueAction& action : *actions) {
      if (is_it(action.path)) return action.value->type();
    }
  }
  return std::nullopt;
}

std::string nested(std::string_view what, const std::string& name) {
  return fmt::format(
      "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
      "allowed: {}: {}",
      what, name);
}

}  // namespace

std::vector<const DocumentPath*> paths_of(const Predicate& predicate) {
  std::vector<const DocumentPath*> out;
  collect(predicate, out);
  return out;
}

Checked<void> check_updated_paths(const Table& table, const UpdateExpression& update) {
  const std::vector<DocumentPath> paths = update.paths();
  for (const KeyAttribute* key :
       {&table.keys.hash, table.keys.range ? &*table.keys.range : nullptr}) {
    if (key != nullptr && names_root(paths, key->name)) {
      return std::unexpected(
          fmt::format("One or more parameter values were invalid: Cannot update attribute {}. This "
                      "attribute is part of the key",
                      key->name));
    }
  }
  for (const IndexKey& key : index_keys(table)) {
    const auto type = given_type(update, key.attribute->name);
    if (type && *type != key.attribute->type) {
      return std::unexpected(index_type_mismatch(key, *type));
    }
  }
  return check_nested_paths(table, paths);
}

Checked<void> check_nested_paths(const Table& table,
                                 const std::vector<const DocumentPath*>& paths) {
  const auto is_entered = [&paths](const std::string& name) {
    return std::ranges::any_of(paths, [&name](const DocumentPath* path) {
      return path->is_nested() && path->root() == name;
    });
  };
  for (const KeyAttribute* key :
       {&table.keys.hash, table.keys.range ? &*table.keys.range : nullptr}) {
    if (key != nullptr && is_entered(key->name)) return std::unexpected(nested("Key", key->name));
  }
  for (const IndexKey& key : index_keys(table)) {
    const std::string& name = key.attribute->name;
    if (is_entered(name)) return std::unexpected(nested("IndexKey", name));
  }
  return {};
}

Checked<void> check_nested_paths(const Table& table, const std::vector<DocumentPath>& paths) {
  std::vector<const DocumentPath*> pointers;
  for (const DocumentPath& path : paths) pointers.push_back(&path);
  return check_nested_paths(table, pointers);
}

Checked<void> check_filtered_paths(const KeyParts& keys,
                                   const std::vector<const DocumentPath*>& paths,
                                   std::string_view parameter) {
  for (const std::span<const KeyAttribute> attributes : {keys.hash, keys.range}) {
    for (const KeyAttribute& key : attributes) {
      const bool named = std::ranges::any_of(
          paths, [&key](const DocumentPath* path) { return path->root() == key.name; });
      if (!named) continue;
      return std::unexpected(
          fmt::format("{} can only contain non-primary key attributes: Primary key attribute: {}",
                      parameter, key.name));
    }
  }
  return {};
}

}  // namespace penstock::dynamodb
