"""Expressions and what they may be combined with: every refusal with its wording and its turn, limits at their edge."""

import pytest

from dynamodb_raw import KNOWN, P, Table, enum_fault, fault, n, s
from support import refused

WORDS = {"p": "S", "c": "N"}


@pytest.fixture(scope="module")
def table(endpoint):
    made = Table(endpoint, [("p", "S"), ("c", "N")], [
        ("global", "by-g", [("g", "S")], {"ProjectionType": "KEYS_ONLY"}),
        ("local", "by-l", [("p", "S"), ("l", "N")], {"ProjectionType": "ALL"})])
    made.put(p=s("a"), c=n(1), m={"M": {"x": n(1)}}, list={"L": [n(1), n(2)]}, n=n(5), b={"BOOL": True})
    return made


@pytest.fixture(scope="module")
def plain(endpoint):
    made = Table(endpoint, [("p", "S")])
    made.put(p=s("a"), n=n(5), s=s("x"), flag={"BOOL": True}, num=n(9), set={"SS": ["a", "b"]})
    return made


KEY = {"p": s("a"), "c": n(1)}
COND = {"ComparisonOperator": "EQ", "AttributeValueList": [s("x")]}
MIXED = "Can not use both expression and non-expression parameters in the same request: "
WITHOUT = "ConditionalOperator cannot be used without Filter or Expected"
ONE = "ConditionalOperator can only be used when Filter or Expected has two or more elements"
TOO_BIG = "Expression size has exceeded the maximum allowed size;"
LONG = "a" * 4097


def names(count):
    return {f"#n{i}": "x" for i in range(count)}


