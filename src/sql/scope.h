// The columns an expression can see. Private to sql/.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "sql/ast.h"
#include "sql/error.h"
#include "sql/type.h"

namespace penstock::sql {

struct Typed {
  std::string sql;
  Type type;
};

struct ScopeColumn {
  std::string name;       // empty: cannot be named
  std::string qualifier;  // the relation's alias or table name
  std::string database;   // of a table without an alias
  Type type;
  std::string sql;
  bool hidden = false;  // "$path": found by name, not by *
  int scan = -1;        // the scan whose partition key this is
};

struct Scope {
  std::vector<ScopeColumn> columns;
  const Scope* parent = nullptr;
  // Lambda parameters look through to the scope around them; they are not a query level of their
  // own.
  bool is_lambda = false;
};

struct Resolved {
  Typed value;
  bool is_local = false;  // found in the innermost query level
  int scan = -1;
};

// The column that `path` names, fields of rows included. Absent, ambiguous: an error at `at`.
Outcome<Resolved> resolve(const Scope& scope, const std::vector<std::string>& path, Position at);
// Field `name` of a row.
Outcome<Typed> row_field(const Typed& base, const std::string& name, Position at);

std::string quote_literal(std::string_view text);

}  // namespace penstock::sql
