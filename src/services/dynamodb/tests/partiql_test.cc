// PartiQL without a table: what is refused of statements, with AWS's wording. Texts and positions
// are those that public conformance suites recorded from the service (2026), except where a line
// says deduced.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/dynamodb/condition.h"
#include "services/dynamodb/partiql_compile.h"
#include "services/dynamodb/partiql_token.h"
#include "services/dynamodb/tests/items.h"

namespace penstock::dynamodb {
namespace {

const std::string kMalformed = "Statement wasn't well formed, can't be processed: ";
const std::string kLeftover = kMalformed + "Unexpected token after expression";

std::string partiql_problem(const std::string& statement, const PartiqlParameters& parameters) {
  const auto command = compile_partiql(statement, parameters);
  return command ? "" : command.error();
}

struct Refusal {
  std::string statement;
  std::string problem;  // Empty: accepted.
};

void check_refusals(const std::vector<Refusal>& cases) {
  const PartiqlParameters parameters = std::vector{AttributeValue::s("a"), AttributeValue::n("1")};
  for (const Refusal& one : cases) {
    EXPECT_EQ(partiql_problem(one.statement, parameters), one.problem) << one.statement;
  }
}

TEST(PartiqlSyntax, IsRefusedAsAwsDoes) {
  check_refusals({
      {R"(SELECT * FROM "t" WHERE pk = 1 foo)", kLeftover},
      {R"(SELECT * FROM "t" WHERE pk = 1 e5)", kLeftover},
      {R"(SELECT * FROM "t" WHERE pk = 1))", kLeftover},
      {R"(INSERT INTO "t" VALUE {'pk': 1} foo)", kLeftover},
      {R"(INSERT INTO "t" t VALUE {'pk': 1})", kLeftover},
      {R"(UPDATE "t" SET a = 9 WHERE pk = 1 foo)", kLeftover},
      {R"(DELETE FROM "t" WHERE pk = 1 foo)", kLeftover},
      {R"(DELETE FROM "t" WHERE pk = 1 ORDER BY pk)", kLeftover},
      {R"(SELECT * FROM "t" ORDER BY pk WHERE pk = 1)", kLeftover},
      {R"(FROM "t" SET c = 1 WHERE pk = 'x')", kLeftover},
      {R"(SELECT * FROM "t"; SELECT * FROM "t")", kLeftover},  // Deduced.
      {R"(UPDATE "t" REMOVE a, b WHERE pk = 1)", kLeftover},   // Deduced: REMOVE takes one path.
      {R"(SELECT * FROM "t" WHERE pk = 1e2147483648)", kMalformed},
      {R"(SELECT * FROM "t" WHERE pk = 1e99999999999)", kMalformed},
      {R"(SELECT * FROM "t" WHERE pk = 1.5e-2147483647)", kMalformed},
      {R"(SELECT * FROM "t" WHERE pk = 1 # note)", kMalformed},
      {R"(SELECT * FROM "t" WHERE pk = 1 /* note)", kMalformed},
      {R"(SELECT * FROM "t" WHERE pk = 'open)", kMalformed},  // Deduced.
      {R"(SELECT * FROM "t" WHERE)", kMalformed + "Unexpected term"},
      {R"(SELECT * FROM "t" WHERE;)", kMalformed + "Unexpected term"},
      {R"(SELECT * FROM "t" WHERE NOT)", kMalformed + "Unexpected term"},
      {R"(SELECT * FROM "t" WHERE ()", kMalformed + "Unexpected term"},
      {R"(UPDATE "t" SET a = 1 WHERE)", kMalformed + "Unexpected term"},
      {R"(DELETE FROM "t" WHERE)", kMalformed + "Unexpected term"},
      {"SELECT * FROM", kMalformed + "Unexpected term"},
      {R"(SELECT * FROM "t" WHERE pk = 'p1' AND)",
       kMalformed + "Missing right-hand side expression of infix operator"},
      {R"(SELECT * FROM "t" WHERE pk = 'p1' OR)",
       kMalformed + "Missing right-hand side expression of infix operator"},
      {R"(SELECT * FROM "t" WHERE ORDER BY pk)", kMalformed + "Unexpected keyword"},
      {"INSERT INTO urls (key, a) VALUES (1, 2)", kMalformed + "Unexpected keyword"},
      {R"(SELECT * FROM "t" WHERE pk = 'a' AND x IS FOO)", kMalformed + "Expected type name"},
      {R"(SELECT * FROM "t" WHERE IS NULL)", kMalformed + "Unexpected operator"},
      {R"(SELECT * FROM "t" WHERE pk = LIKE)", kMalformed + "Unexpected operator"},
      {"DELETE FROM", kMalformed + "Expected identifier for simple path"},
      {"DELETE FROM;", kMalformed + "Expected identifier for simple path"},
      {"DELETE FROM WHERE pk = 'a'", kMalformed + "Expected identifier for simple path"},
      {R"(SLECT * FROM "t" WHERE pk = 1)", kMalformed + "Expected data manipulation"},
      {"UPDATE Payment-x SET active=? WHERE a=?", kMalformed + "Expected data manipulation"},
      {R"(SELECT * FROM "t" WHERE attribute_exists(m.inner))",
       kMalformed + "Invalid path dot component"},
      {R"(UPDATE "t" SET m.inner = 1 WHERE pk = 1)", kMalformed + "Invalid path dot component"},
      {R"(SELECT * FROM "t" WHERE pad = 'none')", kMalformed + "Unexpected keyword"},
  });
}

TEST(PartiqlSyntax, TakesWhatAwsTakes) {
  check_refusals({
      {R"(SELECT/**/* FROM "t" -- the table
WHERE pk/* key */='comments' AND sk='1' --)",
       ""},
      {R"(-- a note
SELECT * FROM "t" WHERE pk = 'a';)",
       ""},
      {"select a, b from t where pk = 'a--b /*c*/' order by sk desc", ""},
      {R"(SELECT pk, m.k[0], l[-0], "a b", m['x'] FROM t.i WHERE pk = 'it''s')", ""},
      {"SELECT * FROM t WHERE n = - - 1 AND m BETWEEN - 2 AND +5 AND n IN [- 1, 1, .5, 2.]", ""},
      {"SELECT * FROM t WHERE n!=1 AND n IN (1, 2) AND (NOT a = ? OR b IS NOT MISSING)", ""},
      {"SELECT * FROM t WHERE begins_with(a, 'x') = true AND data NOT BETWEEN 1 AND 2", ""},
      {R"(FROM "t" WHERE pk = 'x' SET c = 2 REMOVE a RETURNING ALL NEW *)", ""},
      {"UPDATE t SET a = 1, b = a + 1 - b SET c = (1 + a) REMOVE l[1].x WHERE pk = 1", ""},
      {"INSERT INTO t VALUE {'pk': ?, 'n': -1.5e-3, 'l': [1, {'a': null}], 's': <<'a', 'b'>>}", ""},
      {"DELETE FROM t WHERE pk = 1 RETURNING ALL OLD *", ""},
      {"EXISTS(SELECT * FROM t WHERE pk = 1 AND a IS MISSING)", ""},
  });
}

