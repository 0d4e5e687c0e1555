"""Fixtures of the wire tests: one server for a run of pytest (ctest runs one file at a time), clients against it.

PENSTOCK_BIN names the binary (default: the first build/*/bin/penstock). PENSTOCK_ENDPOINT uses a server that runs.
"""

import os
import types
import uuid

import boto3
import botocore.config
import pytest

import support


@pytest.fixture(scope="session")
def endpoint():
    running = os.environ.get("PENSTOCK_ENDPOINT")
    if running:
        yield running
        return
    with support.serving() as server:
        yield server.url


@pytest.fixture(scope="session")
def client(endpoint):
    """client("s3") makes a client of that service; keywords go to botocore's Config."""

    def make(service, region="us-east-1", key="test", **config):
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id=key,
            aws_secret_access_key="test",
            config=botocore.config.Config(retries={"max_attempts": 0}, **config),
        )

    return make


@pytest.fixture
def name():
    """A name nobody else has."""
    return "t-" + uuid.uuid4().hex[:16]


@pytest.fixture(scope="session")
def role(client):
    """role("pipes") is the ARN of a role that this service may take."""
    iam = client("iam")
    made = {}

    def of(service):
        if service not in made:
            trust = (
                '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":'
                '{"Service":"%s.amazonaws.com"},"Action":"sts:AssumeRole"}]}' % service
            )
            made[service] = iam.create_role(
                RoleName=f"{service}-{uuid.uuid4().hex[:8]}", AssumeRolePolicyDocument=trust
            )["Role"]["Arn"]
        return made[service]

    return of


@pytest.fixture
def table(client, name):
    """A table with hash key id (S) and a stream; members name, arn and stream."""
    dynamodb = client("dynamodb")
    made = dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    return types.SimpleNamespace(name=name, arn=made["TableArn"], stream=made["LatestStreamArn"])


@pytest.fixture
def stream(client, name):
    """A Kinesis stream of one shard; members name, arn and records()."""
    kinesis = client("kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    shown = support.until(
        lambda: (d := kinesis.describe_stream(StreamName=name)["StreamDescription"])["StreamStatus"] == "ACTIVE"
        and d,
        "the stream is ACTIVE",
    )

    def records():
        iterator = kinesis.get_shard_iterator(
            StreamName=name, ShardId=shown["Shards"][0]["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        return support.read_shard(kinesis, iterator)

    return types.SimpleNamespace(name=name, arn=shown["StreamARN"], shards=shown["Shards"], records=records)
