"""Items, value by value and operation by operation: what is accepted, how it comes back, what is refused and how."""

import decimal
import itertools
import random

import pytest

from dynamodb_raw import KNOWN, P, Table, fault, n, s


@pytest.fixture(scope="module")
def plain(endpoint):
    return Table(endpoint, [("p", "S")])


@pytest.fixture(scope="module")
def indexed(endpoint):
    return Table(endpoint, [("p", "S"), ("c", "N")], [
        ("global", "by-g", [("g", "S"), ("h", "N")], {"ProjectionType": "ALL"}),
        ("local", "by-l", [("p", "S"), ("l", "S")], {"ProjectionType": "KEYS_ONLY"})])


counter = itertools.count()


@pytest.fixture
def key():
    """The key of an item that is not there."""
    return {"p": s(f"k{next(counter)}")}


# -- Values -------------------------------------------------------------------------------------------------

EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
MANY = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
NUMERIC = "The parameter cannot be converted to a numeric value"
OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
UNDERFLOW = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
DIGITS = "Attempting to store more than 38 significant digits in a Number"
NULLS = P + "An string set may not have a null string as a member"

VALUES = [
    ({}, EMPTY, "measured"), ({"L": [{}]}, EMPTY, "measured"), ({"M": {"k": {}}}, EMPTY, "measured"),
    ({"X": "a"}, EMPTY, "recorded"), ({"S": None}, EMPTY, "recorded"),
    ({"S": "a", "N": "1"}, MANY, "measured"),
    ({"NULL": False}, P + "Null attribute value types must have the value of true", "recorded"),
    ({"SS": []}, P + "An string set  may not be empty", "recorded"),
    ({"NS": []}, P + "An number set  may not be empty", "recorded"),
    ({"BS": []}, P + "Binary sets should not be empty", "recorded"),
    ({"SS": ["a", "b", "a"]}, P + "Input collection [a, b, a] contains duplicates.", "recorded"),
    ({"NS": ["1", "1.0"]}, "Input collection contains duplicates", "recorded"),
    ({"BS": ["YQ==", "YQ=="]}, P + "Input collection [YQ==, YQ==]of type BS contains duplicates.", "recorded"),
    ({"SS": ["a", None]}, NULLS, "measured"), ({"L": [{"SS": ["a", None]}]}, NULLS, "measured"),
    ({"N": ""}, NUMERIC, "recorded"), ({"NS": [""]}, NUMERIC, "recorded"),
    ({"N": "1e126"}, OVERFLOW, "recorded"), ({"N": "-1e126"}, OVERFLOW, "recorded"),
    ({"N": "1e-131"}, UNDERFLOW, "recorded"), ({"N": "1" * 39}, DIGITS, "recorded"),
    ({"N": "1" + "0" * 200}, OVERFLOW, "measured"),
    ({"M": {"": s("a")}}, "Empty attribute name", "documented"),
] + [
    ({"N": text}, f"{NUMERIC}: {text}", "measured")
    for text in ("a", "1 ", " 1", "NaN", "Infinity", "0x1", "12e", "e1", ".", "--1", "1_0", "1,5")
]


@pytest.mark.parametrize("value, text, known", VALUES)
def test_values_that_are_refused(plain, value, text, known):
    assert known in KNOWN
    assert plain.refused("PutItem", Item={"p": s("v"), "a": value}) == ("ValidationException", text)
    assert plain.refused("GetItem", Key={"p": value}) == ("ValidationException", text)


