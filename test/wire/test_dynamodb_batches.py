"""BatchGetItem, BatchWriteItem, and pages of Query and Scan: edges of counts and bytes, and what is left over."""

import pytest

from dynamodb_raw import KNOWN, P, Table, call, fault, n, refusal, s


@pytest.fixture(scope="module")
def plain(endpoint):
    return Table(endpoint, [("p", "S")])


@pytest.fixture(scope="module")
def composite(endpoint):
    return Table(endpoint, [("p", "S"), ("c", "N")], [
        ("global", "by-g", [("g", "S")], {"ProjectionType": "ALL"}),
        ("local", "by-l", [("p", "S"), ("l", "N")], {"ProjectionType": "KEYS_ONLY"})])


def puts(items):
    return [{"PutRequest": {"Item": item}} for item in items]


DUPLICATES = "Provided list of item keys contains duplicates"
MISMATCH = "The provided key element does not match the schema"
EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
BOTH = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"

WRITES = [
    (puts([{"p": s("a")}, {"p": s("a")}]), DUPLICATES, "measured"),
    (puts([{"p": s("a")}]) + [{"DeleteRequest": {"Key": {"p": s("a")}}}], DUPLICATES, "recorded"),
    (puts([{"x": s("a")}]), MISMATCH, "recorded"), (puts([{"p": n(1)}]), MISMATCH, "recorded"),
    ([{"DeleteRequest": {"Key": {"p": s("a"), "x": s("a")}}}], MISMATCH, "recorded"),
    (puts([{"p": {}}]), EMPTY, "measured"), ([{}], BOTH, "recorded"),
    (puts([{"p": s("")}]), "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
     "contain an empty string value. Key: p", "recorded"),
    (puts([{"p": s("a"), "x": s("x" * 409_600)}]), "Item size has exceeded the maximum allowed size", "measured"),
    # A fault of one refuses all.
    (puts([{"p": s("good")}, {"x": s("a")}]), MISMATCH, "recorded"),
]


@pytest.mark.parametrize("requests, text, known", WRITES)
def test_writes_that_are_refused(endpoint, plain, requests, text, known):
    assert known in KNOWN
    said = refusal(call(endpoint, "BatchWriteItem", {"RequestItems": {plain.name: requests}}))
    assert said == ("ValidationException", text)
    assert plain.ask("GetItem", Key={"p": s("good")}) == {}


@pytest.mark.parametrize("request_items, text", [
    # Recorded; the value in the message is as far as Java shows it.
    ({}, fault("Value '{}' at 'requestItems' failed to satisfy constraint: Member must have length greater than or equal "
               "to 1")),
    (None, fault("Value null at 'requestItems' failed to satisfy constraint: Member must not be null")),
    ({"abc": []}, fault(
        "Value '{abc=[]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member "
        "must have length less than or equal to 25, Member must have length greater than or equal to 1]")),
])
def test_requests_without_writes(endpoint, request_items, text):
    assert refusal(call(endpoint, "BatchWriteItem", {"RequestItems": request_items})) == ("ValidationException", text)


def test_twenty_five_writes_and_no_more(endpoint, plain):
    # Documented: 25; recorded: over it, a constraint of one table's list, or a text of its own for several tables.
    items = puts({"p": s(f"w{i}")} for i in range(26))
    assert call(endpoint, "BatchWriteItem", {"RequestItems": {plain.name: items[:25]}}) == (
        200, {"UnprocessedItems": {}})
    code, text = refusal(call(endpoint, "BatchWriteItem", {"RequestItems": {plain.name: items}}))
    assert code == "ValidationException"
    assert text.endswith("Map value must satisfy constraint: [Member must have length less than or equal to 25, Member "
                         "must have length greater than or equal to 1]")
    other = Table(endpoint, [("p", "S")])
    assert refusal(call(endpoint, "BatchWriteItem", {
        "RequestItems": {plain.name: items[:13], other.name: items[13:]}})) == (
        "ValidationException", "Too many items requested for the BatchWriteItem call")


GETS = [
    ([{"p": s("a")}, {"p": s("a")}], {}, DUPLICATES, "measured"),
    ([{"x": s("a")}], {}, MISMATCH, "recorded"),
    ([{"p": {}}], {}, EMPTY, "measured"),
    ([{"p": s("a")}], {"AttributesToGet": ["a", "a"]}, P + "Duplicate value in attribute name: a", "recorded"),
    ([{"p": s("a")}, {"p": s("a")}], {"ProjectionExpression": "a, a.b"},
     "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these "
     "paths; path one: [a], path two: [a, b]", "measured"),
    ([{"p": s("a")}], {"AttributesToGet": ["a"], "ProjectionExpression": "a"},
     "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
     "{AttributesToGet} Expression parameters: {ProjectionExpression}", "recorded"),
]


