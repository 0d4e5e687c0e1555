// WHERE clauses as predicates. PartiQL lets conditions be compared with values and with each other;
// everything else has its counterpart in condition expressions.
#include <fmt/format.h>

#include <algorithm>

#include "services/dynamodb/expression_checks.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/partiql_compile.h"

namespace penstock::dynamodb {
namespace {

using NodeKind = PartiqlNode::Kind;
using Type = AttributeValue::Type;

constexpr std::string_view kConditionFunctions[] = {"attribute_exists", "attribute_not_exists",
                                                    "attribute_type", "begins_with", "contains"};

struct TypeTest {
  std::string_view name;  // After IS.
  std::string_view type;  // Of attribute_type().
};
constexpr TypeTest kTypeTests[] = {
    {"null", "NULL"}, {"bool", "BOOL"}, {"boolean", "BOOL"}, {"blob", "B"}, {"string", "S"},
    {"numeric", "N"}, {"struct", "M"},  {"tuple", "M"},      {"list", "L"},
};

bool is_condition_function(const PartiqlNode& node) {
  return node.kind == NodeKind::kCall &&
         std::ranges::find(kConditionFunctions, node.text) != std::end(kConditionFunctions);
}

bool is_condition(const PartiqlNode& node) {
  switch (node.kind) {
    case NodeKind::kCompare:
    case NodeKind::kAnd:
    case NodeKind::kOr:
    case NodeKind::kNot:
    case NodeKind::kBetween:
    case NodeKind::kIn:
    case NodeKind::kIs: return true;
    default: return is_condition_function(node);
  }
}

Predicate negated_if(bool negated, Predicate predicate) {
  if (!negated) return predicate;
  Predicate out{.kind = Predicate::Kind::kNot};
  out.conditions.push_back(std::move(predicate));
  return out;
}

Predicate both_of(Predicate::Kind kind, Predicate one, Predicate two) {
  Predicate out{.kind = kind};
  out.conditions.push_back(std::move(one));
  out.conditions.push_back(std::move(two));
  return out;
}

Predicate never() { return {.kind = Predicate::Kind::kOr}; }

class ConditionCompiler {
 public:
  explicit ConditionCompiler(const PartiqlScope& scope) : scope_(scope) {}

  Checked<Predicate> condition(const PartiqlNode& node) {
    switch (node.kind) {
      case NodeKind::kAnd: return chain(node, Predicate::Kind::kAnd);
      case NodeKind::kOr: return chain(node, Predicate::Kind::kOr);
      case NodeKind::kNot: return chain(node, Predicate::Kind::kNot);
      case NodeKind::kCompare: return compare(node);
      case NodeKind::kBetween: return between(node);
      case NodeKind::kIn: return in(node);
      case NodeKind::kIs: return is(node);
      case NodeKind::kCall: return call_condition(node);
      case NodeKind::kPath: return std::unexpected("Unexpected path component" + to_text(node.at));
      case NodeKind::kOperator:
      case NodeKind::kSign: return std::unexpected(unsupported_operator("Condition", node));
      default: return std::unexpected("Unsupported token in expression" + to_text(node.at));
    }
  }

 private:
  template <typename T>
  static Checked<T> verified(T value, const Findings& findings) {
    if (!findings.empty()) return std::unexpected(findings.front().text);
    return value;
  }

  Checked<Predicate> chain(const PartiqlNode& node, Predicate::Kind kind) {
    Predicate out{.kind = kind};
    for (const PartiqlNode& child : node.children) {
      auto part = condition(child);
      if (!part) return part;
      out.conditions.push_back(std::move(*part));
    }
    return out;
  }

  Checked<Operand> operand(const PartiqlNode& node) {
    auto simple = simple_partiql_operand(node, scope_);
    if (!simple) return std::unexpected(std::move(simple).error());
    if (*simple) return std::move(**simple);
    if (node.kind == NodeKind::kCall) return call(node);
    if (node.kind == NodeKind::kOperator || node.kind == NodeKind::kSign) {
      return std::unexpected(unsupported_operator("Condition", node));
    }
    return std::unexpected("Unsupported token in expression" + to_text(node.at));
  }