TYPES = [
    ({"S": 5}, "NUMBER_VALUE cannot be converted to String"), ({"S": 1.5}, "DECIMAL_VALUE cannot be converted to String"),
    ({"S": True}, "TRUE_VALUE cannot be converted to String"), ({"N": 5}, "NUMBER_VALUE cannot be converted to String"),
    ({"S": ["a"]}, "Unrecognized collection type class java.lang.String"),
    ({"S": {}}, "Start of structure or map found where not expected"),
    ({"B": 5}, "only base-64-encoded strings are convertible to bytes"),
    ({"B": "YQ"}, "Base64 encoded length is expected a multiple of 4 bytes but found: 2"),
    ({"B": "YR=="}, "Invalid last non-pad Base64 character dectected"),
    ({"B": []}, "Unrecognized collection type class java.nio.ByteBuffer"),
    ({"SS": "a"}, "Unexpected field type"), ({"L": {}}, "Start of structure or map found where not expected"),
    ({"BOOL": "x"}, "Unexpected token received from parser"), ({"BOOL": 1}, "NUMBER_VALUE cannot be converted to Boolean"),
    ({"BOOL": []}, "Unrecognized collection type class java.lang.Boolean"),
    ({"M": "a"}, "Unexpected field type"), ({"L": ["a"]}, "Unexpected value type in payload"),
    ({"M": []}, "Unrecognized collection type java.util.Map<java.lang.String, "
     "com.amazonaws.dynamodb.v20120810.AttributeValue>"),
    ("a", "Unexpected value type in payload"),
    ([], "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"),
]


@pytest.mark.parametrize("value, text", TYPES)
def test_types_that_do_not_fit_the_document(plain, value, text):
    # Recorded.
    assert plain.refused("PutItem", Item={"p": s("v"), "a": value}) == ("SerializationException", text)


MEMBERS = [
    ("PutItem", {"Item": "a"}, "Unexpected field type"),
    ("PutItem", {"Item": {"p": s("a")}, "Expected": {"a": []}},
     "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.ExpectedAttributeValue"),
    ("PutItem", {"Item": {"p": s("a")}, "Expected": {"a": "b"}}, "Unexpected value type in payload"),
    ("PutItem", {"Item": {"p": s("a")}, "Expected": {"a": {"Value": "b"}}}, "Unexpected field type"),
    ("PutItem", {"Item": {"p": s("a")}, "ExpressionAttributeNames": {"#a": 5}},
     "NUMBER_VALUE cannot be converted to String"),
    ("PutItem", {"Item": {"p": s("a")}, "ExpressionAttributeNames": []},
     "Unrecognized collection type java.util.Map<java.lang.String, java.lang.String>"),
    ("GetItem", {"Key": {"p": s("a")}, "ConsistentRead": "x"}, "Unexpected token received from parser"),
    ("Scan", {"Limit": "x"}, "STRING_VALUE cannot be converted to Integer"),
    ("Scan", {"Limit": True}, "TRUE_VALUE cannot be converted to Integer"),
    ("Scan", {"TableName": []}, "Unrecognized collection type class java.lang.String"),
    ("UpdateItem", {"Key": {"p": s("a")}, "AttributeUpdates": []},
     "Unrecognized collection type java.util.Map<java.lang.String, "
     "com.amazonaws.dynamodb.v20120810.AttributeValueUpdate>"),
]


@pytest.mark.parametrize("operation, members, text", MEMBERS)
def test_members_of_another_type(plain, operation, members, text):
    # Recorded.
    assert plain.refused(operation, **members) == ("SerializationException", text)


@pytest.mark.parametrize("sent, back", [
    # Documented: 38 digits, no zeros that say nothing; recorded: the spellings, and plain decimals in replies.
    ("1e3", "1000"), ("1.50", "1.5"), ("+3", "3"), (".5", "0.5"), ("0001.23", "1.23"), ("-17.4E3", "-17400"),
    ("0.0", "0"), ("-0", "0"), ("1E-130", "0." + "0" * 129 + "1"), ("9e125", "9" + "0" * 125),
    ("1e125", "1" + "0" * 125), ("9" * 38, "9" * 38), ("1" + "0" * 38, "1" + "0" * 38),
    ("-" + "9" * 38 + "e87", "-" + "9" * 38 + "0" * 87)])
def test_numbers_come_back_plain(plain, key, sent, back):
    plain.put(**key, a=n(sent), l={"L": [n(sent)]}, z={"NS": [sent]})
    assert plain.ask("GetItem", Key=key)["Item"] == {**key, "a": n(back), "l": {"L": [n(back)]}, "z": {"NS": [back]}}


