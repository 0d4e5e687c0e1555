// Evaluation of conditions. A missing attribute equals nothing and makes every ordering and
// function false, but `<>` true; ordering exists only within S, N and B.
#include "services/dynamodb/condition.h"

#include <algorithm>

#include "base/check.h"
#include "protocol/number.h"

namespace penstock::dynamodb {
namespace {

using Type = AttributeValue::Type;

// The value of an operand: found in the item or the request, or computed by size().
struct Resolved {
  const AttributeValue* found = nullptr;
  std::optional<AttributeValue> computed;

  const AttributeValue* get() const { return computed ? &*computed : found; }
};

std::optional<std::size_t> size_of(const AttributeValue& value) {
  switch (value.type()) {
    // Strings are counted in UTF-8 bytes, as Alternator found; the developer guide only says
    // "length".
    case Type::kS:
    case Type::kB: return value.scalar().size();
    case Type::kSS:
    case Type::kNS:
    case Type::kBS: return value.members().size();
    case Type::kL: return value.elements().size();
    case Type::kM: return value.attributes().size();
    case Type::kN:
    case Type::kBool:
    case Type::kNull:
    case Type::kInvalid: return std::nullopt;
  }
  return std::nullopt;
}

Resolved resolve(const Operand& operand, const AttributeMap& item) {
  Resolved resolved;
  switch (operand.kind) {
    case Operand::Kind::kPath: resolved.found = find_value(item, operand.path); break;
    case Operand::Kind::kValue: resolved.found = operand.value; break;
    case Operand::Kind::kFunction: {
      // The parser lets no other function be an operand.
      const Resolved argument = resolve(operand.operands.front(), item);
      if (argument.get() == nullptr) break;
      if (const auto size = size_of(*argument.get())) {
        resolved.computed = AttributeValue::n(std::to_string(*size));
      }
      break;
    }
    case Operand::Kind::kPlus:
    case Operand::Kind::kMinus: CHECK(false);
  }
  return resolved;
}

bool compare(Comparator comparator, const AttributeValue* left, const AttributeValue* right) {
  if (left == nullptr || right == nullptr) return comparator == Comparator::kNotEqual;
  if (comparator == Comparator::kEqual) return *left == *right;
  if (comparator == Comparator::kNotEqual) return *left != *right;
  const auto order = compare_values(*left, *right);
  if (!order) return false;
  switch (comparator) {
    case Comparator::kLess: return *order < 0;
    case Comparator::kLessEqual: return *order <= 0;
    case Comparator::kGreater: return *order > 0;
    case Comparator::kGreaterEqual: return *order >= 0;
    case Comparator::kEqual:
    case Comparator::kNotEqual: break;
  }
  return false;
}

bool begins_with(const AttributeValue& value, const AttributeValue& prefix) {
  if (value.type() != prefix.type()) return false;
  if (value.type() != Type::kS && value.type() != Type::kB) return false;
  return value.scalar().starts_with(prefix.scalar());
}

bool contains(const AttributeValue& value, const AttributeValue& part) {
  switch (value.type()) {
    case Type::kS:
    case Type::kB:
      return part.type() == value.type() && value.scalar().find(part.scalar()) != std::string::npos;
    case Type::kSS:
      return part.type() == Type::kS && std::ranges::binary_search(value.members(), part.scalar());
    case Type::kNS:
      return part.type() == Type::kN && std::ranges::binary_search(value.members(), part.scalar());
    case Type::kBS:
      return part.type() == Type::kB && std::ranges::binary_search(value.members(), part.scalar());
    case Type::kL: return std::ranges::find(value.elements(), part) != value.elements().end();
    default: return false;
  }
}

bool call(const Predicate& predicate, const AttributeMap& item) {
  const Resolved first = resolve(predicate.operands.front(), item);
  if (predicate.function == "attribute_not_exists") return first.get() == nullptr;
  if (first.get() == nullptr) return false;
  if (predicate.function == "attribute_exists") return true;
  const Resolved second = resolve(predicate.operands[1], item);
  if (second.get() == nullptr) return false;
  if (predicate.function == "begins_with") return begins_with(*first.get(), *second.get());
  if (predicate.function == "contains") return contains(*first.get(), *second.get());
  CHECK(predicate.function == "attribute_type");
  return type_name(first.get()->type()) == second.get()->scalar();
}

bool is_in(const Predicate& predicate, const AttributeMap& item) {
  const Resolved value = resolve(predicate.operands.front(), item);
  if (value.get() == nullptr) return false;
  for (std::size_t i = 1; i < predicate.operands.size(); ++i) {
    const Resolved listed = resolve(predicate.operands[i], item);
    if (listed.get() != nullptr && *listed.get() == *value.get()) return true;
  }
  return false;
}

}  // namespace

std::optional<std::strong_ordering> compare_values(const AttributeValue& a,
                                                   const AttributeValue& b) {
  if (a.type() != b.type()) return std::nullopt;
  if (a.type() == Type::kS || a.type() == Type::kB) return a.scalar() <=> b.scalar();
  if (a.type() != Type::kN) return std::nullopt;
  return *Number::parse(a.scalar()) <=> *Number::parse(b.scalar());
}

bool holds(const Predicate& predicate, const AttributeMap& item) {
  const auto child_holds = [&item](const Predicate& child) { return holds(child, item); };
  switch (predicate.kind) {
    case Predicate::Kind::kOr: return std::ranges::any_of(predicate.conditions, child_holds);
    case Predicate::Kind::kAnd: return std::ranges::all_of(predicate.conditions, child_holds);
    case Predicate::Kind::kNot: return !holds(predicate.conditions.front(), item);
    case Predicate::Kind::kSame:
      return holds(predicate.conditions[0], item) == holds(predicate.conditions[1], item);
    case Predicate::Kind::kFunction: return call(predicate, item);
    case Predicate::Kind::kIn: return is_in(predicate, item);
    case Predicate::Kind::kCompare: {
      const Resolved left = resolve(predicate.operands[0], item);
      const Resolved right = resolve(predicate.operands[1], item);
      return compare(predicate.comparator, left.get(), right.get());
    }
    case Predicate::Kind::kBetween: {
      const Resolved value = resolve(predicate.operands[0], item);
      const Resolved low = resolve(predicate.operands[1], item);
      const Resolved high = resolve(predicate.operands[2], item);
      if (value.get() == nullptr || low.get() == nullptr || high.get() == nullptr) return false;
      return compare(Comparator::kGreaterEqual, value.get(), low.get()) &&
             compare(Comparator::kLessEqual, value.get(), high.get());
    }
  }
  return false;
}

}  // namespace penstock::dynamodb
