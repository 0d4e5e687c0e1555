"""The shards of a DynamoDB stream with boto3: what readers of the Streams API and pipes do when shards follow each other.
Documented (developer guide, DynamoDB Streams): shards are short-lived, a child names its parent, parents have to be read
before their children, a closed shard ends without a NextShardIterator."""

import json

import pytest

from support import raw, serving, until

CHANGES = 120


@pytest.fixture(scope="module")
def server():
    with serving("--stream-shard-seconds", "1") as running:
        yield running


def make_table(server, name):
    dynamodb = server.client("dynamodb")
    made = dynamodb.create_table(
        TableName=name, AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})["TableDescription"]
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    return dynamodb, made["LatestStreamArn"]


def shards_of(streams, arn, **more):
    return streams.describe_stream(StreamArn=arn, **more)["StreamDescription"]["Shards"]


def children_of(server, arn, shard_id):
    """With the filter that boto3 of Debian 12 does not know yet."""
    status, _, body = describe_raw(server, {"StreamArn": arn, "ShardFilter": {
        "Type": "CHILD_SHARDS", "ShardId": shard_id}})
    assert status == 200, body
    return body["StreamDescription"]["Shards"]


def describe_raw(server, request):
    status, headers, body = raw(server.url, "POST", "/", json.dumps(request).encode(), {
        "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDBStreams_20120810.DescribeStream"})
    return status, headers, json.loads(body)


def write_across(dynamodb, streams, name, arn, shards):
    """Writes CHANGES changes of ten items, the last of them when the stream has had that many shards."""
    for i in range(CHANGES):
        dynamodb.put_item(TableName=name, Item={"id": {"S": str(i % 10)}, "n": {"N": str(i)}})
        until(lambda: len(shards_of(streams, arn)) * CHANGES >= i * shards, "shards follow each other")


def test_reading_along_the_lineage_finds_each_change_once(server, name):
    dynamodb, arn = make_table(server, name)
    streams = server.client("dynamodbstreams")
    write_across(dynamodb, streams, name, arn, 4)
    found, shard = [], shards_of(streams, arn)[0]
    while len(found) < CHANGES:
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        while iterator and len(found) < CHANGES:
            page = streams.get_records(ShardIterator=iterator, Limit=7)
            found += page["Records"]
            iterator = page.get("NextShardIterator")
        if not iterator:
            children = children_of(server, arn, shard["ShardId"])
            assert [child["ParentShardId"] for child in children] == [shard["ShardId"]]
            shard = children[0]
    assert [int(record["dynamodb"]["NewImage"]["n"]["N"]) for record in found] == list(range(CHANGES))
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in found]
    assert numbers == sorted(set(numbers))


def test_shards_are_listed_in_order_and_by_pages(server, name):
    dynamodb, arn = make_table(server, name)
    streams = server.client("dynamodbstreams")
    write_across(dynamodb, streams, name, arn, 4)
    pages, after = [], {}
    while True:
        page = streams.describe_stream(StreamArn=arn, Limit=1, **after)["StreamDescription"]
        pages += page["Shards"]
        if "LastEvaluatedShardId" not in page:
            break
        assert page["LastEvaluatedShardId"] == pages[-1]["ShardId"]
        after = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}
    ids = [shard["ShardId"] for shard in pages]
    assert len(ids) >= 4 and ids == sorted(set(ids))  # Recorded: the Kinesis adapter relies on the order.
    assert "ParentShardId" not in pages[0]
    assert [shard["ParentShardId"] for shard in pages[1:]] == ids[:-1]
    for shard, child in zip(pages, pages[1:]):
        ends = int(shard["SequenceNumberRange"]["EndingSequenceNumber"])
        assert ends <= int(child["SequenceNumberRange"]["StartingSequenceNumber"])
    assert not shards_of(streams, arn, ExclusiveStartShardId="shardId-00000000000000000000-unknown")
    status, _, error = describe_raw(server, {"StreamArn": arn, "ShardFilter": {"Type": "CHILD_SHARDS"}})
    assert status == 400 and error["__type"].endswith("#ValidationException")
    assert "shardFilter.shardId" in error["message"]  # Recorded.


def test_a_pipe_goes_on_through_the_shards(server, name):
    dynamodb, arn = make_table(server, name)
    kinesis = server.client("kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    described = until(
        lambda: (d := kinesis.describe_stream(StreamName=name)["StreamDescription"])["StreamStatus"] == "ACTIVE"
        and d, "the stream is ACTIVE")
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "pipes.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    role = server.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    server.client("pipes").create_pipe(
        Name=name, RoleArn=role, Source=arn, Target=described["StreamARN"],
        SourceParameters={"DynamoDBStreamParameters": {"StartingPosition": "TRIM_HORIZON"}},
        TargetParameters={"KinesisStreamParameters": {"PartitionKey": "$.eventID"}})
    write_across(dynamodb, server.client("dynamodbstreams"), name, arn, 4)

    def arrived():
        iterator = kinesis.get_shard_iterator(
            StreamName=name, ShardId=described["Shards"][0]["ShardId"],
            ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        records = []
        while True:
            page = kinesis.get_records(ShardIterator=iterator)
            records += page["Records"]
            if page["MillisBehindLatest"] == 0:
                return records
            iterator = page["NextShardIterator"]

    records = until(lambda: len(r := arrived()) >= CHANGES and r, "all changes")
    numbers = [int(json.loads(record["Data"])["dynamodb"]["NewImage"]["n"]["N"]) for record in records]
    assert numbers == list(range(CHANGES))  # Deduced: order per key on AWS; here the stream's order, exactly once.
