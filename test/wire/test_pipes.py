"""Pipes with boto3: from a table's stream to Kinesis. Known from the EventBridge user guide and API reference
(documented); where penstock promises more than AWS it says so (deduced)."""

import json

import pytest

from support import refused, until


@pytest.fixture(scope="module")
def pipes(client):
    return client("pipes")


def make(pipes, role, table, stream, name, source=None, target=None, **more):
    return pipes.create_pipe(
        Name=name, RoleArn=role("pipes"), Source=table.stream, Target=stream.arn,
        SourceParameters={"DynamoDBStreamParameters": {"StartingPosition": "TRIM_HORIZON", **(source or {})}},
        TargetParameters={"KinesisStreamParameters": {"PartitionKey": "$.eventID"}, **(target or {})}, **more)


def running(pipes, name):
    return until(
        lambda: (d := pipes.describe_pipe(Name=name))["CurrentState"] == "RUNNING" and d, f"{name} is RUNNING")


def test_changes_arrive_once_and_in_order(client, pipes, role, table, stream, name):
    make(pipes, role, table, stream, name)
    shown = running(pipes, name)
    assert shown["Arn"] == f"arn:aws:pipes:us-east-1:000000000000:pipe/{name}"
    assert shown["SourceParameters"]["DynamoDBStreamParameters"]["BatchSize"] == 100  # Documented default.
    dynamodb = client("dynamodb")
    for i in range(30):
        dynamodb.put_item(TableName=table.name, Item={"id": {"S": str(i % 10)}, "n": {"N": str(i)}})
    found = until(lambda: len(r := stream.records()) >= 30 and r, "thirty records")
    changes = [json.loads(record["Data"]) for record in found]
    # Documented: the event as the source has it, one Kinesis record each; the partition key by its path.
    assert [int(change["dynamodb"]["NewImage"]["n"]["N"]) for change in changes] == list(range(30))
    assert [change["eventName"] for change in changes] == ["INSERT"] * 10 + ["MODIFY"] * 20
    assert [record["PartitionKey"] for record in found] == [change["eventID"] for change in changes]
    assert len({change["eventID"] for change in changes}) == 30  # Deduced: exactly once.
    assert set(changes[0]) == {
        "eventID", "eventName", "eventVersion", "eventSource", "awsRegion", "dynamodb", "eventSourceARN"}
    assert changes[0]["eventSourceARN"] == table.stream
    # Documented for streams through Pipes: seconds since 1970.
    assert 1_600_000_000 < changes[0]["dynamodb"]["ApproximateCreationDateTime"] < 5_000_000_000


def test_filters_and_templates(client, pipes, role, table, stream, name):
    # Documented: event patterns, and input templates of single elements.
    make(
        pipes, role, table, stream, name,
        source={"BatchSize": 10},
        target={"InputTemplate": '{"what": <$.eventName>, "id": <$.dynamodb.Keys.id.S>}'})
    running(pipes, name)
    pipes.stop_pipe(Name=name)
    until(lambda: pipes.describe_pipe(Name=name)["CurrentState"] == "STOPPED", "stopped")
    pipes.update_pipe(
        Name=name, RoleArn=role("pipes"),
        SourceParameters={"FilterCriteria": {"Filters": [{"Pattern": json.dumps({"eventName": ["REMOVE"]})}]}},
        TargetParameters={
            "KinesisStreamParameters": {"PartitionKey": "$.eventID"},
            "InputTemplate": '{"what": <$.eventName>, "id": <$.dynamodb.Keys.id.S>}'})
    dynamodb = client("dynamodb")
    for i in range(5):
        dynamodb.put_item(TableName=table.name, Item={"id": {"S": str(i)}})
    for i in (1, 3):
        dynamodb.delete_item(TableName=table.name, Key={"id": {"S": str(i)}})
    pipes.start_pipe(Name=name)
    found = until(lambda: len(r := stream.records()) >= 2 and r, "two removes")
    assert [json.loads(record["Data"]) for record in found] == [
        {"what": "REMOVE", "id": "1"}, {"what": "REMOVE", "id": "3"}]


def test_errors(pipes, role, table, stream, name):
    # Documented: codes and statuses of the API reference.
    code, status, _ = refused(pipes.describe_pipe, Name="absent")
    assert (code, status) == ("NotFoundException", 404)
    make(pipes, role, table, stream, name)
    code, status, _ = refused(make, pipes=pipes, role=role, table=table, stream=stream, name=name)
    assert (code, status) == ("ConflictException", 409)
    code, status, _ = refused(
        pipes.create_pipe, Name="bad-source", RoleArn=role("pipes"), Source="arn:aws:s3:::bucket",
        Target=stream.arn)
    assert (code, status) == ("ValidationException", 400)
    running(pipes, name)
    pipes.delete_pipe(Name=name)
    until(lambda: name not in [p["Name"] for p in pipes.list_pipes()["Pipes"]], "the pipe is gone")


def test_tags(pipes, role, table, stream, name):
    arn = make(pipes, role, table, stream, name, Tags={"team": "sales"})["Arn"]
    pipes.tag_resource(resourceArn=arn, tags={"stage": "test"})
    assert pipes.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "sales", "stage": "test"}
    pipes.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert pipes.list_tags_for_resource(resourceArn=arn)["tags"] == {"stage": "test"}
