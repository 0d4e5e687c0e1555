// PartiQL statements compiled to the trees that the rest of DynamoDB evaluates: predicates, update
// expressions, items. Still without a table. Pure.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/dynamodb/expression.h"
#include "services/dynamodb/partiql_statement.h"

namespace penstock::dynamodb {

// A column of a SELECT: what the item shows under which name.
struct PartiqlColumn {
  std::string name;
  DocumentPath path;
};

struct PartiqlCommand {
  using Kind = PartiqlStatement::Kind;
  Kind kind = Kind::kSelect;
  std::string table;
  std::optional<std::string> index;
  bool star = false;
  std::vector<PartiqlColumn> columns;
  std::optional<Predicate> where;
  std::vector<PartiqlOrder> order;
  AttributeMap item;  // Of an INSERT.
  std::optional<UpdateExpression> update;
  std::optional<PartiqlReturning> returning;
  // What the trees point into, beside the parameters of the request. It does not move.
  std::unique_ptr<std::deque<AttributeValue>> values;

  bool is_read() const { return kind == Kind::kSelect; }
};

using PartiqlParameters = std::optional<std::vector<AttributeValue>>;

// The first invalid parameter, which comes before everything else, or nothing.
Checked<void> check_partiql_parameters(const PartiqlParameters& parameters);
// The parameters outlive the command.
Checked<PartiqlCommand> compile_partiql(std::string_view statement,
                                        const PartiqlParameters& parameters);

// The parts, private to partiql_*.cc.
struct PartiqlScope {
  const PartiqlParameters& parameters;
  std::deque<AttributeValue>& values;

  const AttributeValue* keep(AttributeValue value) const {
    return &values.emplace_back(std::move(value));
  }
  // The value of a parameter or literal.
  Checked<const AttributeValue*> value(const PartiqlNode& node) const;
};
Checked<Predicate> compile_partiql_condition(const PartiqlNode& node, const PartiqlScope& scope);
Checked<UpdateExpression> compile_partiql_update(const std::vector<PartiqlAction>& actions,
                                                 const PartiqlScope& scope);
Checked<AttributeMap> compile_partiql_item(const PartiqlNode& node, const PartiqlScope& scope);
bool is_partiql_value(const PartiqlNode& node);  // A literal or a parameter.
// What operands of every kind of expression may be: a path or a value. Anything else: empty.
Checked<std::optional<Operand>> simple_partiql_operand(const PartiqlNode& node,
                                                       const PartiqlScope& scope);
std::string unrecognized_function(const PartiqlNode& call);
// `expression`: "Condition" or "Update".
std::string unsupported_operator(std::string_view expression, const PartiqlNode& node);

}  // namespace penstock::dynamodb
