// Checks on the operands of conditions. Wording recorded by dynalite and Alternator against AWS.
#include "services/dynamodb/expression_checks.h"

#include <algorithm>

#include "protocol/number.h"
#include "services/dynamodb/document_path.h"

namespace penstock::dynamodb {
namespace {

using Type = AttributeValue::Type;

struct Function {
  std::string_view name;
  std::size_t operands;
};
constexpr Function kFunctions[] = {
    {"attribute_exists", 1}, {"attribute_not_exists", 1},
    {"attribute_type", 2},   {"begins_with", 2},
    {"contains", 2},         {"size", 1},
};

constexpr std::string_view kTypeNames[] = {"B",  "NULL", "SS", "BOOL", "L",
                                           "BS", "N",    "NS", "S",    "M"};

bool is_ordered(Type type) { return type == Type::kS || type == Type::kN || type == Type::kB; }

std::string between_text(std::string_view problem, const AttributeValue& low,
                         const AttributeValue& high) {
  return "The BETWEEN operator requires " + std::string(problem) +
         "; lower bound operand: AttributeValue: " + to_message_text(low) +
         ", upper bound operand: AttributeValue: " + to_message_text(high);
}

// Requires two values of one ordered type.
bool is_greater(const AttributeValue& a, const AttributeValue& b) {
  if (a.type() == Type::kN) return *Number::parse(a.scalar()) > *Number::parse(b.scalar());
  return a.scalar() > b.scalar();
}

// Collects what the checks find.
class OperandChecks {
 public:
  Findings take() { return std::move(findings_); }

  void not_boolean(const std::vector<Operand>& operands) {
    for (const Operand& operand : operands) {
      if (operand.kind == Operand::Kind::kFunction && operand.function != "size") {
        findings_.push_back(misused_function(operand.function));
      }
    }
  }

  void check_distinct(std::string_view name, const std::vector<Operand>& operands) {
    if (operands.size() != 2) return;
    if (operands[0].kind != Operand::Kind::kPath || operands[1].kind != Operand::Kind::kPath)
      return;
    if (operands[0].path != operands[1].path) return;
    found(Complaint::kDistinct,
          "The first operand must be distinct from the remaining operands for this operator or "
          "function; "
          "operator: " +
              std::string(name) + ", first operand: " + to_text(operands[0].path));
  }

  void check_ordered(std::string_view name, const std::vector<Operand>& operands) {
    for (const Operand& operand : operands) {
      const auto type = known_type(operand);
      if (type && !is_ordered(*type)) {
        found(Complaint::kOperandType, wrong_operand_type(name, type_name(*type)));
      }
    }
  }

  void compare(const Predicate& condition) {
    const std::string_view symbol = symbol_of(condition.comparator);
    not_boolean(condition.operands);
    check_distinct(symbol, condition.operands);
    if (condition.comparator != Comparator::kEqual &&
        condition.comparator != Comparator::kNotEqual) {
      check_ordered(symbol, condition.operands);
    }
  }

  void between(const Predicate& condition) {
    not_boolean(condition.operands);
    check_ordered("BETWEEN", condition.operands);
    const AttributeValue* low = condition.operands[1].value;
    const AttributeValue* high = condition.operands[2].value;
    if (low == nullptr || high == nullptr) return;
    if (low->type() != high->type()) {
      found(Complaint::kOperandType,
            between_text("same data type for lower and upper bounds", *low, *high));
    } else if (is_ordered(low->type()) && is_greater(*low, *high)) {
      found(Complaint::kOperandType,
            between_text("upper bound to be greater than or equal to lower bound", *low, *high));
    }
  }