TEST(PartiqlStatement, IsRefusedForWhatDynamoDbLacks) {
  check_refusals({
      {R"(SELECT * FROM "t" t WHERE pk = 'x')", "Aliasing is not supported"},
      {R"(SELECT * FROM "t" AS t WHERE pk = 'x')", "Aliasing is not supported"},
      {R"(SELECT s AS x FROM "t")", "Aliasing is not supported"},
      {R"(UPDATE "t" t SET a = 3 WHERE pk = 'x')", "Aliasing is not supported"},
      {R"(DELETE FROM "t" t WHERE pk = 'x')", "Aliasing is not supported"},
      {"SELECT id FROM dbimp_page LIMIT 5", "Unsupported clause: LIMIT at 1:33:1"},
      {"SELECT a FROM t GROUP BY a", "Unsupported clause: GROUP BY at 1:26:1"},  // Deduced.
      {"SELECT s, s FROM t", "Duplicate identifiers in select clause: s"},
      {"SELECT m.z, a.z FROM t", "Duplicate identifiers in select clause: z"},
      {"SELECT attribute_exists(ss) FROM t", "Unexpected path component at 1:8:16"},
      {"SELECT *, a FROM t",  // Deduced.
       "Other attributes should not be present in the projection when '*' is used."},
      {"SELECT * FROM a.b.c", "A path may contain at most 2 components in the FROM clause"},
      {"INSERT INTO t.i VALUE {'pk': 1}", "FROM clause may only contain a single table name"},
      {"UPDATE t.i SET a = 1 WHERE pk = 1", "This operation is not supported on an index"},
      {"DELETE FROM t.i WHERE pk = 1", "This operation is not supported on an index"},
      {"INSERT INTO t VALUE {'pk': 1} RETURNING ALL OLD *",  // Deduced.
       "RETURNING is not supported in INSERT"},
      {"DELETE FROM t WHERE pk = 'x' RETURNING MODIFIED OLD *",
       "Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed in "
       "DELETE statements."},
      {"DELETE FROM t WHERE pk = 'x' RETURNING ALL NEW *",
       "Invalid returning clause: RETURNING ALL NEW *. Only RETURNING ALL OLD * is allowed in "
       "DELETE statements."},
      {"SELECT l[-1] FROM t",
       "List index is not within the allowable range; index: [-1] at 1:11:1"},
      {"SELECT l[2147483648] FROM t",
       "List index is not within the allowable range; index: [2147483648] at 1:10:10"},
      {"SELECT l[2147483647] FROM t", ""},
  });
}

