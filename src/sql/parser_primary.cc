// What an expression is made of: names, calls, CASE, CAST, typed literals and the special forms.

#include <fmt/format.h>

#include "base/bytes.h"
#include "sql/limits.h"
#include "sql/parser.h"

namespace penstock::sql {

namespace {

bool is_interval_unit(const Token& token) {
  static constexpr std::string_view kUnits[] = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"};
  for (const std::string_view unit : kUnits) {
    if (token.upper == unit) return true;
  }
  return false;
}

}  // namespace

Outcome<ExprPtr> Parser::word_primary() {
  const Token& token = peek();
  const Position at = token.at;
  const std::string word = token.upper;
  const bool call_follows = is_symbol("(", 1);
  if (word == "NULL") {
    take();
    return make_expr(ExprKind::kNull, at);
  }
  if (word == "TRUE" || word == "FALSE") {
    take();
    auto expr = make_expr(ExprKind::kBoolean, at);
    expr->text = to_lower(word);
    return expr;
  }
  if (word == "CASE") return case_expression();
  if (word == "CAST" && call_follows) return cast_expression(false);
  if (word == "TRY_CAST" && call_follows) return cast_expression(true);
  if (word == "EXISTS" && call_follows) {
    at_ += 2;
    auto expr = make_expr(ExprKind::kExists, at);
    TRY(expr->query, query());
    TRY_VOID(expect_symbol(")"));
    return expr;
  }
  if (word == "INTERVAL" &&
      (peek(1).kind == TokenKind::kString || is_symbol("-", 1) || is_symbol("+", 1))) {
    return interval_literal();
  }
  if (word == "ARRAY" && is_symbol("[", 1)) {
    at_ += 2;
    auto expr = make_expr(ExprKind::kArray, at);
    TRY(expr->args, expression_list("]"));
    for (const ExprPtr& arg : expr->args) expr->depth = std::max(expr->depth, arg->depth + 1);
    return expr;
  }
  if (word == "ROW" && call_follows) {
    at_ += 2;
    auto expr = make_expr(ExprKind::kRow, at);
    TRY(expr->args, expression_list(")"));
    for (const ExprPtr& arg : expr->args) expr->depth = std::max(expr->depth, arg->depth + 1);
    return expr;
  }
  if (word.starts_with("CURRENT_") || word.starts_with("LOCALTIME")) return current_value();
  if (call_follows &&
      (word == "EXTRACT" || word == "TRIM" || word == "POSITION" || word == "SUBSTRING" ||
       word == "NORMALIZE" || word == "LISTAGG" || word == "GROUPING")) {
    return special_call();
  }
  // A type before a string: DATE '2020-01-01', DECIMAL '1.5', JSON '{}'.
  if (peek(1).kind == TokenKind::kString && !is_reserved(word)) {
    auto expr = make_expr(ExprKind::kTyped, at);
    TRY(expr->type, type_name());
    expr->text = take().text;
    return expr;
  }
  if (is_reserved(word)) return std::unexpected(unexpected_token("<expression>"));
  return name_or_call();
}

Outcome<ExprPtr> Parser::name_or_call() {
  const Position at = peek().at;
  TRY(std::string first, identifier());
  if (is_symbol("->")) return lambda({std::move(first)}, at);
  std::vector<std::string> parts = {std::move(first)};
  while (is_symbol(".") && (at_identifier(1))) {
    take();
    TRY(std::string part, identifier());
    parts.push_back(std::move(part));
  }
  if (is_symbol("(")) return call(std::move(parts), at);
  auto expr = make_expr(ExprKind::kName, at);
  expr->path = std::move(parts);
  return expr;
}

Outcome<ExprPtr> Parser::call(std::vector<std::string> name, Position at) {
  auto expr = make_expr(ExprKind::kCall, at);
  for (const std::string& part : name) expr->text += (expr->text.empty() ? "" : ".") + part;
  TRY_VOID(expect_symbol("("));
  if (is_symbol("*") && is_symbol(")", 1)) {
    at_ += 2;
    expr->star = true;
  } else if (!take_symbol(")")) {
    if (take_word("DISTINCT")) {
      expr->distinct = true;
    } else {
      take_word("ALL");
    }
    do {
      TRY(ExprPtr argument, expression());
      expr->depth = std::max(expr->depth, argument->depth + 1);
      expr->args.push_back(std::move(argument));
    } while (take_symbol(","));
    if (take_words({"ORDER", "BY"})) {
      TRY(expr->order, sort_items());
    }
    TRY_VOID(expect_symbol(")"));
  }
  if (expr->args.size() > kArgumentsMax) {
    return std::unexpected(
        syntax_error(at, fmt::format("Too many arguments for function call {}()", expr->text)));
  }
  TRY_VOID(call_tail(*expr));
  return expr;
}

// FILTER (WHERE ...), IGNORE NULLS, OVER ...
Outcome<void> Parser::call_tail(Expr& call) {
  if (is_word("FILTER") && is_symbol("(", 1)) {
    at_ += 2;
    TRY_VOID(expect_word("WHERE"));
    TRY(call.filter, expression());
    TRY_VOID(expect_symbol(")"));
  }
  if (take_words({"IGNORE", "NULLS"})) {
    call.ignore_nulls = true;
  } else {
    take_words({"RESPECT", "NULLS"});
  }
  if (take_word("OVER")) {
    if (is_symbol("(")) {
      TRY(call.window, window());
    } else {
      call.window = std::make_unique<Window>();
      TRY(call.window->name, identifier());
    }
  }
  return {};
}

Outcome<ExprPtr> Parser::case_expression() {
  auto expr = make_expr(ExprKind::kCase, take().at);
  if (!is_word("WHEN")) {
    expr->has_operand = true;
    TRY(ExprPtr operand, expression());
    expr->args.push_back(std::move(operand));
  }
  if (!is_word("WHEN")) return std::unexpected(unexpected_token("'WHEN'"));
  while (take_word("WHEN")) {
    TRY(ExprPtr when, expression());
    TRY_VOID(expect_word("THEN"));
    TRY(ExprPtr then, expression());
    expr->args.push_back(std::move(when));
    expr->args.push_back(std::move(then));
  }
  if (take_word("ELSE")) {
    expr->has_else = true;
    TRY(ExprPtr otherwise, expression());
    expr->args.push_back(std::move(otherwise));
  }
  if (!take_word("END")) return std::unexpected(unexpected_token("'ELSE', 'END', 'WHEN'"));
  for (const ExprPtr& arg : expr->args) expr->depth = std::max(expr->depth, arg->depth + 1);
  return expr;
}

Outcome<ExprPtr> Parser::cast_expression(bool is_try) {
  auto expr = make_expr(ExprKind::kCast, take().at);
  take();
  expr->is_try = is_try;
  TRY(ExprPtr value, expression());
  TRY_VOID(expect_word("AS"));
  TRY(expr->type, type_name());
  TRY_VOID(expect_symbol(")"));
  expr->depth = value->depth + 1;
  expr->args.push_back(std::move(value));
  return expr;
}

Outcome<ExprPtr> Parser::interval_literal() {
  auto expr = make_expr(ExprKind::kInterval, take().at);
  if (take_symbol("-")) {
    expr->negated = true;
  } else {
    take_symbol("+");
  }
  TRY(expr->text, string_literal());
  static constexpr std::string_view kUnits = "'DAY', 'HOUR', 'MINUTE', 'MONTH', 'SECOND', 'YEAR'";
  if (!is_interval_unit(peek())) return std::unexpected(unexpected_token(kUnits));
  expr->unit = take().upper;
  if (take_word("TO")) {
    if (!is_interval_unit(peek())) return std::unexpected(unexpected_token(kUnits));
    expr->unit_to = take().upper;
  }
  return expr;
}

// CURRENT_TIMESTAMP and its kind: calls without parentheses, or with a precision.
Outcome<ExprPtr> Parser::current_value() {
  const Token token = take();
  auto expr = make_expr(ExprKind::kCall, token.at);
  expr->text = to_lower(token.text);
  const bool takes_precision = expr->text == "current_timestamp" || expr->text == "current_time" ||
                               expr->text == "localtimestamp" || expr->text == "localtime";
  if (takes_precision && take_symbol("(")) {
    if (peek().kind != TokenKind::kInteger) return std::unexpected(unexpected_token("<integer>"));
    TRY(ExprPtr precision, primary());
    expr->args.push_back(std::move(precision));
    TRY_VOID(expect_symbol(")"));
  }
  return expr;
}

Outcome<ExprPtr> Parser::special_call() {
  const Token name = take();
  if (name.upper == "EXTRACT") return extract_call();
  if (name.upper == "TRIM") return trim_call();
  auto expr = make_expr(ExprKind::kCall, name.at);
  expr->text = to_lower(name.text);
  take();
  if (name.upper == "POSITION") {
    TRY(ExprPtr needle, concatenation());
    TRY_VOID(expect_word("IN"));
    TRY(ExprPtr text, concatenation());
    expr->text = "strpos";
    expr->args.push_back(std::move(text));
    expr->args.push_back(std::move(needle));
    TRY_VOID(expect_symbol(")"));
    return expr;
  }
  if (name.upper == "LISTAGG") expr->distinct = take_word("DISTINCT");
  TRY(ExprPtr first, expression());
  expr->args.push_back(std::move(first));
  if (name.upper == "SUBSTRING" && take_word("FROM")) {
    TRY(ExprPtr start, concatenation());
    expr->args.push_back(std::move(start));
    if (take_word("FOR")) {
      TRY(ExprPtr length, concatenation());
      expr->args.push_back(std::move(length));
    }
  }
  if (name.upper == "NORMALIZE" && take_symbol(",")) {
    TRY(std::string form, identifier());
    auto literal = make_expr(ExprKind::kString, name.at);
    literal->text = form;
    expr->args.push_back(std::move(literal));
  }
  while (take_symbol(",")) {
    TRY(ExprPtr next, expression());
    expr->args.push_back(std::move(next));
  }
  TRY_VOID(expect_symbol(")"));
  if (name.upper == "LISTAGG") {
    if (!take_words({"WITHIN", "GROUP"})) return std::unexpected(unexpected_token("'WITHIN'"));
    TRY_VOID(expect_symbol("("));
    if (!take_words({"ORDER", "BY"})) return std::unexpected(unexpected_token("'ORDER'"));
    TRY(expr->order, sort_items());
    TRY_VOID(expect_symbol(")"));
  }
  for (const ExprPtr& arg : expr->args) expr->depth = std::max(expr->depth, arg->depth + 1);
  TRY_VOID(call_tail(*expr));
  return expr;
}

Outcome<ExprPtr> Parser::extract_call() {
  auto expr = make_expr(ExprKind::kExtract, peek().at);
  take();
  TRY(expr->text, identifier());
  TRY_VOID(expect_word("FROM"));
  TRY(ExprPtr value, concatenation());
  TRY_VOID(expect_symbol(")"));
  expr->depth = value->depth + 1;
  expr->args.push_back(std::move(value));
  return expr;
}

// TRIM([BOTH | LEADING | TRAILING] [characters] [FROM] value), TRIM(value, characters)
Outcome<ExprPtr> Parser::trim_call() {
  auto expr = make_expr(ExprKind::kCall, peek().at);
  expr->text = "trim";
  take();
  bool worded = true;
  if (take_word("LEADING")) {
    expr->text = "ltrim";
  } else if (take_word("TRAILING")) {
    expr->text = "rtrim";
  } else {
    worded = take_word("BOTH");
  }
  ExprPtr first;
  if (!(worded && is_word("FROM"))) {
    TRY(first, concatenation());
  }
  if (take_word("FROM")) {
    TRY(ExprPtr value, concatenation());
    expr->args.push_back(std::move(value));
    if (first) expr->args.push_back(std::move(first));
  } else {
    expr->args.push_back(std::move(first));
    if (take_symbol(",")) {
      TRY(ExprPtr characters, concatenation());
      expr->args.push_back(std::move(characters));
    }
  }
  TRY_VOID(expect_symbol(")"));
  for (const ExprPtr& arg : expr->args) expr->depth = std::max(expr->depth, arg->depth + 1);
  return expr;
}

Outcome<std::vector<SortItem>> Parser::sort_items() {
  std::vector<SortItem> items;
  do {
    SortItem item;
    TRY(item.key, expression());
    if (take_word("DESC")) {
      item.descending = true;
    } else {
      take_word("ASC");
    }
    if (take_words({"NULLS", "FIRST"})) {
      item.nulls_first = true;
    } else if (is_word("NULLS")) {
      take();
      TRY_VOID(expect_word("LAST"));
    }
    items.push_back(std::move(item));
  } while (take_symbol(","));
  return items;
}

Outcome<std::unique_ptr<Window>> Parser::window() {
  auto window = std::make_unique<Window>();
  TRY_VOID(expect_symbol("("));
  if (at_identifier() && !is_word("PARTITION") && !is_word("ROWS") && !is_word("RANGE") &&
      !is_word("GROUPS")) {
    TRY(window->name, identifier());
  }
  if (take_words({"PARTITION", "BY"})) {
    do {
      TRY(ExprPtr key, expression());
      window->partition.push_back(std::move(key));
    } while (take_symbol(","));
  }
  if (take_words({"ORDER", "BY"})) {
    TRY(window->order, sort_items());
  }
  if (is_word("ROWS") || is_word("RANGE") || is_word("GROUPS")) {
    window->frame_unit = take().upper;
    const bool between = take_word("BETWEEN");
    TRY(window->start, frame_bound());
    if (between) {
      TRY_VOID(expect_word("AND"));
      TRY(window->end, frame_bound());
    }
  }
  TRY_VOID(expect_symbol(")"));
  return window;
}

Outcome<Window::Bound> Parser::frame_bound() {
  Window::Bound bound;
  if (take_words({"UNBOUNDED", "PRECEDING"})) {
    bound.text = "UNBOUNDED PRECEDING";
  } else if (take_words({"UNBOUNDED", "FOLLOWING"})) {
    bound.text = "UNBOUNDED FOLLOWING";
  } else if (take_words({"CURRENT", "ROW"})) {
    bound.text = "CURRENT ROW";
  } else {
    TRY(bound.amount, concatenation());
    if (!is_word("PRECEDING") && !is_word("FOLLOWING")) {
      return std::unexpected(unexpected_token("'FOLLOWING', 'PRECEDING'"));
    }
    bound.text = take().upper;
  }
  return bound;
}

}  // namespace penstock::sql
