"""Limits and settings of Kinesis streams over the wire: each limit at its edge and just over it.

The numbers are documented (Kinesis quotas, API reference); wording is recorded by public emulators and users unless a
comment says that it is deduced. Members that older boto3 does not know are sent as plain JSON.
"""

import json

import pytest

import support
from support import raw, refused, until

MIB = 1 << 20


@pytest.fixture(scope="module")
def kinesis(client):
    return client("kinesis")


@pytest.fixture
def orders(kinesis, name):
    kinesis.create_stream(StreamName=name, ShardCount=1)
    return name


@pytest.fixture
def call(endpoint):
    """(status, reply) of an operation sent as JSON."""

    def send(operation, **members):
        status, _, body = raw(
            endpoint, "POST", "/", json.dumps(members).encode(),
            {"X-Amz-Target": f"Kinesis_20131202.{operation}", "Content-Type": "application/x-amz-json-1.1"})
        return status, json.loads(body) if body else {}

    return send


def arn_of(stream):
    return f"arn:aws:kinesis:us-east-1:000000000000:stream/{stream}"


def iterator_of(kinesis, stream, kind="TRIM_HORIZON", shard="0"):
    return kinesis.get_shard_iterator(StreamName=stream, ShardId=shard, ShardIteratorType=kind)["ShardIterator"]


def test_sizes_of_records(kinesis, call, orders):
    put = {"StreamName": orders, "PartitionKey": "k"}
    kinesis.put_record(**put, Data=b"x" * MIB)
    code, _, error = refused(kinesis.put_record, **put, Data=b"x" * (MIB + 1))
    assert (code, error["Message"]) == (
        "ValidationException",
        "1 validation error detected: Value at 'data' failed to satisfy constraint: Member must have length less than "
        "or equal to 1048576")
    code, _, error = refused(kinesis.put_records, StreamName=orders, Records=[
        {"PartitionKey": "k", "Data": b""}, {"PartitionKey": "k", "Data": b"x" * (MIB + 1)}])
    assert "Value at 'records.2.member.data'" in error["Message"]
    assert call("UpdateMaxRecordSize", StreamARN=arn_of(orders), MaxRecordSizeInKiB=1023)[0] == 400
    assert call("UpdateMaxRecordSize", StreamARN=arn_of(orders), MaxRecordSizeInKiB=10241)[0] == 400
    assert call("UpdateMaxRecordSize", StreamARN=arn_of(orders), MaxRecordSizeInKiB=10240)[0] == 200
    kinesis.put_record(**put, Data=b"x" * (10 * MIB))
    refused(kinesis.put_record, **put, Data=b"x" * (10 * MIB + 1))
    _, described = call("DescribeStreamSummary", StreamName=orders)
    assert described["StreamDescriptionSummary"]["MaxRecordSizeInKiB"] == 10240


def test_sizes_of_requests(kinesis, orders):
    # 500 records and 10 MiB with their partition keys.
    records = [{"PartitionKey": "k", "Data": b"x" * (MIB - 1)}] * 10
    assert kinesis.put_records(StreamName=orders, Records=records)["FailedRecordCount"] == 0
    code, _, _ = refused(kinesis.put_records, StreamName=orders, Records=records + [{"PartitionKey": "k", "Data": b""}])
    assert code == "InvalidArgumentException"
    small = [{"PartitionKey": "k", "Data": b""}]
    assert kinesis.put_records(StreamName=orders, Records=small * 500)["FailedRecordCount"] == 0
    assert refused(kinesis.put_records, StreamName=orders, Records=small * 501)[0] == "ValidationException"
    kinesis.put_record(StreamName=orders, PartitionKey="k" * 256, Data=b"")
    assert refused(kinesis.put_record, StreamName=orders, PartitionKey="k" * 257, Data=b"")[0] == "ValidationException"


def test_retention(kinesis, orders):
    longer, shorter = kinesis.increase_stream_retention_period, kinesis.decrease_stream_retention_period
    longer(StreamName=orders, RetentionPeriodHours=8760)
    assert refused(longer, StreamName=orders, RetentionPeriodHours=8761)[0] == "InvalidArgumentException"
    shorter(StreamName=orders, RetentionPeriodHours=24)
    code, _, error = refused(shorter, StreamName=orders, RetentionPeriodHours=23)
    assert (code, error["Message"]) == (
        "InvalidArgumentException",
        "Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too short.")
    longer(StreamName=orders, RetentionPeriodHours=48)
    assert "Use DecreaseRetentionPeriod API." in refused(
        longer, StreamName=orders, RetentionPeriodHours=47)[2]["Message"]
    assert "Use IncreaseRetentionPeriod API." in refused(
        shorter, StreamName=orders, RetentionPeriodHours=49)[2]["Message"]


