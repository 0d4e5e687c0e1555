// Expressions: refusals with AWS's wording and precedence, and evaluation.
#include "services/dynamodb/expression.h"

#include <gtest/gtest.h>

#include <vector>

#include "services/dynamodb/condition.h"
#include "services/dynamodb/reserved_words.h"
#include "services/dynamodb/tests/items.h"
#include "services/dynamodb/update.h"

namespace penstock::dynamodb {
namespace {

const std::map<std::string, std::string> kNames = {{"#a", "a"}, {"#b", "b"}, {"#s", "size"}};

const AttributeMap& values() {
  static const AttributeMap kValues = item_of(R"({
    ":s":{"S":"abc"}, ":t":{"S":"b"}, ":z":{"S":"zzz"}, ":n":{"N":"5"}, ":m":{"N":"7"}, ":b":{"B":"YWI="},
    ":true":{"BOOL":true}, ":null":{"NULL":true}, ":l":{"L":[{"N":"1"}]}, ":map":{"M":{"k":{"S":"v"}}},
    ":ss":{"SS":["abc","x"]}, ":ns":{"NS":["5","6"]}, ":typeS":{"S":"S"}, ":typeSS":{"S":"SS"},
    ":big":{"N":"9e125"}, ":two":{"N":"2"}})");
  return kValues;
}

Placeholders placeholders() { return {.names = &kNames, .values = &values()}; }

std::string condition_problem(std::string_view text) {
  Placeholders p = placeholders();
  const auto parsed = parse_condition("ConditionExpression", text, p);
  constexpr std::string_view kPrefix = "Invalid ConditionExpression: ";
  if (parsed) return "";
  EXPECT_TRUE(parsed.error().starts_with(kPrefix)) << parsed.error();
  return parsed.error().substr(kPrefix.size());
}

std::string update_problem(std::string_view text) {
  Placeholders p = placeholders();
  const auto parsed = parse_update(text, p);
  constexpr std::string_view kPrefix = "Invalid UpdateExpression: ";
  if (parsed) return "";
  EXPECT_TRUE(parsed.error().starts_with(kPrefix)) << parsed.error();
  return parsed.error().substr(kPrefix.size());
}

using Cases = std::vector<std::pair<std::string, std::string>>;

// Wording recorded by dynalite and Alternator against AWS; `near` beyond the first case is deduced.
TEST(ConditionExpression, IsRefusedAsAwsDoes) {
  const std::string distinct =
      "The first operand must be distinct from the remaining operands for this operator or "
      "function; ";
  const Cases cases = {
      {"", "The expression can not be empty;"},
      {"a", R"(Syntax error; token: "<EOF>", near: "a")"},
      {"a = ", R"(Syntax error; token: "<EOF>", near: "=")"},
      {"a = = :s", R"(Syntax error; token: "=", near: "= = :s")"},
      {"a = :s b = :s", R"(Syntax error; token: "b", near: ":s b =")"},
      {"_a = :s", R"(Syntax error; token: "_", near: "_a")"},
      {"a = :s AND", R"(Syntax error; token: "<EOF>", near: "AND")"},
      {"(a = :s", R"(Syntax error; token: "<EOF>", near: ":s")"},
      {"(a = :s) = :s", R"(Syntax error; token: "=", near: ") = :s")"},
      {"NOT a", R"(Syntax error; token: "<EOF>", near: "a")"},
      {"a[b] = :s", R"(Syntax error; token: "b", near: "[b]")"},
      {"((a = :s))", "The expression has redundant parentheses;"},
      {"((a)) = :s", "The expression has redundant parentheses;"},
      {"foo(a)", "Invalid function name; function: foo"},
      {"Attribute_Exists(a)", "Invalid function name; function: Attribute_Exists"},
      {"size(a)",
       "The function is not allowed to be used this way in an expression; function: size"},
      {"contains(a, :s) = :true",
       "The function is not allowed to be used this way in an expression; function: contains"},
      {"attribute_exists(attribute_exists(a))",
       "The function is not allowed to be used this way in an expression; function: "
       "attribute_exists"},
      {"size = :n", "Attribute name is a reserved keyword; reserved keyword: size"},
      {"a.Abort = :n", "Attribute name is a reserved keyword; reserved keyword: Abort"},
      {"#q = :n",
       "An expression attribute name used in the document path is not defined; attribute name: #q"},
      {"a = :q",
       "An expression attribute value used in expression is not defined; attribute value: :q"},
      {"contains(a)",
       "Incorrect number of operands for operator or function; operator or function: contains, "
       "number of "
       "operands: 1"},
      {"a = a", distinct + "operator: =, first operand: [a]"},
      {"a[1].b < #a[1].#b", distinct + "operator: <, first operand: [a, [1], b]"},
      {"contains(a, a)", distinct + "operator: contains, first operand: [a]"},
      {"attribute_exists(:s)",
       "Operator or function requires a document path; operator or function: attribute_exists"},
      {"begins_with(a, :n)",
       "Incorrect operand type for operator or function; operator or function: begins_with, "
       "operand type: N"},
      {"attribute_type(a, :n)",
       "Incorrect operand type for operator or function; operator or function: attribute_type, "
       "operand type: N"},
      {"attribute_type(a, b)",
       "Incorrect operand type for operator or function; operator or function: attribute_type, "
       "operand type: "
       "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"},
      {"attribute_type(a, :s)",
       "Invalid attribute type name found; type: abc, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"},
      {"size(:n) > :n",
       "Incorrect operand type for operator or function; operator or function: size, operand type: "
       "N"},
      {"a BETWEEN :s AND :n",
       "The BETWEEN operator requires same data type for lower and upper bounds; lower bound "
       "operand: "
       "AttributeValue: {S:abc}, upper bound operand: AttributeValue: {N:5}"},
      {"a BETWEEN :m AND :n",
       "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
       "lower bound "
       "operand: AttributeValue: {N:7}, upper bound operand: AttributeValue: {N:5}"},
      {"a[99999999999] = :s", "List index is not within the allowable range; index: [99999999999]"},
      // Precedence: parentheses, function name, misuse, reserved, undefined, count, distinct,
      // types.
      {"((foo(size))) = :q", "The expression has redundant parentheses;"},
      {"foo(abort) = :q", "Invalid function name; function: foo"},
      {"size(abort)",
       "The function is not allowed to be used this way in an expression; function: size"},
      {"abort = :q", "Attribute name is a reserved keyword; reserved keyword: abort"},
      {"contains(a) AND b = :q",
       "An expression attribute value used in expression is not defined; attribute value: :q"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(condition_problem(text), expected) << text;
}

TEST(ConditionExpression, LimitsAreKept) {
  EXPECT_EQ(condition_problem("a = :s" + std::string(4091, ' ')),
            "Expression size has exceeded the maximum allowed size; expression size: 4097");
  std::string many = "a=:n";
  for (int i = 0; i < 150; ++i) many += " OR a=:n";
  EXPECT_EQ(condition_problem(many),
            "The expression contains too many operators; operator count: 301");
  EXPECT_EQ(condition_problem("a=:n OR a=:n"), "");
  std::string deep = "a";
  for (int i = 0; i < 32; ++i) deep += ".b";
  EXPECT_EQ(condition_problem(deep + " = :n"),
            "The document path has too many nesting levels; nesting levels: 33");
  EXPECT_EQ(condition_problem(std::string(4000, '(')).substr(0, 3), "The");
  std::string nots;
  for (int i = 0; i < 900; ++i) nots += "NOT ";
  EXPECT_EQ(condition_problem(nots + "a=:n"),
            "The expression contains too many operators; operator count: 301");
}

// Documented; details as tested by Alternator against AWS.
TEST(ConditionExpression, Holds) {
  const AttributeMap item = item_of(R"({
    "a":{"S":"abc"}, "b":{"N":"5.0"}, "e":{"B":"YWJj"}, "f":{"BOOL":true}, "g":{"NULL":true},
    "h":{"L":[{"N":"1"},{"M":{"k":{"S":"v"}}}]}, "i":{"M":{"k":{"S":"v"}}}, "j":{"SS":["abc","x"]},
    "k":{"NS":["6","5"]}, "n":{"N":"-3"}})");
  const std::vector<std::pair<std::string, bool>> cases = {
      {"a = :s", true},
      {"a <> :s", false},
      {"b = :n", true},
      {"b < :m", true},
      {"b >= :n", true},
      {"n < :n", true},
      {"a = :n", false},
      {"a <> :n", true},
      {"a < :n", false},
      {"a > :t", false},
      {"z = :s", false},
      {"z <> :s", true},
      {"z < :s", false},
      {"NOT z < :s", true},
      {"z = zz", false},
      {"b BETWEEN :two AND :m", true},
      {"n BETWEEN :two AND :m", false},
      {"z BETWEEN :two AND :m", false},
      {"a IN (:t, :s)", true},
      {"a IN (:t)", false},
      {"z IN (:t, zz)", false},
      {"(a) = (:s)", true},
      {"attribute_exists(h[1].k)", true},
      {"attribute_exists(h[2])", false},
      {"attribute_not_exists(i.z)", true},
      {"attribute_not_exists(a)", false},
      {"attribute_type(a, :typeS)", true},
      {"attribute_type(j, :typeS)", false},
      {"attribute_type(j, :typeSS)", true},
      {"begins_with(a, :s)", true},
      {"begins_with(a, :t)", false},
      {"begins_with(e, :b)", true},
      {"begins_with(e, :s)", false},
      {"contains(a, :t)", true},
      {"contains(j, :s)", true},
      {"contains(k, :n)", true},
      {"contains(k, :m)", false},
      {"contains(h, i)", true},
      {"contains(j, :ss)", false},
      {"contains(i, :s)", false},
      {"j = :ss", true},
      {"k = :ns", true},
      {"i = :map", true},
      {"size(a) > :two", true},
      {"size(h) = :two", true},
      {"size(n) = :two", false},
      {"size(i) < :two", true},
      {"f = :true", true},
      {"g = :null", true},
      {"h[0] < :two", true},
      {"a = :s and b = :n oR z = :s", true},
      {"a = :t AND b = :n OR f = :true", true},
      {"a = :t AND (b = :n OR f = :true)", false},
      {"NOT (a = :s AND NOT b = :m)", false},
      {"#a = :s AND i.#q = :s", true},
  };
  std::map<std::string, std::string> names = kNames;
  names["#q"] = "k";
  for (const auto& [text, expected] : cases) {
    Placeholders p{.names = &names, .values = &values()};
    const auto parsed = parse_condition("FilterExpression", text, p);
    ASSERT_TRUE(parsed.has_value()) << text << ": " << parsed.error();
    if (text == "#a = :s AND i.#q = :s") {
      EXPECT_FALSE(holds(*parsed, item));  // i.k is "v".
    } else {
      EXPECT_EQ(holds(*parsed, item), expected) << text;
    }
  }
}

TEST(UpdateExpression, IsRefusedAsAwsDoes) {
  const Cases cases = {
      {"", "The expression can not be empty;"},
      {"SET _123 = :n",
       R"(Syntax error; token: "_", near: "SET _123")"},  // Recorded by Alternator.
      {"SET", R"(Syntax error; token: "<EOF>", near: "SET")"},
      {"SET a = :n,", R"(Syntax error; token: "<EOF>", near: ",")"},
      {"PUT a = :n", R"(Syntax error; token: "PUT", near: "PUT a")"},
      {"SET a = :n SET b = :n",
       "The \"SET\" section can only be used once in an update expression;"},
      {"SET abort = :n", "Attribute name is a reserved keyword; reserved keyword: abort"},
      {"SET a = size(b)", "Invalid function name; function: size"},
      {"SET a = :q",
       "An expression attribute value used in expression is not defined; attribute value: :q"},
      {"REMOVE #q",
       "An expression attribute name used in the document path is not defined; attribute name: #q"},
      {"SET a = :n REMOVE a[0]",
       "Two document paths overlap with each other; must remove or rewrite one of these paths; "
       "path one: [a], "
       "path two: [a, [0]]"},
      {"SET a.b = :n REMOVE a[1]",
       "Two document paths conflict with each other; must remove or rewrite one of these paths; "
       "path one: "
       "[a, b], path two: [a, [1]]"},
      {"SET a = if_not_exists(a)",
       "Incorrect number of operands for operator or function; operator or function: "
       "if_not_exists, number of "
       "operands: 1"},
      {"SET a = if_not_exists(:n, :n)",
       "Operator or function requires a document path; operator or function: if_not_exists"},
      {"SET a = list_append(b, :n)",
       "Incorrect operand type for operator or function; operator or function: list_append, "
       "operand type: N"},
      {"SET a = b + :s",
       "Incorrect operand type for operator or function; operator or function: +, operand type: S"},
      {"ADD a :s",
       "Incorrect operand type for operator or function; operator: ADD, operand type: STRING"},
      {"DELETE a :n",
       "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER"},
      {"SET a = list_append(list_append(b, :l), :l)",
       "The function is not allowed to be used this way in an expression; function: list_append"},
      {"ADD a b", R"(Syntax error; token: "b", near: "a b")"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(update_problem(text), expected) << text;
}

// Documented; corner cases as tested by Alternator against AWS.
TEST(UpdateExpression, Applies) {
  const std::string before =
      R"({"a":{"N":"1"},"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"}]},"m":{"M":{"k":{"S":"v"}}},"s":{"SS":["abc","q"]}})";
  struct Case {
    std::string update,
        changed;  // `changed`: what SET/REMOVE leave of a, l, m, s, x (others as before).
  };
  const std::string l = R"("l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"}]})",
                    m = R"("m":{"M":{"k":{"S":"v"}}})", s = R"("s":{"SS":["abc","q"]})",
                    a = R"("a":{"N":"1"})";
  const std::vector<Case> cases = {
      {"SET a = a + :n", R"({"a":{"N":"6"},)" + l + "," + m + "," + s + "}"},
      {"SET a = :n - a, x = a",
       R"({"a":{"N":"4"},)" + l + "," + m + "," + s + R"(,"x":{"N":"1"}})"},
      {"SET x = if_not_exists(x, :n) + :two",
       "{" + a + "," + l + "," + m + "," + s + R"(,"x":{"N":"7"}})"},
      {"SET l = list_append(:l, l) REMOVE m, s",
       "{" + a + R"(,"l":{"L":[{"N":"1"},{"N":"0"},{"N":"1"},{"N":"2"}]}})"},
      {"SET l[9] = :n, l[7] = :m REMOVE l[0]",
       "{" + a + R"(,"l":{"L":[{"N":"1"},{"N":"2"},{"N":"7"},{"N":"5"}]},)" + m + "," + s + "}"},
      {"REMOVE l[0], l[2], l[8], nothing",
       "{" + a + R"(,"l":{"L":[{"N":"1"}]},)" + m + "," + s + "}"},
      {"SET m.z = :n REMOVE m.k", "{" + a + "," + l + R"(,"m":{"M":{"z":{"N":"5"}}},)" + s + "}"},
      {"ADD a :two, s :ss, y :ns DELETE nope :ss",
       R"({"a":{"N":"3"},)" + l + "," + m + R"(,"s":{"SS":["abc","q","x"]},"y":{"NS":["5","6"]}})"},
      {"DELETE s :ss", "{" + a + "," + l + "," + m + R"(,"s":{"SS":["q"]}})"},
  };
  for (const Case& c : cases) {
    Placeholders p = placeholders();
    const auto parsed = parse_update(c.update, p);
    ASSERT_TRUE(parsed.has_value()) << c.update << parsed.error();
    const auto after = apply_update(*parsed, item_of(before));
    ASSERT_TRUE(after.has_value()) << c.update << after.error();
    EXPECT_EQ(json_of(*after), c.changed) << c.update;
  }
  const std::string path =
      "The document path provided in the update expression is invalid for update";
  const std::string type = "An operand in the update expression has an incorrect data type";
  const Cases failures = {
      {"SET x.y = :n", path},
      {"SET a.y = :n", path},
      {"SET m[0] = :n", path},
      {"REMOVE x.y", path},
      {"SET x = y",
       "The provided expression refers to an attribute that does not exist in the item"},
      {"SET a = m + :n", type},
      {"SET x = list_append(a, :l)", type},
      {"ADD s :n", type},
      {"DELETE s :ns", type},
  };
  for (const auto& [text, expected] : failures) {
    Placeholders p = placeholders();
    const auto parsed = parse_update(text, p);
    ASSERT_TRUE(parsed.has_value()) << text;
    const auto after = apply_update(*parsed, item_of(before));
    ASSERT_FALSE(after.has_value()) << text;
    EXPECT_EQ(after.error(), expected) << text;
  }
}

TEST(UpdateExpression, EmptiedSetGoesAndOverflowIsRefused) {
  Placeholders p = placeholders();
  auto parsed = parse_update("DELETE s :ss", p);
  EXPECT_EQ(json_of(*apply_update(*parsed, item_of(R"({"s":{"SS":["abc","x"]}})"))), "{}");
  parsed = parse_update("SET a = a + :big", p);
  const auto after = apply_update(*parsed, item_of(R"({"a":{"N":"9e125"}})"));
  ASSERT_FALSE(after.has_value());
  EXPECT_TRUE(after.error().starts_with("Number overflow."));
}

TEST(ProjectionExpression, ProjectsAndRefuses) {
  const AttributeMap item = item_of(
      R"({"a":{"S":"x"},"l":{"L":[{"N":"0"},{"N":"1"},{"M":{"k":{"S":"v"},"q":{"S":"w"}}}]},"m":{"M":{"k":{"S":"v"},"z":{"S":"u"}}}})");
  const Cases cases = {
      {"a", R"({"a":{"S":"x"}})"},
      {"l[2].k, l[0], #a", R"({"a":{"S":"x"},"l":{"L":[{"N":"0"},{"M":{"k":{"S":"v"}}}]}})"},
      {"m.k, nope, m.y, a.b, l[9]", R"({"m":{"M":{"k":{"S":"v"}}}})"},
      {"nope", "{}"},
      {"a, a",
       "Two document paths overlap with each other; must remove or rewrite one of these paths; "
       "path one: [a], path two: [a]"},
      {"a,", R"(Syntax error; token: "<EOF>", near: ",")"},
      {"a :s", R"(Syntax error; token: ":s", near: "a :s")"},
  };
  for (const auto& [text, expected] : cases) {
    Placeholders p = placeholders();
    const auto parsed = parse_projection(text, p);
    const std::string got =
        parsed ? json_of(project(item, *parsed))
               : parsed.error().substr(sizeof("Invalid ProjectionExpression: ") - 1);
    EXPECT_EQ(got, expected) << text;
  }
}

TEST(Placeholders, AreChecked) {
  const AttributeMap none;
  const std::map<std::string, std::string> no_names, bad_names = {{"a", "b"}},
                                                     ok_names = {{"#a", "x"}, {"#b", "y"}};
  EXPECT_EQ(check_placeholders({.names = &no_names}).error(),
            "ExpressionAttributeNames must not be empty");
  EXPECT_EQ(check_placeholders({.values = &none}).error(),
            "ExpressionAttributeValues must not be empty");
  EXPECT_EQ(check_placeholders({.names = &bad_names}).error(),
            "ExpressionAttributeNames contains invalid key: Syntax error; key: \"a\"");
  AttributeMap invalid;
  invalid.set(":x", AttributeValue::invalid("oops"));
  EXPECT_EQ(check_placeholders({.values = &invalid}).error(),
            "ExpressionAttributeValues contains invalid value: oops for key :x");
  Placeholders p{.names = &ok_names};
  ASSERT_TRUE(parse_projection("#a", p).has_value());
  EXPECT_EQ(check_all_used(p).error(),
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}");
}

TEST(ReservedWords, AreFoundInAnyCase) {
  for (const char* word : {"ABORT", "abort", "Zone", "size", "CURRENT"})
    EXPECT_TRUE(is_reserved_word(word));
  for (const char* word : {"id", "abor", "orders", ""}) EXPECT_FALSE(is_reserved_word(word));
}

}  // namespace
}  // namespace penstock::dynamodb
