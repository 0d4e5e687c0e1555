"""What the tests of permissions share: roles, what they allow, and clients that act as them."""

import json
import urllib.request

from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

from support import raw

KEY, SECRET = "AKIAROOTROOTROOT0000", "root-secret"
FLAGS = ("--auth", "strict", "--access-key", KEY, "--secret-key", SECRET)
ITEM = {"id": {"S": "1"}}


def send(client, operation, **members):
    """A signed request of a JSON service as it is written here: a distribution's botocore may not know newer members."""
    model = client.meta.service_model.metadata
    request = AWSRequest("POST", client.meta.endpoint_url + "/", data=json.dumps(members).encode(), headers={
        "X-Amz-Target": f"{model['targetPrefix']}.{operation}",
        "Content-Type": f"application/x-amz-json-{model['jsonVersion']}"})
    client._request_signer.sign(operation, request)
    prepared = request.prepare()
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in prepared.headers.items()}
    status, _, body = raw(client.meta.endpoint_url, "POST", "/", prepared.body, headers)
    reply = json.loads(body) if body else {}
    if status == 200:
        return reply
    raise ClientError({"Error": {"Code": reply["__type"].rpartition("#")[2],
                                 "Message": reply.get("message", reply.get("Message"))},
                       "ResponseMetadata": {"HTTPStatusCode": status}}, operation)


class Client:
    """boto3's, and the operations that its model does not know."""

    def __init__(self, client):
        self.known = client

    def __getattr__(self, name):
        if hasattr(self.known, name):
            return getattr(self.known, name)
        operation = "".join(word.capitalize() for word in name.split("_"))
        return lambda **members: send(self.known, operation, **members)


def root(server, service):
    return Client(server.client(service, key=KEY, secret=SECRET))


def make_role(server, name, principal):
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}
    return root(server, "iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]


def allow(server, role, policy, *statements):
    root(server, "iam").put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": list(statements)}))


def session(server, role_arn):
    made = root(server, "sts").assume_role(RoleArn=role_arn, RoleSessionName="me")["Credentials"]
    return lambda service: Client(server.client(
        service, key=made["AccessKeyId"], secret=made["SecretAccessKey"], token=made["SessionToken"]))


def make_table(server, name, **more):
    return root(server, "dynamodb").create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], **more)["TableDescription"]


def make_pipe(server, name):
    """(put, received): a pipe from a table to a stream whose role may not write yet."""
    stream_arn = make_table(server, name, StreamSpecification={
        "StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})["LatestStreamArn"]
    kinesis = root(server, "kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    target = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    role = make_role(server, name, {"Service": "pipes.amazonaws.com"})
    allow(server, name, "source", {"Effect": "Allow", "Resource": stream_arn, "Action": [
        "dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"]})
    root(server, "pipes").create_pipe(
        Name=name, RoleArn=role, Source=stream_arn, Target=target,
        SourceParameters={"DynamoDBStreamParameters": {"StartingPosition": "TRIM_HORIZON"}},
        TargetParameters={"KinesisStreamParameters": {"PartitionKey": "$.eventID"}})
    iterator = kinesis.get_shard_iterator(
        StreamName=name, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")["ShardIterator"]

    def put(key):
        root(server, "dynamodb").put_item(TableName=name, Item={"id": {"S": key}})

    def received():
        records = kinesis.get_records(ShardIterator=iterator)["Records"]
        return [json.loads(r["Data"])["dynamodb"]["Keys"]["id"]["S"] for r in records]

    return target, put, received


def target_errors(server):
    with urllib.request.urlopen(server.url + "/_penstock/metrics") as reply:
        lines = reply.read().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("penstock_pipe_target_errors"))
