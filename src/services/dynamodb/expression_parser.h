// What the parsers of all expression kinds share: the token cursor, document paths, placeholders,
// and the record of what is wrong. Private to the expression_*.cc files.
//
// AWS reads the whole expression before it complains (a syntax error alone ends the reading), and
// then reports the gravest kind of complaint, not the first. So complaints are kept by kind.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/dynamodb/expression.h"
#include "services/dynamodb/expression_checks.h"
#include "services/dynamodb/expression_lexer.h"

namespace penstock::dynamodb {

class ExpressionParser {
 public:
  // `kind` begins the messages. All three outlive the parser.
  ExpressionParser(std::string_view kind, std::string_view text, Placeholders& placeholders);

 protected:
  const Token& peek(std::size_t ahead = 0) const;
  void advance() { ++at_; }
  bool accept_symbol(std::string_view symbol);
  bool accept_keyword(std::string_view keyword);
  void expect_symbol(std::string_view symbol);

  // Ends the reading: everything after this returns at once.
  void fail_syntax();
  bool failed() const { return failed_; }
  void complain(Complaint kind, std::string text);
  bool complained(Complaint kind) const;
  void count_operator() { ++operators_; }
  // Guards the recursion. False (and a complaint) when the expression is nested beyond reason.
  bool enter_level();
  void leave_level() { --level_; }

  DocumentPath parse_path();
  // A path or a placeholder comes next (a name followed by a parenthesis is a function).
  bool at_path() const;
  bool at_function() const;
  const AttributeValue* parse_value_placeholder();
  // name(operand, ...): the cursor is on the name. Arguments are parsed by the derived class.
  virtual Operand parse_operand() = 0;
  Operand parse_call();
  void check_clashes(std::vector<DocumentPath>& seen, const DocumentPath& path);
  // nullopt when there is nothing to complain about.
  std::optional<std::string> verdict(std::span<const Complaint> order);
  // The expression itself: empty or too long.
  std::optional<std::string> check_text() const;
  void expect_end();

  ~ExpressionParser() = default;

 private:
  void parse_path_tail(DocumentPath& path);
  std::string parse_path_name();

  std::string_view kind_;
  std::string_view text_;
  Placeholders& placeholders_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  bool failed_ = false;
  std::string syntax_error_;
  std::array<std::string, kComplaintCount> complaints_;
  std::size_t operators_ = 0;
  std::size_t level_ = 0;
};

}  // namespace penstock::dynamodb
