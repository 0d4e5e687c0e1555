// The parser of condition, filter and key-condition expressions.
//
// Grammar: or := and (OR and)*; and := not (AND not)*; not := NOT not | comparison;
// comparison := operand (comparator operand | BETWEEN operand AND operand | IN (operand, ...)) |
// function. A parenthesis may hold a condition or an operand, and only what follows it tells which
// is meant; so both are parsed as a Term first.
#include <algorithm>
#include <variant>

#include "base/check.h"
#include "protocol/number.h"
#include "services/dynamodb/expression_parser.h"
#include "services/dynamodb/limits.h"

namespace penstock::dynamodb {
namespace {

using Type = AttributeValue::Type;
using Term = std::variant<Predicate, Operand>;

constexpr Complaint kOrder[] = {
    Complaint::kParentheses,  Complaint::kUnknownFunction, Complaint::kMisusedFunction,
    Complaint::kReserved,     Complaint::kUndefinedName,   Complaint::kUndefinedValue,
    Complaint::kOperandCount, Complaint::kDistinct,        Complaint::kOperandType,
};

constexpr Comparator kComparators[] = {Comparator::kEqual,   Comparator::kNotEqual,
                                       Comparator::kLess,    Comparator::kLessEqual,
                                       Comparator::kGreater, Comparator::kGreaterEqual};

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

class ConditionParser final : public ExpressionParser {
 public:
  using ExpressionParser::ExpressionParser;

  Checked<Predicate> parse() {
    if (auto problem = check_text()) return std::unexpected(std::move(*problem));
    Term term = parse_or();
    Predicate condition = as_condition(std::move(term));
    expect_end();
    if (auto problem = verdict(kOrder)) return std::unexpected(std::move(*problem));
    return condition;
  }

 private:
  Term parse_or() {
    Term left = parse_and();
    if (!peek().is_keyword("OR")) return left;
    return parse_chain(std::move(left), "OR", Predicate::Kind::kOr);
  }

  Term parse_and() {
    Term left = parse_not();
    if (!peek().is_keyword("AND")) return left;
    return parse_chain(std::move(left), "AND", Predicate::Kind::kAnd);
  }

  Predicate parse_chain(Term left, std::string_view keyword, Predicate::Kind kind) {
    Predicate chain{.kind = kind};
    chain.conditions.push_back(as_condition(std::move(left)));
    while (accept_keyword(keyword)) {
      count_operator();
      Term next = kind == Predicate::Kind::kOr ? parse_and() : parse_not();
      chain.conditions.push_back(as_condition(std::move(next)));
    }
    return chain;
  }

  Term parse_not() {
    if (!accept_keyword("NOT")) return parse_comparison();
    count_operator();
    Predicate negated{.kind = Predicate::Kind::kNot};
    if (!enter_level()) return negated;
    negated.conditions.push_back(as_condition(parse_not()));
    leave_level();
    return negated;
  }

  Term parse_comparison() {
    Term left = parse_primary();
    if (failed()) return left;
    const bool between = peek().is_keyword("BETWEEN");
    const bool in = peek().is_keyword("IN");
    if (!between && !in && !at_comparator()) return left;
    if (std::holds_alternative<Predicate>(left)) {
      fail_syntax();
      return left;
    }
    Predicate condition{.kind = Predicate::Kind::kCompare};
    condition.operands.push_back(std::get<Operand>(std::move(left)));
    count_operator();
    if (between) {
      advance();
      condition.kind = Predicate::Kind::kBetween;
      condition.operands.push_back(parse_operand());
      if (!accept_keyword("AND")) fail_syntax();
      condition.operands.push_back(parse_operand());
      check_between(condition);
    } else if (in) {
      advance();
      condition.kind = Predicate::Kind::kIn;
      parse_in(condition);
    } else {
      condition.comparator = take_comparator();
      condition.operands.push_back(parse_operand());
      check_compare(condition);
    }
    return condition;
  }

  bool at_comparator() const {
    return std::ranges::any_of(kComparators, [this](Comparator comparator) {
      return peek().is_symbol(symbol_of(comparator));
    });
  }

  Comparator take_comparator() {
    for (const Comparator comparator : kComparators) {
      if (accept_symbol(symbol_of(comparator))) return comparator;
    }
    CHECK(false);
  }

  void parse_in(Predicate& condition) {
    expect_symbol("(");
    while (!failed()) {
      condition.operands.push_back(parse_operand());
      if (!accept_symbol(",")) break;
    }
    expect_symbol(")");
    check_not_boolean(condition.operands);
    const std::size_t listed = condition.operands.size() - 1;
    if (listed > kInOperandsMax) {
      complain(Complaint::kOperandCount,
               "Incorrect number of operands for operator or function; operator or function: IN, "
               "number of operands: " +
                   std::to_string(listed));
    }
  }

  // A parenthesised term, a function call, a path or a value.
  Term parse_primary() {
    if (!peek().is_symbol("(")) return parse_simple_operand();
    if (!enter_level()) return Operand{};
    advance();
    Term term = parse_or();
    expect_symbol(")");
    leave_level();
    bool& marked = std::holds_alternative<Predicate>(term)
                       ? std::get<Predicate>(term).in_parentheses
                       : std::get<Operand>(term).in_parentheses;
    if (marked) complain(Complaint::kParentheses, "The expression has redundant parentheses;");
    marked = true;
    // (f(x)) is a condition in parentheses unless a comparator follows.
    return term;
  }

