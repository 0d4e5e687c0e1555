// What is refused, and in which words.

#include <gtest/gtest.h>

#include "sql/tests/harness.h"

namespace penstock::sql::testing {
namespace {

World& world() {
  static World* shared = [] {
    auto* w = new World;
    w->json_table(
        "t",
        {column("a", "string"), column("n", "int"), column("d", "date"), column("ts", "timestamp")},
        "{\"a\":\"2025-08-01T16:00:00Z\",\"n\":0}\n");
    return w;
  }();
  return *shared;
}

class Refusal : public ::testing::TestWithParam<Case> {};

TEST_P(Refusal, SaysWhy) {
  const std::string answer = world().ask(GetParam().sql);
  EXPECT_EQ(answer.substr(0, std::string_view(GetParam().expected).size()), GetParam().expected)
      << GetParam().sql << "\n"
      << answer;
}

constexpr Case kSyntax[] = {
    // [al]: measured
    {"SELEC 1",
     "line 1:1: mismatched input 'SELEC'. Expecting: 'ALTER', 'ANALYZE', 'CALL', 'COMMENT', "
     "'COMMIT', 'CREATE', 'DEALLOCATE', 'DELETE', 'DENY', 'DESC', 'DESCRIBE', 'DROP', 'EXECUTE', "
     "'EXPLAIN', 'GRANT', 'INSERT', 'MERGE', 'PREPARE', 'REFRESH', 'RESET', 'REVOKE', 'ROLLBACK', "
     "'SET', 'SHOW', 'START', 'TRUNCATE', 'UNLOAD', 'UPDATE', 'USE', <query>"},
    {"SELECT",
     "line 1:7: mismatched input '<EOF>'. Expecting: '*', 'ALL', 'DISTINCT', <expression>"},
    {"SELECT * FROM", "Queries of this type are not supported"},
    {"SELECT 1 FROM\n t WHERE", "line 2:9: mismatched input '<EOF>'"},
    {"SELECT `a` FROM t", "line 1:8: backquoted identifiers are not supported"},
    {"SELECT 1 FROM 1t", "line 1:15: identifiers must not start with a digit"},
    {"SELECT 1; SELECT 2", "Only one sql statement is allowed"},
    {"SELECT 'a", "line 1:8: mismatched input"},
    {"SELECT a::int FROM t", "line 1:9: mismatched input '::'"},
    {"FROM t", "line 1:1: mismatched input 'FROM'"},
    {"SELECT DISTINCT ON (a) a FROM t", "line 1:17: mismatched input 'ON'"},
    {"SELECT a FROM t GROUP BY ALL", "line 1:29: mismatched input '<EOF>'"},
    {"SELECT a FROM t LIMIT 'x'", "line 1:23: mismatched input"},
    {"SELECT a FROM t QUALIFY 1 = 1", "line 1:25: mismatched input '1'"},
    {"CREATE OR REPLACE TABLE x (n int)",
     "line 1:19: mismatched input 'TABLE'. Expecting: 'MATERIALIZED', 'MULTI', 'PROTECTED', "
     "'VIEW'"},
    {"CREATE TABLE x (n int)",
     "No location was specified for table. An S3 location must be specified"},
    {"ALTER TABLE x DROP COLUMNS (a)",
     "line 1:20: mismatched input 'COLUMNS'. Expecting: '.', 'DROP'"},
};
INSTANTIATE_TEST_SUITE_P(Syntax, Refusal, ::testing::ValuesIn(kSyntax));

constexpr Case kSemantic[] = {
    {"SELECT banana FROM t",
     "COLUMN_NOT_FOUND: line 1:8: Column 'banana' cannot be resolved or requester is not "
     "authorized to access requested resources"},
    {"SELECT * FROM nope",
     "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.db.nope' does not exist"},
    {"SELECT * FROM nodb.x", "SCHEMA_NOT_FOUND: line 1:15: Schema 'nodb' does not exist"},
    {"SELECT * FROM c.db.t", "CATALOG_NOT_FOUND: line 1:15: Catalog 'c' does not exist"},
    {"SELECT foo(1)", "FUNCTION_NOT_FOUND: line 1:8: Function 'foo' not registered"},
    {"SELECT lower(1)",
     "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (integer) for function lower"},
    {"SELECT * FROM t WHERE a = 1",
     "TYPE_MISMATCH: line 1:25: Cannot apply operator: varchar = integer"},
    {"SELECT '1' = 1", "TYPE_MISMATCH: line 1:12: Cannot apply operator: varchar(1) = integer"},
    {"SELECT * FROM t WHERE a >= now() - interval '10' minute",
     "TYPE_MISMATCH: line 1:25: Cannot apply operator: varchar <= timestamp(3) with time zone. "
     "Hint: "},
    {"SELECT * FROM t WHERE d < '2020-01-01'",
     "TYPE_MISMATCH: line 1:25: Cannot apply operator: date < varchar(10)"},
    {"SELECT 1 + 'a'", "TYPE_MISMATCH: line 1:10: Cannot apply operator: integer + varchar(1)"},
    {"SELECT date(a) FROM t",
     "INVALID_CAST_ARGUMENT: Value cannot be cast to date: 2025-08-01T16:00:00Z. Hint: the text is "
     "an ISO 8601 timestamp; use from_iso8601_timestamp"},
    {"SELECT CAST('x' AS integer)", "INVALID_CAST_ARGUMENT: Cannot cast 'x' to INT"},
    {"SELECT CAST('2.5' AS integer)", "INVALID_CAST_ARGUMENT: Cannot cast '2.5' to INT"},
    {"SELECT 1/n FROM t", "DIVISION_BY_ZERO: Division by zero"},
    {"SELECT 1/0", "DIVISION_BY_ZERO: Division by zero"},
    {"SELECT 5 % 0", "DIVISION_BY_ZERO: Division by zero"},
    {"SELECT DECIMAL '1.0' / DECIMAL '0.0'", "DIVISION_BY_ZERO: Division by zero"},
    {"SELECT 2147483647 + 1",
     "NUMERIC_VALUE_OUT_OF_RANGE: integer addition overflow: 2147483647 + 1"},
    {"SELECT a, count(*) FROM t",
     "EXPRESSION_NOT_AGGREGATE: line 1:8: 'a' must be an aggregate expression or appear in GROUP "
     "BY clause"},
    {"SELECT * FROM t GROUP BY a", "EXPRESSION_NOT_AGGREGATE"},
    {"SELECT a FROM t WHERE count(*) > 1", "EXPRESSION_NOT_SCALAR: line 1:23: "},
    {"SELECT sum(sum(n)) FROM t", "NESTED_AGGREGATION: line 1:12: "},
    {"SELECT rank() FROM t", "MISSING_OVER: line 1:8: "},
    {"SELECT x.a FROM t x, t y WHERE n = 1", "AMBIGUOUS_NAME: line 1:32: Column 'n' is ambiguous"},
    {"SELECT 1 UNION SELECT 'a'",
     "TYPE_MISMATCH: line 1:10: column 1 in UNION query has incompatible types: integer, "
     "varchar(1)"},
    {"SELECT ARRAY[1, 2][3]",
     "INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length: 3 > "
     "2"},
    {"SELECT ARRAY[1][0]", "INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1"},
    {"SELECT MAP(ARRAY['a'], ARRAY[1])['b']",
     "INVALID_FUNCTION_ARGUMENT: Key not present in map: b"},
    {"SELECT (SELECT x FROM (VALUES 1, 2) t(x))",
     "SUBQUERY_MULTIPLE_ROWS: Scalar sub-query has returned multiple rows"},
    {"SELECT CAST(ARRAY[1] AS varchar)",
     "TYPE_MISMATCH: line 1:8: Cannot cast array(integer) to varchar"},
    {"SELECT DATE '2020-13-01'",
     "INVALID_LITERAL: line 1:8: '2020-13-01' is not a valid DATE literal"},
    {"SELECT t.zzz FROM t", "COLUMN_NOT_FOUND: line 1:8: Column 't.zzz' cannot be resolved"},
    {"SELECT 1 ORDER BY 2", "INVALID_COLUMN_REFERENCE: line 1:19: "},
    {"SELECT IF(1, 2, 3)",
     "TYPE_MISMATCH: line 1:11: IF condition must be a boolean type (actual: integer)"},
    {"SELECT CASE WHEN true THEN 1 ELSE 'a' END",
     "TYPE_MISMATCH: line 1:35: All CASE results must be the same type"},
    {"SELECT coalesce(1, 'a')",
     "TYPE_MISMATCH: line 1:20: All COALESCE operands must be the same type"},
    {"SELECT 'a' LIKE 1",
     "TYPE_MISMATCH: line 1:17: Pattern for LIKE expression must evaluate to a varchar (actual: "
     "integer)"},
    {"SELECT a FROM t WHERE n",
     "TYPE_MISMATCH: line 1:23: WHERE clause must evaluate to a boolean: actual type integer"},
    {"SELECT a FROM t MATCH_RECOGNIZE (PATTERN (A))", "NOT_SUPPORTED"},
    {"SELECT map_agg(a) FROM t",
     "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar) for function map_agg"},
    {"SELECT date_trunc('eon', d) FROM t",
     "INVALID_FUNCTION_ARGUMENT: line 1:19: 'eon' is not a valid DATE field"},
};
INSTANTIATE_TEST_SUITE_P(Semantic, Refusal, ::testing::ValuesIn(kSemantic));

// Nothing of the machine, and nothing of the engine's own language.
constexpr Case kDoors[] = {
    {"SELECT * FROM read_csv('/etc/passwd')", "line 1:23: mismatched input '('"},
    {"SELECT * FROM '/etc/passwd'", "line 1:15: mismatched input ''/etc/passwd''"},
    {"SELECT * FROM \"/etc/passwd\"", "TABLE_NOT_FOUND"},
    {"COPY t TO '/tmp/x'", "line 1:1: mismatched input 'COPY'"},
    {"ATTACH '/tmp/x' AS y", "line 1:1: mismatched input 'ATTACH'"},
    {"INSTALL httpfs", "line 1:1: mismatched input 'INSTALL'"},
    {"LOAD httpfs", "line 1:1: mismatched input 'LOAD'"},
    {"PRAGMA database_list", "line 1:1: mismatched input 'PRAGMA'"},
    {"SET enable_external_access = true", "Queries of this type are not supported"},
    {"CALL pragma_version()", "Queries of this type are not supported"},
    {"SELECT read_text('/etc/passwd')", "FUNCTION_NOT_FOUND"},
    {"SELECT getenv('HOME')", "FUNCTION_NOT_FOUND"},
    {"SELECT ps_refuse('a', 'b')", "FUNCTION_NOT_FOUND"},
    {"SELECT * FROM information_schema.tables", "SCHEMA_NOT_FOUND"},
    {"SELECT * FROM duckdb_settings", "TABLE_NOT_FOUND"},
    {"SELECT * FROM penstock_scan", "TABLE_NOT_FOUND"},
    {"SELECT '\\' || (SELECT content FROM read_text('/etc/passwd')) || '\\'",
     "line 1:45: mismatched input '('"},
};
INSTANTIATE_TEST_SUITE_P(Doors, Refusal, ::testing::ValuesIn(kDoors));

TEST(Stop, InterruptsARun) {
  World w;
  auto statement = parse_statement(
      "SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(x), UNNEST(sequence(1, 10000)) b(y), "
      "UNNEST(sequence(1, 10000)) c(z) WHERE (x * y + z) % 7 = 3");
  ASSERT_TRUE(statement);
  auto plan = analyze(*statement->query, w.catalog, Session{"db", {}});
  ASSERT_TRUE(plan) << plan.error().message;
  std::stop_source stop;
  stop.request_stop();
  RunStats stats;
  auto done = engine().run(*plan, w.objects, stop.get_token(), [](Row) { return true; }, stats);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().name, "CANCELED");
}

}  // namespace
}  // namespace penstock::sql::testing
