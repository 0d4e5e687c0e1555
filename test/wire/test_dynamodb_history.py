"""Time to live, point-in-time recovery, backups and restores with boto3. Each test says how its expectations are
known: from the DynamoDB API reference and developer guide (documented), from public records of the real service
(recorded), or from these (deduced)."""

import json
import time

import pytest

from support import raw, read_shard, refused, until


@pytest.fixture(scope="module")
def dynamodb(client):
    # Requests go out as they are written, also wrong ones.
    return client("dynamodb", parameter_validation=False)


def key(text):
    return {"id": {"S": text}}


def ttl(enabled, attribute="ttl"):
    return {"Enabled": enabled, "AttributeName": attribute}


# --- Time to live


def test_expired_items_are_deleted_with_a_record_of_the_service(client, dynamodb, table):
    # Documented: expired items go by themselves, and the stream tells who deleted them; recorded: its members' names.
    past, future = int(time.time()) - 100, int(time.time()) + 100_000
    before = {**key("before"), "ttl": {"N": str(past)}}
    dynamodb.put_item(TableName=table.name, Item=before)
    settings = ttl(True)
    assert dynamodb.update_time_to_live(
        TableName=table.name, TimeToLiveSpecification=settings)["TimeToLiveSpecification"] == settings
    for name, value in (("after", {"N": f"{past}.5"}), ("exponent", {"N": f"{past}e0"}), ("text", {"S": str(past)}),
                        ("future", {"N": str(future)}), ("ancient", {"N": str(past - 6 * 365 * 86400)})):
        dynamodb.put_item(TableName=table.name, Item={**key(name), "ttl": value})

    def left():
        return {item["id"]["S"] for item in dynamodb.scan(TableName=table.name, ConsistentRead=True)["Items"]}

    until(lambda: left() == {"text", "future", "ancient"}, "what is expired is deleted")
    reader = client("dynamodbstreams")
    shard = reader.describe_stream(StreamArn=table.stream)["StreamDescription"]["Shards"][0]["ShardId"]
    records = read_shard(reader, reader.get_shard_iterator(
        StreamArn=table.stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"])
    removed = {record["dynamodb"]["Keys"]["id"]["S"]: record for record in records if record["eventName"] == "REMOVE"}
    assert set(removed) == {"before", "after", "exponent"}
    assert removed["before"]["userIdentity"] == {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
    assert removed["before"]["dynamodb"]["OldImage"] == before
    assert all("userIdentity" not in record for record in records if record["eventName"] != "REMOVE")


def test_time_to_live_is_described(dynamodb, table):
    # Recorded: the states and the attribute, and every text.
    def describe():
        return dynamodb.describe_time_to_live(TableName=table.name)["TimeToLiveDescription"]

    def change(specification):
        return refused(dynamodb.update_time_to_live, TableName=table.name, TimeToLiveSpecification=specification)

    assert describe() == {"TimeToLiveStatus": "DISABLED"}
    code, status, error = change(ttl(False))
    assert (code, status, error["Message"]) == ("ValidationException", 400, "TimeToLive is already disabled")
    dynamodb.update_time_to_live(TableName=table.name, TimeToLiveSpecification=ttl(True))
    assert describe() == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
    assert change(ttl(True))[2]["Message"] == "TimeToLive is already enabled"
    for enabled in (True, False):
        assert change(ttl(enabled, "other"))[2]["Message"] == (
            "TimeToLive is active on a different AttributeName: current AttributeName is ttl")
    assert change(ttl(False))[2]["Message"] == (
        "Time to live has been modified multiple times within a fixed interval")


def test_time_to_live_refuses(dynamodb, table):
    # Recorded: a missing table. Documented: the attribute name's length, 1 to 255.
    code, status, error = refused(
        dynamodb.update_time_to_live, TableName="no-such-table", TimeToLiveSpecification=ttl(True))
    assert (code, status) == ("ResourceNotFoundException", 400)
    assert error["Message"] == "Requested resource not found: Table: no-such-table not found"
    assert refused(dynamodb.describe_time_to_live, TableName="no-such-table")[0] == "ResourceNotFoundException"
    for attribute in ("", "a" * 256):
        assert refused(dynamodb.update_time_to_live, TableName=table.name,
                       TimeToLiveSpecification=ttl(True, attribute))[0] == "ValidationException"
    for incomplete in ({"Enabled": True}, {"AttributeName": "ttl"}):
        assert refused(dynamodb.update_time_to_live, TableName=table.name,
                       TimeToLiveSpecification=incomplete)[0] == "ValidationException"
    dynamodb.update_time_to_live(TableName=table.name, TimeToLiveSpecification=ttl(True, "a" * 255))


# --- Point-in-time recovery


def recovery(enabled, **more):
    return {"PointInTimeRecoveryEnabled": enabled, **more}


def set_period(endpoint, table, days):
    """(status, answer); as plain HTTP, because older clients do not know the member."""
    status, _, body = raw(
        endpoint, "POST", "/",
        json.dumps({"TableName": table,
                    "PointInTimeRecoverySpecification": recovery(True, RecoveryPeriodInDays=days)}).encode(),
        {"X-Amz-Target": "DynamoDB_20120810.UpdateContinuousBackups", "Content-Type": "application/x-amz-json-1.0"})
    return status, json.loads(body)


def test_point_in_time_recovery_has_a_window(dynamodb, table, endpoint):
    # Documented: the members, the default of 35 days, five minutes between the latest moment and now.
    def describe():
        return dynamodb.describe_continuous_backups(TableName=table.name)["ContinuousBackupsDescription"]

    off = {"ContinuousBackupsStatus": "ENABLED",
           "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"}}
    assert describe() == off
    shown = dynamodb.update_continuous_backups(
        TableName=table.name, PointInTimeRecoverySpecification=recovery(True))["ContinuousBackupsDescription"]
    window = shown["PointInTimeRecoveryDescription"]
    assert shown["ContinuousBackupsStatus"] == "ENABLED"
    assert window["PointInTimeRecoveryStatus"] == "ENABLED"
    assert abs(window["EarliestRestorableDateTime"].timestamp() - time.time()) < 60
    assert window["LatestRestorableDateTime"] >= window["EarliestRestorableDateTime"]
    assert describe()["PointInTimeRecoveryDescription"] == window
    for days in (1, 35):
        status, shown = set_period(endpoint, table.name, days)
        assert status == 200
        assert shown["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]["RecoveryPeriodInDays"] == days
    assert dynamodb.update_continuous_backups(
        TableName=table.name,
        PointInTimeRecoverySpecification=recovery(False))["ContinuousBackupsDescription"] == off


def test_continuous_backups_refuse(dynamodb, table, endpoint):
    # Recorded: the code of a missing table. Documented: 1 to 35 days.
    for call, more in ((dynamodb.describe_continuous_backups, {}), (
            dynamodb.update_continuous_backups, {"PointInTimeRecoverySpecification": recovery(True)})):
        code, status, error = refused(call, TableName="no-such-table", **more)
        assert (code, status) == ("TableNotFoundException", 400)
        assert error["Message"] == "Table not found: no-such-table"
    for days in (0, 36):
        status, error = set_period(endpoint, table.name, days)
        assert status == 400
        assert error["__type"].endswith("#ValidationException")
    assert refused(dynamodb.update_continuous_backups, TableName=table.name,
                   PointInTimeRecoverySpecification={})[0] == "ValidationException"
