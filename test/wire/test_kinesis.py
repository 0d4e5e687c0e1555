"""Kinesis with boto3. Known from the Kinesis API reference (documented) or from public suites (recorded), as said."""

import hashlib
import threading

import pytest

from support import read_shard, refused, until


@pytest.fixture(scope="module")
def kinesis(client):
    return client("kinesis")


def test_records_come_back_in_order(kinesis, stream):
    # Documented: sequence numbers grow within a shard, data and partition key are kept.
    put = [kinesis.put_record(StreamName=stream.name, PartitionKey=f"k{i}", Data=bytes([i])) for i in range(20)]
    numbers = [int(reply["SequenceNumber"]) for reply in put]
    assert numbers == sorted(set(numbers))
    found = stream.records()
    assert [record["Data"] for record in found] == [bytes([i]) for i in range(20)]
    assert [int(record["SequenceNumber"]) for record in found] == numbers
    assert found[7]["PartitionKey"] == "k7"
    assert found[0]["ApproximateArrivalTimestamp"] <= found[-1]["ApproximateArrivalTimestamp"]


def test_batches_go_to_the_shard_of_their_key(kinesis, name):
    # Documented: the shard is that whose hash range holds the MD5 of the partition key.
    kinesis.create_stream(StreamName=name, ShardCount=4)
    reply = kinesis.put_records(
        StreamName=name, Records=[{"PartitionKey": f"p{i}", "Data": b"x" * i} for i in range(1, 100)])
    assert reply["FailedRecordCount"] == 0
    shards = kinesis.describe_stream(StreamName=name)["StreamDescription"]["Shards"]
    for i, record in enumerate(reply["Records"], 1):
        hashed = int(hashlib.md5(f"p{i}".encode()).hexdigest(), 16)
        owner = [s["ShardId"] for s in shards
                 if int(s["HashKeyRange"]["StartingHashKey"]) <= hashed <= int(s["HashKeyRange"]["EndingHashKey"])]
        assert [record["ShardId"]] == owner
    total = 0
    for shard in kinesis.list_shards(StreamName=name)["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName=name, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        total += len(read_shard(kinesis, iterator))
    assert total == 99


def test_iterators(kinesis, stream):
    # Documented: the five kinds of iterators.
    numbers = [
        kinesis.put_record(StreamName=stream.name, PartitionKey="k", Data=str(i).encode())["SequenceNumber"]
        for i in range(5)]
    shard = stream.shards[0]["ShardId"]

    def read(**kind):
        iterator = kinesis.get_shard_iterator(StreamName=stream.name, ShardId=shard, **kind)["ShardIterator"]
        return [record["Data"] for record in kinesis.get_records(ShardIterator=iterator)["Records"]]

    assert read(ShardIteratorType="AT_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[3]) == [b"3", b"4"]
    assert read(ShardIteratorType="AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[3]) == [b"4"]
    assert read(ShardIteratorType="LATEST") == []
    assert read(ShardIteratorType="AT_TIMESTAMP", Timestamp=0) == [b"0", b"1", b"2", b"3", b"4"]


def test_errors(kinesis, stream):
    # Recorded texts.
    code, status, error = refused(kinesis.put_record, StreamName="absent", PartitionKey="k", Data=b"x")
    assert (code, status) == ("ResourceNotFoundException", 400)
    assert error["Message"] == "Stream absent under account 000000000000 not found."
    code, _, error = refused(kinesis.create_stream, StreamName=stream.name, ShardCount=1)
    assert (code, error["Message"]) == (
        "ResourceInUseException", f"Stream {stream.name} under account 000000000000 already exists.")
    code, _, _ = refused(kinesis.get_records, ShardIterator="nonsense")
    assert code in ("InvalidArgumentException", "ValidationException")
    code, _, _ = refused(
        kinesis.get_shard_iterator, StreamName=stream.name, ShardId="shardId-000000000009",
        ShardIteratorType="LATEST")
    assert code == "ResourceNotFoundException"
    code, _, _ = refused(kinesis.put_record, StreamName=stream.name, PartitionKey="k", Data=b"x" * ((10 << 20) + 1))
    assert code in ("ValidationException", "InvalidArgumentException")


def test_writers_at_once(client, stream):
    # Documented: at least all that was acknowledged; here also none twice, as nothing was retried.
    def write(who):
        mine = client("kinesis")
        for i in range(40):
            mine.put_record(StreamName=stream.name, PartitionKey=f"{who}", Data=f"{who}:{i}".encode())

    threads = [threading.Thread(target=write, args=(who,)) for who in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [record["Data"].decode() for record in stream.records()]
    assert len(found) == len(set(found)) == 240
    for who in range(6):
        assert [d for d in found if d.startswith(f"{who}:")] == [f"{who}:{i}" for i in range(40)]


def test_streams_are_listed_and_deleted(kinesis, name):
    # Documented.
    for i in range(3):
        kinesis.create_stream(StreamName=f"{name}-{i}", StreamModeDetails={"StreamMode": "ON_DEMAND"})
    kinesis.add_tags_to_stream(StreamName=f"{name}-0", Tags={"team": "sales"})
    assert kinesis.list_tags_for_stream(StreamName=f"{name}-0")["Tags"] == [{"Key": "team", "Value": "sales"}]
    kinesis.increase_stream_retention_period(StreamName=f"{name}-0", RetentionPeriodHours=48)
    shown = kinesis.describe_stream_summary(StreamName=f"{name}-0")["StreamDescriptionSummary"]
    assert shown["RetentionPeriodHours"] == 48
    kinesis.delete_stream(StreamName=f"{name}-1")
    until(lambda: f"{name}-1" not in kinesis.list_streams()["StreamNames"], "the stream is gone")
