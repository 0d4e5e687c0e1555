// The statement router: which kind a statement is, and the shapes of SHOW, DESCRIBE, ALTER and
// DROP.

#include <fmt/format.h>

#include "base/bytes.h"
#include "sql/parser.h"

namespace penstock::sql {

namespace {
constexpr std::string_view kStatements =
    "'ALTER', 'ANALYZE', 'CALL', 'COMMENT', 'COMMIT', 'CREATE', 'DEALLOCATE', 'DELETE', 'DENY', "
    "'DESC', 'DESCRIBE', 'DROP', 'EXECUTE', 'EXPLAIN', 'GRANT', 'INSERT', 'MERGE', 'PREPARE', "
    "'REFRESH', 'RESET', 'REVOKE', 'ROLLBACK', 'SET', 'SHOW', 'START', 'TRUNCATE', 'UNLOAD', "
    "'UPDATE', 'USE', <query>";
}

Outcome<Statement> Parser::statement() {
  const Token& first = peek();
  if (is_symbol("(") || is_word("SELECT") || is_word("WITH") || is_word("VALUES") ||
      is_word("TABLE")) {
    Statement out;
    TRY(out.query, query());
    return out;
  }
  if (is_word("EXPLAIN")) return explain();
  if (is_word("CREATE")) return create();
  if (is_word("DROP")) return drop();
  if (is_word("SHOW")) return show();
  if (is_word("DESCRIBE") || is_word("DESC")) return describe();
  if (is_word("MSCK")) return msck();
  if (is_word("ALTER")) return alter();
  if (is_word("PREPARE")) return prepare();
  if (is_word("EXECUTE")) return execute();
  if (take_words({"DEALLOCATE", "PREPARE"})) {
    Statement out;
    out.kind = StatementKind::kDeallocate;
    TRY(out.name.table, identifier());
    return out;
  }
  if (first.kind == TokenKind::kWord &&
      kStatements.find(fmt::format("'{}'", first.upper)) != std::string_view::npos) {
    return std::unexpected(unsupported_statement());
  }
  return std::unexpected(unexpected_token(kStatements));
}

Outcome<Statement> Parser::explain() {
  take();
  Statement out;
  out.kind = StatementKind::kExplain;
  out.extended = take_word("ANALYZE");
  take_word("VERBOSE");
  if (is_symbol("(") && is_word("TYPE", 1)) {
    while (!is_symbol(")") && peek().kind != TokenKind::kEnd) take();
    TRY_VOID(expect_symbol(")"));
  } else if (is_symbol("(") && is_word("FORMAT", 1)) {
    while (!is_symbol(")") && peek().kind != TokenKind::kEnd) take();
    TRY_VOID(expect_symbol(")"));
  }
  TRY(out.query, query());
  return out;
}

Outcome<Statement> Parser::prepare() {
  take();
  Statement out;
  out.kind = StatementKind::kPrepare;
  TRY(out.name.table, identifier());
  TRY_VOID(expect_word("FROM"));
  const std::size_t start = peek().begin;
  TRY(Statement inner, statement());
  if (inner.kind != StatementKind::kQuery) return std::unexpected(unsupported_statement());
  out.body = text_.substr(start, tokens_[at_ - 1].end - start);
  return out;
}

Outcome<Statement> Parser::execute() {
  take();
  Statement out;
  out.kind = StatementKind::kExecute;
  TRY(out.name.table, identifier());
  if (take_word("USING")) {
    do {
      const std::size_t start = peek().begin;
      TRY(ExprPtr value, expression());
      out.parameters.emplace_back(text_.substr(start, tokens_[at_ - 1].end - start));
    } while (take_symbol(","));
  }
  return out;
}

Outcome<TableName> Parser::table_name() {
  TableName name;
  name.at = peek().at;
  std::vector<std::string> parts;
  do {
    if (peek().kind == TokenKind::kBackquoted) {
      parts.push_back(to_lower(take().text));
      continue;
    }
    if (peek().kind == TokenKind::kQuoted) name.double_quoted = true;
    TRY(std::string part, identifier());
    parts.push_back(std::move(part));
  } while (take_symbol("."));
  if (parts.size() > 3)
    return std::unexpected(syntax_error(name.at, "Too many dots in table name"));
  name.table = std::move(parts.back());
  parts.pop_back();
  if (!parts.empty()) {
    name.database = std::move(parts.back());
    parts.pop_back();
  }
  if (!parts.empty()) name.catalog = std::move(parts.back());
  return name;
}

// The statements that Hive's parser reads know backquotes only.
Outcome<TableName> Parser::ddl_name() {
  const Token token = peek();
  if (token.kind == TokenKind::kQuoted) {
    return std::unexpected(
        syntax_error(token.at, fmt::format("mismatched input '\"{}\"' expecting {{<identifier>, "
                                           "BACKQUOTED_IDENTIFIER}}",
                                           token.text)));
  }
  TRY(TableName name, table_name());
  if (name.double_quoted) {
    return std::unexpected(syntax_error(
        name.at, "mismatched input '\"' expecting {<identifier>, BACKQUOTED_IDENTIFIER}"));
  }
  return name;
}

Outcome<Statement> Parser::drop() {
  take();
  Statement out;
  if (take_word("DATABASE") || take_word("SCHEMA")) {
    out.kind = StatementKind::kDropDatabase;
  } else if (take_word("TABLE")) {
    out.kind = StatementKind::kDropTable;
  } else if (take_word("VIEW")) {
    out.kind = StatementKind::kDropView;
  } else {
    return std::unexpected(unexpected_token("'DATABASE', 'SCHEMA', 'TABLE', 'VIEW'"));
  }
  out.if_exists = take_words({"IF", "EXISTS"});
  if (out.kind == StatementKind::kDropView) {
    TRY(out.name, table_name());
  } else {
    TRY(out.name, ddl_name());
  }
  if (out.kind == StatementKind::kDropDatabase) {
    out.name.database = std::move(out.name.table);
    out.name.table.clear();
    if (take_word("CASCADE")) {
      out.cascade = true;
    } else {
      take_word("RESTRICT");
    }
  }
  if (out.kind == StatementKind::kDropTable) take_word("PURGE");
  return out;
}

Outcome<Statement> Parser::show() {
  take();
  Statement out;
  const auto in_database = [&]() -> Outcome<void> {
    if (!take_word("IN") && !take_word("FROM")) return {};
    TRY(TableName name, ddl_name());
    out.name.database = std::move(name.table);
    return {};
  };
  const auto pattern = [&] {
    take_word("LIKE");
    if (peek().kind == TokenKind::kString) out.pattern = take().text;
  };
  if (take_word("DATABASES") || take_word("SCHEMAS")) {
    out.kind = StatementKind::kShowDatabases;
    if (take_word("IN") || take_word("FROM")) TRY_VOID(ddl_name());
    pattern();
  } else if (is_word("TABLES") || is_word("VIEWS")) {
    out.kind = take().upper == "VIEWS" ? StatementKind::kShowViews : StatementKind::kShowTables;
    TRY_VOID(in_database());
    pattern();
  } else if (take_word("COLUMNS")) {
    out.kind = StatementKind::kShowColumns;
    if (!take_word("IN") && !take_word("FROM")) {
      return std::unexpected(unexpected_token("'FROM', 'IN'"));
    }
    TRY(out.name, ddl_name());
    if (take_word("IN") || take_word("FROM")) {
      TRY(TableName database, ddl_name());
      out.name.database = std::move(database.table);
    }
  } else if (take_word("PARTITIONS")) {
    out.kind = StatementKind::kShowPartitions;
    TRY(out.name, ddl_name());
  } else if (take_word("TBLPROPERTIES")) {
    out.kind = StatementKind::kShowTableProperties;
    TRY(out.name, ddl_name());
    if (take_symbol("(")) {
      TRY(out.pattern, string_literal());
      TRY_VOID(expect_symbol(")"));
    }
  } else if (take_words({"CREATE", "TABLE"})) {
    out.kind = StatementKind::kShowCreateTable;
    TRY(out.name, ddl_name());
  } else if (take_words({"CREATE", "VIEW"})) {
    out.kind = StatementKind::kShowCreateView;
    TRY(out.name, table_name());
  } else if (take_word("FUNCTIONS")) {
    out.kind = StatementKind::kShowFunctions;
    pattern();
  } else {
    return std::unexpected(unexpected_token(
        "'CATALOGS', 'COLUMNS', 'CREATE', 'CURRENT', 'DATABASES', 'FUNCTIONS', 'GRANTS', "
        "'PARTITIONS', 'ROLE', 'ROLES', 'SCHEMAS', 'SESSION', 'STATS', 'TABLES', "
        "'TBLPROPERTIES', 'VIEWS'"));
  }
  return out;
}

Outcome<Statement> Parser::describe() {
  take();
  Statement out;
  out.kind = StatementKind::kDescribe;
  out.extended = take_word("EXTENDED") || take_word("FORMATTED");
  TRY(out.name, ddl_name());
  return out;
}

Outcome<Statement> Parser::msck() {
  take();
  Statement out;
  out.kind = StatementKind::kMsckRepair;
  TRY_VOID(expect_word("REPAIR"));
  TRY_VOID(expect_word("TABLE"));
  TRY(out.name, ddl_name());
  return out;
}

Outcome<Statement> Parser::alter() {
  take();
  Statement out;
  if (!take_word("TABLE")) return std::unexpected(unsupported_statement());
  TRY(out.name, ddl_name());
  if (take_words({"ADD", "COLUMNS"})) {
    out.kind = StatementKind::kAddColumns;
    TRY(out.columns, column_definitions());
    return out;
  }
  if (take_words({"REPLACE", "COLUMNS"})) {
    out.kind = StatementKind::kReplaceColumns;
    TRY(out.columns, column_definitions());
    return out;
  }
  if (take_words({"SET", "TBLPROPERTIES"})) {
    out.kind = StatementKind::kSetTableProperties;
    TRY(out.properties, property_list());
    return out;
  }
  if (take_words({"SET", "LOCATION"})) {
    out.kind = StatementKind::kSetLocation;
    TRY(out.location, string_literal());
    return out;
  }
  if (is_word("ADD") && (is_word("PARTITION", 1) || is_word("IF", 1))) {
    take();
    return alter_partitions(std::move(out), true);
  }
  if (is_word("DROP") && (is_word("PARTITION", 1) || is_word("IF", 1))) {
    take();
    return alter_partitions(std::move(out), false);
  }
  if (is_word("DROP") && is_word("COLUMNS", 1)) {
    take();
    return std::unexpected(
        syntax_error(peek().at, "mismatched input 'COLUMNS'. Expecting: '.', 'DROP'"));
  }
  return std::unexpected(unsupported_statement());
}

Outcome<Statement> Parser::alter_partitions(Statement out, bool add) {
  out.kind = add ? StatementKind::kAddPartition : StatementKind::kDropPartition;
  if (add) {
    out.if_not_exists = take_words({"IF", "NOT", "EXISTS"});
  } else {
    out.if_exists = take_words({"IF", "EXISTS"});
  }
  do {
    if (!is_word("PARTITION")) return std::unexpected(unexpected_token("'PARTITION'"));
    TRY(PartitionSpec spec, partition_spec());
    if (add && take_word("LOCATION")) {
      TRY(spec.location, string_literal());
    }
    out.partitions.push_back(std::move(spec));
    if (!add && !take_symbol(",")) break;
  } while (is_word("PARTITION"));
  return out;
}

Outcome<PartitionSpec> Parser::partition_spec() {
  take();
  PartitionSpec spec;
  TRY_VOID(expect_symbol("("));
  do {
    PartitionSpec::Condition condition;
    if (peek().kind == TokenKind::kBackquoted) {
      condition.key = to_lower(take().text);
    } else {
      TRY(condition.key, identifier());
    }
    static constexpr std::string_view kComparisons[] = {"=", "<", ">", "<=", ">=", "<>", "!="};
    for (const std::string_view comparison : kComparisons) {
      if (is_symbol(comparison)) condition.comparison = comparison;
    }
    if (condition.comparison.empty()) return std::unexpected(unexpected_token("'='"));
    take();
    const bool negative = take_symbol("-");
    const TokenKind kind = peek().kind;
    if (kind != TokenKind::kString && kind != TokenKind::kInteger && kind != TokenKind::kDecimal) {
      return std::unexpected(unexpected_token("<string>, <number>"));
    }
    condition.value = (negative ? "-" : "") + take().text;
    spec.conditions.push_back(std::move(condition));
  } while (take_symbol(","));
  TRY_VOID(expect_symbol(")"));
  return spec;
}

}  // namespace penstock::sql