PARAMETERS = [
    # Which parameters go together, and in which order AWS lists them.
    ("Scan", {"AttributesToGet": ["a"], "ScanFilter": {"a": COND}, "ConditionalOperator": "AND",
              "FilterExpression": "a = :v", "ProjectionExpression": "b", "ExpressionAttributeValues": {":v": s("x")}},
     MIXED + "Non-expression parameters: {AttributesToGet, ScanFilter, ConditionalOperator} "
     "Expression parameters: {ProjectionExpression, FilterExpression}", "measured"),
    ("Query", {"KeyConditions": {"p": COND}, "QueryFilter": {"a": COND}, "ConditionalOperator": "AND",
               "KeyConditionExpression": "p = :p", "FilterExpression": "a = :v", "ProjectionExpression": "b"},
     MIXED + "Non-expression parameters: {QueryFilter, ConditionalOperator, KeyConditions} "
     "Expression parameters: {ProjectionExpression, FilterExpression, KeyConditionExpression}", "measured"),
    ("UpdateItem", {"Key": KEY, "AttributeUpdates": {}, "Expected": {"a": COND}, "ConditionalOperator": "AND",
                    "UpdateExpression": "SET a = :v", "ConditionExpression": "attribute_exists(p)"},
     MIXED + "Non-expression parameters: {AttributeUpdates, Expected, ConditionalOperator} "
     "Expression parameters: {UpdateExpression, ConditionExpression}", "measured"),
    ("PutItem", {"Item": KEY, "ConditionalOperator": "AND", "ConditionExpression": "attribute_exists(p)"},
     MIXED + "Non-expression parameters: {ConditionalOperator} Expression parameters: {ConditionExpression}",
     "measured"),
    ("Scan", {"ConditionalOperator": "AND"}, WITHOUT, "measured"),
    ("Scan", {"ConditionalOperator": "OR", "ScanFilter": {}}, WITHOUT, "measured"),
    ("Scan", {"ConditionalOperator": "AND", "ScanFilter": {"a": COND}}, ONE, "measured"),
    ("Query", {"ConditionalOperator": "AND"}, WITHOUT, "measured"),  # Before the missing key condition.
    ("PutItem", {"Item": KEY, "ConditionalOperator": "AND", "Expected": {"a": COND}}, ONE, "measured"),
    ("UpdateItem", {"Key": KEY, "ConditionalOperator": "AND"}, WITHOUT, "measured"),
    ("GetItem", {"Key": KEY, "ExpressionAttributeNames": {"#a": "a"}},
     "ExpressionAttributeNames can only be specified when using expressions", "recorded"),
    ("Query", {"KeyConditions": {"p": COND}, "ExpressionAttributeValues": {":a": s("a")}},
     "ExpressionAttributeValues can only be specified when using expressions: "
     "FilterExpression and KeyConditionExpression are null", "recorded"),
    ("UpdateItem", {"Key": KEY, "ExpressionAttributeValues": {":a": s("a")}},
     "ExpressionAttributeValues can only be specified when using expressions: "
     "UpdateExpression and ConditionExpression are null", "recorded"),
    ("Scan", {"ExpressionAttributeValues": {":a": s("a")}},
     "ExpressionAttributeValues can only be specified when using expressions: FilterExpression is null", "recorded"),
    # Placeholders.
    ("GetItem", {"Key": KEY, "ProjectionExpression": "#", "ExpressionAttributeNames": {"#": "a"}},
     'ExpressionAttributeNames contains invalid key: Syntax error; key: "#"', "measured"),
    ("GetItem", {"Key": KEY, "ProjectionExpression": "#a", "ExpressionAttributeNames": {"#" + "a" * 255: "a"}},
     "ExpressionAttributeNames contains invalid key: The expression attribute map contains a key that is too long; "
     "size of key: 256", "measured"),
    ("GetItem", {"Key": KEY, "ProjectionExpression": "#a", "ExpressionAttributeNames": {"#" + "a" * 255 + "-x": "a"}},
     "ExpressionAttributeNames contains invalid key: The expression attribute map contains a key that is too long; "
     "size of key: 258", "measured"),
    ("GetItem", {"Key": KEY, "ProjectionExpression": "#a", "ExpressionAttributeNames": {"#a": ""}},
     "ExpressionAttributeNames contains invalid value: Empty attribute name for key #a", "measured"),
    ("Scan", {"FilterExpression": "a = :v", "ExpressionAttributeValues": {":" + "a" * 255: s("x")}},
     "ExpressionAttributeValues contains invalid key: The expression attribute map contains a key that is too long;",
     "measured"),
    ("Scan", {"FilterExpression": "a = :v", "ExpressionAttributeValues": {":v": {}}},
     "ExpressionAttributeValues contains invalid value: Supplied AttributeValue is empty, must contain exactly one of "
     "the supported datatypes for key :v", "measured"),
    ("Scan", {"FilterExpression": "a = :v", "ExpressionAttributeNames": {}},
     "ExpressionAttributeNames must not be empty", "recorded"),
    ("Scan", {"FilterExpression": "a = :v", "ExpressionAttributeValues": {}},
     "ExpressionAttributeValues must not be empty", "recorded"),
    ("Scan", {"FilterExpression": "attribute_exists(a)", "ExpressionAttributeNames": {"#b": "b", "#c": "c"},
              "ExpressionAttributeValues": {":v": s("x")}},
     "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b, #c}", "recorded"),
    # Sizes: only conditions and filters say how big they are.
    ("GetItem", {"Key": KEY, "ProjectionExpression": LONG}, "Invalid ProjectionExpression: " + TOO_BIG, "measured"),
    ("UpdateItem", {"Key": KEY, "UpdateExpression": f"SET {LONG} = :v", "ExpressionAttributeValues": {":v": s("x")}},
     "Invalid UpdateExpression: " + TOO_BIG, "measured"),
    ("Query", {"KeyConditionExpression": f"p = :p AND {LONG} = :q", "ExpressionAttributeValues": {":p": s("a")}},
     "Invalid KeyConditionExpression: " + TOO_BIG, "measured"),
    ("Scan", {"FilterExpression": f"{LONG} = :v", "ExpressionAttributeValues": {":v": s("x")}},
     f"Invalid FilterExpression: {TOO_BIG} expression size: 4102", "measured"),
    ("PutItem", {"Item": KEY, "ConditionExpression": "(" * 15000},
     f"Invalid ConditionExpression: {TOO_BIG} expression size: 15000", "measured"),
    # Enums, in the order in which AWS lists them.
    ("PutItem", {"Item": KEY, "ReturnValues": "GARBAGE"},
     enum_fault("GARBAGE", "returnValues", "ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW"), "measured"),
    ("Scan", {"Select": "x"},
     enum_fault("x", "select", "SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES"), "recorded"),
    ("Scan", {"ScanFilter": {"a": {"ComparisonOperator": "x"}, "b": COND}, "ConditionalOperator": "x"},
     fault("Value 'x' at 'conditionalOperator' failed to satisfy constraint: Member must satisfy enum value set: "
           "[OR, AND]",
           "Value 'x' at 'scanFilter.a.member.comparisonOperator' failed to satisfy constraint: Member must satisfy "
           "enum value set: [IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, "
           "CONTAINS]"), "recorded"),
    # What Select goes with; Query wraps the text, Scan does not.
    ("Query", {"KeyConditionExpression": "p = :p", "ExpressionAttributeValues": {":p": s("a")}, "Select": "COUNT",
               "ProjectionExpression": "p"},
     "1 validation error detected: Cannot specify the ProjectionExpression when choosing to get only the Count",
     "measured"),
    ("Scan", {"Select": "COUNT", "ProjectionExpression": "p"},
     "Cannot specify the ProjectionExpression when choosing to get only the Count", "measured"),
    ("Scan", {"Select": "COUNT", "AttributesToGet": ["p"]},
     "Cannot specify the AttributesToGet when choosing to get only the Count", "documented"),
    ("Scan", {"Select": "SPECIFIC_ATTRIBUTES"},
     "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES", "measured"),
    ("Scan", {"Select": "ALL_PROJECTED_ATTRIBUTES"},
     "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName", "documented"),
    ("Scan", {"IndexName": "by-g", "Select": "ALL_ATTRIBUTES"},
     P + "Select type ALL_ATTRIBUTES is not supported for global secondary index by-g because its projection type is "
     "not ALL", "measured"),
    ("Scan", {"IndexName": "by-g", "ConsistentRead": True},
     "Consistent reads are not supported on global secondary indexes", "recorded"),
    ("Scan", {"IndexName": "absent"}, "The table does not have the specified index: absent", "measured"),
]


