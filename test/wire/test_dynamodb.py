"""DynamoDB and its streams with boto3. Known from the DynamoDB API reference and developer guide (documented) or
from public suites run against the real service (recorded), as said."""

import decimal
import threading

import boto3
import pytest
from boto3.dynamodb.conditions import Attr, Key

from support import read_shard, refused, until


@pytest.fixture(scope="module")
def dynamodb(client):
    return client("dynamodb")


@pytest.fixture
def items(endpoint, table):
    """The resource interface, as scripts use it."""
    return boto3.resource(
        "dynamodb", endpoint_url=endpoint, region_name="us-east-1",
        aws_access_key_id="test", aws_secret_access_key="test").Table(table.name)


def test_an_item_comes_back(items):
    # Documented: the data types; numbers keep their 38 digits.
    item = {
        "id": "1", "price": decimal.Decimal("0.1"), "big": decimal.Decimal("12345678901234567890.123456789012345678"),
        "no": None, "yes": True, "bytes": b"\x00\xff", "list": ["a", decimal.Decimal(1), {"b": b"c"}],
        "map": {"ä": "ö", "empty": ""}, "words": {"x", "y"}, "numbers": {decimal.Decimal(1), decimal.Decimal("2.5")},
    }
    items.put_item(Item=item)
    assert items.get_item(Key={"id": "1"}, ConsistentRead=True)["Item"] == item
    assert "Item" not in items.get_item(Key={"id": "2"})


def test_updates_and_conditions(items, dynamodb, table):
    # Documented: update expressions and return values; recorded: the text of a failed condition.
    items.put_item(Item={"id": "1", "n": 1, "list": ["a"]})
    changed = items.update_item(
        Key={"id": "1"}, UpdateExpression="SET n = n + :one, #l = list_append(#l, :b) REMOVE gone ADD hits :one",
        ExpressionAttributeNames={"#l": "list"}, ExpressionAttributeValues={":one": 1, ":b": ["b"]},
        ConditionExpression=Attr("n").eq(1), ReturnValues="ALL_NEW")["Attributes"]
    assert changed == {"id": "1", "n": 2, "list": ["a", "b"], "hits": 1}
    code, status, error = refused(
        items.put_item, Item={"id": "1"}, ConditionExpression=Attr("id").not_exists())
    assert (code, status) == ("ConditionalCheckFailedException", 400)
    assert error["Message"] == "The conditional request failed"
    old = items.delete_item(Key={"id": "1"}, ReturnValues="ALL_OLD")["Attributes"]
    assert old["n"] == 2