@pytest.mark.parametrize("keys, members, text, known", GETS)
def test_reads_that_are_refused(endpoint, plain, keys, members, text, known):
    assert known in KNOWN
    said = refusal(call(endpoint, "BatchGetItem", {"RequestItems": {plain.name: {"Keys": keys, **members}}}))
    assert said == ("ValidationException", text)


def test_duplicates_come_before_the_table(endpoint):
    # Measured.
    request = {"RequestItems": {"absent-table": {"Keys": [{"p": s("a")}, {"p": s("a")}]}}}
    assert refusal(call(endpoint, "BatchGetItem", request)) == ("ValidationException", DUPLICATES)
    request["RequestItems"]["absent-table"]["Keys"].pop()
    assert refusal(call(endpoint, "BatchGetItem", request)) == (
        "ResourceNotFoundException", "Requested resource not found")


def test_a_hundred_reads_and_no_more(endpoint, plain):
    # Documented.
    keys = [{"p": s(f"r{i}")} for i in range(101)]
    status, body = call(endpoint, "BatchGetItem", {"RequestItems": {plain.name: {"Keys": keys[:100]}}})
    assert (status, body) == (200, {"Responses": {plain.name: []}, "UnprocessedKeys": {}})
    code, text = refusal(call(endpoint, "BatchGetItem", {"RequestItems": {plain.name: {"Keys": keys}}}))
    assert code == "ValidationException"
    assert f"'requestItems.{plain.name}.member.keys' failed to satisfy constraint: Member must have length less than " \
        "or equal to 100" in text
    other = Table(endpoint, [("p", "S")])
    assert refusal(call(endpoint, "BatchGetItem", {
        "RequestItems": {plain.name: {"Keys": keys[:51]}, other.name: {"Keys": keys[51:]}}})) == (
        "ValidationException", "Too many items requested for the BatchGetItem call")


def test_a_table_by_name_and_by_arn(endpoint, plain):
    # Measured: replies have the name that the request has, of two names for one table only one.
    arn = plain.ask("DescribeTable")["Table"]["TableArn"]
    plain.put(p=s("arn"))
    keys = {"Keys": [{"p": s("arn")}]}
    _, body = call(endpoint, "BatchGetItem", {"RequestItems": {arn: keys}})
    assert body["Responses"] == {arn: [{"p": s("arn")}]}
    _, body = call(endpoint, "BatchGetItem", {"RequestItems": {arn: keys, plain.name: keys}})
    assert list(body["Responses"].values()) == [[{"p": s("arn")}]]


def test_numbers_that_are_equal(endpoint):
    # Measured: two spellings of a number are the same key to a write.
    table = Table(endpoint, [("p", "N")])
    assert refusal(call(endpoint, "BatchWriteItem", {
        "RequestItems": {table.name: puts([{"p": n(1)}, {"p": n("1.0")}])}})) == ("ValidationException", DUPLICATES)


def test_more_than_fits_a_reply(endpoint):
    # Documented: 16 MB, the rest is left unprocessed and can be sent as it is.
    table = Table(endpoint, [("p", "S")])
    body = "x" * 400_000
    for i in range(45):
        table.put(p=s(f"{i}"), body=s(body))
    requested = {table.name: {"Keys": [{"p": s(f"{i}")} for i in range(45)], "ConsistentRead": True,
                              "ProjectionExpression": "#p", "ExpressionAttributeNames": {"#p": "p"}}}
    seen, calls = [], 0
    while requested:
        status, reply = call(endpoint, "BatchGetItem", {"RequestItems": requested})
        assert status == 200
        seen += [item["p"]["S"] for item in reply["Responses"][table.name]]
        requested = reply["UnprocessedKeys"]
        calls += 1
        if requested:
            left = requested[table.name]
            assert (left["ConsistentRead"], left["ProjectionExpression"]) == (True, "#p")
    assert calls == 2
    assert sorted(seen, key=int) == [str(i) for i in range(45)]


def test_what_a_batch_consumes(endpoint, composite):
    # Documented: per item, 1 KB written, 4 KB read, half for eventual reads; measured: only CapacityUnits.
    items = [{"p": s("u"), "c": n(i), "g": s("g")} for i in range(3)]
    _, body = call(endpoint, "BatchWriteItem", {
        "RequestItems": {composite.name: puts(items)}, "ReturnConsumedCapacity": "INDEXES",
        "ReturnItemCollectionMetrics": "SIZE"})
    assert body["ConsumedCapacity"] == [{
        "TableName": composite.name, "CapacityUnits": 6, "Table": {"CapacityUnits": 3},
        "GlobalSecondaryIndexes": {"by-g": {"CapacityUnits": 3}}}]
    assert body["ItemCollectionMetrics"][composite.name][0] == {
        "ItemCollectionKey": {"p": s("u")}, "SizeEstimateRangeGB": [0, 1]}
    _, body = call(endpoint, "BatchGetItem", {
        "RequestItems": {composite.name: {"Keys": [{"p": s("u"), "c": n(i)} for i in range(3, -1, -1)]}},
        "ReturnConsumedCapacity": "TOTAL"})
    assert body["ConsumedCapacity"] == [{"TableName": composite.name, "CapacityUnits": 2}]


