// The parser of condition, filter and key-condition expressions.
//
// Grammar: or := and (OR and)*; and := not (AND not)*; not := NOT not | comparison;
// comparison := operand (comparator operand | BETWEEN operand AND operand | IN (operand, ...)) |
// function. A parenthesis may hold a condition or an operand, and only what follows it tells which
// is meant; so both are parsed as a Term first.
#include <algorithm>
#include <variant>

#include "base/check.h"
#include "services/dynamodb/expression_parser.h"
#include "services/dynamodb/limits.h"

namespace penstock::dynamodb {
namespace {

using Term = std::variant<Predicate, Operand>;

constexpr Complaint kOrder[] = {
    Complaint::kParentheses,  Complaint::kUnknownFunction, Complaint::kMisusedFunction,
    Complaint::kReserved,     Complaint::kUndefinedName,   Complaint::kUndefinedValue,
    Complaint::kOperandCount, Complaint::kDistinct,        Complaint::kOperandType,
};

constexpr Comparator kComparators[] = {Comparator::kEqual,   Comparator::kNotEqual,
                                       Comparator::kLess,    Comparator::kLessEqual,
                                       Comparator::kGreater, Comparator::kGreaterEqual};

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
      if (!failed()) complain_all(check_between(condition));
    } else if (in) {
      advance();
      condition.kind = Predicate::Kind::kIn;
      parse_in(condition);
    } else {
      condition.comparator = take_comparator();
      condition.operands.push_back(parse_operand());
      if (!failed()) complain_all(check_compare(condition));
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
    complain_all(check_not_boolean(condition.operands));
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
      if (!failed()) complain_all(check_call(operand));
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
    if (operand.function == "size") complain_all({misused_function("size")});
    condition.function = std::move(operand.function);
    condition.operands = std::move(operand.operands);
    condition.in_parentheses = operand.in_parentheses;
    return condition;
  }

  void complain_all(Findings findings) {
    for (auto& [kind, text] : findings) complain(kind, std::move(text));
  }
};

}  // namespace

Checked<Predicate> parse_condition(std::string_view kind, std::string_view text,
                                   Placeholders& placeholders) {
  return ConditionParser(kind, text, placeholders).parse();
}

}  // namespace penstock::dynamodb
