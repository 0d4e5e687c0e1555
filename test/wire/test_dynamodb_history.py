"""Time to live, point-in-time recovery, backups and restores with boto3. Each test says how its expectations are
known: from the DynamoDB API reference and developer guide (documented), from public records of the real service
(recorded), or from these (deduced)."""

import json
import time

import pytest

from support import Server, raw, read_shard, refused, serving, until


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


# --- Backups


def fill(dynamodb, table, count):
    for start in range(0, count, 25):
        dynamodb.batch_write_item(RequestItems={table: [
            {"PutRequest": {"Item": {**key(f"k{i}"), "n": {"N": str(i)}}}}
            for i in range(start, min(start + 25, count))]})


def items_of(dynamodb, table):
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return {item["id"]["S"]: item for page in pages for item in page["Items"]}


def available(dynamodb, arn):
    return until(lambda: (shown := dynamodb.describe_backup(BackupArn=arn)["BackupDescription"])
                 and shown["BackupDetails"]["BackupStatus"] == "AVAILABLE" and shown, "the backup is AVAILABLE")


def restored(dynamodb, table):
    return until(lambda: (shown := dynamodb.describe_table(TableName=table)["Table"])["TableStatus"] == "ACTIVE"
                 and shown, "the restored table is ACTIVE")


