// The tree of a statement, as written: names unresolved, types of casts only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sql/error.h"
#include "sql/type.h"

namespace penstock::sql {

struct Expr;
struct Query;
struct Relation;
using ExprPtr = std::unique_ptr<Expr>;
using QueryPtr = std::unique_ptr<Query>;
using RelationPtr = std::unique_ptr<Relation>;

enum class ExprKind : std::uint8_t {
  kNull,
  kBoolean,         // text: true, false
  kInteger,         // text: digits
  kDecimal,         // text: 1.5, of type double on Athena
  kDouble,          // text: 1e0
  kString,          // text: the characters
  kBinary,          // text: the bytes
  kTyped,           // DATE '2020-01-01': type and text
  kInterval,        // text: amount; unit, unit_to; negative as text "-"
  kName,            // a or a.b.c: path
  kField,           // args[0].text, when args[0] is not a name
  kStar,            // * or t.*: path (without the star)
  kParameter,       // ?: index
  kUnary,           // text: - + NOT
  kBinaryOperator,  // text: + - * / % || = <> < <= > >=
  kAnd,             // args: two or more
  kOr,
  kBetween,     // args: value, low, high; negated
  kIn,          // args: value, candidates...; negated
  kInQuery,     // args: value; query; negated
  kExists,      // query
  kQuantified,  // args: value; text: operator; quantifier ALL, ANY, SOME; query
  kSubquery,
  kLike,        // args: value, pattern[, escape]; negated
  kIsNull,      // negated
  kIsDistinct,  // IS [NOT] DISTINCT FROM
  kCase,        // args: when, then, when, then...[, else]; operand first when has_operand
  kCast,        // type; is_try
  kAtZone,      // args: value, zone
  kRow,         // args
  kArray,       // args
  kSubscript,   // args: base, index
  kExtract,     // text: field
  kCall,        // text: lower-case function name; args and what follows
  kLambda,      // names; args[0] the body
};

struct SortItem {
  ExprPtr key;
  bool descending = false;
  bool nulls_first = false;
};

struct Window {
  std::string name;  // OVER w, or the window this one is based on
  std::vector<ExprPtr> partition;
  std::vector<SortItem> order;
  std::string frame_unit;  // ROWS, RANGE, GROUPS; empty without a frame
  struct Bound {
    std::string text;  // UNBOUNDED PRECEDING, CURRENT ROW, PRECEDING, FOLLOWING
    ExprPtr amount;
  };
  Bound start, end;
};

struct Expr {
  ExprKind kind = ExprKind::kNull;
  Position at;
  int depth = 1;
  std::string text;
  std::vector<ExprPtr> args;
  std::vector<std::string> path;   // kName, kStar: as the identifiers are known (lower case)
  std::vector<std::string> names;  // kLambda
  Type type;
  std::string unit, unit_to;  // kInterval
  std::string quantifier;
  bool negated = false;
  bool has_operand = false, has_else = false;
  bool is_try = false;
  int index = 0;
  QueryPtr query;
  // kCall
  bool distinct = false;
  bool star = false;  // count(*)
  bool ignore_nulls = false;
  ExprPtr filter;
  std::vector<SortItem> order;  // array_agg(x ORDER BY y), WITHIN GROUP (ORDER BY y)
  std::unique_ptr<Window> window;
  // Left by the analyzer, for the check of GROUP BY: what the expression became, and whether it is
  // a column of the query's own FROM.
  std::string emitted;
  bool is_local_column = false;
  bool is_aggregate = false;
};

struct SelectItem {
  ExprPtr value;
  std::string alias;  // empty: none
};

struct GroupingElement {
  enum class Kind : std::uint8_t { kSimple, kRollup, kCube, kSets } kind = Kind::kSimple;
  std::vector<std::vector<ExprPtr>> sets;  // kSimple, kRollup, kCube: one
};

struct Select {
  Position at;
  bool distinct = false;
  std::vector<SelectItem> items;
  RelationPtr from;
  ExprPtr where;
  std::vector<GroupingElement> group_by;
  ExprPtr having;
  std::map<std::string, std::unique_ptr<Window>> windows;
};

struct QueryBody {
  enum class Kind : std::uint8_t { kSelect, kSetOperation, kValues, kTable, kQuery };
  Kind kind = Kind::kSelect;
  Position at;
  int depth = 1;
  std::unique_ptr<Select> select;
  std::string operation;  // UNION, INTERSECT, EXCEPT
  bool all = false;
  std::unique_ptr<QueryBody> left, right;
  std::vector<ExprPtr> rows;  // kValues
  std::vector<std::string> table;
  QueryPtr query;
};

struct CommonTable {
  std::string name;
  std::vector<std::string> columns;
  QueryPtr query;
};

struct Query {
  bool recursive = false;
  std::vector<CommonTable> with;
  std::unique_ptr<QueryBody> body;
  std::vector<SortItem> order;
  ExprPtr offset, limit;  // limit absent: all
  bool with_ties = false;
};

struct Relation {
  enum class Kind : std::uint8_t { kTable, kQuery, kJoin, kUnnest };
  Kind kind = Kind::kTable;
  Position at;
  int depth = 1;
  std::vector<std::string> table;
  QueryPtr query;
  bool lateral = false;
  std::vector<ExprPtr> args;  // kUnnest
  bool ordinality = false;
  std::string alias;
  std::vector<std::string> columns;
  std::string sample_method;
  ExprPtr sample;
  // kJoin
  std::string join;  // CROSS, INNER, LEFT, RIGHT, FULL
  bool natural = false;
  RelationPtr left, right;
  ExprPtr on;
  std::vector<std::string> using_columns;
};

}  // namespace penstock::sql