def test_sums_are_those_of_decimal(plain, key):
    # Documented: 38 digits, exact. Python's decimal says what the sum of two such numbers is.
    seed = random.SystemRandom().randrange(1 << 32)
    pick = random.Random(seed)
    context = decimal.Context(prec=200, Emin=-400, Emax=400)
    for _ in range(300):
        one, two = (
            decimal.Decimal((pick.randint(0, 1), tuple(pick.randint(0, 9) for _ in range(pick.randint(1, 38))),
                             pick.choice([0, 0, -3, -20, 10, pick.randint(-100, 80)]))) for _ in range(2))
        total = context.add(one, two)
        plain.put(**key, a=n(format(one, "f")))
        request = {"TableName": plain.name, "Key": key, "UpdateExpression": "SET a = a + :b",
                   "ExpressionAttributeValues": {":b": n(two)}, "ReturnValues": "UPDATED_NEW"}
        status, body = plain.call("UpdateItem", request)
        digits = len(total.normalize(context).as_tuple().digits)
        if digits <= 38:
            assert status == 200 and decimal.Decimal(body["Attributes"]["a"]["N"]) == total, (seed, one, two, body)
        else:
            assert status == 400, (seed, one, two, body)


# -- Keys and sizes -----------------------------------------------------------------------------------------

MISMATCH = "The provided key element does not match the schema"
HASH_SIZE = P + "Size of hashkey has exceeded the maximum size limit of2048 bytes"
RANGE_SIZE = P + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
KEYS = [
    ("GetItem", {"Key": {"p": s("a")}}, MISMATCH, "recorded"),
    ("GetItem", {"Key": {"p": s("a"), "c": n(1), "x": n(1)}}, MISMATCH, "recorded"),
    ("DeleteItem", {"Key": {"p": n(1), "c": n(1)}}, MISMATCH, "recorded"),
    ("UpdateItem", {"Key": {"p": s("a"), "x": n(1)}}, MISMATCH, "recorded"),
    ("PutItem", {"Item": {"p": s("a")}}, P + "Missing the key c in the item", "recorded"),
    ("PutItem", {"Item": {"p": n(1), "c": n(1)}}, P + "Type mismatch for key p expected: S actual: N", "recorded"),
    ("PutItem", {"Item": {"p": s("a"), "c": n(1), "g": n(1)}},
     P + "Type mismatch for Index Key g Expected: S Actual: N IndexName: by-g", "recorded"),
    ("PutItem", {"Item": {"p": s("a"), "c": n(1), "l": {"NULL": True}}},
     P + "Type mismatch for Index Key l Expected: S Actual: NULL IndexName: by-l", "recorded"),
    ("PutItem", {"Item": {"p": s(""), "c": n(1)}},
     "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
     "string value. Key: p", "recorded"),
    ("GetItem", {"Key": {"p": s(""), "c": n(1)}},
     P + "The AttributeValue for a key attribute cannot contain an empty string value. Key: p", "recorded"),
    ("GetItem", {"Key": {"p": s("a" * 2049), "c": n(1)}}, HASH_SIZE, "recorded"),
    ("PutItem", {"Item": {"p": s("a" * 2049), "c": n(1)}}, HASH_SIZE, "recorded"),
    ("PutItem", {"Item": {"p": s("a"), "c": n(1), "l": s("a" * 1025)}}, RANGE_SIZE, "recorded"),
    ("GetItem", {"Key": {"p": s("a"), "c": n(1)}, "ProjectionExpression": "p.x"},
     "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: p", "recorded"),
]


@pytest.mark.parametrize("operation, members, text, known", KEYS)
def test_keys_that_are_refused(indexed, operation, members, text, known):
    assert known in KNOWN
    assert indexed.refused(operation, **members) == ("ValidationException", text)


def test_keys_at_their_limit(indexed):
    # Documented: 2,048 bytes and 1,024 bytes.
    indexed.put(p=s("a" * 2048), c=n(1), l=s("b" * 1024))
    indexed.put(p={"S": "é" * 1024}, c=n(1))
    assert indexed.refused("GetItem", Key={"p": s("é" * 1024 + "a"), "c": n(1)})[1] == HASH_SIZE


