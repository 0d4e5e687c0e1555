// Key conditions: parser-level restrictions first, then the schema; wording recorded by Alternator
// and dynalite.
#include "services/dynamodb/key_condition.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/dynamodb/condition.h"
#include "services/dynamodb/item.h"
#include "services/dynamodb/keys.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

using Type = AttributeValue::Type;
using RangeKind = KeyCondition::RangeKind;

// One condition: attribute, what is asked of it, and its operands.
struct Single {
  std::string attribute;
  RangeKind kind = RangeKind::kNone;
  const AttributeValue* low = nullptr;
  const AttributeValue* high = nullptr;
};

// Without "Invalid KeyConditionExpression: ", which is the parser's.
std::unexpected<std::string> refuse(std::string text) { return std::unexpected(std::move(text)); }

std::unexpected<std::string> bad_operator(std::string_view name) {
  return refuse(fmt::format("Invalid operator used in KeyConditionExpression: {}", name));
}

RangeKind kind_of(Comparator comparator) {
  switch (comparator) {
    case Comparator::kEqual: return RangeKind::kEqual;
    case Comparator::kLess: return RangeKind::kLess;
    case Comparator::kLessEqual: return RangeKind::kLessEqual;
    case Comparator::kGreater: return RangeKind::kGreater;
    case Comparator::kGreaterEqual: return RangeKind::kGreaterEqual;
    case Comparator::kNotEqual: break;
  }
  return RangeKind::kNone;
}

// What the comparison says with its sides exchanged.
RangeKind mirrored(RangeKind kind) {
  switch (kind) {
    case RangeKind::kLess: return RangeKind::kGreater;
    case RangeKind::kLessEqual: return RangeKind::kGreaterEqual;
    case RangeKind::kGreater: return RangeKind::kLess;
    case RangeKind::kGreaterEqual: return RangeKind::kLessEqual;
    default: return kind;
  }
}

Checked<void> check_operands(const Predicate& predicate) {
  std::size_t paths = 0;
  for (const Operand& operand : predicate.operands) {
    if (operand.kind == Operand::Kind::kFunction) {
      return refuse("KeyConditionExpressions cannot contain nested operations");
    }
    if (operand.kind != Operand::Kind::kPath) continue;
    ++paths;
    if (operand.path.is_nested())
      return refuse("KeyConditionExpressions cannot have conditions on nested attributes");
  }
  if (paths > 1) {
    return refuse(
        "Invalid condition in KeyConditionExpression: Multiple attribute names used in one "
        "condition");
  }
  if (paths == 0)
    return refuse("Invalid condition in KeyConditionExpression: No key attribute specified");
  return {};
}

Checked<Single> read_single(const Predicate& predicate) {
  const bool prefix = predicate.kind == Predicate::Kind::kFunction;
  if (prefix && predicate.function != "begins_with") return bad_operator(predicate.function);
  if (predicate.kind == Predicate::Kind::kIn) return bad_operator("IN");
  if (predicate.kind == Predicate::Kind::kCompare &&
      predicate.comparator == Comparator::kNotEqual) {
    return bad_operator("<>");
  }
  const auto& operands = predicate.operands;
  const bool path_first = operands[0].kind == Operand::Kind::kPath;
  const bool wants_path_first = prefix || predicate.kind == Predicate::Kind::kBetween;
  if (wants_path_first && !path_first) {
    return refuse(
        fmt::format("Invalid condition in KeyConditionExpression: {} operator must have the key "
                    "attribute as its first operand",
                    prefix ? "begins_with" : "BETWEEN"));
  }
  if (auto ok = check_operands(predicate); !ok) return std::unexpected(ok.error());
  Single single;
  if (wants_path_first) {
    single.kind = prefix ? RangeKind::kPrefix : RangeKind::kBetween;
    single.low = operands[1].value;
    if (!prefix) single.high = operands[2].value;
    single.attribute = operands[0].path.root();
    return single;
  }
  single.kind = kind_of(predicate.comparator);
  if (!path_first) single.kind = mirrored(single.kind);
  single.attribute = operands[path_first ? 0 : 1].path.root();
  single.low = operands[path_first ? 1 : 0].value;
  return single;
}

Checked<void> collect(const Predicate& predicate, std::vector<Single>& out) {
  if (predicate.kind == Predicate::Kind::kOr) return bad_operator("OR");
  if (predicate.kind == Predicate::Kind::kNot) return bad_operator("NOT");
  if (predicate.kind == Predicate::Kind::kAnd) {
    for (const Predicate& part : predicate.conditions) {
      if (auto ok = collect(part, out); !ok) return ok;
    }
    return {};
  }
  auto single = read_single(predicate);
  if (!single) return std::unexpected(single.error());
  const bool again =
      std::ranges::any_of(out, [&](const Single& s) { return s.attribute == single->attribute; });
  if (again) return refuse("KeyConditionExpressions must only contain one condition per key");
  out.push_back(std::move(*single));
  return {};
}

Checked<void> check_value(const KeyAttribute& attribute, bool is_hash,
                          const AttributeValue* value) {
  return check_key_value(attribute, is_hash, value,
                         "One or more parameter values were invalid: Condition parameter type does "
                         "not match schema type");
}

