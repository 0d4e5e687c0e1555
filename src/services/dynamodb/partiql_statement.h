// PartiQL statements as they are written, and their parser. Nothing here knows a table. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/dynamodb/document_path.h"
#include "services/dynamodb/expression.h"
#include "services/dynamodb/partiql_lexer.h"

namespace penstock::dynamodb {

struct PartiqlNode {
  enum class Kind : std::uint8_t {
    kString,
    kNumber,
    kTrue,
    kFalse,
    kNull,
    kMissing,
    kList,
    kBag,
    kTuple,  // Children are keys and values by turns.
    kParameter,
    kPath,
    kCall,
    kSign,      // + or - before anything but a number.
    kOperator,  // + - * / % || LIKE
    kCompare,
    kAnd,  // Two or more children.
    kOr,
    kNot,
    kBetween,
    kIn,  // The value, then the list.
    kIs,
  };
  Kind kind = Kind::kNull;
  // Of strings, numbers (with their sign), operators; the name of a function or a type in lower
  // case.
  std::string text = {};
  DocumentPath path = {};
  Comparator comparator = Comparator::kEqual;
  bool negated = false;       // NOT BETWEEN, NOT IN, IS NOT.
  std::size_t parameter = 0;  // Counted from 0.
  PartiqlPosition at = {};
  std::vector<PartiqlNode> children = {};
};

struct PartiqlReturning {
  bool modified = false;  // Else ALL.
  bool old_values = false;
};

// path = value of a SET, or path of a REMOVE.
struct PartiqlAction {
  DocumentPath path;
  std::optional<PartiqlNode> value;  // nullopt: REMOVE.
};

struct PartiqlOrder {
  DocumentPath path;
  bool descending = false;
};

struct PartiqlStatement {
  enum class Kind : std::uint8_t { kSelect, kExists, kInsert, kUpdate, kDelete };
  Kind kind = Kind::kSelect;
  std::vector<std::string> source;  // Table, or table and index; not empty.
  bool star = false;
  std::vector<PartiqlNode> columns;
  std::optional<PartiqlNode> where;
  std::vector<PartiqlOrder> order;
  std::optional<PartiqlNode> item;  // Of an INSERT.
  std::vector<PartiqlAction> actions;
  std::optional<PartiqlReturning> returning;
  // AWS's text for what is PartiQL but nothing DynamoDB carries out (an alias, LIMIT, ...). It
  // comes after every error of syntax.
  std::string unsupported;
};

// The statement, or AWS's text why it is none.
Checked<PartiqlStatement> parse_partiql(std::string_view statement);

}  // namespace penstock::dynamodb