def test_an_item_at_its_limit(plain, key):
    # Documented: 400 KB with names; recorded: both texts.
    room = 409_600 - len("p" + key["p"]["S"] + "x")
    plain.put(**key, x=s("a" * room))
    assert plain.refused("PutItem", Item={**key, "x": s("a" * (room + 1))}) == (
        "ValidationException", "Item size has exceeded the maximum allowed size")
    assert plain.refused("UpdateItem", Key=key, UpdateExpression="SET y = :y",
                         ExpressionAttributeValues={":y": s("")}) == (
        "ValidationException", "Item size to update has exceeded the maximum allowed size")


def test_names_at_their_limit(plain, key):
    # Measured: 65,535 bytes; the text says 65536.
    name = "a" * 65_535
    plain.put(**key, **{name: n(1)})
    assert plain.ask("GetItem", Key=key, AttributesToGet=[name])["Item"] == {name: n(1)}
    long = name + "a"
    text = "Attribute name is too large, must be less than 65536 bytes"
    assert plain.refused("PutItem", Item={**key, long: n(1)}) == ("ValidationException", text)
    for operation, members in (
            ("GetItem", {"AttributesToGet": [long]}),
            ("GetItem", {"ProjectionExpression": "#a", "ExpressionAttributeNames": {"#a": long}}),
            ("UpdateItem", {"AttributeUpdates": {long: {"Value": n(1)}}})):
        code, said = plain.refused(operation, Key=key, **members)
        assert (code, "6553" in said) == ("ValidationException", True)


def test_nesting_at_its_limit(plain, key):
    # Measured: an item of 32 levels is accepted, one of 33 is not.
    def nested(levels):
        return n(1) if levels == 0 else {"M": {"a": nested(levels - 1)}}

    plain.put(**key, a=nested(31))
    assert plain.refused("PutItem", Item={**key, "a": nested(40)}) == (
        "ValidationException", "Nesting Levels have exceeded supported limits")


@pytest.mark.parametrize("name, text", [
    # Measured: an empty name is a matter of the model, another one of names.
    ("", fault("Value '' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 1")),
    ("x!", fault(
        "Value 'x!' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3",
        "Value 'x!' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: "
        "[a-zA-Z0-9_.-]+")),
])
def test_names_of_tables(plain, name, text):
    said = ("ValidationException", text)
    # Before the other faults of the request.
    assert plain.refused("UpdateItem", TableName=name, Key={"p": s("a")}, UpdateExpression="SET",
                         ConditionalOperator="AND") == said


def test_an_arn_is_a_name(plain, key):
    # Measured: also in what was consumed.
    arn = plain.ask("DescribeTable")["Table"]["TableArn"]
    plain.put(**key)
    got = plain.ask("GetItem", TableName=arn, Key=key, ReturnConsumedCapacity="TOTAL")
    assert got == {"Item": key, "ConsumedCapacity": {"TableName": arn, "CapacityUnits": 0.5}}


# -- What comes back ----------------------------------------------------------------------------------------

NESTED = {"a": {"M": {"b": s("dog"), "c": {"L": [n(1), n(2), n(3)]}}}, "d": s("cat")}
RETURNED = [
    ("UPDATED_OLD", "SET a.b = :v", {"a": {"M": {"b": s("dog")}}}),
    ("UPDATED_OLD", "SET a.c[1] = :v, a.b = :v", {"a": {"M": {"b": s("dog"), "c": {"L": [n(2)]}}}}),
    ("UPDATED_NEW", "SET a.c[1] = :v", {"a": {"M": {"c": {"L": [s("new")]}}}}),
    ("UPDATED_OLD", "SET a.x = :v", None),
    ("UPDATED_NEW", "SET a.x = :v", {"a": {"M": {"x": s("new")}}}),
    ("UPDATED_OLD", "REMOVE a.c[1], a.c[3]", {"a": {"M": {"c": {"L": [n(2)]}}}}),
    ("UPDATED_NEW", "SET a.c[100] = :v", None),
    ("UPDATED_NEW", "REMOVE a.c[1]", {"a": {"M": {"c": {"L": [n(3)]}}}}),
    ("UPDATED_NEW", "REMOVE d", None),
    ("UPDATED_OLD", "SET d = :v, e = :v", {"d": s("cat")}),
    ("NONE", "SET d = :v", None),
]


