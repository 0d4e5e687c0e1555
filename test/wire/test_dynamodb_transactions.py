"""TransactWriteItems and TransactGetItems: what cancels and why, what refuses the whole request, tokens, edges."""

import json
import uuid

import pytest

from dynamodb_raw import KNOWN, P, Table, call, n, refusal, s


@pytest.fixture(scope="module")
def table(endpoint):
    made = Table(endpoint, [("p", "S")], [("global", "by-g", [("g", "S")], {"ProjectionType": "ALL"})])
    made.put(p=s("there"), n=n(5))
    return made


@pytest.fixture
def write(endpoint):
    def transact(*items, **members):
        return call(endpoint, "TransactWriteItems", {"TransactItems": list(items), **members})

    return transact


def put(table, key, **members):
    return {"Put": {"TableName": table.name, "Item": {"p": s(key), **members.pop("item", {})}, **members}}


def check(table, key, condition, **members):
    return {"ConditionCheck": {
        "TableName": table.name, "Key": {"p": s(key)}, "ConditionExpression": condition, **members}}


def update(table, key, text, values=None, **members):
    more = {"ExpressionAttributeValues": values} if values else {}
    return {"Update": {"TableName": table.name, "Key": {"p": s(key)}, "UpdateExpression": text, **more, **members}}


def delete(table, key, **members):
    return {"Delete": {"TableName": table.name, "Key": {"p": s(key)}, **members}}


def cancelled(reply):
    """The reasons, after a look at the rest of the refusal."""
    status, body = reply
    assert status == 400, body
    assert body["__type"] == "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", body
    reasons = body["CancellationReasons"]
    codes = ", ".join(reason["Code"] for reason in reasons)
    assert body["Message"] == (
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]")
    return reasons


FAILED = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
NONE = {"Code": "None"}


def test_every_failed_condition_is_told(table, write):
    # Measured.
    assert cancelled(write(
        put(table, "a"), put(table, "b", ConditionExpression="attribute_not_exists(p)"),
        check(table, "c", "attribute_exists(p)"), put(table, "d", ConditionExpression="attribute_exists(p)"),
    )) == [NONE, NONE, FAILED, FAILED]
    assert table.ask("GetItem", Key={"p": s("a")}) == {}


