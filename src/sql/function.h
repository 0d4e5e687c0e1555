// Trino's functions, as engine SQL. Private to sql/.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sql/analyzer.h"

namespace penstock::sql {

enum class FunctionKind : char { kScalar = 's', kAggregate = 'a', kWindow = 'w' };

// One overload. `arguments` and `result` are codes, one per argument, commas between:
//   b boolean, i bigint, d double, n any number, s varchar, v varbinary, D date, t date or
//   timestamp, z timestamp with time zone, j json, J json or varchar, A array, M map, x anything, o
//   orderable
// A result may also be I integer, p timestamp(3), 1 2 the type of that argument, e the element of
// the first (an array), and a leading [ makes an array of what follows. `sql` has $1.. for
// arguments; $D (DISTINCT), $O (ORDER BY) and $S (FILTER and OVER) in aggregates. Empty: the same
// name with all arguments.
struct FunctionRow {
  std::string_view name;
  FunctionKind kind;
  std::string_view arguments;
  std::string_view result;
  std::string_view sql;
};

std::span<const FunctionRow> function_rows();

// What a function written by hand is given. Arguments that are lambdas stay unanalyzed until asked
// for.
struct CallContext {
  Analyzer& analyzer;
  Expr& expr;
  const Scope& scope;
  std::string suffix;  // FILTER and OVER of an aggregate
  std::string order;   // ORDER BY inside an aggregate
  std::vector<Typed> args;

  std::size_t count() const { return expr.args.size(); }
  bool is_lambda(std::size_t i) const { return expr.args[i]->kind == ExprKind::kLambda; }
  SqlError mismatch(std::string_view expected) const;
};
using CustomFunction = Outcome<Typed> (*)(CallContext& call);

struct CustomRow {
  std::string_view name;
  FunctionKind kind;
  int min_arguments, max_arguments;
  CustomFunction function;
};

std::span<const CustomRow> conditional_functions();  // functions_conditional.cc
std::span<const CustomRow> time_functions();         // functions_time.cc
std::span<const CustomRow> collection_functions();   // functions_collection.cc
std::span<const CustomRow> lambda_functions();       // functions_lambda.cc
std::span<const CustomRow> aggregate_functions();    // functions_aggregate.cc

const CustomRow* find_custom(std::string_view name);

// Whether calls of this name aggregate (or are window functions only).
FunctionKind kind_of_function(std::string_view name);

}  // namespace penstock::sql