@pytest.mark.parametrize("wanted, text, attributes", RETURNED)
def test_what_an_update_returns(plain, key, wanted, text, attributes):
    # Measured: oddities with lists included.
    plain.put(**key, **NESTED)
    members = {"ExpressionAttributeValues": {":v": s("new")}} if ":v" in text else {}
    got = plain.ask("UpdateItem", Key=key, UpdateExpression=text, ReturnValues=wanted, **members)
    assert got == ({"Attributes": attributes} if attributes else {})


def test_updates_of_an_item_that_is_not_there(plain, key):
    # Measured: REMOVE makes nothing, an empty update makes the item.
    assert plain.ask("UpdateItem", Key=key, UpdateExpression="REMOVE b", ReturnValues="ALL_NEW") == {}
    assert plain.ask("GetItem", Key=key) == {}
    assert plain.ask("UpdateItem", Key=key, AttributeUpdates={}, ReturnValues="ALL_NEW") == {"Attributes": key}
    assert plain.ask("UpdateItem", Key=key, AttributeUpdates={}, ReturnValues="UPDATED_NEW") == {}


def test_a_refused_condition_shows_the_item(plain, key):
    # Measured.
    plain.put(**key, a=n(1))
    status, body = plain.call("PutItem", {
        "TableName": plain.name, "Item": key, "ConditionExpression": "attribute_not_exists(p)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD"})
    assert status == 400
    assert body == {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
                    "message": "The conditional request failed", "Item": {**key, "a": n(1)}}


@pytest.mark.parametrize("value, units", [
    # Measured: a byte for every element and entry, three for the list or map.
    ({"L": [s("aa")] * 500}, 2), ({"L": [s("aa")] * 1500}, 5), ({"L": [s("aa")] * 3000}, 9),
    ({"M": {f"k{i}": s("v") for i in range(800)}}, 5), ({"L": [{"M": {"a": s("b")}}] * 500}, 4),
    ({"M": {f"k{i}": {"L": [s("b")]} for i in range(500)}}, 5), ({"L": [s("aa")] * 130_000}, 381)])
def test_units_of_big_values(plain, key, value, units):
    got = plain.ask("PutItem", Item={**key, "data": value}, ReturnConsumedCapacity="TOTAL")
    assert got == {"ConsumedCapacity": {"TableName": plain.name, "CapacityUnits": units}}


def test_units_of_indexes(indexed):
    # Documented: each entry written or deleted counts; measured: only CapacityUnits are shown.
    item = {"p": s("units"), "c": n(1), "g": s("a"), "h": n(1), "l": s("a")}
    got = indexed.ask("PutItem", Item=item, ReturnConsumedCapacity="INDEXES", ReturnItemCollectionMetrics="SIZE")
    assert got == {
        "ConsumedCapacity": {
            "TableName": indexed.name, "CapacityUnits": 3, "Table": {"CapacityUnits": 1},
            "GlobalSecondaryIndexes": {"by-g": {"CapacityUnits": 1}},
            "LocalSecondaryIndexes": {"by-l": {"CapacityUnits": 1}}},
        "ItemCollectionMetrics": {"ItemCollectionKey": {"p": s("units")}, "SizeEstimateRangeGB": [0, 1]}}
    got = indexed.ask("UpdateItem", Key={"p": s("units"), "c": n(1)}, UpdateExpression="SET h = :h",
                      ExpressionAttributeValues={":h": n(2)}, ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"]
    assert got["GlobalSecondaryIndexes"] == {"by-g": {"CapacityUnits": 2}}
    assert "LocalSecondaryIndexes" not in got


# -- The parameters before expressions ----------------------------------------------------------------------

EXPECTED = [
    ({"a": {"Value": s("x"), "AttributeValueList": [s("x")]}},
     P + "Value and AttributeValueList cannot be used together for Attribute: a"),
    ({"a": {"Exists": False, "ComparisonOperator": "EQ"}},
     P + "Exists and ComparisonOperator cannot be used together for Attribute: a"),
    ({"a": {"ComparisonOperator": "EQ"}},
     P + "Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: a"),
    ({"a": {"ComparisonOperator": "NULL", "Value": s("x")}},
     P + "Invalid number of argument(s) for the NULL ComparisonOperator"),
    ({"a": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [s("x")]}},
     P + "Invalid number of argument(s) for the BETWEEN ComparisonOperator"),
    ({"a": {"AttributeValueList": [s("x")]}},
     P + "AttributeValueList can only be used with a ComparisonOperator for Attribute: a"),
    ({"a": {}}, P + "Value must be provided when Exists is null for Attribute: a"),
    ({"a": {"Exists": True}}, P + "Value must be provided when Exists is true for Attribute: a"),
    ({"a": {"Exists": False, "Value": s("x")}}, P + "Value cannot be used when Exists is false for Attribute: a"),
    ({"a": {"ComparisonOperator": "IN", "AttributeValueList": [s("x"), n(1)]}},
     P + "AttributeValues inside AttributeValueList must be of same type"),
    ({"a": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [n(2), n(1)]}},
     "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"),
]