TEST(PartiqlLiteral, IsRefusedWithItsPlace) {
  const std::string overflow =
      "Number overflow. Attempting to store a number with magnitude larger than supported range";
  const std::string underflow =
      "Number underflow. Attempting to store a number with magnitude smaller than supported range";
  const std::string duplicates = "One or more parameter values were invalid: Input collection ";
  const std::string deep = "Nesting Levels have exceeded supported limits under root";
  const auto nested = [](std::size_t levels) {
    return "UPDATE t SET d = " + std::string(levels, '[') + "1" + std::string(levels, ']') +
           " WHERE pk = 1";
  };
  std::string indexes;
  for (int i = 0; i < 32; ++i) indexes += "[0]";
  check_refusals({
      {"SELECT * FROM t WHERE pk = 1e126", overflow + " under root"},
      {"SELECT * FROM t WHERE pk = 1e-131", underflow + " under root"},
      {"SELECT * FROM t WHERE pk = 123456789012345678901234567890123456789",
       "Attempting to store more than 38 significant digits in a Number under root"},
      {"INSERT INTO t VALUE {'pk': 1e126}", overflow + " under root"},
      {"UPDATE t SET a = 1e-131 WHERE pk = 1", underflow + " under root"},
      {"INSERT INTO t VALUE {'pk': 1, 'm': {'x': 1e126}}", overflow + " under root.x"},
      {"INSERT INTO t VALUE {'pk': 1, 'l': [1, 1e126]}", overflow + " under root[1]"},
      {"INSERT INTO t VALUE {'s': <<>>}", "Empty bags are not supported"},
      {"INSERT INTO t VALUE {'s': <<1, 'a'>>}",
       "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"},
      {"INSERT INTO t VALUE {'s': <<?>>}",
       "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"},
      {"INSERT INTO t VALUE {'s': <<'a', 'a'>>}", duplicates + "[a, a] contains duplicates."},
      {"UPDATE t SET n = set_add(n, <<2, 2.0>>) WHERE pk = 1",
       duplicates + "[2, 2.0] contains duplicates! under root"},
      {"INSERT INTO t VALUE {'a': 1, 'a': 2}",  // Deduced.
       "Duplicate keys in tuple. Key: a under root"},
      {"UPDATE t SET x = [?] WHERE pk = 1",
       "Unsupported data type: Parameter under key root[0] at 1:19:1"},
      {"INSERT INTO t VALUE {'m': {'k': ?}}",
       "Unsupported data type: Parameter under key root.k at 1:33:1"},
      {"INSERT INTO t VALUE {'pk': 1, 'ss': set_add(<<'a'>>, <<'b'>>)}",
       "Unsupported data type: set_add under key root at 1:37:7"},
      {nested(31), ""},
      {nested(32), deep + indexes},
      {"SELECT * FROM t WHERE a = ? AND b = ? AND c = ?",
       "Number of parameters in request and statement don't match."},
      {"SELECT * FROM t WHERE a = ?", ""},  // More parameters than needed are let pass.
  });
}

