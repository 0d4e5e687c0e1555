// Operators and predicates, in Trino's order of precedence.

#include <fmt/format.h>

#include "sql/limits.h"
#include "sql/parser.h"

namespace penstock::sql {

namespace {
constexpr std::string_view kExpression = "<expression>";

bool is_comparison(const Token& token) {
  if (token.kind != TokenKind::kSymbol) return false;
  return token.text == "=" || token.text == "<>" || token.text == "!=" || token.text == "<" ||
         token.text == "<=" || token.text == ">" || token.text == ">=";
}
}  // namespace

Outcome<ExprPtr> Parser::binary(std::string text, ExprPtr left, ExprPtr right, Position at) {
  auto expr = make_expr(ExprKind::kBinaryOperator, at);
  expr->text = std::move(text);
  expr->depth = std::max(left->depth, right->depth) + 1;
  if (expr->depth > kTreeDepthMax) {
    return std::unexpected(syntax_error(at, "statement is too large (stack overflow)"));
  }
  expr->args.push_back(std::move(left));
  expr->args.push_back(std::move(right));
  return expr;
}

Outcome<ExprPtr> Parser::expression() {
  const Nesting nesting(*this);
  TRY_VOID(deeper(peek().at));
  return conjunction(true);
}

// OR when `any`, else AND: kept flat, so that a thousand terms are not a thousand levels.
Outcome<ExprPtr> Parser::conjunction(bool any) {
  const std::string_view word = any ? "OR" : "AND";
  const Position at = peek().at;
  TRY(ExprPtr first, any ? conjunction(false) : negation());
  if (!is_word(word)) return first;
  auto expr = make_expr(any ? ExprKind::kOr : ExprKind::kAnd, at);
  expr->depth = first->depth + 1;
  expr->args.push_back(std::move(first));
  while (take_word(word)) {
    TRY(ExprPtr next, any ? conjunction(false) : negation());
    expr->depth = std::max(expr->depth, next->depth + 1);
    expr->args.push_back(std::move(next));
  }
  return expr;
}

Outcome<ExprPtr> Parser::negation() {
  const Position at = peek().at;
  if (!take_word("NOT")) return predicate();
  const Nesting nesting(*this);
  TRY_VOID(deeper(at));
  TRY(ExprPtr operand, negation());
  auto expr = make_expr(ExprKind::kUnary, at);
  expr->text = "NOT";
  expr->depth = operand->depth + 1;
  expr->args.push_back(std::move(operand));
  return expr;
}

Outcome<ExprPtr> Parser::predicate() {
  TRY(ExprPtr left, concatenation());
  while (true) {
    const Position at = peek().at;
    if (is_comparison(peek())) {
      TRY(left, comparison_tail(std::move(left)));
      continue;
    }
    const bool negated =
        is_word("NOT") && (is_word("BETWEEN", 1) || is_word("IN", 1) || is_word("LIKE", 1));
    if (negated) take();
    if (take_word("BETWEEN")) {
      auto expr = make_expr(ExprKind::kBetween, at);
      expr->negated = negated;
      TRY(ExprPtr low, concatenation());
      TRY_VOID(expect_word("AND"));
      TRY(ExprPtr high, concatenation());
      expr->depth = left->depth + 1;
      expr->args.push_back(std::move(left));
      expr->args.push_back(std::move(low));
      expr->args.push_back(std::move(high));
      left = std::move(expr);
    } else if (take_word("IN")) {
      TRY(left, in_tail(std::move(left), negated));
    } else if (take_word("LIKE")) {
      auto expr = make_expr(ExprKind::kLike, at);
      expr->negated = negated;
      expr->depth = left->depth + 1;
      expr->args.push_back(std::move(left));
      TRY(ExprPtr pattern, concatenation());
      expr->args.push_back(std::move(pattern));
      if (take_word("ESCAPE")) {
        TRY(ExprPtr escape, concatenation());
        expr->args.push_back(std::move(escape));
      }
      left = std::move(expr);
    } else if (take_word("IS")) {
      const bool is_not = take_word("NOT");
      auto expr = make_expr(ExprKind::kIsNull, at);
      expr->negated = is_not;
      expr->depth = left->depth + 1;
      expr->args.push_back(std::move(left));
      if (take_word("DISTINCT")) {
        expr->kind = ExprKind::kIsDistinct;
        TRY_VOID(expect_word("FROM"));
        TRY(ExprPtr right, concatenation());
        expr->args.push_back(std::move(right));
      } else if (!take_word("NULL")) {
        return std::unexpected(
            unexpected_token(is_not ? "'DISTINCT', 'NULL'" : "'DISTINCT', 'NOT', 'NULL'"));
      }
      left = std::move(expr);
    } else {
      return left;
    }
    if (left->depth > kTreeDepthMax) {
      return std::unexpected(syntax_error(at, "statement is too large (stack overflow)"));
    }
  }
}

Outcome<ExprPtr> Parser::comparison_tail(ExprPtr left) {
  const Position at = peek().at;
  std::string op = take().text;
  if (op == "!=") op = "<>";
  if ((is_word("ALL") || is_word("ANY") || is_word("SOME")) && is_symbol("(", 1)) {
    auto expr = make_expr(ExprKind::kQuantified, at);
    expr->text = std::move(op);
    expr->quantifier = take().upper;
    take();
    TRY(expr->query, query());
    TRY_VOID(expect_symbol(")"));
    expr->args.push_back(std::move(left));
    return expr;
  }
  TRY(ExprPtr right, concatenation());
  return binary(std::move(op), std::move(left), std::move(right), at);
}

Outcome<ExprPtr> Parser::in_tail(ExprPtr left, bool negated) {
  auto expr = make_expr(ExprKind::kIn, left->at);
  expr->negated = negated;
  expr->depth = left->depth + 1;
  expr->args.push_back(std::move(left));
  TRY_VOID(expect_symbol("("));
  if (is_word("SELECT") || is_word("WITH") || is_word("VALUES") || is_word("TABLE")) {
    expr->kind = ExprKind::kInQuery;
    TRY(expr->query, query());
  } else {
    do {
      TRY(ExprPtr candidate, expression());
      expr->args.push_back(std::move(candidate));
    } while (take_symbol(","));
  }
  TRY_VOID(expect_symbol(")"));
  return expr;
}

Outcome<ExprPtr> Parser::concatenation() {
  TRY(ExprPtr left, additive());
  while (is_symbol("||")) {
    const Position at = take().at;
    TRY(ExprPtr right, additive());
    TRY(left, binary("||", std::move(left), std::move(right), at));
  }
  return left;
}

Outcome<ExprPtr> Parser::additive() {
  TRY(ExprPtr left, multiplicative());
  while (is_symbol("+") || is_symbol("-")) {
    const Token op = take();
    TRY(ExprPtr right, multiplicative());
    TRY(left, binary(op.text, std::move(left), std::move(right), op.at));
  }
  return left;
}

Outcome<ExprPtr> Parser::multiplicative() {
  TRY(ExprPtr left, unary());
  while (is_symbol("*") || is_symbol("/") || is_symbol("%")) {
    const Token op = take();
    TRY(ExprPtr right, unary());
    TRY(left, binary(op.text, std::move(left), std::move(right), op.at));
  }
  return left;
}

Outcome<ExprPtr> Parser::unary() {
  if (!is_symbol("-") && !is_symbol("+")) return postfix();
  const Token op = take();
  const Nesting nesting(*this);
  TRY_VOID(deeper(op.at));
  TRY(ExprPtr operand, unary());
  auto expr = make_expr(ExprKind::kUnary, op.at);
  expr->text = op.text;
  expr->depth = operand->depth + 1;
  expr->args.push_back(std::move(operand));
  return expr;
}

// Subscripts, fields and AT TIME ZONE.
Outcome<ExprPtr> Parser::postfix() {
  TRY(ExprPtr base, primary());
  while (base->depth <= kTreeDepthMax) {
    const Position at = peek().at;
    if (take_symbol("[")) {
      auto expr = make_expr(ExprKind::kSubscript, base->at);
      TRY(ExprPtr index, concatenation());
      TRY_VOID(expect_symbol("]"));
      expr->depth = base->depth + 1;
      expr->args.push_back(std::move(base));
      expr->args.push_back(std::move(index));
      base = std::move(expr);
    } else if (is_symbol(".")) {
      take();
      auto expr = make_expr(ExprKind::kField, base->at);
      TRY(expr->text, identifier());
      expr->depth = base->depth + 1;
      expr->args.push_back(std::move(base));
      base = std::move(expr);
    } else if (is_word("AT") && is_word("TIME", 1) && is_word("ZONE", 2)) {
      at_ += 3;
      auto expr = make_expr(ExprKind::kAtZone, at);
      TRY(ExprPtr zone, primary());
      expr->depth = base->depth + 1;
      expr->args.push_back(std::move(base));
      expr->args.push_back(std::move(zone));
      base = std::move(expr);
    } else {
      return base;
    }
  }
  return std::unexpected(syntax_error(base->at, "statement is too large (stack overflow)"));
}

Outcome<ExprPtr> Parser::primary() {
  const Token& token = peek();
  const auto literal = [&](ExprKind kind) {
    auto expr = make_expr(kind, token.at);
    expr->text = token.text;
    take();
    return expr;
  };
  switch (token.kind) {
    case TokenKind::kString: return literal(ExprKind::kString);
    case TokenKind::kBinary: return literal(ExprKind::kBinary);
    case TokenKind::kInteger: return literal(ExprKind::kInteger);
    case TokenKind::kDecimal: return literal(ExprKind::kDecimal);
    case TokenKind::kFloat: return literal(ExprKind::kDouble);
    case TokenKind::kWord: return word_primary();
    case TokenKind::kQuoted:
    case TokenKind::kBackquoted: return name_or_call();
    case TokenKind::kSymbol:
      if (token.text == "(") return parenthesised();
      if (token.text == "?") {
        auto expr = make_expr(ExprKind::kParameter, token.at);
        expr->index = parameters_++;
        take();
        return expr;
      }
      break;
    case TokenKind::kEnd: break;
  }
  return std::unexpected(unexpected_token(kExpression));
}

// ( expression ), (a, b), (query), (x, y) -> body, () -> body
Outcome<ExprPtr> Parser::parenthesised() {
  const Position at = peek().at;
  std::size_t ahead = 1;
  std::vector<std::string> names;
  while (at_identifier(ahead)) {
    ++ahead;
    if (!is_symbol(",", ahead)) break;
    ++ahead;
  }
  if (is_symbol(")", ahead) && is_symbol("->", ahead + 1)) {
    take();
    while (!is_symbol(")")) {
      TRY(std::string name, identifier());
      names.push_back(std::move(name));
      if (!take_symbol(",")) break;
    }
    TRY_VOID(expect_symbol(")"));
    return lambda(std::move(names), at);
  }
  take();
  if (is_word("SELECT") || is_word("WITH") || is_word("VALUES") || is_word("TABLE")) {
    auto expr = make_expr(ExprKind::kSubquery, at);
    TRY(expr->query, query());
    TRY_VOID(expect_symbol(")"));
    return expr;
  }
  TRY(ExprPtr first, expression());
  if (take_symbol(")")) return first;
  auto row = make_expr(ExprKind::kRow, at);
  row->depth = first->depth + 1;
  row->args.push_back(std::move(first));
  while (take_symbol(",")) {
    TRY(ExprPtr next, expression());
    row->depth = std::max(row->depth, next->depth + 1);
    row->args.push_back(std::move(next));
  }
  TRY_VOID(expect_symbol(")"));
  return row;
}

Outcome<ExprPtr> Parser::lambda(std::vector<std::string> names, Position at) {
  TRY_VOID(expect_symbol("->"));
  auto expr = make_expr(ExprKind::kLambda, at);
  expr->names = std::move(names);
  TRY(ExprPtr body, expression());
  expr->depth = body->depth + 1;
  expr->args.push_back(std::move(body));
  return expr;
}

Outcome<std::vector<ExprPtr>> Parser::expression_list(std::string_view closing) {
  std::vector<ExprPtr> list;
  if (take_symbol(closing)) return list;
  do {
    TRY(ExprPtr next, expression());
    list.push_back(std::move(next));
  } while (take_symbol(","));
  TRY_VOID(expect_symbol(closing));
  return list;
}

}  // namespace penstock::sql