@pytest.mark.parametrize("operation, members, text, known", PARAMETERS)
def test_parameters_that_are_refused(table, operation, members, text, known):
    assert known in KNOWN
    assert table.refused(operation, **members) == ("ValidationException", text)


@pytest.mark.parametrize("members", [
    {"KeyConditions": {"p": {"ComparisonOperator": "EQ", "AttributeValueList": [s("a")]}},
     "FilterExpression": "attribute_exists(n)", "ProjectionExpression": "n"},
])
def test_key_conditions_beside_expressions(table, members):
    # Measured: KeyConditions count as a non-expression parameter only beside KeyConditionExpression.
    assert table.ask("Query", **members)["Items"] == [{"n": n(5)}]


CONDITIONS = [  # text, values, what is said
    ("", {}, "The expression can not be empty;", "recorded"),
    ("a =", {}, 'Syntax error; token: "<EOF>", near: "="', "deduced"),
    ("((a = :v))", {":v": s("x")}, "The expression has redundant parentheses;", "recorded"),
    ("status = :v", {":v": s("x")}, "Attribute name is a reserved keyword; reserved keyword: status", "measured"),
    ("#u = :v", {":v": s("x")},
     "An expression attribute name used in the document path is not defined; attribute name: #u", "measured"),
    ("a = :u", {}, "An expression attribute value used in expression is not defined; attribute value: :u", "recorded"),
    ("foo(a)", {}, "Invalid function name; function: foo", "recorded"),
    ("size(a)", {}, "The function is not allowed to be used this way in an expression; function: size", "recorded"),
    ("a = attribute_exists(b)", {},
     "The function is not allowed to be used this way in an expression; function: attribute_exists", "recorded"),
    ("attribute_exists(a, b)", {},
     "Incorrect number of operands for operator or function; operator or function: attribute_exists, "
     "number of operands: 2", "recorded"),
    ("attribute_exists(:v)", {":v": s("x")},
     "Operator or function requires a document path; operator or function: attribute_exists", "recorded"),
    ("attribute_type(a, :v)", {":v": s("X")},
     "Invalid attribute type name found; type: X, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}", "recorded"),
    ("begins_with(a, :v)", {":v": n(1)},
     "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
     "recorded"),
    ("a = a", {}, "The first operand must be distinct from the remaining operands for this operator or function; "
     "operator: =, first operand: [a]", "recorded"),
    ("a BETWEEN :v AND :w", {":v": n(2), ":w": n(1)},
     "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: "
     "AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}", "recorded"),
    ("a BETWEEN :v AND :w", {":v": n(2), ":w": s("x")},
     "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: "
     "AttributeValue: {N:2}, upper bound operand: AttributeValue: {S:x}", "recorded"),
    ("a[0]." * 32 + "a = :v", {":v": s("x")},
     "The document path has too many nesting levels; nesting levels: 65", "recorded"),
    ("a<b " + "or a<b " * 150, {}, "The expression contains too many operators; operator count: 301", "measured"),
] + [
    (f"n {op} :v", {":v": value}, f"Incorrect operand type for operator or function; operator or function: {op}, "
     f"operand type: {kind}", "measured")
    for op in ("<", "<=", ">", ">=")
    for kind, value in {"BOOL": {"BOOL": True}, "NULL": {"NULL": True}, "SS": {"SS": ["a"]}, "L": {"L": []},
                        "M": {"M": {}}}.items()
] + [
    (text, {":v": {"BOOL": True}}, "Incorrect operand type for operator or function; operator or function: >, "
     "operand type: BOOL", "measured")
    for text in ("attribute_not_exists(zzz) OR n > :v", "NOT (n > :v)", "nope > :v", "size(s) > :v")
]


