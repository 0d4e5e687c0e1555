// The parser of PartiQL statements. The details after "can't be processed:" are those recorded from
// AWS where a test says so, else in their style.
#include "services/dynamodb/partiql_parser.h"

#include "services/dynamodb/limits.h"

namespace penstock::dynamodb {
namespace {

constexpr std::string_view kExpectedSource = "Expected identifier for simple path";
constexpr std::string_view kLeftover = "Unexpected token after expression";

}  // namespace

Checked<PartiqlStatement> parse_partiql(std::string_view statement) {
  auto tokens = tokenize_partiql(statement);
  if (!tokens) return std::unexpected(std::move(tokens).error());
  return PartiqlParser(std::move(*tokens)).parse();
}

Checked<PartiqlStatement> PartiqlParser::parse() {
  PartiqlStatement statement = parse_statement();
  expect_end();
  if (failed()) return std::unexpected(std::move(error_));
  statement.unsupported = std::move(unsupported_);
  return statement;
}

bool PartiqlParser::accept_symbol(std::string_view symbol) {
  if (failed() || !peek().is_symbol(symbol)) return false;
  advance();
  return true;
}

bool PartiqlParser::accept_keyword(std::string_view keyword) {
  if (failed() || !peek().is_keyword(keyword)) return false;
  advance();
  return true;
}

void PartiqlParser::expect_symbol(std::string_view symbol, std::string_view name) {
  if (!accept_symbol(symbol)) fail("Expected " + std::string(name));
}

void PartiqlParser::fail(std::string_view detail) {
  if (!failed()) error_ = not_well_formed(detail);
}

bool PartiqlParser::enter_level() {
  if (++level_ <= kExpressionNestingMax) return true;
  fail("");
  return false;
}

void PartiqlParser::count_operator() {
  if (++operators_ > kExpressionOperatorsMax && !failed()) {
    error_ = "The expression contains too many operators; operator count: 301";
  }
}

void PartiqlParser::expect_end() {
  if (accept_symbol(";") && !at_end()) fail(kLeftover);
  if (!at_end()) fail(kLeftover);
}

PartiqlStatement PartiqlParser::parse_statement() {
  if (accept_keyword("select")) return parse_select();
  if (accept_keyword("insert")) return parse_insert();
  if (accept_keyword("update")) return parse_update();
  if (accept_keyword("delete")) return parse_delete();
  if (accept_keyword("from")) return parse_from_first();
  if (peek().is_keyword("exists") && peek(1).is_symbol("(")) return parse_exists();
  if (at_end()) {
    fail("Unexpected term");
  } else {
    fail("Expected data manipulation");
  }
  return {};
}

PartiqlStatement PartiqlParser::parse_exists() {
  advance();
  advance();
  PartiqlStatement statement;
  if (accept_keyword("select")) {
    statement = parse_select();
  } else {
    fail_at_term();
  }
  statement.kind = PartiqlStatement::Kind::kExists;
  expect_symbol(")", "RIGHT_PAREN");
  return statement;
}

PartiqlStatement PartiqlParser::parse_select() {
  PartiqlStatement statement;
  if (accept_keyword("distinct")) set_unsupported("Unsupported clause: DISTINCT");
  (void)accept_keyword("all");
  if (peek().is_keyword("value") || peek().is_keyword("pivot")) {
    advance();
    set_unsupported("Select projection doesn't support value or pivot keywords");
  }
  parse_columns(statement);
  if (!failed() && !accept_keyword("from")) {
    fail(at_end() ? "Unexpected term" : "Expected FROM");
  }
  parse_select_source(statement);
  parse_where(statement);
  parse_order(statement);
  parse_unsupported_clauses();
  return statement;
}

void PartiqlParser::parse_columns(PartiqlStatement& statement) {
  do {
    parse_column(statement);
  } while (accept_symbol(","));
  if (statement.star && !statement.columns.empty()) {
    set_unsupported("Other attributes should not be present in the projection when '*' is used.");
  }
}

void PartiqlParser::parse_column(PartiqlStatement& statement) {
  if (accept_symbol("*")) {
    statement.star = true;
    return;
  }
  statement.columns.push_back(parse_expression());
  parse_alias();
}

void PartiqlParser::parse_alias() {
  if (failed()) return;
  if (accept_keyword("as")) {
    if (!peek().is_name()) return fail("Expected identifier for alias");
  } else if (!peek().is_name()) {
    return;
  }
  advance();
  set_unsupported("Aliasing is not supported");
}

// A source of SELECT is an expression to AWS's parser, one of the other statements is not; hence
// two texts for a missing one.
void PartiqlParser::parse_select_source(PartiqlStatement& statement) {
  if (failed()) return;
  if (!peek().is_name()) return fail_at_term();
  parse_source_tail(statement);
  if (peek().is_symbol(",") || peek().is_keyword("join") || peek().is_keyword("cross")) {
    fail("Unexpected from source");
  }
}

void PartiqlParser::parse_simple_source(PartiqlStatement& statement) {
  if (failed()) return;
  if (!peek().is_name()) return fail(kExpectedSource);
  parse_source_tail(statement);
}

void PartiqlParser::parse_source_tail(PartiqlStatement& statement) {
  statement.source.push_back(peek().text);
  advance();
  while (accept_symbol(".")) {
    if (!peek().is_name()) return fail("Invalid path dot component");
    statement.source.push_back(peek().text);
    advance();
  }
  if (statement.source.size() > 2) {
    set_unsupported("A path may contain at most 2 components in the FROM clause");
  }
}

void PartiqlParser::parse_where(PartiqlStatement& statement) {
  if (statement.kind != PartiqlStatement::Kind::kInsert) parse_alias();
  if (accept_keyword("where")) statement.where = parse_expression();
}

void PartiqlParser::parse_order(PartiqlStatement& statement) {
  if (!accept_keyword("order")) return;
  if (!accept_keyword("by")) return fail("Expected BY");
  do {
    PartiqlNode node = parse_expression();
    if (failed()) return;
    if (node.kind != PartiqlNode::Kind::kPath) {
      set_unsupported("Unexpected path component" + to_text(node.at));
      continue;
    }
    PartiqlOrder order{.path = std::move(node.path)};
    order.descending = accept_keyword("desc");
    if (!order.descending) (void)accept_keyword("asc");
    statement.order.push_back(std::move(order));
  } while (accept_symbol(","));
}

void PartiqlParser::parse_unsupported_clauses() {
  for (const std::string_view clause : {"group", "having", "limit", "offset"}) {
    if (!accept_keyword(clause)) continue;
    std::string name = clause == "group" ? "GROUP BY" : std::string(clause);
    for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (clause == "group" && !accept_keyword("by")) return fail("Expected BY");
    const PartiqlPosition at = peek().at;
    do {
      (void)parse_expression();
    } while (accept_symbol(","));
    set_unsupported("Unsupported clause: " + name + to_text(at));
  }
}

PartiqlStatement PartiqlParser::parse_insert() {
  PartiqlStatement statement{.kind = PartiqlStatement::Kind::kInsert};
  if (!accept_keyword("into")) {
    fail("Unexpected keyword");
    return statement;
  }
  parse_simple_source(statement);
  if (failed()) return statement;
  if (!accept_keyword("value")) {
    // Without VALUE an expression of rows follows, which DynamoDB does not carry out.
    const PartiqlNode rows = parse_expression();
    set_unsupported("Unsupported data type in INSERT" + to_text(rows.at));
    return statement;
  }
  statement.item = parse_expression();
  parse_returning(statement);
  return statement;
}

PartiqlStatement PartiqlParser::parse_update() {
  PartiqlStatement statement{.kind = PartiqlStatement::Kind::kUpdate};
  parse_simple_source(statement);
  parse_alias();
  parse_actions(statement);
  if (accept_keyword("where")) statement.where = parse_expression();
  parse_returning(statement);
  return statement;
}

PartiqlStatement PartiqlParser::parse_delete() {
  PartiqlStatement statement{.kind = PartiqlStatement::Kind::kDelete};
  if (!accept_keyword("from")) {
    fail("Unexpected term");
    return statement;
  }
  parse_simple_source(statement);
  parse_where(statement);
  parse_returning(statement);
  return statement;
}

// FROM t WHERE ... SET ...: an UPDATE with its clauses in another order.
PartiqlStatement PartiqlParser::parse_from_first() {
  PartiqlStatement statement{.kind = PartiqlStatement::Kind::kUpdate};
  parse_select_source(statement);
  parse_where(statement);
  parse_actions(statement);
  parse_returning(statement);
  return statement;
}

void PartiqlParser::parse_actions(PartiqlStatement& statement) {
  while (!failed()) {
    if (accept_keyword("set")) {
      do {
        PartiqlAction action;
        if (!peek().is_name()) return fail(kExpectedSource);
        action.path = parse_path();
        if (failed()) return;
        if (!accept_symbol("=")) return fail("Expected assignment for SET");
        action.value = parse_expression();
        statement.actions.push_back(std::move(action));
      } while (accept_symbol(","));
    } else if (accept_keyword("remove")) {
      if (!peek().is_name()) return fail(kExpectedSource);
      statement.actions.push_back({parse_path(), std::nullopt});
    } else {
      break;
    }
  }
  if (statement.actions.empty()) fail("Expected data manipulation");
}

// RETURNING {ALL|MODIFIED} {OLD|NEW} *
void PartiqlParser::parse_returning(PartiqlStatement& statement) {
  if (!accept_keyword("returning")) return;
  PartiqlReturning returning;
  returning.modified = accept_keyword("modified");
  if (!returning.modified && !accept_keyword("all")) {
    return fail("Expected ALL or MODIFIED in the returning clause");
  }
  returning.old_values = accept_keyword("old");
  if (!returning.old_values && !accept_keyword("new")) {
    return fail("Expected OLD or NEW in the returning clause");
  }
  if (!accept_symbol("*")) return fail("Expected '*' in the returning clause");
  statement.returning = returning;
}

}  // namespace penstock::dynamodb