  void call(const Operand& call) {
    const auto function =
        std::ranges::find(kFunctions, std::string_view(call.function), &Function::name);
    if (function == std::end(kFunctions)) {
      found(Complaint::kUnknownFunction, "Invalid function name; function: " + call.function);
      return;
    }
    not_boolean(call.operands);
    if (call.operands.size() != function->operands) {
      found(Complaint::kOperandCount,
            "Incorrect number of operands for operator or function; operator or function: " +
                call.function + ", number of operands: " + std::to_string(call.operands.size()));
      return;
    }
    check_distinct(call.function, call.operands);
    check_argument_types(call);
  }

  void check_argument_types(const Operand& call) {
    const std::string& name = call.function;
    const Operand& first = call.operands.front();
    const auto first_type = known_type(first);
    if (name == "attribute_exists" || name == "attribute_not_exists") {
      if (first.kind != Operand::Kind::kPath) {
        found(Complaint::kOperandType,
              "Operator or function requires a document path; operator or function: " + name);
      }
    } else if (name == "begins_with") {
      for (const Operand& operand : call.operands) {
        const auto type = known_type(operand);
        if (type && *type != Type::kS && *type != Type::kB) {
          found(Complaint::kOperandType, wrong_operand_type(name, type_name(*type)));
        }
      }
    } else if (name == "size") {
      if (first_type == Type::kN || first_type == Type::kBool || first_type == Type::kNull) {
        found(Complaint::kOperandType, wrong_operand_type(name, type_name(*first_type)));
      }
    } else if (name == "attribute_type") {
      check_attribute_type(call.operands[1]);
    }
  }

  void check_attribute_type(const Operand& wanted) {
    if (wanted.kind == Operand::Kind::kValue && wanted.value == nullptr)
      return;  // Undefined: said already.
    const auto type = known_type(wanted);
    if (type != Type::kS) {
      found(Complaint::kOperandType,
            wrong_operand_type("attribute_type",
                               type ? type_name(*type) : "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"));
    } else if (std::ranges::find(kTypeNames, wanted.value->scalar()) == std::end(kTypeNames)) {
      found(Complaint::kOperandType,
            "Invalid attribute type name found; type: " + wanted.value->scalar() +
                ", valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}");
    }
  }

 private:
  void found(Complaint kind, std::string text) { findings_.push_back({kind, std::move(text)}); }

  Findings findings_;
};

}  // namespace

Findings check_compare(const Predicate& condition) {
  OperandChecks checks;
  checks.compare(condition);
  return checks.take();
}

Findings check_between(const Predicate& condition) {
  OperandChecks checks;
  checks.between(condition);
  return checks.take();
}

Findings check_call(const Operand& call) {
  OperandChecks checks;
  checks.call(call);
  return checks.take();
}

Findings check_not_boolean(const std::vector<Operand>& operands) {
  OperandChecks checks;
  checks.not_boolean(operands);
  return checks.take();
}

Finding misused_function(std::string_view function) {
  return {Complaint::kMisusedFunction,
          "The function is not allowed to be used this way in an expression; function: " +
              std::string(function)};
}

std::optional<AttributeValue::Type> known_type(const Operand& operand) {
  if (operand.kind == Operand::Kind::kValue && operand.value != nullptr)
    return operand.value->type();
  if (operand.kind == Operand::Kind::kFunction && operand.function == "size")
    return AttributeValue::Type::kN;
  return std::nullopt;
}

std::string wrong_operand_type(std::string_view function, std::string_view type) {
  return "Incorrect operand type for operator or function; operator or function: " +
         std::string(function) + ", operand type: " + std::string(type);
}

std::optional<Finding> check_clash(const DocumentPath& one, const DocumentPath& two) {
  const PathClash clash = clash_of(one, two);
  if (clash == PathClash::kNone) return std::nullopt;
  const bool overlap = clash == PathClash::kOverlap;
  return Finding{overlap ? Complaint::kOverlap : Complaint::kConflict,
                 std::string("Two document paths ") + (overlap ? "overlap" : "conflict") +
                     " with each other; must remove or rewrite one of these paths; path one: " +
                     to_text(one) + ", path two: " + to_text(two)};
}

}  // namespace penstock::dynamodb