  Operand parse_operand() override {
    if (failed()) return {};
    Term term = parse_primary();
    if (std::holds_alternative<Predicate>(term)) {
      fail_syntax();
      return {};
    }
    return std::get<Operand>(std::move(term));
  }

  Operand parse_simple_operand() {
    Operand operand;
    if (failed()) return operand;
    if (at_function() && !is_operator_word(peek())) {
      operand = parse_call();
      check_call(operand);
    } else if (at_path() && !is_operator_word(peek())) {
      operand.path = parse_path();
    } else {
      operand.kind = Operand::Kind::kValue;
      operand.value = parse_value_placeholder();
    }
    return operand;
  }

  static bool is_operator_word(const Token& token) {
    return token.is_keyword("AND") || token.is_keyword("OR") || token.is_keyword("NOT") ||
           token.is_keyword("IN") || token.is_keyword("BETWEEN");
  }

  // Only a call of a boolean function can stand as a condition by itself.
  Predicate as_condition(Term term) {
    if (std::holds_alternative<Predicate>(term)) return std::get<Predicate>(std::move(term));
    Operand& operand = std::get<Operand>(term);
    Predicate condition{.kind = Predicate::Kind::kFunction};
    if (failed()) return condition;
    if (operand.kind != Operand::Kind::kFunction) {
      fail_syntax();
      return condition;
    }
    if (operand.function == "size") complain_misused("size");
    condition.function = std::move(operand.function);
    condition.operands = std::move(operand.operands);
    condition.in_parentheses = operand.in_parentheses;
    return condition;
  }

  void complain_misused(const std::string& function) {
    complain(
        Complaint::kMisusedFunction,
        "The function is not allowed to be used this way in an expression; function: " + function);
  }

  void check_not_boolean(const std::vector<Operand>& operands) {
    for (const Operand& operand : operands) {
      if (operand.kind == Operand::Kind::kFunction && operand.function != "size") {
        complain_misused(operand.function);
      }
    }
  }

  void check_distinct(std::string_view name, const std::vector<Operand>& operands) {
    if (operands.size() != 2) return;
    if (operands[0].kind != Operand::Kind::kPath || operands[1].kind != Operand::Kind::kPath)
      return;
    if (operands[0].path != operands[1].path) return;
    complain(Complaint::kDistinct,
             "The first operand must be distinct from the remaining operands for this operator or "
             "function; "
             "operator: " +
                 std::string(name) + ", first operand: " + to_text(operands[0].path));
  }

  void check_ordered(std::string_view name, const std::vector<Operand>& operands) {
    for (const Operand& operand : operands) {
      const auto type = known_type(operand);
      if (type && !is_ordered(*type)) {
        complain(Complaint::kOperandType, wrong_operand_type(name, type_name(*type)));
      }
    }
  }

  void check_compare(const Predicate& condition) {
    if (failed()) return;
    const std::string_view symbol = symbol_of(condition.comparator);
    check_not_boolean(condition.operands);
    check_distinct(symbol, condition.operands);
    if (condition.comparator != Comparator::kEqual &&
        condition.comparator != Comparator::kNotEqual) {
      check_ordered(symbol, condition.operands);
    }
  }

  void check_between(const Predicate& condition) {
    if (failed()) return;
    check_not_boolean(condition.operands);
    check_ordered("BETWEEN", condition.operands);
    const AttributeValue* low = condition.operands[1].value;
    const AttributeValue* high = condition.operands[2].value;
    if (low == nullptr || high == nullptr) return;
    if (low->type() != high->type()) {
      complain(Complaint::kOperandType,
               between_text("same data type for lower and upper bounds", *low, *high));
    } else if (is_ordered(low->type()) && is_greater(*low, *high)) {
      complain(Complaint::kOperandType,
               between_text("upper bound to be greater than or equal to lower bound", *low, *high));
    }
  }

  void check_call(const Operand& call) {
    if (failed()) return;
    const auto function =
        std::ranges::find(kFunctions, std::string_view(call.function), &Function::name);
    if (function == std::end(kFunctions)) {
      complain(Complaint::kUnknownFunction, "Invalid function name; function: " + call.function);
      return;
    }
    check_not_boolean(call.operands);
    if (call.operands.size() != function->operands) {
      complain(Complaint::kOperandCount,
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
        complain(Complaint::kOperandType,
                 "Operator or function requires a document path; operator or function: " + name);
      }
    } else if (name == "begins_with") {
      for (const Operand& operand : call.operands) {
        const auto type = known_type(operand);
        if (type && *type != Type::kS && *type != Type::kB) {
          complain(Complaint::kOperandType, wrong_operand_type(name, type_name(*type)));
        }
      }
    } else if (name == "size") {
      if (first_type == Type::kN || first_type == Type::kBool || first_type == Type::kNull) {
        complain(Complaint::kOperandType, wrong_operand_type(name, type_name(*first_type)));
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
      complain(Complaint::kOperandType,
               wrong_operand_type("attribute_type",
                                  type ? type_name(*type) : "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"));
    } else if (std::ranges::find(kTypeNames, wanted.value->scalar()) == std::end(kTypeNames)) {
      complain(Complaint::kOperandType,
               "Invalid attribute type name found; type: " + wanted.value->scalar() +
                   ", valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}");
    }
  }
};

}  // namespace

Checked<Predicate> parse_condition(std::string_view kind, std::string_view text,
                                   Placeholders& placeholders) {
  return ConditionParser(kind, text, placeholders).parse();
}

}  // namespace penstock::dynamodb