@pytest.mark.parametrize("expected, text", EXPECTED)
def test_expectations_that_are_refused(plain, expected, text):
    # Recorded.
    assert plain.refused("PutItem", Item={"p": s("a")}, Expected=expected) == ("ValidationException", text)


@pytest.mark.parametrize("expected, holds", [
    # Measured: what they mean for an attribute that is not there.
    ({"a": {"ComparisonOperator": "NE", "Value": n(1)}}, True),
    ({"a": {"ComparisonOperator": "NOT_CONTAINS", "Value": s("x")}}, False),
    ({"a": {"ComparisonOperator": "NULL"}}, True),
    ({"p": {"ComparisonOperator": "NOT_NULL"}}, True),
    ({"a": {"Exists": False}}, True),
    ({"s": {"ComparisonOperator": "CONTAINS", "Value": s("b")}}, True),
    ({"s": {"ComparisonOperator": "BEGINS_WITH", "Value": s("b")}}, False),
])
def test_expectations_that_hold(plain, key, expected, holds):
    item = {**key, "s": s("abc")}
    plain.put(**item)
    status, body = plain.call("PutItem", {"TableName": plain.name, "Item": item, "Expected": expected})
    assert (status == 200) == holds, body


UPDATES = [
    ({"a": {"Action": "PUT"}}, P + "Only DELETE action is allowed when no attribute value is specified"),
    ({"a": {"Action": "DELETE", "Value": s("x")}}, P + "DELETE action with value is not supported for the type S"),
    ({"a": {"Action": "ADD", "Value": s("x")}}, P + "ADD action is not supported for the type S"),
    ({"p": {"Value": s("x")}}, P + "Cannot update attribute p. This attribute is part of the key"),
    ({"a": {"Action": "x"}}, fault("Value 'x' at 'attributeUpdates.a.member.action' failed to satisfy constraint: "
                                   "Member must satisfy enum value set: [ADD, PUT, DELETE]")),
]


@pytest.mark.parametrize("updates, text", UPDATES)
def test_legacy_updates_that_are_refused(plain, updates, text):
    # Recorded; the order of the actions' names is the model's.
    assert plain.refused("UpdateItem", Key={"p": s("a")}, AttributeUpdates=updates) == ("ValidationException", text)


def test_legacy_updates(plain, key):
    # Documented, and recorded for lists.
    plain.put(**key, n=n(1), set={"SS": ["a", "b"]}, gone=n(1), list={"L": [n(1)]})
    got = plain.ask("UpdateItem", Key=key, ReturnValues="ALL_NEW", AttributeUpdates={
        "n": {"Action": "ADD", "Value": n("0.5")}, "set": {"Action": "DELETE", "Value": {"SS": ["a", "x"]}},
        "gone": {"Action": "DELETE"}, "list": {"Action": "ADD", "Value": {"L": [n(2)]}}, "new": {"Value": s("x")}})
    assert got["Attributes"] == {
        **key, "n": n("1.5"), "set": {"SS": ["b"]}, "list": {"L": [n(1), n(2)]}, "new": s("x")}