@pytest.mark.parametrize("text, values, said, known", CONDITIONS)
def test_conditions_that_are_refused(plain, text, values, said, known):
    assert known in KNOWN
    members = {"ExpressionAttributeValues": values} if values else {}
    assert plain.refused("PutItem", Item={"p": s("a")}, ConditionExpression=text, **members) == (
        "ValidationException", "Invalid ConditionExpression: " + said)
    assert plain.refused("Scan", FilterExpression=text, **members) == (
        "ValidationException", "Invalid FilterExpression: " + said)


@pytest.mark.parametrize("text, values, holds", [
    # Measured: a path to a value that has no order, or no size, makes the comparison false, and <> true.
    ("flag > :zero", {":zero": n(0)}, False),
    ("nope > :zero", {":zero": n(0)}, False),
    ("flag > n", {}, False),
    ("size(num) > :zero", {":zero": n(0)}, False),
    ("size(num) <> :zero", {":zero": n(0)}, True),
    ("size(#set) > :zero", {":zero": n(0)}, True),
    ("n <> :v", {":v": {"BOOL": True}}, True),
    # Documented.
    ("n BETWEEN :zero AND :ten", {":zero": n(0), ":ten": n(10)}, True),
    ("contains(#set, :a)", {":a": s("a")}, True),
    ("nope <> :a", {":a": s("a")}, True),
    ("NOT nope = :a AND n = :five", {":a": s("a"), ":five": n("5.0")}, True),
])
def test_conditions_that_hold(plain, text, values, holds):
    members = {"ExpressionAttributeValues": values} if values else {}
    if "#set" in text:
        members["ExpressionAttributeNames"] = {"#set": "set"}
    assert plain.ask("Scan", FilterExpression=text, **members)["Count"] == (1 if holds else 0)


