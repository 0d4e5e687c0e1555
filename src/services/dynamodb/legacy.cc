// The parameters of the API before expressions. Order of checks and wording: dynalite's record of
// AWS; the meaning of NE and NOT_CONTAINS for a missing attribute: Alternator's tests against AWS.
#include "services/dynamodb/legacy.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "services/dynamodb/condition.h"
#include "services/dynamodb/limits.h"

namespace penstock::dynamodb {
namespace {

using Type = AttributeValue::Type;
using Values = std::vector<const AttributeValue*>;

struct Operator {
  std::string_view name;
  std::size_t arguments;   // IN: at least one.
  std::string_view types;  // That its arguments may have, in blanks.
};
constexpr std::string_view kAnyType = " S N B SS NS BS M L BOOL NULL ";
constexpr std::string_view kOrdered = " S N B ";
constexpr Operator kOperators[] = {
    {"EQ", 1, kAnyType},       {"NE", 1, kAnyType},           {"LE", 1, kOrdered},
    {"LT", 1, kOrdered},       {"GE", 1, kOrdered},           {"GT", 1, kOrdered},
    {"NOT_NULL", 0, kAnyType}, {"NULL", 0, kAnyType},         {"CONTAINS", 1, kOrdered},
    {"IN", 1, kOrdered},       {"NOT_CONTAINS", 1, kOrdered}, {"BEGINS_WITH", 1, " S B "},
    {"BETWEEN", 2, kOrdered},
};

Operand path_operand(const std::string& name) {
  Operand operand;
  operand.path.elements.push_back({name});
  return operand;
}

Operand value_operand(const AttributeValue& value) {
  Operand operand{.kind = Operand::Kind::kValue};
  operand.value = &value;
  return operand;
}

Predicate call(const std::string& function, const std::string& attribute,
               const AttributeValue* value = nullptr) {
  Predicate predicate{.kind = Predicate::Kind::kFunction};
  predicate.function = function;
  predicate.operands.push_back(path_operand(attribute));
  if (value != nullptr) predicate.operands.push_back(value_operand(*value));
  return predicate;
}

Predicate comparison(Comparator comparator, const std::string& attribute,
                     const AttributeValue& value) {
  Predicate predicate{.kind = Predicate::Kind::kCompare, .comparator = comparator};
  predicate.operands.push_back(path_operand(attribute));
  predicate.operands.push_back(value_operand(value));
  return predicate;
}

// Requires checked arguments.
Predicate predicate_of(const std::string& attribute, const std::string& op, const Values& values) {
  if (op == "NULL") return call("attribute_not_exists", attribute);
  if (op == "NOT_NULL") return call("attribute_exists", attribute);
  if (op == "BEGINS_WITH") return call("begins_with", attribute, values[0]);
  if (op == "CONTAINS") return call("contains", attribute, values[0]);
  if (op == "NOT_CONTAINS") {
    // False for a missing attribute, unlike NOT contains().
    Predicate negated{.kind = Predicate::Kind::kNot};
    negated.conditions.push_back(call("contains", attribute, values[0]));
    Predicate both{.kind = Predicate::Kind::kAnd};
    both.conditions.push_back(call("attribute_exists", attribute));
    both.conditions.push_back(std::move(negated));
    return both;
  }
  if (op == "IN" || op == "BETWEEN") {
    Predicate predicate{.kind = op == "IN" ? Predicate::Kind::kIn : Predicate::Kind::kBetween};
    predicate.operands.push_back(path_operand(attribute));
    for (const AttributeValue* value : values) predicate.operands.push_back(value_operand(*value));
    return predicate;
  }
  Comparator comparator = Comparator::kEqual;
  if (op == "NE") comparator = Comparator::kNotEqual;
  if (op == "LT") comparator = Comparator::kLess;
  if (op == "LE") comparator = Comparator::kLessEqual;
  if (op == "GT") comparator = Comparator::kGreater;
  if (op == "GE") comparator = Comparator::kGreaterEqual;
  return comparison(comparator, attribute, *values[0]);
}

ApiResult<void> check_count(const Operator& op, std::size_t count) {
  if (op.name == "IN" ? count >= 1 : count == op.arguments) return {};
  return invalid_parameter(
      fmt::format("Invalid number of argument(s) for the {} ComparisonOperator", op.name));
}

ApiResult<void> check_arguments(const std::string& name, const Values& values) {
  const Operator* op = std::ranges::find(kOperators, std::string_view(name), &Operator::name);
  for (const AttributeValue* value : values) {
    if (!value->is_valid()) return invalid(value->scalar());
  }
  TRY_VOID(check_count(*op, values.size()));
  for (const AttributeValue* value : values) {
    if (value->type() != values.front()->type()) {
      return invalid_parameter("AttributeValues inside AttributeValueList must be of same type");
    }
  }
  for (const AttributeValue* value : values) {
    const std::string_view type = type_name(value->type());
    if (op->types.find(fmt::format(" {} ", type)) == std::string_view::npos) {
      return invalid_parameter(
          fmt::format("ComparisonOperator {} is not valid for {} AttributeValue type", name, type));
    }
  }
  if (name == "BETWEEN") {
    const auto order = compare_values(*values[0], *values[1]);
    if (order && *order > 0) {
      return invalid(
          "The BETWEEN condition was provided a range where the lower bound is greater than the "
          "upper bound");
    }
  }
  return {};
}

Values values_of(const std::optional<std::vector<AttributeValue>>& list) {
  Values values;
  if (!list) return values;
  for (const AttributeValue& value : *list) values.push_back(&value);
  return values;
}

ApiResult<Predicate> expect_comparison(const std::string& name,
                                       const api::ExpectedAttributeValue& expected) {
  if (expected.exists) {
    return invalid_parameter(fmt::format(
        "Exists and ComparisonOperator cannot be used together for Attribute: {}", name));
  }
  const std::string& op = *expected.comparison_operator;
  const bool takes_none = op == "NULL" || op == "NOT_NULL";
  if (!takes_none && !expected.attribute_value_list && !expected.value) {
    return invalid_parameter(fmt::format(
        "Value or AttributeValueList must be used with ComparisonOperator: {} for Attribute: {}",
        op, name));
  }
  Values values = values_of(expected.attribute_value_list);
  if (expected.value) values.push_back(&*expected.value);
  TRY_VOID(check_arguments(op, values));
  return predicate_of(name, op, values);
}

ApiResult<Predicate> expect_one(const std::string& name,
                                const api::ExpectedAttributeValue& expected) {
  if (expected.attribute_value_list && expected.value) {
    return invalid_parameter(fmt::format(
        "Value and AttributeValueList cannot be used together for Attribute: {}", name));
  }
  if (expected.comparison_operator) return expect_comparison(name, expected);
  if (expected.attribute_value_list) {
    return invalid_parameter(fmt::format(
        "AttributeValueList can only be used with a ComparisonOperator for Attribute: {}", name));
  }
  if (expected.exists.value_or(true)) {
    if (!expected.value) {
      return invalid_parameter(
          fmt::format("Value must be provided when Exists is {} for Attribute: {}",
                      expected.exists ? "true" : "null", name));
    }
    if (!expected.value->is_valid()) return invalid(expected.value->scalar());
    return comparison(Comparator::kEqual, name, *expected.value);
  }
  if (expected.value) {
    return invalid_parameter(
        fmt::format("Value cannot be used when Exists is false for Attribute: {}", name));
  }
  return call("attribute_not_exists", name);
}

ApiResult<void> check_operator(const std::optional<std::string>& conditional_operator, bool present,
                               std::size_t count) {
  if (!conditional_operator) return {};
  if (!present || count == 0)
    return invalid("ConditionalOperator cannot be used without Filter or Expected");
  if (count == 1) {
    return invalid(
        "ConditionalOperator can only be used when Filter or Expected has two or more elements");
  }
  return {};
}

std::optional<Predicate> combined(std::vector<Predicate> parts,
                                  const std::optional<std::string>& conditional_operator) {
  if (parts.empty()) return std::nullopt;
  if (parts.size() == 1) return std::move(parts.front());
  Predicate all{.kind =
                    conditional_operator == "OR" ? Predicate::Kind::kOr : Predicate::Kind::kAnd};
  all.conditions = std::move(parts);
  return all;
}

ApiResult<std::vector<Predicate>> from_conditions(
    const std::map<std::string, api::Condition>& conditions) {
  std::vector<Predicate> parts;
  for (const auto& [name, condition] : conditions) {
    const Values values = values_of(condition.attribute_value_list);
    TRY_VOID(check_arguments(condition.comparison_operator, values));
    parts.push_back(predicate_of(name, condition.comparison_operator, values));
  }
  return parts;
}

// list_append(if_not_exists(attribute, []), value): what ADD does with a list.
Operand appended(const std::string& attribute, const AttributeValue& value) {
  static const AttributeValue kEmpty = AttributeValue::list({});
  Operand present{.kind = Operand::Kind::kFunction, .function = "if_not_exists"};
  present.operands.push_back(path_operand(attribute));
  present.operands.push_back(value_operand(kEmpty));
  Operand out{.kind = Operand::Kind::kFunction, .function = "list_append"};
  out.operands.push_back(std::move(present));
  out.operands.push_back(value_operand(value));
  return out;
}

ApiResult<void> add_update(const std::string& name, const api::AttributeValueUpdate& update,
                           UpdateExpression& out) {
  const std::string action = update.action.value_or("PUT");
  if (name.size() > kAttributeNameBytesMax) return invalid(kNameTooLarge);
  const DocumentPath path = path_operand(name).path;
  if (!update.value) {
    if (action != "DELETE")
      return invalid_parameter(
          "Only DELETE action is allowed when no attribute value is specified");
    out.removes.push_back(path);
    return {};
  }
  const AttributeValue& value = *update.value;
  if (!value.is_valid()) return invalid(value.scalar());
  const std::string_view type = type_name(value.type());
  if (action == "PUT") {
    out.sets.push_back({path, value_operand(value)});
  } else if (action == "DELETE") {
    if (!value.is_set()) {
      return invalid_parameter(
          fmt::format("DELETE action with value is not supported for the type {}", type));
    }
    out.deletes.push_back({path, &value});
  } else if (value.type() == Type::kL) {
    out.sets.push_back({path, appended(name, value)});
  } else if (value.is_set() || value.type() == Type::kN) {
    out.adds.push_back({path, &value});
  } else {
    return invalid_parameter(fmt::format("ADD action is not supported for the type {}", type));
  }
  return {};
}

}  // namespace

ApiResult<std::optional<Predicate>> from_expected(
    const MaybeExpected& expected, const std::optional<std::string>& conditional_operator) {
  TRY_VOID(
      check_operator(conditional_operator, expected.has_value(), expected ? expected->size() : 0));
  std::vector<Predicate> parts;
  if (!expected) return std::nullopt;
  for (const auto& [name, one] : *expected) {
    TRY(Predicate part, expect_one(name, one));
    parts.push_back(std::move(part));
  }
  return combined(std::move(parts), conditional_operator);
}

ApiResult<std::optional<Predicate>> from_filter(
    const MaybeConditions& filter, const std::optional<std::string>& conditional_operator) {
  TRY_VOID(check_operator(conditional_operator, filter.has_value(), filter ? filter->size() : 0));
  if (!filter) return std::nullopt;
  TRY(std::vector<Predicate> parts, from_conditions(*filter));
  return combined(std::move(parts), conditional_operator);
}

ApiResult<std::optional<Predicate>> from_key_conditions(const MaybeConditions& conditions) {
  if (!conditions) return std::nullopt;
  if (conditions->empty() || conditions->size() > 2)
    return invalid("Conditions can be of length 1 or 2 only");
  TRY(std::vector<Predicate> parts, from_conditions(*conditions));
  for (const auto& [name, condition] : *conditions) {
    for (const std::string_view op : {"NE", "IN", "NULL", "NOT_NULL", "CONTAINS", "NOT_CONTAINS"}) {
      if (condition.comparison_operator == op) {
        return invalid("Attempted conditional constraint is not an indexable operation");
      }
    }
  }
  return combined(std::move(parts), std::nullopt);
}

ApiResult<std::optional<UpdateExpression>> from_updates(const MaybeUpdates& updates) {
  if (!updates || updates->empty()) return std::nullopt;  // An empty map still makes the item.
  UpdateExpression out;
  out.is_legacy = true;
  for (const auto& [name, update] : *updates) TRY_VOID(add_update(name, update, out));
  return out;
}

}  // namespace penstock::dynamodb