def test_modes(kinesis, call, orders):
    # Twice in 24 hours; the shards stay.
    for mode in ("ON_DEMAND", "PROVISIONED"):
        kinesis.update_stream_mode(StreamARN=arn_of(orders), StreamModeDetails={"StreamMode": mode})
        summary = kinesis.describe_stream_summary(StreamName=orders)["StreamDescriptionSummary"]
        assert summary["StreamModeDetails"] == {"StreamMode": mode}
        assert summary["OpenShardCount"] == 1
    code, _, _ = refused(
        kinesis.update_stream_mode, StreamARN=arn_of(orders), StreamModeDetails={"StreamMode": "ON_DEMAND"})
    assert code == "LimitExceededException"


def test_names_and_arns(kinesis, call, orders):
    # Both given must agree; the wording is deduced.
    assert call("DescribeStreamSummary", StreamARN=arn_of(orders))[0] == 200
    assert call("DescribeStreamSummary", StreamName=orders, StreamARN=arn_of(orders))[0] == 200
    for members in ({}, {"StreamName": "other", "StreamARN": arn_of(orders)}):
        status, reply = call("DescribeStreamSummary", **members)
        assert (status, reply["__type"]) == (400, "InvalidArgumentException")
    for operation, members in (
        ("SplitShard", {"ShardToSplit": "0", "NewStartingHashKey": "5"}),
        ("MergeShards", {"ShardToMerge": "0", "AdjacentShardToMerge": "1"}),
        ("UpdateShardCount", {"TargetShardCount": 1, "ScalingType": "UNIFORM_SCALING"}),
        ("EnableEnhancedMonitoring", {"ShardLevelMetrics": ["ALL"]}),
        ("StartStreamEncryption", {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}),
    ):
        status, reply = call(operation, StreamName=f"{orders}-absent", **members)
        assert (status, reply["__type"]) == (400, "ResourceNotFoundException"), operation
        status, reply = call(operation, **members)
        assert (status, reply["__type"]) == (400, "InvalidArgumentException"), operation


def test_encryption(kinesis, orders):
    kinesis.put_record(StreamName=orders, PartitionKey="k", Data=b"open")
    code, _, error = refused(
        kinesis.start_stream_encryption, StreamName=orders, EncryptionType="KMS", KeyId="alias/mine")
    assert (code, error["Message"]) == (
        "KMSNotFoundException", "Alias arn:aws:kms:us-east-1:000000000000:alias/mine is not found.")
    kinesis.start_stream_encryption(StreamName=orders, EncryptionType="KMS", KeyId="alias/aws/kinesis")
    described = kinesis.describe_stream(StreamName=orders)["StreamDescription"]
    assert (described["EncryptionType"], described["KeyId"]) == ("KMS", "alias/aws/kinesis")
    assert kinesis.put_record(StreamName=orders, PartitionKey="k", Data=b"1")["EncryptionType"] == "KMS"
    assert kinesis.put_records(
        StreamName=orders, Records=[{"PartitionKey": "k", "Data": b"2"}])["EncryptionType"] == "KMS"
    found = kinesis.get_records(ShardIterator=iterator_of(kinesis, orders))["Records"]
    assert [(r["Data"], r.get("EncryptionType")) for r in found] == [(b"open", None), (b"1", "KMS"), (b"2", "KMS")]
    kinesis.stop_stream_encryption(StreamName=orders, EncryptionType="KMS", KeyId="alias/aws/kinesis")
    described = kinesis.describe_stream(StreamName=orders)["StreamDescription"]
    assert described["EncryptionType"] == "NONE" and "KeyId" not in described


def test_monitoring(kinesis, orders):
    reply = kinesis.enable_enhanced_monitoring(StreamName=orders, ShardLevelMetrics=["IncomingBytes"])
    assert (reply["CurrentShardLevelMetrics"], reply["DesiredShardLevelMetrics"]) == ([], ["IncomingBytes"])
    reply = kinesis.enable_enhanced_monitoring(StreamName=orders, ShardLevelMetrics=["ALL"])
    assert len(reply["DesiredShardLevelMetrics"]) == 7
    reply = kinesis.disable_enhanced_monitoring(StreamName=orders, ShardLevelMetrics=["ALL"])
    assert reply["DesiredShardLevelMetrics"] == []


def test_policies(call, orders):
    arn = arn_of(orders)
    assert call("GetResourcePolicy", ResourceARN=arn) == (200, {"Policy": "{}"})
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kinesis:GetRecords", "Resource": arn}]})
    assert call("PutResourcePolicy", ResourceARN=arn, Policy=policy)[0] == 200
    assert call("GetResourcePolicy", ResourceARN=arn) == (200, {"Policy": policy})
    assert call("PutResourcePolicy", ResourceARN=arn, Policy="nonsense")[1]["__type"] == "InvalidArgumentException"
    assert call("DeleteResourcePolicy", ResourceARN=arn)[0] == 200
    assert call("GetResourcePolicy", ResourceARN=arn) == (200, {"Policy": "{}"})
    assert call("GetResourcePolicy", ResourceARN=arn + "-absent")[1]["__type"] == "ResourceNotFoundException"