UPDATES = [
    ("SET", {}, 'Invalid UpdateExpression: Syntax error; token: "<EOF>", near: "SET"', "deduced"),
    ("SET a = :v SET b = :v", {":v": s("x")},
     'Invalid UpdateExpression: The "SET" section can only be used once in an update expression;', "recorded"),
    ("SET a = :v, a.b = :v", {":v": s("x")},
     "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these "
     "paths; path one: [a], path two: [a, b]", "recorded"),
    ("SET a.b = :v, a[1] = :v", {":v": s("x")},
     "Invalid UpdateExpression: Two document paths conflict with each other; must remove or rewrite one of these "
     "paths; path one: [a, b], path two: [a, [1]]", "recorded"),
    ("ADD a :v", {":v": s("x")},
     "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: STRING",
     "recorded"),
    ("DELETE a :v", {":v": n(1)},
     "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: DELETE, operand type: "
     "NUMBER", "recorded"),
    ("SET p = :v", {":v": s("x")}, P + "Cannot update attribute p. This attribute is part of the key", "recorded"),
    ("REMOVE c[0]", {}, P + "Cannot update attribute c. This attribute is part of the key", "recorded"),
    ("SET g = :v", {":v": n(1)}, P + "Type mismatch for Index Key g Expected: S Actual: N IndexName: by-g", "recorded"),
    ("SET g.x = :v", {":v": n(1)},
     "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: g",
     "recorded"),
    ("SET g = n", {}, "The update expression attempted to update the secondary index key to unsupported type",
     "recorded"),
    ("SET nope.x = :v", {":v": n(1)},
     "The document path provided in the update expression is invalid for update", "recorded"),
    ("SET a = nope", {}, "The provided expression refers to an attribute that does not exist in the item", "recorded"),
    ("SET a = b + :v", {":v": n(1)}, "An operand in the update expression has an incorrect data type", "recorded"),
    ("ADD b :v", {":v": n(1)}, "An operand in the update expression has an incorrect data type", "recorded"),
]


@pytest.mark.parametrize("text, values, said, known", UPDATES)
def test_updates_that_are_refused(table, text, values, said, known):
    assert known in KNOWN
    members = {"ExpressionAttributeValues": values} if values else {}
    assert table.refused("UpdateItem", Key=KEY, UpdateExpression=text, **members) == ("ValidationException", said)


def test_a_key_may_not_be_updated_even_when_the_condition_fails(table):
    # Recorded: what the schema forbids is said before the condition is looked at.
    code, _ = table.refused("UpdateItem", Key=KEY, UpdateExpression="REMOVE p",
                            ConditionExpression="attribute_exists(nope)")
    assert code == "ValidationException"


KEY_CONDITIONS = [
    ("p = :p OR c = :c", "Invalid operator used in KeyConditionExpression: OR", "measured"),
    ("NOT p = :p", "Invalid operator used in KeyConditionExpression: NOT", "recorded"),
    ("p IN (:p)", "Invalid operator used in KeyConditionExpression: IN", "measured"),
    ("contains(p, :p)", "Invalid operator used in KeyConditionExpression: contains", "recorded"),
    ("p = :p AND size(c) = :c", "KeyConditionExpressions cannot contain nested operations", "recorded"),
    ("p.x = :p", "KeyConditionExpressions cannot have conditions on nested attributes", "measured"),
    ("p = :p AND begins_with(c[0], :p)", "KeyConditionExpressions cannot have conditions on nested attributes",
     "measured"),
    ("p = :p AND p = :p", "KeyConditionExpressions must only contain one condition per key", "recorded"),
    ("p = c", "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition",
     "recorded"),
    (":p BETWEEN p AND :c", "Invalid condition in KeyConditionExpression: BETWEEN operator must have the key attribute "
     "as its first operand", "recorded"),
    ("begins_with(:p, p)", "Invalid condition in KeyConditionExpression: begins_with operator must have the key "
     "attribute as its first operand", "recorded"),
    ("data.foo = :p", "Invalid KeyConditionExpression: Attribute name is a reserved keyword; reserved keyword: data",
     "measured"),
    ("c = :c", "Query condition missed key schema element: p", "measured"),
    ("p > :p", "Query key condition not supported", "recorded"),
    ("p = :p AND x = :c", "Query condition missed key schema element: c", "recorded"),
    ("p = :c", P + "Condition parameter type does not match schema type", "recorded"),
]