def test_queries_page(dynamodb, name):
    # Documented: Query in key order, Limit and LastEvaluatedKey, and a global index.
    dynamodb.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": a, "AttributeType": t} for a, t in (("p", "S"), ("s", "N"), ("g", "S"))],
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[{
            "IndexName": "by-g", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"}}])
    for start in range(0, 50, 25):
        dynamodb.batch_write_item(RequestItems={name: [
            {"PutRequest": {"Item": {"p": {"S": "a"}, "s": {"N": str(i)}, "g": {"S": "even" if i % 2 == 0 else "odd"}}}}
            for i in range(start, start + 25)]})
    seen = []
    for page in dynamodb.get_paginator("query").paginate(
            TableName=name, KeyConditionExpression="p = :p AND s BETWEEN :a AND :b",
            ExpressionAttributeValues={":p": {"S": "a"}, ":a": {"N": "-1"}, ":b": {"N": "39"}},
            ScanIndexForward=False, PaginationConfig={"PageSize": 7}):
        seen += [int(item["s"]["N"]) for item in page["Items"]]
    assert seen == list(range(39, -1, -1))
    even = dynamodb.query(
        TableName=name, IndexName="by-g", KeyConditionExpression="g = :g",
        ExpressionAttributeValues={":g": {"S": "even"}}, Select="COUNT")
    assert even["Count"] == 25
    scanned = [p["Count"] for p in dynamodb.get_paginator("scan").paginate(
        TableName=name, FilterExpression="s >= :s", ExpressionAttributeValues={":s": {"N": "40"}},
        PaginationConfig={"PageSize": 20})]
    assert sum(scanned) == 10
    code, _, error = refused(
        dynamodb.query, TableName=name, KeyConditionExpression="s = :s",
        ExpressionAttributeValues={":s": {"N": "1"}})
    assert (code, error["Message"]) == (
        "ValidationException", "Query condition missed key schema element: p")  # Recorded.


def test_transactions(dynamodb, table):
    # Documented: all or nothing; recorded: the text that lists the reasons.
    put = {"Put": {"TableName": table.name, "Item": {"id": {"S": "a"}}}}
    check = {"ConditionCheck": {
        "TableName": table.name, "Key": {"id": {"S": "b"}}, "ConditionExpression": "attribute_exists(id)"}}
    code, status, error = refused(dynamodb.transact_write_items, TransactItems=[put, check])
    assert (code, status) == ("TransactionCanceledException", 400)
    assert error["Message"] == (
        "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]")
    assert dynamodb.scan(TableName=table.name)["Count"] == 0
    dynamodb.transact_write_items(TransactItems=[put])
    got = dynamodb.transact_get_items(TransactItems=[{"Get": {"TableName": table.name, "Key": {"id": {"S": "a"}}}}])
    assert got["Responses"] == [{"Item": {"id": {"S": "a"}}}]


def test_errors(dynamodb, table, name):
    # Recorded texts.
    code, status, error = refused(dynamodb.get_item, TableName="absent", Key={"id": {"S": "1"}})
    assert (code, status, error["Message"]) == (
        "ResourceNotFoundException", 400, "Requested resource not found")
    code, _, error = refused(dynamodb.describe_table, TableName="absent")
    assert error["Message"] == "Requested resource not found: Table: absent not found"
    code, _, error = refused(dynamodb.put_item, TableName=name, Item={"other": {"S": "1"}})
    assert (code, error["Message"]) == (
        "ValidationException", "One or more parameter values were invalid: Missing the key id in the item")
    code, _, error = refused(dynamodb.get_item, TableName=name, Key={"id": {"N": "1"}})
    assert (code, error["Message"]) == (
        "ValidationException", "The provided key element does not match the schema")
    code, _, error = refused(
        dynamodb.create_table, TableName=name, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    assert (code, error["Message"]) == ("ResourceInUseException", f"Table already exists: {name}")


def test_the_stream_tells_every_change_once(client, dynamodb, table):
    # Documented: one record per change with both images, in the order of the changes of an item.
    key = {"id": {"S": "1"}}
    dynamodb.put_item(TableName=table.name, Item={**key, "n": {"N": "1"}})
    dynamodb.update_item(
        TableName=table.name, Key=key, UpdateExpression="SET n = :n", ExpressionAttributeValues={":n": {"N": "2"}})
    dynamodb.put_item(TableName=table.name, Item={**key, "n": {"N": "2"}})  # Changes nothing: no record (documented).
    dynamodb.delete_item(TableName=table.name, Key=key)
    streams = client("dynamodbstreams")
    shown = streams.describe_stream(StreamArn=table.stream)["StreamDescription"]
    assert (shown["StreamStatus"], shown["StreamViewType"]) == ("ENABLED", "NEW_AND_OLD_IMAGES")

    def changes():
        found = []
        for shard in shown["Shards"]:
            found += read_shard(streams, streams.get_shard_iterator(
                StreamArn=table.stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"])
        return len(found) >= 3 and found

    found = until(changes, "three changes")
    assert [change["eventName"] for change in found] == ["INSERT", "MODIFY", "REMOVE"]
    assert found[1]["dynamodb"]["OldImage"] == {**key, "n": {"N": "1"}}
    assert found[1]["dynamodb"]["NewImage"] == {**key, "n": {"N": "2"}}
    assert "NewImage" not in found[2]["dynamodb"]
    assert len({change["eventID"] for change in found}) == 3
    numbers = [int(change["dynamodb"]["SequenceNumber"]) for change in found]
    assert numbers == sorted(numbers)
    assert {change["eventSource"] for change in found} == {"aws:dynamodb"}


def test_a_counter_loses_nothing(client, dynamodb, table):
    # Documented: ADD is atomic.
    def count(times):
        mine = client("dynamodb")
        for _ in range(times):
            mine.update_item(
                TableName=table.name, Key={"id": {"S": "c"}}, UpdateExpression="ADD n :one",
                ExpressionAttributeValues={":one": {"N": "1"}})

    threads = [threading.Thread(target=count, args=(25,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    got = dynamodb.get_item(TableName=table.name, Key={"id": {"S": "c"}}, ConsistentRead=True)
    assert got["Item"]["n"] == {"N": "200"}


def test_conditions_of_the_resource_interface(items):
    for i in range(3):
        items.put_item(Item={"id": str(i), "even": i % 2 == 0})
    found = items.scan(FilterExpression=Attr("even").eq(True))["Items"]
    assert sorted(item["id"] for item in found) == ["0", "2"]
    assert items.query(KeyConditionExpression=Key("id").eq("1"))["Count"] == 1
