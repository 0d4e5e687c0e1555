"""What the tests of event source mappings share: functions, sources, and what the functions saw."""

import io
import json
import zipfile

from support import until

ACCOUNT = "arn:aws:{}:us-east-1:000000000000:{}"

# Says what it gets; does what MODE in its environment says, per record.
RECORDER = '''
import base64, json, os

def text(record):
    if "kinesis" in record:
        return base64.b64decode(record["kinesis"]["data"]).decode()
    if "dynamodb" in record:
        return record["dynamodb"]["Keys"]["id"]["S"]
    return record["body"]

def identifier(record):
    if "kinesis" in record:
        return record["kinesis"]["sequenceNumber"]
    if "dynamodb" in record:
        return record["dynamodb"]["SequenceNumber"]
    return record["messageId"]

def handler(event, context):
    print("EVENT " + json.dumps(event))
    records = event["Records"]
    bad = [r for r in records if "poison" in text(r)]
    if os.environ.get("MODE") == "report":
        return {"batchItemFailures": [{"itemIdentifier": identifier(r)} for r in bad]}
    if bad:
        raise ValueError("no good")
    return "anything"
'''

# For functions that say to a queue what they do before they return, so that a crash cannot take it away.
TELL = '''
import json, os, urllib.request

def tell(queue, body, **more):
    urllib.request.urlopen(urllib.request.Request(
        os.environ["AWS_ENDPOINT_URL"] + "/", method="POST",
        data=json.dumps({"QueueUrl": "http://localhost/000000000000/" + queue, "MessageBody": body, **more}).encode(),
        headers={"X-Amz-Target": "AmazonSQS.SendMessage", "Content-Type": "application/x-amz-json-1.0",
                 "Authorization": "AWS4-HMAC-SHA256 Credential=test/20261122/us-east-1/sqs/aws4_request, "
                                  "SignedHeaders=host, Signature=" + "0" * 64})).read()
'''


def archive(source):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("app.py", source)
    return out.getvalue()


def make_function(functions, role_arn, name, source=RECORDER, mode="", timeout=20):
    functions.create_function(
        FunctionName=name, Runtime="python3.11", Handler="app.handler", Role=role_arn, Timeout=timeout,
        Code={"ZipFile": archive(source)}, Environment={"Variables": {"MODE": mode}})
    until(lambda: functions.get_function_configuration(FunctionName=name)["State"] == "Active", "Active")
    return ACCOUNT.format("lambda", "function:" + name)


def make_stream(kinesis, name, shards=1):
    kinesis.create_stream(StreamName=name, ShardCount=shards)
    until(lambda: kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamStatus"]
          == "ACTIVE", "ACTIVE")
    return ACCOUNT.format("kinesis", "stream/" + name)


def make_table(dynamodb, name):
    """The ARN of the table's stream."""
    dynamodb.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    return dynamodb.describe_table(TableName=name)["Table"]["LatestStreamArn"]


def make_queue(sqs, name, **attributes):
    """(URL, ARN)"""
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, ACCOUNT.format("sqs", name)


def settled(functions, uuid, state="Enabled"):
    return until(lambda: (found := functions.get_event_source_mapping(UUID=uuid))["State"] == state and found, state)


def gone(functions, uuid):
    def absent():
        try:
            functions.get_event_source_mapping(UUID=uuid)
        except functions.exceptions.ResourceNotFoundException:
            return True
        return False

    until(absent, "the mapping is gone")


def map_source(functions, function, source, **more):
    """The UUID of a mapping that is enabled."""
    uuid = functions.create_event_source_mapping(FunctionName=function, EventSourceArn=source, **more)["UUID"]
    settled(functions, uuid)
    return uuid


def seen(logs, function):
    """The events that the function got, in order of its log."""
    events, marker = [], {}
    while True:
        try:
            page = logs.filter_log_events(logGroupName="/aws/lambda/" + function, **marker)
        except logs.exceptions.ResourceNotFoundException:
            return []
        for line in page["events"]:
            if line["message"].startswith("EVENT "):
                events.append(json.loads(line["message"][6:]))
        if "nextToken" not in page:
            return events
        marker = {"nextToken": page["nextToken"]}


def records_seen(logs, function):
    return [record for event in seen(logs, function) for record in event["Records"]]