@pytest.mark.parametrize("text, said, known", KEY_CONDITIONS)
def test_key_conditions_that_are_refused(table, text, said, known):
    assert known in KNOWN
    values = {k: v for k, v in {":p": s("a"), ":c": n(1)}.items() if k in text}
    members = {"ExpressionAttributeValues": values} if values else {}
    assert table.refused("Query", KeyConditionExpression=text, **members) == ("ValidationException", said)


@pytest.mark.parametrize("text, found", [
    ("p = :p", 1), (":p = p", 1), ("(p = :p) AND c >= :c", 1), (":c > c AND p = :p", 0),
    ("p = :p AND c BETWEEN :c AND :c", 1)])
def test_key_conditions(table, text, found):
    # Documented, and recorded: either side may have the name.
    values = {k: v for k, v in {":p": s("a"), ":c": n(1)}.items() if k in text}
    assert table.ask("Query", KeyConditionExpression=text, ExpressionAttributeValues=values)["Count"] == found


START_KEYS = [
    ({"p": s("b"), "c": n(1)}, "p = :p",
     "The provided starting key is outside query boundaries based on provided conditions", "recorded"),
    ({"p": s("a"), "c": n(1)}, "p = :p AND c > :c", "The provided starting key does not match the range key predicate",
     "recorded"),
    ({"p": s("a")}, "p = :p", "The provided starting key is invalid", "recorded"),
    ({"p": s("a"), "c": s("1")}, "p = :p", "The provided key element does not match the schema", "recorded"),
    ({"p": s("a"), "c": {}}, "p = :p", "The provided starting key is invalid: Supplied AttributeValue is empty, must "
     "contain exactly one of the supported datatypes", "recorded"),
    ({"p": s("a"), "c": {"N": "x"}}, "p = :p", "The parameter cannot be converted to a numeric value: x", "recorded"),
]


@pytest.mark.parametrize("start, text, said, known", START_KEYS)
def test_start_keys_that_are_refused(table, start, text, said, known):
    assert known in KNOWN
    values = {k: v for k, v in {":p": s("a"), ":c": n(1)}.items() if k in text}
    assert table.refused("Query", KeyConditionExpression=text, ExpressionAttributeValues=values,
                         ExclusiveStartKey=start) == ("ValidationException", said)


@pytest.mark.parametrize("operation, members", [
    # Measured: these are said before the table is looked for.
    ("PutItem", {"Item": KEY, "Expected": {"a": {"ComparisonOperator": "EQ"}}}),
    ("GetItem", {"Key": KEY, "ProjectionExpression": ""}),
    ("GetItem", {"Key": KEY, "ProjectionExpression": "a, a.b"}),
    ("UpdateItem", {"Key": KEY, "UpdateExpression": "SET status = :v", "ExpressionAttributeValues": {":v": s("x")}}),
    ("Scan", {"FilterExpression": "a +"}),
])
def test_faults_that_come_before_the_table(table, operation, members):
    code, _ = table.refused(operation, **{**members, "TableName": "absent-table"})
    assert code == "ValidationException"


def test_an_item_that_is_too_big_comes_after_the_table(table):
    # Measured.
    big = {"p": s("a"), "c": n(1), "x": s("x" * 409_601)}
    assert table.refused("PutItem", **{"TableName": "absent-table", "Item": big})[0] == "ResourceNotFoundException"
    assert table.refused("PutItem", Item=big) == (
        "ValidationException", "Item size has exceeded the maximum allowed size")