TEST(PartiqlCondition, IsRefusedAsAwsDoes) {
  const std::string where = "SELECT * FROM t WHERE ";
  const std::string type =
      "Incorrect operand type for operator or function; operator or function: ";
  const std::string path = "Operator or function requires a document path; operator or function: ";
  const std::string count =
      "Incorrect number of operands for operator or function; operator or function: ";
  std::string hundred, more;
  for (int i = 0; i < 100; ++i) hundred += (i > 0 ? "," : "") + std::to_string(i);
  more = hundred + ",100";
  check_refusals({
      {where + "attribute_exists('ss')", path + "attribute_exists"},
      {where + "attribute_exists(?)", path + "attribute_exists"},
      {where + "attribute_exists()", count + "attribute_exists, number of operands: 0"},
      {where + "attribute_exists(ss, ns)", count + "attribute_exists, number of operands: 2"},
      {where + "EXISTS(ss)", "Unrecognized function: exists at 1:23:6"},
      {where + "set_add(ss, <<'x'>>) = ss", "Unrecognized function: set_add at 1:23:7"},
      {where + "attribute_type(l, 1)", type + "attribute_type, operand type: N"},
      {where + "attribute_type(l, true)", type + "attribute_type, operand type: BOOL"},
      {where + "val < true", type + "<, operand type: BOOL"},
      {where + "val >= <<1>>", type + ">=, operand type: NS"},
      {where + "val BETWEEN true AND false", type + "BETWEEN, operand type: BOOL"},
      {where + "attribute_exists(n) > false", type + ">, operand type: BOOL"},
      {where + "counter = 5 + 5", "Unsupported operator in Condition Expression. Operator: +"},
      {where + "n > -n", "Unsupported operator in Condition Expression. Operator: -"},  // Deduced.
      {where + "a LIKE 'x'",
       "Unsupported operator in Condition Expression. Operator: LIKE"},  // Deduced.
      {where + "size(a)",                                                // Deduced.
       "The function is not allowed to be used this way in an expression; function: size"},
      {where + "n IN [" + hundred + "]", ""},
      {where + "n IN [" + more + "]",
       "The IN operator is provided with too many operands; number of operands: 101"},
      {where + "a IS BAG",  // Deduced.
       "Unsupported data type for IS operator: bag. Supported data types are [MISSING, NULL, "
       "BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST]"},
  });
}

TEST(PartiqlUpdate, IsRefusedAsAwsDoes) {
  const auto update = [](const std::string& set) {
    return "UPDATE t SET " + set + " WHERE pk = 1";
  };
  const std::string type =
      "Incorrect operand type for operator or function; operator or function: ";
  check_refusals({
      {update("t = set_add(ss, <<'x'>>)"),
       "The first argument to SET_ADD must equal the assignment value at 1:18:7"},
      {update("ss = set_add(<<'a'>>, <<'b'>>)"),
       "The first argument to SET_ADD must equal the assignment value at 1:19:7"},
      {update("ss = set_add(ss, 'x')"),
       "The second argument to SET_ADD must be a value with type SET at 1:27:2"},
      {update("ss = set_delete(ss, ['x'])"),
       "The second argument to SET_DELETE must be a value with type SET at 1:30:2"},
      {"UPDATE t\nSET \"Band\" = set_add(\"Band\", 'x')\nWHERE pk = 1",
       "The second argument to SET_ADD must be a value with type SET at 2:22:6"},
      {update("ss = set_add(ss)"), "SET_ADD must have exactly two arguments at 1:19:7"},
      {update("ss = set_add(ss, <<1>>, <<2>>)"),
       "SET_ADD must have exactly two arguments at 1:19:7"},
      {update("n = 'a' + 1"), type + "+, operand type: S"},
      {update("n = n - null"), type + "-, operand type: NULL"},
      {update("n = n + [1]"), type + "+, operand type: L"},
      {update("n = list_append(n, 'x')"), type + "list_append, operand type: S"},
      {update("n = if_not_exists(n, 1)"),  // Deduced.
       "Unrecognized function: if_not_exists at 1:18:13"},
      {update("n = 2 * 3"),  // Deduced.
       "Unsupported operator in Update Expression. Operator: *"},
      {update("a.b = 1, a = 2"),
       "Two document paths overlap with each other; must remove or rewrite one of these paths; "
       "path one: [a, b], path two: [a]"},
  });
}

