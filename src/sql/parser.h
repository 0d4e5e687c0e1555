// The recursive descent parser behind statement.h. Private to sql/.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/lexer.h"
#include "sql/statement.h"

namespace penstock::sql {

class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens)
      : text_(text), tokens_(std::move(tokens)) {}

  // parser_ddl.cc
  Outcome<Statement> statement();
  // parser_query.cc
  Outcome<QueryPtr> query();
  // parser_expr.cc
  Outcome<ExprPtr> expression();

  Outcome<void> expect_end();
  int parameter_count() const { return parameters_; }

 private:
  friend class Nesting;

  // ---- tokens (parser.cc) ----
  const Token& peek(std::size_t ahead = 0) const;
  const Token& take();
  bool is_word(std::string_view upper, std::size_t ahead = 0) const;
  bool is_symbol(std::string_view symbol, std::size_t ahead = 0) const;
  bool take_word(std::string_view upper);
  bool take_words(std::initializer_list<std::string_view> words);
  bool take_symbol(std::string_view symbol);
  Outcome<void> expect_word(std::string_view upper);
  Outcome<void> expect_symbol(std::string_view symbol);
  // "mismatched input 'x'. Expecting: ..."
  SqlError unexpected_token(std::string_view expecting) const;
  bool at_identifier(std::size_t ahead = 0) const;
  Outcome<std::string> identifier();  // lower case, as Trino compares names
  Outcome<std::vector<std::string>> path();
  Outcome<std::vector<std::string>> column_list();
  Outcome<std::string> string_literal();
  Outcome<void> deeper(Position at);

  // ---- expressions ----
  Outcome<ExprPtr> conjunction(bool any);
  Outcome<ExprPtr> negation();
  Outcome<ExprPtr> predicate();
  Outcome<ExprPtr> comparison_tail(ExprPtr left);
  Outcome<ExprPtr> in_tail(ExprPtr left, bool negated);
  Outcome<ExprPtr> concatenation();
  Outcome<ExprPtr> additive();
  Outcome<ExprPtr> multiplicative();
  Outcome<ExprPtr> unary();
  Outcome<ExprPtr> postfix();
  Outcome<ExprPtr> primary();
  Outcome<ExprPtr> word_primary();
  Outcome<ExprPtr> name_or_call();
  Outcome<ExprPtr> parenthesised();
  Outcome<ExprPtr> call(std::vector<std::string> name, Position at);
  Outcome<void> call_tail(Expr& call);
  Outcome<ExprPtr> case_expression();
  Outcome<ExprPtr> cast_expression(bool is_try);
  Outcome<ExprPtr> interval_literal();
  Outcome<ExprPtr> special_call();
  Outcome<ExprPtr> extract_call();
  Outcome<ExprPtr> trim_call();
  Outcome<ExprPtr> lambda(std::vector<std::string> names, Position at);
  Outcome<ExprPtr> current_value();
  Outcome<std::vector<ExprPtr>> expression_list(std::string_view closing);
  Outcome<ExprPtr> binary(std::string text, ExprPtr left, ExprPtr right, Position at);
  Outcome<Type> type_name();
  Outcome<Type> type_with_arguments(std::string name, Position at);
  Outcome<int> type_number();
  Outcome<std::unique_ptr<Window>> window();
  Outcome<Window::Bound> frame_bound();
  Outcome<std::vector<SortItem>> sort_items();

  // ---- queries ----
  Outcome<std::vector<CommonTable>> with_tables();
  Outcome<std::unique_ptr<QueryBody>> query_body();
  Outcome<std::unique_ptr<QueryBody>> intersection();
  Outcome<std::unique_ptr<QueryBody>> query_primary();
  Outcome<std::unique_ptr<Select>> select();
  Outcome<SelectItem> select_item();
  Outcome<GroupingElement> grouping_element();
  Outcome<std::vector<ExprPtr>> grouping_set();
  Outcome<RelationPtr> relation();
  Outcome<RelationPtr> relation_primary();
  Outcome<RelationPtr> aliased_relation();
  Outcome<void> join_criteria(Relation& join);
  Outcome<void> query_tail(Query& query);

  // ---- catalog statements ----
  Outcome<TableName> table_name();
  Outcome<TableName> ddl_name();  // refuses double quotes
  Outcome<Statement> create();
  Outcome<Statement> create_database();
  Outcome<Statement> create_table(bool external);
  Outcome<Statement> create_view(bool or_replace);
  Outcome<void> table_clause(Statement& out);
  Outcome<void> row_format(Statement& out);
  Outcome<void> stored_as(Statement& out);
  Outcome<Statement> drop();
  Outcome<Statement> show();
  Outcome<Statement> describe();
  Outcome<Statement> msck();
  Outcome<Statement> alter();
  Outcome<Statement> alter_partitions(Statement out, bool add);
  Outcome<PartitionSpec> partition_spec();
  Outcome<std::vector<ColumnDefinition>> column_definitions();
  Outcome<std::string> hive_type_text();
  Outcome<Properties> property_list();
  Outcome<Statement> prepare();
  Outcome<Statement> execute();
  Outcome<Statement> explain();

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int parameters_ = 0;
  int retries_ = 0;  // joins in parentheses read again; each could double the work
};

// Counts one level of nesting while it lives.
class Nesting {
 public:
  explicit Nesting(Parser& parser) : depth_(parser.depth_) { ++depth_; }
  ~Nesting() { --depth_; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;

 private:
  int& depth_;
};

ExprPtr make_expr(ExprKind kind, Position at);

}  // namespace penstock::sql
