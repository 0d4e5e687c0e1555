// A whole statement: a query, or one of the catalog statements that the service carries out.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/ast.h"

namespace penstock::sql {

enum class StatementKind {
  kQuery,
  kExplain,
  kExecute,
  kPrepare,
  kDeallocate,
  kCreateDatabase,
  kDropDatabase,
  kCreateTable,
  kDropTable,
  kCreateView,
  kDropView,
  kShowDatabases,
  kShowTables,
  kShowViews,
  kShowColumns,
  kShowPartitions,
  kShowTableProperties,
  kShowCreateTable,
  kShowCreateView,
  kShowFunctions,
  kDescribe,
  kMsckRepair,
  kAddPartition,
  kDropPartition,
  kAddColumns,
  kReplaceColumns,
  kSetTableProperties,
  kSetLocation,
};

using Properties = std::vector<std::pair<std::string, std::string>>;

struct TableName {
  std::string catalog, database, table;  // empty: not given
  Position at;
  bool double_quoted = false;
};

struct ColumnDefinition {
  std::string name;
  std::string type;  // Hive's spelling
  std::string comment;
};

struct PartitionSpec {
  struct Condition {
    std::string key;
    std::string comparison;  // = except in DROP PARTITION
    std::string value;
  };
  std::vector<Condition> conditions;
  std::string location;
};

struct Statement {
  StatementKind kind = StatementKind::kQuery;
  QueryPtr query;       // kQuery, kExplain, kCreateView
  TableName name;       // the table, or the database alone
  std::string pattern;  // SHOW ... LIKE, SHOW TBLPROPERTIES t('k')
  bool if_exists = false, if_not_exists = false, or_replace = false;
  bool cascade = false, external = false, extended = false;
  std::string comment, location;
  Properties properties;  // DBPROPERTIES, TBLPROPERTIES
  Properties serde_properties;
  std::string serde, stored_as, input_format, output_format;
  bool delimited = false;  // ROW FORMAT DELIMITED
  std::vector<ColumnDefinition> columns, partition_keys;
  std::vector<PartitionSpec> partitions;
  std::string body;                     // the text after AS (kCreateView), FROM (kPrepare)
  std::vector<std::string> parameters;  // kExecute: the expressions as written
  int parameter_count = 0;              // the ? marks in `query`

  // The strings that GetQueryExecution reports.
  std::string_view statement_type() const;
  std::string_view substatement_type() const;
};

// Every refusal is a syntax error: no execution comes into being.
Outcome<Statement> parse_statement(std::string_view text);

// An expression on its own, without column references: how execution parameters are read.
Outcome<ExprPtr> parse_expression(std::string_view text);
bool has_column_reference(const Expr& expression);

// The tables named in FROM clauses, common table expressions excluded, each once.
std::vector<TableName> referenced_tables(const Query& query);

// Replaces the ? marks by the expressions.
Outcome<void> bind_parameters(Query& query, int parameter_count,
                              const std::vector<std::string>& parameters);

}  // namespace penstock::sql