  Checked<Operand> call(const PartiqlNode& node) {
    if (node.text != "size" && !is_condition_function(node)) {
      return std::unexpected(unrecognized_function(node));
    }
    Operand out{.kind = Operand::Kind::kFunction, .function = node.text};
    for (const PartiqlNode& child : node.children) {
      auto argument = operand(child);
      if (!argument) return argument;
      out.operands.push_back(std::move(*argument));
    }
    const Findings findings = check_call(out);
    return verified(std::move(out), findings);
  }

  Checked<Predicate> call_condition(const PartiqlNode& node) {
    auto made = call(node);
    if (!made) return std::unexpected(made.error());
    if (made->function == "size") return std::unexpected(misused_function("size").text);
    Predicate out{.kind = Predicate::Kind::kFunction};
    out.function = std::move(made->function);
    out.operands = std::move(made->operands);
    return out;
  }

  Checked<Predicate> compare(const PartiqlNode& node) {
    const PartiqlNode& left = node.children[0];
    const PartiqlNode& right = node.children[1];
    if (is_condition(left)) return compare_condition(left, right, node.comparator);
    if (is_condition(right)) return compare_condition(right, left, node.comparator);
    Predicate out{.kind = Predicate::Kind::kCompare, .comparator = node.comparator};
    for (const PartiqlNode* side : {&left, &right}) {
      auto made = operand(*side);
      if (!made) return std::unexpected(made.error());
      out.operands.push_back(std::move(*made));
    }
    const Findings findings = check_compare(out);
    return verified(std::move(out), findings);
  }

  // A condition is a BOOL: it equals true or false, an attribute that holds the same, or a
  // condition that has the same outcome.
  Checked<Predicate> compare_condition(const PartiqlNode& node, const PartiqlNode& other,
                                       Comparator comparator) {
    if (comparator != Comparator::kEqual && comparator != Comparator::kNotEqual) {
      return std::unexpected(wrong_operand_type(symbol_of(comparator), "BOOL"));
    }
    auto left = condition(node);
    if (!left) return left;
    auto same = equals(std::move(*left), other);
    if (!same) return same;
    return negated_if(comparator == Comparator::kNotEqual, std::move(*same));
  }

  Checked<Predicate> equals(Predicate outcome, const PartiqlNode& other) {
    if (is_condition(other)) {
      auto right = condition(other);
      if (!right) return right;
      return both_of(Predicate::Kind::kSame, std::move(outcome), std::move(*right));
    }
    auto value = operand(other);
    if (!value) return std::unexpected(value.error());
    if (value->kind == Operand::Kind::kValue) {
      if (value->value->type() != Type::kBool) return never();
      return negated_if(!value->value->truth(), std::move(outcome));
    }
    return both_of(Predicate::Kind::kAnd, test_type(*value, "BOOL"),
                   both_of(Predicate::Kind::kSame, std::move(outcome), is_true(*value)));
  }

  Predicate test_type(Operand value, std::string_view type) {
    Predicate out{.kind = Predicate::Kind::kFunction, .function = "attribute_type"};
    out.operands.push_back(std::move(value));
    out.operands.push_back({.kind = Operand::Kind::kValue,
                            .value = scope_.keep(AttributeValue::s(std::string(type)))});
    return out;
  }

  Predicate is_true(Operand value) {
    Predicate out{.kind = Predicate::Kind::kCompare};
    out.operands.push_back(std::move(value));
    out.operands.push_back(
        {.kind = Operand::Kind::kValue, .value = scope_.keep(AttributeValue::boolean(true))});
    return out;
  }

  Checked<Predicate> between(const PartiqlNode& node) {
    Predicate out{.kind = Predicate::Kind::kBetween};
    for (const PartiqlNode& child : node.children) {
      auto made = operand(child);
      if (!made) return std::unexpected(made.error());
      out.operands.push_back(std::move(*made));
    }
    const Findings findings = check_between(out);
    return verified(negated_if(node.negated, std::move(out)), findings);
  }