def test_tags(kinesis, orders):
    kinesis.add_tags_to_stream(StreamName=orders, Tags={f"k{i:02}": "" for i in range(10)})
    for first in (10, 20, 30, 40):
        kinesis.add_tags_to_stream(StreamName=orders, Tags={f"k{first + i}": "v" for i in range(10)})
    code, _, error = refused(kinesis.add_tags_to_stream, StreamName=orders, Tags={"one-more": ""})
    assert code == "InvalidArgumentException"
    assert "because a given stream cannot have more than 50 tags associated with it." in error["Message"]
    page = kinesis.list_tags_for_stream(StreamName=orders, Limit=50)
    assert len(page["Tags"]) == 50 and not page["HasMoreTags"]
    page = kinesis.list_tags_for_stream(StreamName=orders, ExclusiveStartTagKey="k40", Limit=3)
    assert [t["Key"] for t in page["Tags"]] == ["k41", "k42", "k43"] and page["HasMoreTags"]
    assert "Some tags contain invalid characters." in refused(
        kinesis.add_tags_to_stream, StreamName=orders, Tags={"a;b": ""})[2]["Message"]


def test_shard_quota(kinesis, name):
    limits = kinesis.describe_limits()
    room = limits["ShardLimit"] - limits["OpenShardCount"]
    code, _, error = refused(kinesis.create_stream, StreamName=name, ShardCount=room + 1)
    assert code == "LimitExceededException"
    assert error["Message"].startswith(
        "This request would exceed the shard limit for the account 000000000000 in us-east-1. Current shard count for "
        f"the account: {limits['OpenShardCount']}. Limit: {limits['ShardLimit']}. Number of additional shards that "
        f"would have resulted from this request: {room + 1}.")


def test_account_and_warm_throughput():
    # Documented: a commitment of a day at least opens warm throughput to on-demand streams.
    with support.serving() as server:
        def call(operation, **members):
            status, _, body = raw(
                server.url, "POST", "/", json.dumps(members).encode(),
                {"X-Amz-Target": f"Kinesis_20131202.{operation}", "Content-Type": "application/x-amz-json-1.1"})
            return status, json.loads(body) if body else {}

        server.client("kinesis").create_stream(StreamName="warm", StreamModeDetails={"StreamMode": "ON_DEMAND"})
        status, reply = call("DescribeAccountSettings")
        assert (status, reply["MinimumThroughputBillingCommitment"]["Status"]) == (200, "DISABLED")
        assert call("UpdateStreamWarmThroughput", StreamName="warm", WarmThroughputMiBps=6)[0] == 400
        call("UpdateAccountSettings", MinimumThroughputBillingCommitment={"Status": "ENABLED"})
        status, reply = call("UpdateStreamWarmThroughput", StreamName="warm", WarmThroughputMiBps=6)
        assert (status, reply["WarmThroughput"]) == (200, {"TargetMiBps": 6, "CurrentMiBps": 6})
        assert call("UpdateStreamWarmThroughput", StreamName="warm", WarmThroughputMiBps=10241)[1]["__type"] == (
            "LimitExceededException")
        _, reply = call("DescribeStreamSummary", StreamName="warm")
        assert reply["StreamDescriptionSummary"]["OpenShardCount"] == 6
        _, reply = call("UpdateAccountSettings", MinimumThroughputBillingCommitment={"Status": "DISABLED"})
        assert reply["MinimumThroughputBillingCommitment"]["Status"] == "ENABLED_UNTIL_EARLIEST_ALLOWED_END"


def test_throttling():
    # 1 MiB and 1,000 records in, 2 MiB and five calls out, per shard and second; off without the flag.
    with support.serving("--kinesis-throttle", "true") as server:
        kinesis = server.client("kinesis")
        kinesis.create_stream(StreamName="busy", ShardCount=1)

        def overrun():
            return kinesis.put_records(StreamName="busy", Records=[{"PartitionKey": "k", "Data": b"x" * (MIB - 1)}] * 2)

        reply = overrun()
        assert reply["FailedRecordCount"] == 1
        assert reply["Records"][1] == {
            "ErrorCode": "ProvisionedThroughputExceededException",
            "ErrorMessage": "Rate exceeded for shard shardId-000000000000 in stream busy under account 000000000000."}
        until(lambda: "SequenceNumber" in overrun()["Records"][0], "the shard takes records again")
        code, status, error = refused(kinesis.put_record, StreamName="busy", PartitionKey="k", Data=b"x" * MIB)
        assert (code, status) == ("ProvisionedThroughputExceededException", 400)
        assert error["Message"] == (
            "Rate exceeded for shard shardId-000000000000 in stream busy under account 000000000000.")
        iterator = iterator_of(kinesis, "busy", "LATEST")

        def sixth():
            try:
                for _ in range(6):
                    kinesis.get_records(ShardIterator=iterator)
            except kinesis.exceptions.ProvisionedThroughputExceededException as refusal:
                return refusal.response["Error"]["Message"]

        assert until(sixth, "a read is refused") == "Rate exceeded for Shard - 000000000000/busy/shardId-000000000000"
