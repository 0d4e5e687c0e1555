// Application of an update expression. All right-hand sides are computed on the item as it was;
// then SET runs in ascending path order (so that several elements appended to a list keep the order
// of their indexes), ADD and DELETE follow, and REMOVE runs last in descending order, because its
// indexes mean original positions.
#include "services/dynamodb/update.h"

#include <algorithm>

#include "base/check.h"
#include "protocol/number.h"

namespace penstock::dynamodb {
namespace {

using Type = AttributeValue::Type;

constexpr const char* kBadPath =
    "The document path provided in the update expression is invalid for update";
constexpr const char* kBadType = "An operand in the update expression has an incorrect data type";
constexpr const char* kLegacyBadType = "Type mismatch for attribute to update";
constexpr const char* kMissing =
    "The provided expression refers to an attribute that does not exist in the item";

Checked<AttributeValue> evaluate(const Operand& operand, const AttributeMap& item);

Checked<AttributeValue> evaluate_sum(const Operand& operand, const AttributeMap& item) {
  auto left = evaluate(operand.operands[0], item);
  if (!left) return left;
  auto right = evaluate(operand.operands[1], item);
  if (!right) return right;
  if (left->type() != Type::kN || right->type() != Type::kN) return std::unexpected(kBadType);
  const Number a = *Number::parse(left->scalar()), b = *Number::parse(right->scalar());
  const auto sum = operand.kind == Operand::Kind::kPlus ? a.plus(b) : a.minus(b);
  if (!sum) return std::unexpected(number_problem_message(sum.error(), {}));
  return AttributeValue::n(sum->text());
}

Checked<AttributeValue> evaluate_call(const Operand& operand, const AttributeMap& item) {
  if (operand.function == "if_not_exists") {
    const AttributeValue* found = find_value(item, operand.operands[0].path);
    if (found != nullptr) return *found;
    return evaluate(operand.operands[1], item);
  }
  CHECK(operand.function == "list_append");
  auto left = evaluate(operand.operands[0], item);
  if (!left) return left;
  auto right = evaluate(operand.operands[1], item);
  if (!right) return right;
  if (left->type() != Type::kL || right->type() != Type::kL) return std::unexpected(kBadType);
  for (AttributeValue& element : right->elements()) left->elements().push_back(std::move(element));
  return left;
}

Checked<AttributeValue> evaluate(const Operand& operand, const AttributeMap& item) {
  switch (operand.kind) {
    case Operand::Kind::kValue: return *operand.value;
    case Operand::Kind::kPath: {
      const AttributeValue* found = find_value(item, operand.path);
      if (found == nullptr) return std::unexpected(kMissing);
      return *found;
    }
    case Operand::Kind::kFunction: return evaluate_call(operand, item);
    case Operand::Kind::kPlus:
    case Operand::Kind::kMinus: return evaluate_sum(operand, item);
  }
  return std::unexpected(kBadType);
}

// The container that holds the path's last element, or nullptr when there is none of the right
// kind.
AttributeValue* parent_of(AttributeMap& item, const DocumentPath& path) {
  AttributeValue* value = item.find(path.root());
  for (std::size_t i = 1; value != nullptr; ++i) {
    const PathElement& element = path.elements[i];
    if (value->type() != (element.is_index ? Type::kL : Type::kM)) return nullptr;
    if (i + 1 == path.elements.size()) return value;
    if (element.is_index) {
      auto& list = value->elements();
      value = element.index < list.size() ? &list[element.index] : nullptr;
    } else {
      value = value->attributes().find(element.name);
    }
  }
  return nullptr;
}

Checked<void> assign(AttributeMap& item, const DocumentPath& path, AttributeValue value) {
  if (!path.is_nested()) {
    item.set(path.root(), std::move(value));
    return {};
  }
  AttributeValue* parent = parent_of(item, path);
  if (parent == nullptr) return std::unexpected(kBadPath);
  const PathElement& last = path.elements.back();
  if (!last.is_index) {
    parent->attributes().set(last.name, std::move(value));
  } else if (last.index < parent->elements().size()) {
    parent->elements()[last.index] = std::move(value);
  } else {
    parent->elements().push_back(std::move(value));
  }
  return {};
}

// Removing what is not there is fine; removing from what is not there is not.
Checked<void> remove(AttributeMap& item, const DocumentPath& path) {
  if (!path.is_nested()) {
    item.erase(path.root());
    return {};
  }
  AttributeValue* parent = parent_of(item, path);
  if (parent == nullptr) return std::unexpected(kBadPath);
  const PathElement& last = path.elements.back();
  if (!last.is_index) {
    parent->attributes().erase(last.name);
  } else if (last.index < parent->elements().size()) {
    parent->elements().erase(parent->elements().begin() + last.index);
  }
  return {};
}

Checked<AttributeValue> added(const AttributeValue* present, const AttributeValue& value) {
  if (present == nullptr) return value;
  if (present->type() != value.type()) return std::unexpected(kBadType);
  if (value.type() == Type::kN) {
    const auto sum = Number::parse(present->scalar())->plus(*Number::parse(value.scalar()));
    if (!sum) return std::unexpected(number_problem_message(sum.error(), {}));
    return AttributeValue::n(sum->text());
  }
  AttributeValue::Set members;
  std::ranges::set_union(present->members(), value.members(), std::back_inserter(members));
  return AttributeValue::set(value.type(), std::move(members));
}

Checked<void> apply_adds(const UpdateExpression& update, const AttributeMap& before,
                         AttributeMap& item) {
  for (const auto& [path, value] : update.adds) {
    auto sum = added(find_value(before, path), *value);
    if (!sum) return std::unexpected(sum.error());
    if (auto done = assign(item, path, std::move(*sum)); !done) return done;
  }
  return {};
}

// Subtracts set members. What becomes empty is left to be removed with the REMOVE paths, in their
// order.
Checked<void> apply_deletes(const UpdateExpression& update, const AttributeMap& before,
                            AttributeMap& item, std::vector<DocumentPath>& removes) {
  for (const auto& [path, value] : update.deletes) {
    const AttributeValue* present = find_value(before, path);
    if (present == nullptr) {
      if (path.is_nested() && parent_of(item, path) == nullptr) return std::unexpected(kBadPath);
      continue;
    }
    if (present->type() != value->type()) return std::unexpected(kBadType);
    AttributeValue::Set members;
    std::ranges::set_difference(present->members(), value->members(), std::back_inserter(members));
    if (members.empty()) {
      removes.push_back(path);
      continue;
    }
    auto rest = AttributeValue::set(value->type(), std::move(members));
    if (auto done = assign(item, path, std::move(rest)); !done) return done;
  }
  return {};
}

Checked<AttributeMap> apply(const UpdateExpression& update, const AttributeMap& before) {
  std::vector<std::pair<const DocumentPath*, AttributeValue>> values;
  for (const SetAction& action : update.sets) {
    auto value = evaluate(action.value, before);
    if (!value) return std::unexpected(value.error());
    values.emplace_back(&action.path, std::move(*value));
  }
  std::ranges::sort(values, [](const auto& a, const auto& b) { return *a.first < *b.first; });

  AttributeMap item = before;
  for (auto& [path, value] : values) {
    if (auto done = assign(item, *path, std::move(value)); !done)
      return std::unexpected(done.error());
  }
  if (auto done = apply_adds(update, before, item); !done) return std::unexpected(done.error());
  std::vector<DocumentPath> removes = update.removes;
  if (auto done = apply_deletes(update, before, item, removes); !done) {
    return std::unexpected(done.error());
  }
  std::ranges::sort(removes, std::greater{});
  for (const DocumentPath& path : removes) {
    if (auto done = remove(item, path); !done) return std::unexpected(done.error());
  }
  return item;
}

}  // namespace

Checked<AttributeMap> apply_update(const UpdateExpression& update, const AttributeMap& before) {
  auto item = apply(update, before);
  if (!item && update.is_legacy && item.error() == kBadType) return std::unexpected(kLegacyBadType);
  return item;
}

}  // namespace penstock::dynamodb