def test_the_item_of_a_failed_condition(table, write):
    # Measured: per action.
    condition = {"ConditionExpression": "n = :n", "ExpressionAttributeValues": {":n": n(6)}}
    shown = {**condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    assert cancelled(write(put(table, "there", **shown))) == [{**FAILED, "Item": {"p": s("there"), "n": n(5)}}]
    assert cancelled(write(put(table, "there", **condition), put(table, "absent", **shown))) == [FAILED, FAILED]


OVERSIZED = "a" * 2049
HASH_SIZE = P + "Size of hashkey has exceeded the maximum size limit of2048 bytes"
REASONS = [
    # Measured: faults of an item are reasons, and only the first of them is told.
    (lambda t: put(t, "x", item={"p": n(7)}), P + "Type mismatch for key p expected: S actual: N"),
    (lambda t: {"Delete": {"TableName": t.name, "Key": {"p": n(1)}}},
     "The provided key element does not match the schema"),
    (lambda t: {"Update": {"TableName": t.name, "Key": {"p": n(1)}, "UpdateExpression": "REMOVE x"}},
     "The provided key element does not match the schema"),
    (lambda t: put(t, OVERSIZED), HASH_SIZE), (lambda t: delete(t, OVERSIZED), HASH_SIZE),
    (lambda t: update(t, OVERSIZED, "REMOVE x"), HASH_SIZE),
    (lambda t: check(t, OVERSIZED, "attribute_exists(p)"), HASH_SIZE),
    (lambda t: put(t, "x", item={"x": s("x" * 409_600)}), "Item size has exceeded the maximum allowed size"),
    (lambda t: put(t, "x", item={"g": n(1)}),
     P + "Type mismatch for Index Key g Expected: S Actual: N IndexName: by-g"),
    (lambda t: update(t, "there", "SET n = n + g"),
     "The provided expression refers to an attribute that does not exist in the item"),
    (lambda t: update(t, "there", "SET n = p + :n", {":n": n(1)}),
     "An operand in the update expression has an incorrect data type"),
]


@pytest.mark.parametrize("action, text", REASONS)
def test_faults_of_items_are_reasons(table, write, action, text):
    assert cancelled(write(put(table, "before"), action(table))) == [
        NONE, {"Code": "ValidationError", "Message": text}]
    assert table.ask("GetItem", Key={"p": s("before")}) == {}


def test_only_the_first_fault_is_told(table, write):
    # Measured: nor is a condition looked at then.
    bad = put(table, "x", item={"p": n(7)})
    reasons = cancelled(write(bad, bad, put(table, "y", ConditionExpression="attribute_exists(p)")))
    assert [reason["Code"] for reason in reasons] == ["ValidationError", "None", "None"]


ONE_ITEM = "Transaction request cannot include multiple operations on one item"
REFUSED = [
    (lambda t: [put(t, "a"), put(t, "a")], ONE_ITEM, "measured"),
    (lambda t: [put(t, "a"), check(t, "a", "attribute_exists(p)")], ONE_ITEM, "measured"),
    (lambda t: [put(t, "")], "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
     "contain an empty string value. Key: p", "measured"),
    (lambda t: [put(t, "a", item={"x": {}})],
     "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes", "measured"),
    (lambda t: [put(t, "a", ConditionExpression="attribute_exists(#x)")],
     "Invalid ConditionExpression: An expression attribute name used in the document path is not defined; attribute "
     "name: #x", "measured"),
    (lambda t: [put(t, "a", ConditionExpression="p = :x")],
     "Invalid ConditionExpression: An expression attribute value used in expression is not defined; attribute value: :x",
     "measured"),
    (lambda t: [put(t, "a", ConditionExpression="attribute_exists(p)", ExpressionAttributeNames={"#n": "x"})],
     "Value provided in ExpressionAttributeNames unused in expressions: keys: {#n}", "measured"),
    (lambda t: [put(t, "a", ConditionExpression="n > :v", ExpressionAttributeValues={":v": {"BOOL": True}})],
     "Invalid ConditionExpression: Incorrect operand type for operator or function; operator or function: >, operand "
     "type: BOOL", "measured"),
    (lambda t: [update(t, "a", "SET status = :v", {":v": n(1)})],
     "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: status", "measured"),
    (lambda t: [check(t, "a", "status > :v", ExpressionAttributeValues={":v": n(0)})],
     "Invalid ConditionExpression: Attribute name is a reserved keyword; reserved keyword: status", "measured"),
]


@pytest.mark.parametrize("actions, text, known", REFUSED)
def test_faults_of_the_whole_request(table, write, actions, text, known):
    assert known in KNOWN
    assert refusal(write(*actions(table))) == ("ValidationException", text)


@pytest.mark.parametrize("members, part", [
    ([], "at 'transactItems' failed to satisfy constraint: Member must have length greater than or equal to 1"),
    ([{"ConditionCheck": {"TableName": "abc", "Key": {"p": s("a")}}}],
     "Value null at 'transactItems.1.member.conditionCheck.conditionExpression' failed to satisfy constraint: Member "
     "must not be null"),
    ([{"Put": {"TableName": "abc", "Item": {"p": s("a")}, "ReturnValuesOnConditionCheckFailure": "dog"}}],
     "at 'transactItems.1.member.put.returnValuesOnConditionCheckFailure' failed to satisfy constraint: Member must "
     "satisfy enum value set: "),
])
def test_constraints(write, members, part):
    # Measured: constraints of an action are those of the request.
    code, text = refusal(write(*members))
    assert code == "ValidationException"
    assert part in text


def test_a_missing_table(table, write):
    # Measured.
    absent = {"Put": {"TableName": "absent-table", "Item": {"p": s("a")}}}
    assert refusal(write(put(table, "x"), absent)) == ("ResourceNotFoundException", "Requested resource not found")


@pytest.mark.parametrize("members", [
    {"ExpressionAttributeNames": {"#n": "foo"}}, {"ExpressionAttributeValues": {":v": n(1)}}])
def test_placeholders_without_expression(endpoint, table, write, members):
    # Measured: accepted, unlike by the operations of one item.
    assert write(put(table, "names", **members)) == (200, {})
    assert write(delete(table, "names", **members)) == (200, {})
    if "ExpressionAttributeNames" in members:
        get = {"Get": {"TableName": table.name, "Key": {"p": s("there")}, **members}}
        assert call(endpoint, "TransactGetItems", {"TransactItems": [get]}) == (
            200, {"Responses": [{"Item": {"p": s("there"), "n": n(5)}}]})


def test_a_hundred_actions_and_no_more(table, write):
    # Documented.
    actions = [put(table, f"h{i}") for i in range(101)]
    assert write(*actions[:100]) == (200, {})
    code, text = refusal(write(*actions))
    assert code == "ValidationException"
    assert text.endswith("at 'transactItems' failed to satisfy constraint: Member must have length less than or equal "
                         "to 100")


def test_four_megabytes_and_no_more(table, write):
    # Documented: 4 MB; measured: of the request, so that big items may be deleted; the text is deduced in part.
    body = "x" * 350_000
    items = [put(table, f"big{i:02}", item={"x": s(body)}) for i in range(13)]
    assert write(*items[:11]) == (200, {})
    code, text = refusal(write(*items))
    assert code == "ValidationException"
    assert "size cannot exceed" in text
    write(*items[11:])
    assert write(*(delete(table, f"big{i:02}") for i in range(13))) == (200, {})


# -- Tokens -------------------------------------------------------------------------------------------------


def test_a_token_makes_it_once(table, write):
    # Measured; the units of the repetition are those of reads (documented).
    table.put(p=s("counter"), n=n(0))
    action = update(table, "counter", "SET n = n + :one", {":one": n(1)})
    token = uuid.uuid4().hex
    asked = {"ClientRequestToken": token, "ReturnConsumedCapacity": "TOTAL"}
    _, first = write(action, **asked)
    _, again = write(action, **asked)
    assert table.ask("GetItem", Key={"p": s("counter")})["Item"]["n"] == n(1)
    assert first["ConsumedCapacity"] == [
        {"TableName": table.name, "CapacityUnits": 2, "WriteCapacityUnits": 2}]
    assert again["ConsumedCapacity"] == [{"TableName": table.name, "CapacityUnits": 2, "ReadCapacityUnits": 2}]
    other = update(table, "counter", "SET n = n + :one", {":one": n(2)})
    assert refusal(write(other, ClientRequestToken=token))[0] == "IdempotentParameterMismatchException"
    assert table.ask("GetItem", Key={"p": s("counter")})["Item"]["n"] == n(1)
    # What the reply shows is no part of what was asked for (deduced).
    assert write(action, ClientRequestToken=token) == (200, {})


def test_a_token_is_free_after_a_refusal(table, write):
    # Deduced: nothing was done under it.
    token = uuid.uuid4().hex
    cancelled(write(check(table, "absent", "attribute_exists(p)"), ClientRequestToken=token))
    assert write(put(table, "free"), ClientRequestToken=token) == (200, {})


@pytest.mark.parametrize("length, accepted", [(1, True), (36, True), (37, False)])
def test_the_length_of_a_token(table, write, length, accepted):
    # Measured.
    token = (uuid.uuid4().hex * 2)[:length]
    status, body = write(put(table, f"length{length}"), ClientRequestToken=token)
    assert (status == 200) == accepted
    if not accepted:
        assert "at 'clientRequestToken' failed to satisfy constraint: Member must have length less than or equal to 36" \
            in body["message"]


# -- Reading ------------------------------------------------------------------------------------------------


def get(table, key, **members):
    return {"Get": {"TableName": table.name, "Key": {"p": key if isinstance(key, dict) else s(key)}, **members}}


def test_reads_come_in_order(endpoint, table):
    # Documented; measured: an item that is not there is an empty object.
    twice = {"TransactItems": [get(table, "there"), get(table, "there", ProjectionExpression="n")]}
    assert refusal(call(endpoint, "TransactGetItems", twice)) == ("ValidationException", ONE_ITEM)  # Deduced.
    status, body = call(endpoint, "TransactGetItems", {
        "TransactItems": [get(table, "absent"), get(table, "there", ProjectionExpression="n")],
        "ReturnConsumedCapacity": "TOTAL"})
    assert (status, body) == (200, {
        "Responses": [{}, {"Item": {"n": n(5)}}],
        "ConsumedCapacity": [{"TableName": table.name, "CapacityUnits": 4, "ReadCapacityUnits": 4}]})


@pytest.mark.parametrize("key, text", [
    (n(1), "The provided key element does not match the schema"), (s(OVERSIZED), HASH_SIZE)])
def test_reads_of_keys_that_do_not_fit(endpoint, table, key, text):
    # Measured.
    assert cancelled(call(endpoint, "TransactGetItems", {"TransactItems": [get(table, key)]})) == [
        {"Code": "ValidationError", "Message": text}]


def test_a_transaction_by_arn(endpoint, table, write):
    # Measured.
    arn = table.ask("DescribeTable")["Table"]["TableArn"]
    assert write({"Put": {"TableName": arn, "Item": {"p": s("arn")}}}) == (200, {})
    _, body = call(endpoint, "TransactGetItems", {
        "TransactItems": [{"Get": {"TableName": arn, "Key": {"p": s("arn")}}}]})
    assert body == {"Responses": [{"Item": {"p": s("arn")}}]}
    assert json.dumps(body)
