// The parser of PartiQL: recursive descent over the tokens, with precedence for operators. Private
// to partiql_parser.cc (statements) and partiql_expression.cc (expressions).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/dynamodb/partiql_statement.h"

namespace penstock::dynamodb {

class PartiqlParser {
 public:
  explicit PartiqlParser(std::vector<PartiqlToken> tokens) : tokens_(std::move(tokens)) {}

  Checked<PartiqlStatement> parse();

 private:
  // partiql_parser.cc
  PartiqlStatement parse_statement();
  PartiqlStatement parse_select();
  PartiqlStatement parse_insert();
  PartiqlStatement parse_update();
  PartiqlStatement parse_delete();
  PartiqlStatement parse_from_first();
  PartiqlStatement parse_exists();
  void parse_columns(PartiqlStatement& statement);
  void parse_column(PartiqlStatement& statement);
  void parse_select_source(PartiqlStatement& statement);
  void parse_simple_source(PartiqlStatement& statement);
  void parse_source_tail(PartiqlStatement& statement);
  void parse_alias();
  void parse_where(PartiqlStatement& statement);
  void parse_order(PartiqlStatement& statement);
  void parse_unsupported_clauses();
  void parse_actions(PartiqlStatement& statement);
  void parse_returning(PartiqlStatement& statement);
  void expect_end();

  // partiql_expression.cc
  PartiqlNode parse_expression(int above = 0);
  PartiqlNode parse_prefix();
  PartiqlNode parse_term();
  PartiqlNode parse_keyword_term();
  PartiqlNode parse_sequence(PartiqlNode::Kind kind, std::string_view close, std::string_view name);
  PartiqlNode parse_tuple();
  PartiqlNode parse_parentheses();
  PartiqlNode parse_call();
  PartiqlNode parse_infix(PartiqlNode left, int precedence);
  PartiqlNode parse_is(PartiqlNode left);
  int infix_precedence() const;
  DocumentPath parse_path();
  void parse_path_step(DocumentPath& path);
  void parse_path_index(DocumentPath& path);

  const PartiqlToken& peek(std::size_t ahead = 0) const {
    return tokens_[at_ + ahead < tokens_.size() ? at_ + ahead : tokens_.size() - 1];
  }
  void advance() {
    if (at_ + 1 < tokens_.size()) ++at_;
  }
  bool accept_symbol(std::string_view symbol);
  bool accept_keyword(std::string_view keyword);
  void expect_symbol(std::string_view symbol, std::string_view name);
  bool at_end() const { return peek().kind == PartiqlToken::Kind::kEnd; }

  // Ends the reading: everything after this returns at once.
  void fail(std::string_view detail);
  bool failed() const { return !error_.empty(); }
  // The text for a token where a term should begin.
  void fail_at_term();
  void set_unsupported(std::string text) {
    if (unsupported_.empty()) unsupported_ = std::move(text);
  }
  // Both bound the depth of the tree. False when there is too much of it.
  bool enter_level();
  void leave_level() { --level_; }
  void count_operator();

  std::vector<PartiqlToken> tokens_;
  std::size_t at_ = 0;
  std::string error_;
  std::string unsupported_;
  std::size_t level_ = 0;
  std::size_t operators_ = 0;
  std::size_t parameters_ = 0;
};

}  // namespace penstock::dynamodb
