"""Capacity: what is throttled, and what an operation is said to consume. Each test says how its expectations are known:
from the DynamoDB API reference and developer guide (documented), or from these (deduced)."""

import concurrent.futures
import uuid

import pytest
from botocore.exceptions import ClientError

import support
from dynamodb_tables import ON_DEMAND, Wire, create, definitions, dynamodb, index, keys, units
from support import until


@pytest.fixture(scope="module")
def throttled(tmp_path_factory):
    with support.serving("--dynamodb-throttle", "true") as server:
        yield Wire(server.url)


def exhaust(call, **arguments):
    """Calls, 16 at a time, until one is refused; the refusal."""
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        while True:
            calls = [pool.submit(attempt, call, arguments) for _ in range(16)]
            refusals = [c.result() for c in calls if c.result() is not None]
            if refusals:
                return refusals[0]


def attempt(call, arguments):
    try:
        call(**arguments)
    except ClientError as refusal:
        return refusal.response
    return None


def test_throughput_limits_requests(throttled):
    # Documented: codes, reasons and texts, 300 seconds of burst; deduced: a new table has them at once.
    name = "t-" + uuid.uuid4().hex[:16]
    arn = create(throttled, name, ProvisionedThroughput=units(1, 1))["TableArn"]
    item = {"h": {"S": "a"}, "v": {"S": "v" * 20_000}}  # 20 units to write, 5 to read.
    text = ("The level of configured provisioned throughput for the table was exceeded. Consider increasing your "
            "provisioning level with the UpdateTable API.")
    refusal = exhaust(throttled.put_item, TableName=name, Item=item)
    assert refusal["Error"]["Code"] == "ProvisionedThroughputExceededException"
    assert refusal["Error"]["Message"] == text and refusal["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert refusal["ThrottlingReasons"] == [{"reason": "TableWriteProvisionedThroughputExceeded", "resource": arn}]
    refusal = exhaust(throttled.get_item, TableName=name, Key={"h": {"S": "a"}}, ConsistentRead=True)
    assert refusal["ThrottlingReasons"] == [{"reason": "TableReadProvisionedThroughputExceeded", "resource": arn}]
    transaction = attempt(throttled.transact_write_items,
                          {"TransactItems": [{"Put": {"TableName": name, "Item": item}}]})
    assert transaction["Error"]["Code"] == "TransactionCanceledException"
    assert transaction["CancellationReasons"] == [{"Code": "ProvisionedThroughputExceeded", "Message": text}]
    # What comes in slowly again is for the small one of these two.
    small = {"PutRequest": {"Item": {"h": {"S": "small"}}}}
    until(lambda: attempt(throttled.put_item, {"TableName": name, "Item": {"h": {"S": "probe"}}}) is None,
          "there is a unit again")
    until(lambda: (left := attempt_batch(throttled, name, [small, {"PutRequest": {"Item": item}}])) is not None and
          left == {name: [{"PutRequest": {"Item": item}}]}, "the large one is left unprocessed")


def attempt_batch(dynamodb, name, requests):
    try:
        return dynamodb.batch_write_item(RequestItems={name: requests})["UnprocessedItems"]
    except ClientError as refusal:
        assert refusal.response["Error"]["Code"] == "ProvisionedThroughputExceededException"
        return None


def test_nothing_is_limited_otherwise(dynamodb, name):
    # This server's default.
    create(dynamodb, name, ProvisionedThroughput=units(1, 1))
    item = {"h": {"S": "a"}, "v": {"S": "v" * 390_000}}
    for _ in range(3):
        dynamodb.put_item(TableName=name, Item=item)


def test_consumed_capacity_with_indexes(dynamodb, name):
    # Documented: a kilobyte a unit, each index entry that is written or deleted counts on its own.
    create(dynamodb, name, KeySchema=keys("hR"), AttributeDefinitions=definitions("hrgl"), **ON_DEMAND,
           LocalSecondaryIndexes=[index("loc", "hL")], GlobalSecondaryIndexes=[index("glo", "g")])
    item = {"h": {"S": "a"}, "r": {"S": "b"}, "g": {"S": "c"}, "l": {"S": "d"}, "v": {"S": "v" * 2_000}}

    def put(item):
        return dynamodb.put_item(TableName=name, Item=item, ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"]

    def cost(table, local, glo):
        out = {"TableName": name, "CapacityUnits": table + local + glo, "Table": {"CapacityUnits": table}}
        if local:
            out["LocalSecondaryIndexes"] = {"loc": {"CapacityUnits": local}}
        if glo:
            out["GlobalSecondaryIndexes"] = {"glo": {"CapacityUnits": glo}}
        return out

    assert put(item) == cost(2, 2, 2)
    assert put(item) == cost(2, 0, 0)  # Entries that stay as they are cost nothing.
    assert put({**item, "g": {"S": "other"}}) == cost(2, 2, 4)
    key = {"h": {"S": "a"}, "r": {"S": "b"}}
    assert dynamodb.delete_item(TableName=name, Key=key,
                                ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"] == cost(2, 2, 2)
    put(item)
    read = dynamodb.query(TableName=name, IndexName="glo", KeyConditionExpression="g = :g",
                          ExpressionAttributeValues={":g": {"S": "c"}}, ReturnConsumedCapacity="INDEXES")
    assert read["ConsumedCapacity"] == cost(0, 0, 0.5)
    written = dynamodb.transact_write_items(
        TransactItems=[{"Put": {"TableName": name, "Item": {**key, "v": {"S": "w"}}}}], ReturnConsumedCapacity="TOTAL")
    assert written["ConsumedCapacity"] == [{"TableName": name, "CapacityUnits": 12.0, "WriteCapacityUnits": 12.0}]
    got = dynamodb.transact_get_items(TransactItems=[{"Get": {"TableName": name, "Key": key}}], ReturnConsumedCapacity="TOTAL")
    assert got["ConsumedCapacity"] == [{"TableName": name, "CapacityUnits": 2.0, "ReadCapacityUnits": 2.0}]