# -- Pages --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def twenty(endpoint):
    table = Table(endpoint, [("p", "S"), ("c", "N")], [("global", "by-g", [("g", "S")], {"ProjectionType": "ALL"})])
    for i in range(20):
        table.put(p=s("a"), c=n(i), g=s("g"))
    return table


def pages(table, operation, **members):
    found, last = [], None
    for _ in range(200):
        reply = table.ask(operation, **members, **({"ExclusiveStartKey": last} if last else {}))
        found.append(reply)
        last = reply.get("LastEvaluatedKey")
        if not last:
            return found
    raise AssertionError("pages without end")


QUERY = {"KeyConditionExpression": "p = :p", "ExpressionAttributeValues": {":p": s("a")}}


@pytest.mark.parametrize("operation, members", [
    ("Scan", {}), ("Query", QUERY), ("Query", {**QUERY, "ScanIndexForward": False}),
    ("Query", {"IndexName": "by-g", "KeyConditionExpression": "g = :g", "ExpressionAttributeValues": {":g": s("g")}}),
])
def test_pages_of_a_limit(twenty, operation, members):
    # Measured: a page that ends exactly at the last item still has a key to go on from.
    assert [page["Count"] for page in pages(twenty, operation, Limit=7, **members)] == [7, 7, 6]
    last = pages(twenty, operation, Limit=20, **members)
    assert [page["Count"] for page in last] == [20, 0]
    order = [int(item["c"]["N"]) for page in pages(twenty, operation, Limit=3, **members) for item in page["Items"]]
    assert sorted(order) == list(range(20))
    if operation == "Query" and "IndexName" not in members:
        assert order == list(range(20))[::-1 if members.get("ScanIndexForward") is False else 1]


def test_a_limit_counts_before_the_filter(twenty):
    # Documented.
    reply = twenty.ask("Scan", Limit=5, FilterExpression="c = :c", ExpressionAttributeValues={":c": n(99)})
    assert (reply["Count"], reply["ScannedCount"], reply["Items"]) == (0, 5, [])
    assert "LastEvaluatedKey" in reply
    assert "Items" not in twenty.ask("Scan", Select="COUNT")


def test_segments(twenty):
    # Documented: the items of one partition key are in one segment, each item in exactly one.
    counts = [twenty.ask("Scan", Segment=i, TotalSegments=3)["Count"] for i in range(3)]
    assert sorted(counts) == [0, 0, 20]


SEGMENTS = [
    ({"Segment": 0}, "The TotalSegments parameter is required but was not present in the request when Segment parameter "
     "is present"),
    ({"TotalSegments": 1}, "The Segment parameter is required but was not present in the request when parameter "
     "TotalSegments is present"),
    ({"Segment": 2, "TotalSegments": 2}, "The Segment parameter is zero-based and must be less than parameter "
     "TotalSegments: Segment: 2 is not less than TotalSegments: 2"),
    ({"Segment": -1, "TotalSegments": 2}, fault("Value '-1' at 'segment' failed to satisfy constraint: Member must have "
                                                "value greater than or equal to 0")),
    ({"ExclusiveStartKey": {"p": s("a")}},
     "The provided starting key is invalid: The provided key element does not match the schema"),
    ({"Limit": 0}, fault("Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or "
                         "equal to 1")),
]


@pytest.mark.parametrize("members, text", SEGMENTS)
def test_scans_that_are_refused(twenty, members, text):
    # Recorded.
    assert twenty.refused("Scan", **members) == ("ValidationException", text)


def test_a_page_is_a_megabyte(endpoint):
    # Documented: 1 MB before the filter; measured: never more than that and one item.
    table = Table(endpoint, [("p", "S"), ("c", "N")])
    body = "x" * 100_000
    for i in range(25):
        table.put(p=s("a"), c=n(i), body=s(body))
    size = len("pac" + "body") + 2 + len(body)
    for members in (QUERY, {**QUERY, "FilterExpression": "attribute_not_exists(body)"}):
        found = pages(table, "Query", ReturnConsumedCapacity="TOTAL", **members)
        assert sum(page["ScannedCount"] for page in found) == 25
        assert len(found) == 3
        for page in found:
            assert page["ScannedCount"] * size < (1 << 20) + size
            wanted = -(-page["ScannedCount"] * size // 4096) / 2
            assert abs(page["ConsumedCapacity"]["CapacityUnits"] - wanted) <= 0.5