  // IN takes a list, a parameter that is a list, or one value in parentheses.
  Checked<Predicate> in(const PartiqlNode& node) {
    const PartiqlNode& list = node.children[1];
    std::vector<const PartiqlNode*> listed;
    if (list.kind == NodeKind::kList || list.kind == NodeKind::kBag) {
      for (const PartiqlNode& child : list.children) listed.push_back(&child);
    } else {
      listed.push_back(&list);
    }
    if (is_condition(node.children[0])) return condition_in(node, listed);
    auto value = operand(node.children[0]);
    if (!value) return std::unexpected(value.error());
    Predicate out{.kind = Predicate::Kind::kIn};
    out.operands.push_back(std::move(*value));
    for (const PartiqlNode* child : listed) {
      auto made = operand(*child);
      if (!made) return std::unexpected(made.error());
      out.operands.push_back(std::move(*made));
    }
    if (list.kind == NodeKind::kParameter && out.operands[1].value->type() == Type::kL) {
      const AttributeValue* values = out.operands[1].value;
      out.operands.pop_back();
      for (const AttributeValue& one : values->elements()) {
        out.operands.push_back({.kind = Operand::Kind::kValue, .value = &one});
      }
    }
    if (out.operands.size() - 1 > kInOperandsMax) {
      return std::unexpected(
          "The IN operator is provided with too many operands; number of operands: " +
          std::to_string(out.operands.size() - 1));
    }
    const Findings findings = check_not_boolean(out.operands);
    return verified(negated_if(node.negated, std::move(out)), findings);
  }

  Checked<Predicate> condition_in(const PartiqlNode& node,
                                  const std::vector<const PartiqlNode*>& listed) {
    Predicate any{.kind = Predicate::Kind::kOr};
    for (const PartiqlNode* child : listed) {
      auto outcome = condition(node.children[0]);
      if (!outcome) return outcome;
      auto same = equals(std::move(*outcome), *child);
      if (!same) return same;
      any.conditions.push_back(std::move(*same));
      if (++repeats_ > kInOperandsMax) {
        return std::unexpected("The expression contains too many operators; operator count: 301");
      }
    }
    return negated_if(node.negated, std::move(any));
  }

  Checked<Predicate> is(const PartiqlNode& node) {
    auto value = operand(node.children[0]);
    if (!value) return std::unexpected(value.error());
    if (node.text == "missing") {
      Predicate out{.kind = Predicate::Kind::kFunction, .function = "attribute_not_exists"};
      if (value->kind != Operand::Kind::kPath) {
        return std::unexpected(
            "Operator or function requires a document path; operator or function: MISSING");
      }
      out.operands.push_back(std::move(*value));
      return negated_if(node.negated, std::move(out));
    }
    const auto found = std::ranges::find(kTypeTests, std::string_view(node.text), &TypeTest::name);
    if (found == std::end(kTypeTests)) {
      return std::unexpected("Unsupported data type for IS operator: " + node.text +
                             ". Supported data types are [MISSING, NULL, BOOLEAN, BLOB, STRING, "
                             "NUMERIC, STRUCT, TUPLE, LIST]");
    }
    return negated_if(node.negated, test_type(std::move(*value), found->type));
  }

  const PartiqlScope& scope_;
  std::size_t repeats_ = 0;  // Of conditions that an IN multiplies.
};

}  // namespace

Checked<std::optional<Operand>> simple_partiql_operand(const PartiqlNode& node,
                                                       const PartiqlScope& scope) {
  if (node.kind == NodeKind::kPath) return Operand{.path = node.path};
  if (!is_partiql_value(node)) return std::nullopt;
  auto value = scope.value(node);
  if (!value) return std::unexpected(std::move(value).error());
  return Operand{.kind = Operand::Kind::kValue, .value = *value};
}

std::string unsupported_operator(std::string_view expression, const PartiqlNode& node) {
  return fmt::format("Unsupported operator in {} Expression. Operator: {}", expression,
                     node.text == "like" ? "LIKE" : node.text);
}

std::string unrecognized_function(const PartiqlNode& call) {
  return "Unrecognized function: " + call.text + to_text(call.at);
}

Checked<Predicate> compile_partiql_condition(const PartiqlNode& node, const PartiqlScope& scope) {
  return ConditionCompiler(scope).condition(node);
}

}  // namespace penstock::dynamodb