def test_backups_are_made_listed_restored_and_deleted(dynamodb, table):
    # Documented: the members, the states, and what a restored table does not take over.
    fill(dynamodb, table.name, 30)
    before = items_of(dynamodb, table.name)
    made = dynamodb.create_backup(TableName=table.name, BackupName="first.of-them_")["BackupDetails"]
    assert (made["BackupName"], made["BackupStatus"], made["BackupType"]) == ("first.of-them_", "CREATING", "USER")
    arn = made["BackupArn"]
    assert arn.startswith(table.arn + "/backup/")
    digits, tail = arn.rsplit("/", 1)[1].split("-")
    assert len(digits) == 14 and digits.isdigit() and len(tail) == 8 and int(tail, 16) >= 0
    shown = available(dynamodb, arn)
    source, features = shown["SourceTableDetails"], shown["SourceTableFeatureDetails"]
    assert (source["TableName"], source["TableArn"], source["ItemCount"]) == (table.name, table.arn, 30)
    assert source["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert source["BillingMode"] == "PAY_PER_REQUEST"
    assert source["ProvisionedThroughput"] == {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
    assert source["TableId"] == dynamodb.describe_table(TableName=table.name)["Table"]["TableId"]
    assert features["StreamDescription"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert features["TimeToLiveDescription"] == {"TimeToLiveStatus": "DISABLED"}

    dynamodb.put_item(TableName=table.name, Item={**key("k1"), "n": {"S": "later"}})
    target = table.name + "-back"
    asked = dynamodb.restore_table_from_backup(TargetTableName=target, BackupArn=arn)["TableDescription"]
    assert (asked["TableName"], asked["TableStatus"]) == (target, "CREATING")
    summary = asked["RestoreSummary"]
    assert (summary["SourceBackupArn"], summary["SourceTableArn"], summary["RestoreInProgress"]) == (
        arn, table.arn, True)
    final = restored(dynamodb, target)
    assert final["RestoreSummary"]["RestoreInProgress"] is False
    assert "StreamSpecification" not in final and "LatestStreamArn" not in final
    assert items_of(dynamodb, target) == before

    second = dynamodb.create_backup(TableName=table.name, BackupName="second")["BackupDetails"]["BackupArn"]
    available(dynamodb, second)
    page = dynamodb.list_backups(TableName=table.name, Limit=1)
    assert [each["BackupArn"] for each in page["BackupSummaries"]] == [arn]
    assert page["LastEvaluatedBackupArn"] == arn
    rest = dynamodb.list_backups(TableName=table.arn, ExclusiveStartBackupArn=arn)
    assert [each["BackupArn"] for each in rest["BackupSummaries"]] == [second]
    assert "LastEvaluatedBackupArn" not in rest
    created = rest["BackupSummaries"][0]["BackupCreationDateTime"]
    # Documented: the lower bound is inclusive, the upper one exclusive.
    bounded = dynamodb.list_backups(TableName=table.name, TimeRangeUpperBound=created)["BackupSummaries"]
    assert second not in [each["BackupArn"] for each in bounded]
    assert dynamodb.list_backups(TableName=table.name, BackupType="SYSTEM")["BackupSummaries"] == []
    gone = dynamodb.delete_backup(BackupArn=second)["BackupDescription"]["BackupDetails"]
    assert (gone["BackupArn"], gone["BackupStatus"]) == (second, "DELETED")
    left = dynamodb.list_backups(TableName=table.name)["BackupSummaries"]
    assert [each["BackupArn"] for each in left] == [arn]


def test_backups_refuse(dynamodb, table):
    # Documented: the codes, and the lengths of the names. The texts are deduced from other refusals.
    absent = table.arn + "/backup/01489602797149-73d8d5bc"
    for call, more in ((dynamodb.describe_backup, {}), (dynamodb.delete_backup, {}),
                       (dynamodb.restore_table_from_backup, {"TargetTableName": table.name + "-x"})):
        code, status, error = refused(call, BackupArn=absent, **more)
        assert (code, status, error["Message"]) == (
            "BackupNotFoundException", 400, f"Backup not found: {absent}")
        assert refused(call, BackupArn="short", **more)[0] == "ValidationException"
    assert refused(dynamodb.create_backup, TableName="no-such-table", BackupName="saved")[0] == "TableNotFoundException"
    for name in ("ab", "a" * 256, "a b c"):
        assert refused(dynamodb.create_backup, TableName=table.name, BackupName=name)[0] == "ValidationException"
    for limit in (0, 101):
        assert refused(dynamodb.list_backups, Limit=limit)[0] == "ValidationException"
    dynamodb.list_backups(Limit=100)
    for name in ("abc", "a" * 255):
        available(dynamodb, dynamodb.create_backup(TableName=table.name, BackupName=name)["BackupDetails"]["BackupArn"])
    arn = dynamodb.list_backups(TableName=table.name)["BackupSummaries"][0]["BackupArn"]
    code, _, error = refused(dynamodb.restore_table_from_backup, TargetTableName=table.name, BackupArn=arn)
    assert (code, error["Message"]) == ("TableAlreadyExistsException", f"Table already exists: {table.name}")


def test_a_deleted_table_with_recovery_leaves_a_backup(dynamodb, table):
    # Documented: a SYSTEM backup, kept 35 days, named after the table.
    fill(dynamodb, table.name, 5)
    before = items_of(dynamodb, table.name)
    dynamodb.update_continuous_backups(TableName=table.name, PointInTimeRecoverySpecification=recovery(True))
    dynamodb.delete_table(TableName=table.name)
    dynamodb.get_waiter("table_not_exists").wait(TableName=table.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    assert dynamodb.list_backups(TableName=table.name)["BackupSummaries"] == []
    kept, = dynamodb.list_backups(TableName=table.name, BackupType="SYSTEM")["BackupSummaries"]
    assert (kept["BackupName"], kept["BackupType"]) == (table.name + "$DeletedTableBackup", "SYSTEM")
    days = (kept["BackupExpiryDateTime"] - kept["BackupCreationDateTime"]).days
    assert days == 35
    dynamodb.restore_table_from_backup(TargetTableName=table.name, BackupArn=kept["BackupArn"])
    restored(dynamodb, table.name)
    assert items_of(dynamodb, table.name) == before


# --- Restores to a point in time


def test_a_table_is_restored_to_its_latest_moment(dynamodb, table):
    # Documented: the latest moment is five minutes ago; just after recovery was enabled it is that time, so what was
    # written before is there (deduced: and what was written after is not, but for the second it began in).
    fill(dynamodb, table.name, 40)
    before = items_of(dynamodb, table.name)
    dynamodb.update_continuous_backups(TableName=table.name, PointInTimeRecoverySpecification=recovery(True))
    window = dynamodb.describe_continuous_backups(TableName=table.name)[
        "ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    until(lambda: time.time() > window["LatestRestorableDateTime"].timestamp() + 1, "the latest moment is past")
    dynamodb.put_item(TableName=table.name, Item={**key("k1"), "n": {"S": "later"}})
    dynamodb.delete_item(TableName=table.name, Key=key("k2"))
    dynamodb.put_item(TableName=table.name, Item=key("new"))
    by_name, by_arn = table.name + "-a", table.name + "-b"
    shown = dynamodb.restore_table_to_point_in_time(
        SourceTableName=table.name, TargetTableName=by_name, UseLatestRestorableTime=True)["TableDescription"]
    assert shown["TableStatus"] == "CREATING"
    assert shown["RestoreSummary"] == {
        "SourceTableArn": table.arn, "RestoreDateTime": window["LatestRestorableDateTime"], "RestoreInProgress": True}
    dynamodb.restore_table_to_point_in_time(
        SourceTableArn=table.arn, TargetTableName=by_arn, RestoreDateTime=window["LatestRestorableDateTime"],
        BillingModeOverride="PROVISIONED", ProvisionedThroughputOverride={
            "ReadCapacityUnits": 3, "WriteCapacityUnits": 4})
    for target in (by_name, by_arn):
        restored(dynamodb, target)
        assert items_of(dynamodb, target) == before
    throughput = restored(dynamodb, by_arn)["ProvisionedThroughput"]
    assert (throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]) == (3, 4)


def test_restores_to_a_point_in_time_refuse(dynamodb, table):
    # Documented: the codes. The texts are the documented ones or deduced.
    def attempt(**more):
        arguments = {"SourceTableName": table.name, "TargetTableName": table.name + "-x",
                     "UseLatestRestorableTime": True, **more}
        return refused(dynamodb.restore_table_to_point_in_time,
                       **{name: value for name, value in arguments.items() if value is not None})

    assert attempt()[0] == "PointInTimeRecoveryUnavailableException"
    dynamodb.update_continuous_backups(TableName=table.name, PointInTimeRecoverySpecification=recovery(True))
    window = dynamodb.describe_continuous_backups(TableName=table.name)[
        "ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    for moment in (window["EarliestRestorableDateTime"].timestamp() - 1,
                   window["LatestRestorableDateTime"].timestamp() + 3600):
        code, status, _ = attempt(UseLatestRestorableTime=None, RestoreDateTime=moment)
        assert (code, status) == ("InvalidRestoreTimeException", 400)
    assert attempt(SourceTableName="no-such-table")[0] == "TableNotFoundException"
    code, _, error = attempt(TargetTableName=table.name)
    assert (code, error["Message"]) == ("TableAlreadyExistsException", f"Table already exists: {table.name}")
    assert attempt(UseLatestRestorableTime=None)[0] == "ValidationException"
    assert attempt(RestoreDateTime=window["LatestRestorableDateTime"])[0] == "ValidationException"
    assert attempt(SourceTableName=None)[0] == "ValidationException"
    for target in ("ab", "a" * 256):
        assert attempt(TargetTableName=target)[0] == "ValidationException"
    code, _, error = attempt(GlobalSecondaryIndexOverride=[
        {"IndexName": "none", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
         "Projection": {"ProjectionType": "ALL"}}])
    assert code == "ValidationException"


def test_restores_survive_a_crash(tmp_path):
    # Deduced: what was answered happens, also when the server is killed at once.
    server = Server(tmp_path)
    dynamodb = server.client("dynamodb")
    dynamodb.create_table(
        TableName="source", AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST")
    until(lambda: dynamodb.describe_table(TableName="source")["Table"]["TableStatus"] == "ACTIVE", "it is ACTIVE")
    fill(dynamodb, "source", 3_000)
    before = items_of(dynamodb, "source")
    dynamodb.update_continuous_backups(TableName="source", PointInTimeRecoverySpecification=recovery(True))
    kept = dynamodb.create_backup(TableName="source", BackupName="kept")["BackupDetails"]["BackupArn"]
    available(dynamodb, kept)
    dynamodb.restore_table_from_backup(TargetTableName="one", BackupArn=kept)
    dynamodb.restore_table_to_point_in_time(
        SourceTableName="source", TargetTableName="two", UseLatestRestorableTime=True)
    made = dynamodb.create_backup(TableName="source", BackupName="made")["BackupDetails"]["BackupArn"]
    server.kill()
    with serving(data=tmp_path) as again:
        dynamodb = again.client("dynamodb")
        for target in ("one", "two"):
            restored(dynamodb, target)
            assert items_of(dynamodb, target) == before
        available(dynamodb, made)
        dynamodb.restore_table_from_backup(TargetTableName="three", BackupArn=made)
        restored(dynamodb, "three")
        assert items_of(dynamodb, "three") == before
