"""Reading and writing a Kinesis that is not penstock's: kinesalite (npm), bound with --bind kinesis=URL. The reader follows
its shards over the wire, through a split and a merge. What must arrive follows from what was put (deduced): everything,
nothing twice while nothing fails, and in order for each partition key, because parents are read before their children
(documented for stream sources of Pipes)."""

import collections
import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile

import boto3
import botocore.config
import pytest

import npm
from support import read_shard, serving, until

ACCOUNT = "000000000000"
KEYS = 12


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@pytest.fixture(scope="module")
def kinesalite():
    """(URL, client) of a kinesalite that keeps its streams in memory (LevelDB, a native build, is optional)."""
    place = npm.installed("foreign", "--omit=optional")
    port = free_port()
    environment = {**os.environ, "AWS_REGION": "us-east-1", "AWS_ACCOUNT_ID": ACCOUNT}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            ["node", "node_modules/kinesalite/cli.js", "--port", str(port), "--createStreamMs", "1", "--updateStreamMs",
             "1", "--shardLimit", "50"], cwd=place, env=environment, stdout=log, stderr=log)
        try:
            until(lambda: process.poll() is not None or answers(port), "kinesalite listens")
            url = f"http://127.0.0.1:{port}"
            yield url, boto3.client(
                "kinesis", endpoint_url=url, region_name="us-east-1", aws_access_key_id="test",
                aws_secret_access_key="test", config=botocore.config.Config(retries={"max_attempts": 3}))
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


@pytest.fixture
def server(kinesalite):
    with serving("--bind", f"kinesis={kinesalite[0]}") as server:
        yield server


def make_stream(kinesis, name, shards):
    kinesis.create_stream(StreamName=name, ShardCount=shards)
    active(kinesis, name)
    return f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/{name}"


def active(kinesis, name):
    until(lambda: kinesis.describe_stream(StreamName=name)["StreamDescription"]["StreamStatus"] == "ACTIVE", "active")


def put(kinesis, name, first, count):
    for start in range(first, first + count, 100):
        numbers = range(start, min(start + 100, first + count))
        reply = kinesis.put_records(
            StreamName=name, Records=[{"PartitionKey": f"k{n % KEYS}", "Data": b'{"n":%d}' % n} for n in numbers])
        assert reply["FailedRecordCount"] == 0


def open_shards(kinesis, name):
    shards = kinesis.describe_stream(StreamName=name)["StreamDescription"]["Shards"]
    return [s for s in shards if "EndingSequenceNumber" not in s["SequenceNumberRange"]]


def split(kinesis, name):
    shard = open_shards(kinesis, name)[0]
    low, high = (int(shard["HashKeyRange"][end]) for end in ("StartingHashKey", "EndingHashKey"))
    kinesis.split_shard(StreamName=name, ShardToSplit=shard["ShardId"], NewStartingHashKey=str((low + high) // 2))
    active(kinesis, name)


def merge(kinesis, name):
    shards = sorted(open_shards(kinesis, name), key=lambda s: int(s["HashKeyRange"]["StartingHashKey"]))
    kinesis.merge_shards(StreamName=name, ShardToMerge=shards[0]["ShardId"], AdjacentShardToMerge=shards[1]["ShardId"])
    active(kinesis, name)


def role(server, service):
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    iam = server.client("iam")
    made = iam.create_role(RoleName=service, AssumeRolePolicyDocument=json.dumps(trust))
    iam.put_role_policy(RoleName=service, PolicyName="all", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}))
    return made["Role"]["Arn"]


def check(numbers, count):
    assert sorted(numbers) == list(range(count))
    per_key = collections.defaultdict(list)
    for n in numbers:
        per_key[n % KEYS].append(n)
    for in_order in per_key.values():
        assert in_order == sorted(in_order)


def test_a_pipe_from_one_foreign_stream_to_another(kinesalite, server, name):
    _, kinesis = kinesalite
    source = make_stream(kinesis, name, 2)
    target = make_stream(kinesis, name + "-out", 1)
    put(kinesis, name, 0, 300)
    pipes = server.client("pipes")
    pipes.create_pipe(
        Name=name, RoleArn=role(server, "pipes"), Source=source, Target=target,
        SourceParameters={"KinesisStreamParameters": {
            "StartingPosition": "TRIM_HORIZON", "BatchSize": 50}},
        TargetParameters={"KinesisStreamParameters": {"PartitionKey": "$.partitionKey"}, "InputTemplate": '{"n": <$.data.n>}'})
    until(lambda: pipes.describe_pipe(Name=name)["CurrentState"] == "RUNNING", "running")
    put(kinesis, name, 300, 200)
    split(kinesis, name)
    put(kinesis, name, 500, 300)
    merge(kinesis, name)
    put(kinesis, name, 800, 200)
    shard = open_shards(kinesis, name + "-out")[0]["ShardId"]

    def arrived():
        iterator = kinesis.get_shard_iterator(
            StreamName=name + "-out", ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        found = read_shard(kinesis, iterator)
        return len(found) >= 1000 and found

    found = until(arrived, "a thousand records", seconds=120)
    check([json.loads(record["Data"])["n"] for record in found], 1000)
    for record in found:
        assert record["PartitionKey"] == f"k{json.loads(record['Data'])['n'] % KEYS}"


def test_a_delivery_stream_from_a_foreign_stream(kinesalite, server, name):
    _, kinesis = kinesalite
    source = make_stream(kinesis, name, 1)
    s3 = server.client("s3")
    s3.create_bucket(Bucket=name)
    # Documented: an interval of 0 is allowed, which old models of botocore do not know.
    server.client("firehose", parameter_validation=False).create_delivery_stream(
        DeliveryStreamName=name, DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={"KinesisStreamARN": source, "RoleARN": role(server, "firehose")},
        ExtendedS3DestinationConfiguration={
            "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/firehose", "BucketARN": f"arn:aws:s3:::{name}",
            "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 0}, "ProcessingConfiguration": {
                "Enabled": True, "Processors": [{"Type": "AppendDelimiterToRecord", "Parameters": [
                    {"ParameterName": "Delimiter", "ParameterValue": "\\n"}]}]}})
    put(kinesis, name, 0, 200)
    split(kinesis, name)
    put(kinesis, name, 200, 200)
    merge(kinesis, name)
    put(kinesis, name, 400, 100)

    def delivered():
        lines = []
        for shown in s3.list_objects_v2(Bucket=name).get("Contents", []):
            lines += s3.get_object(Bucket=name, Key=shown["Key"])["Body"].read().splitlines()
        return len(lines) >= 500 and [json.loads(line)["n"] for line in lines]

    assert sorted(until(delivered, "five hundred lines", seconds=120)) == list(range(500))