Checked<void> read_range(const Single& single, const KeyAttribute& attribute, KeyCondition& out) {
  if (single.kind == RangeKind::kPrefix && attribute.type == Type::kN) {
    return std::unexpected("Query key condition not supported");
  }
  if (auto ok = check_value(attribute, false, single.low); !ok) return ok;
  if (single.high != nullptr) {
    if (auto ok = check_value(attribute, false, single.high); !ok) return ok;
  }
  out.range = single.kind;
  out.low = single.low;
  out.high = single.high;
  return {};
}

// What the condition says about the last range attribute it names.
bool last_holds(const KeyCondition& condition, const AttributeValue& value) {
  const AttributeValue* low = condition.low;
  if (condition.range == RangeKind::kPrefix) return value.scalar().starts_with(low->scalar());
  const auto order = compare_values(value, *low);
  if (!order) return false;
  switch (condition.range) {
    case RangeKind::kEqual: return *order == 0;
    case RangeKind::kLess: return *order < 0;
    case RangeKind::kLessEqual: return *order <= 0;
    case RangeKind::kGreater: return *order > 0;
    case RangeKind::kGreaterEqual: return *order >= 0;
    case RangeKind::kBetween: {
      const auto upper = compare_values(value, *condition.high);
      return *order >= 0 && upper && *upper <= 0;
    }
    case RangeKind::kNone:
    case RangeKind::kPrefix: break;
  }
  return true;
}

const Single* find_single(const std::vector<Single>& singles, const KeyAttribute& attribute) {
  const auto found = std::ranges::find(singles, attribute.name, &Single::attribute);
  return found != singles.end() ? &*found : nullptr;
}

std::string missed(const KeyAttribute& attribute) {
  return fmt::format("Query condition missed key schema element: {}", attribute.name);
}

// Range attributes from left to right without a gap; only the last may be other than an equality.
Checked<void> read_ranges(const std::vector<Single>& singles, const KeyParts& keys,
                          KeyCondition& out) {
  std::size_t left = singles.size() - keys.hash.size();
  for (std::size_t i = 0; left > 0; ++i, --left) {
    if (i == keys.range.size()) return std::unexpected("Query key condition not supported");
    const Single* single = find_single(singles, keys.range[i]);
    if (single == nullptr) return std::unexpected(missed(keys.range[i]));
    if (left == 1) return read_range(*single, keys.range[i], out);
    if (single->kind != RangeKind::kEqual)
      return std::unexpected("Query key condition not supported");
    if (auto ok = check_value(keys.range[i], false, single->low); !ok) return ok;
    out.range_equal.push_back(single->low);
  }
  return {};
}

}  // namespace

bool KeyCondition::hash_holds(const KeyParts& keys, const AttributeMap& item) const {
  for (std::size_t i = 0; i < hash.size(); ++i) {
    if (*item.find(keys.hash[i].name) != *hash[i]) return false;
  }
  return true;
}

bool KeyCondition::range_holds(const KeyParts& keys, const AttributeMap& item) const {
  for (std::size_t i = 0; i < range_equal.size(); ++i) {
    if (*item.find(keys.range[i].name) != *range_equal[i]) return false;
  }
  if (range == RangeKind::kNone) return true;
  return last_holds(*this, *item.find(keys.range[range_equal.size()].name));
}

Checked<KeyCondition> read_key_condition(const Predicate& predicate, const KeyParts& keys) {
  std::vector<Single> singles;
  if (auto ok = collect(predicate, singles); !ok) return std::unexpected(ok.error());
  if (singles.size() > 2 && !keys.is_multi_attribute())
    return std::unexpected("Conditions can be of length 1 or 2 only");
  KeyCondition out;
  for (const KeyAttribute& attribute : keys.hash) {
    const Single* single = find_single(singles, attribute);
    if (single == nullptr) return std::unexpected(missed(attribute));
    if (single->kind != RangeKind::kEqual)
      return std::unexpected("Query key condition not supported");
    if (auto ok = check_value(attribute, true, single->low); !ok)
      return std::unexpected(ok.error());
    out.hash.push_back(single->low);
  }
  if (auto ok = read_ranges(singles, keys, out); !ok) return std::unexpected(ok.error());
  return out;
}

KeyRange range_of(const KeyCondition& condition, std::uint32_t number) {
  std::vector<std::string> hash;
  for (const AttributeValue* value : condition.hash) hash.push_back(key_bytes(*value));
  std::string partition = partition_prefix(number, hash);
  for (const AttributeValue* value : condition.range_equal) {
    append_range(partition, key_bytes(*value));
  }
  const auto key = [&partition](const AttributeValue& value) {
    std::string out = partition;
    append_range(out, key_bytes(value));
    return out;
  };
  KeyRange range{partition, storage::prefix_end(partition)};
  switch (condition.range) {
    case RangeKind::kNone: break;
    case RangeKind::kEqual:
      range.begin = key(*condition.low);
      range.end = storage::prefix_end(range.begin);
      break;
    case RangeKind::kLess: range.end = key(*condition.low); break;
    case RangeKind::kLessEqual: range.end = storage::prefix_end(key(*condition.low)); break;
    case RangeKind::kGreater: range.begin = storage::prefix_end(key(*condition.low)); break;
    case RangeKind::kGreaterEqual: range.begin = key(*condition.low); break;
    case RangeKind::kBetween:
      range.begin = key(*condition.low);
      range.end = storage::prefix_end(key(*condition.high));
      break;
    case RangeKind::kPrefix:
      append_range_beginning(range.begin, condition.low->scalar());
      range.end = storage::prefix_end(range.begin);
      break;
  }
  return range;
}

}  // namespace penstock::dynamodb