OVERLAP = ("Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of "
           "these paths; path one: {}, path two: {}")


@pytest.mark.parametrize("text, one, two", [
    ("a, a.b", "[a]", "[a, b]"), ("a.b, a", "[a, b]", "[a]"), ("a, a", "[a]", "[a]"),
    ("k[0], k", "[k, [0]]", "[k]"), ("x, a.b, a", "[a, b]", "[a]")])
def test_projections_that_overlap(plain, text, one, two):
    # Measured: also when no item is there, and before an unused name.
    said = ("ValidationException", OVERLAP.format(one, two))
    assert plain.refused("GetItem", Key={"p": s("absent")}, ProjectionExpression=text) == said
    assert plain.refused("GetItem", Key={"p": s("a")}, ProjectionExpression=text,
                         ExpressionAttributeNames={"#z": "z"}) == said
    assert plain.refused("Scan", ProjectionExpression=text) == said


def test_the_edges_of_limits(plain):
    # Measured: 4096 bytes of expression, 300 operators; documented: 255 bytes of placeholder, 100 operands of IN.
    plain.ask("GetItem", Key={"p": s("a")}, ProjectionExpression="a" * 4096)
    assert plain.ask("Scan", FilterExpression="nope<n " + "or nope<n " * 149)["Count"] == 0
    name = "#" + "a" * 254
    assert plain.ask("GetItem", Key={"p": s("a")}, ProjectionExpression=name, ExpressionAttributeNames={name: "n"})[
        "Item"] == {"n": n(5)}
    values = {f":v{i}": n(i) for i in range(101)}
    within = dict(list(values.items())[:100])
    assert plain.ask("Scan", FilterExpression=f"n IN ({', '.join(within)})", ExpressionAttributeValues=within)[
        "Count"] == 1
    code, _ = plain.refused("Scan", FilterExpression=f"n IN ({', '.join(values)})", ExpressionAttributeValues=values)
    assert code == "ValidationException"


def filter_of(sizes):
    """A filter over one value of each size in bytes."""
    keys = [f":v{i}" for i in range(len(sizes))]
    return {"FilterExpression": " OR ".join(f"a = {key}" for key in keys),
            "ExpressionAttributeValues": {key: s("x" * size) for key, size in zip(keys, sizes)}}


def test_values_are_limited_alone_and_in_sum(client, table):
    # Documented: 2 MB for all substitution variables, 400 KB for a value. The texts are recorded; that keys count with
    # what they stand for is deduced from "the sum of the lengths".
    dynamodb = client("dynamodb")
    kilobyte, sum_max = 1024, 2 * 1024 * 1024
    dynamodb.scan(TableName=table.name, **filter_of([400 * kilobyte]))
    message = refused(dynamodb.scan, TableName=table.name, **filter_of([400 * kilobyte + 1]))[2]["Message"]
    assert message == ("ExpressionAttributeValues contains invalid value: Item size has exceeded the maximum allowed "
                       "size for key :v0")
    fitting = [400 * kilobyte] * 5 + [sum_max - 5 * 400 * kilobyte - 6 * len(":v0")]
    dynamodb.scan(TableName=table.name, **filter_of(fitting))
    fitting[-1] += 1
    message = refused(dynamodb.scan, TableName=table.name, **filter_of(fitting))[2]["Message"]
    assert message == "ExpressionAttributeValues exceeds max size"
    fitting[-1] -= 1
    arguments = filter_of(fitting)
    arguments["FilterExpression"] += " OR #n = :v0"
    message = refused(dynamodb.scan, TableName=table.name, ExpressionAttributeNames={"#n": "n"}, **arguments)[2]["Message"]
    assert message == "Combined size of ExpressionAttributeNames and ExpressionAttributeValues exceeds max size"