// Limits of our own, which bound the parser's recursion; the texts are deduced.
TEST(PartiqlLimits, AreJustOverTheEdge) {
  const std::string operators = "The expression contains too many operators; operator count: 301";
  const auto sum = [](int terms) {
    std::string text = "UPDATE t SET n = 1";
    for (int i = 0; i < terms; ++i) text += "+1";
    return text + " WHERE pk = 1";
  };
  const auto parentheses = [](std::size_t levels) {
    return "SELECT * FROM t WHERE " + std::string(levels, '(') + "a = 1" + std::string(levels, ')');
  };
  check_refusals({
      {sum(299), ""},  // The WHERE clause has one, too.
      {sum(300), operators},
      {parentheses(300), ""},
      {parentheses(400), kMalformed},
  });
}

// Recorded: what conditions on an item come to.
TEST(PartiqlCondition, HoldsAsOnAws) {
  const AttributeMap item = item_of(
      R"({"n":{"N":"1"},"flag":{"S":"right"},"yes":{"BOOL":true},"nul":{"NULL":true},
          "m":{"M":{"x":{"S":"y"}}},"l":{"L":[{"S":"a"}]},"ss":{"SS":["a","b"]}})");
  const std::vector<std::pair<std::string, bool>> cases = {
      {"attribute_exists(nope) = false", true},
      {"true = attribute_exists(n)", true},
      {"attribute_exists(n) <> 1", true},
      {"contains(nope, 'z') = false", true},
      {"(n BETWEEN 0 AND 5) = true", true},
      {"(n = 5 OR flag = 'x') = false", true},
      {"attribute_exists(nope) IN [true, false]", true},
      {"attribute_exists(n) = attribute_exists(flag)", true},
      {"attribute_exists(n) = yes", true},
      {"attribute_exists(n) = 1", false},
      {"NOT attribute_exists(n) = true", false},
      {"(attribute_exists(n) = true) = false", false},
      {"attribute_exists(n) = flag", false},
      {"attribute_exists(m.x) AND ATTRIBUTE_NOT_EXISTS (nope) AND attribute_exists(l[0])", true},
      {"nul IS NULL", true},
      {"n IS NULL", false},
      {"nope IS NULL", false},
      {"n IS NOT NULL", true},
      {"yes IS BOOL", true},
      {"flag IS STRING", true},
      {"flag IS BOOL", false},
      {"nope IS MISSING", true},
      {"n IS NOT MISSING", true},
      {"size(flag) = 5 AND contains(ss, 'a') AND NOT begins_with(flag, 'x')", true},
      {"n NOT IN [2, 3]", true},
      {"ss = <<'b', 'a'>>", true},
      {"n = 'text' OR nope <> 1", true},
  };
  for (const auto& [condition, expected] : cases) {
    const auto command = compile_partiql("SELECT * FROM t WHERE " + condition, std::nullopt);
    ASSERT_TRUE(command.has_value()) << condition << ": " << command.error();
    EXPECT_EQ(holds(*command->where, item), expected) << condition;
  }
}

TEST(PartiqlParameters, AreCheckedFirst) {
  const PartiqlParameters bad = std::vector{AttributeValue::n("1"), AttributeValue::invalid("no")};
  EXPECT_EQ(check_partiql_parameters(bad).error(), "no");
  EXPECT_TRUE(check_partiql_parameters(std::nullopt).has_value());
}

TEST(PartiqlMark, IsReadAsItWasWritten) {
  const PartiqlMark mark{"0123456789abcdef", 3, item_of(R"({"h":{"S":"a"}})")};
  const std::string text = format_partiql_token(mark);
  const auto read = parse_partiql_token(text);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->statement, mark.statement);
  EXPECT_EQ(read->read, mark.read);
  EXPECT_EQ(read->last_key, mark.last_key);
  for (const std::string bad : {"", "garbage", "AAAA"}) {
    EXPECT_FALSE(parse_partiql_token(bad).has_value()) << bad;
  }
  EXPECT_FALSE(parse_partiql_token(text.substr(0, text.size() - 4)).has_value());
}

}  // namespace
}  // namespace penstock::dynamodb
