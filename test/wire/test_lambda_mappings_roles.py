"""Event source mappings and the permissions of the function's role, where they are looked at (`--auth strict`). The texts
are recorded; which permissions are needed is documented ("Using Lambda with Kinesis", "... with Amazon SQS")."""

import json

import pytest

from mapping_support import make_function, make_queue, make_stream, records_seen, settled
from support import refused, serving, until

KEY, SECRET = "AKIAROOTROOTROOT0000", "root-secret"


@pytest.fixture(scope="module")
def strict():
    with serving("--auth", "strict", "--access-key", KEY, "--secret-key", SECRET) as server:
        yield lambda service: server.client(service, key=KEY, secret=SECRET)


def allow(root, policy, actions, resource):
    root("iam").put_role_policy(RoleName="fn", PolicyName=policy, PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resource}]}))


def test_the_role_must_be_allowed(strict):
    trust = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
    role = strict("iam").create_role(RoleName="fn", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    functions, kinesis, sqs = strict("lambda"), strict("kinesis"), strict("sqs")
    make_function(functions, role, "f")
    stream = make_stream(kinesis, "s")
    url, queue = make_queue(sqs, "q")
    allow(strict, "logs", "logs:*", "*")

    def why(source, **more):
        code, status, error = refused(
            functions.create_event_source_mapping, FunctionName="f", EventSourceArn=source, **more)
        assert (code, status) == ("InvalidParameterValueException", 400)
        return error["Message"]

    assert why(stream, StartingPosition="TRIM_HORIZON") == (
        f"Cannot access stream {stream}. Please ensure the role can perform the GetRecords, GetShardIterator, "
        "DescribeStream, and ListStreams Actions on your stream in IAM.")
    says = "The function execution role does not have permissions to call {} on SQS"
    assert why(queue) == says.format("ReceiveMessage")
    allow(strict, "receive", "sqs:ReceiveMessage", queue)
    assert why(queue) == says.format("DeleteMessage")
    allow(strict, "receive", ["sqs:ReceiveMessage", "sqs:DeleteMessage"], queue)
    assert why(queue) == says.format("GetQueueAttributes")
    allow(strict, "receive", ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], queue)
    allow(strict, "read", ["kinesis:Get*", "kinesis:Describe*", "kinesis:List*"], stream)
    destination = {"OnFailure": {"Destination": queue}}
    assert why(stream, StartingPosition="LATEST", DestinationConfig=destination) == says.format("SendMessage")
    assert why(stream, StartingPosition="LATEST", DestinationConfig={
        "OnFailure": {"Destination": "arn:aws:s3:::b"}}) == (
        "The function execution role does not have permissions to call PutObject on S3")

    for source, more in ((stream, {"StartingPosition": "TRIM_HORIZON"}), (queue, {})):
        made = functions.create_event_source_mapping(FunctionName="f", EventSourceArn=source, **more)
        settled(functions, made["UUID"])
    kinesis.put_record(StreamName="s", Data=b"x", PartitionKey="k")
    sqs.send_message(QueueUrl=url, MessageBody="y")
    until(lambda: len(records_seen(strict("logs"), "f")) == 2, "the record and the message")
