"""Event source mappings of Lambda at work: real functions get what arrives at streams and queues. Known from the Lambda
developer guide (documented), from public suites run against the real service (recorded), or deduced, as said."""

import base64
import json
import tempfile

import pytest

from mapping_support import (ACCOUNT, TELL, gone, make_function, make_queue, make_stream, make_table, map_source,
                             records_seen, seen, settled)
from support import Server, until


@pytest.fixture(scope="module")
def functions(client):
    return client("lambda")


@pytest.fixture(scope="module")
def logs(client):
    return client("logs")


@pytest.fixture
def function(functions, role, name):
    make_function(functions, role("lambda"), name)
    return name


@pytest.fixture
def reporter(functions, role, name):
    """A function that reports what it could not do instead of failing."""
    make_function(functions, role("lambda"), name, mode="report")
    return name


@pytest.fixture
def mapped(functions):
    made = []

    def create(function, source, **more):
        made.append(map_source(functions, function, source, **more))
        return made[-1]

    yield create
    for uuid in made:
        functions.delete_event_source_mapping(UUID=uuid)
    for uuid in made:
        gone(functions, uuid)


def put(kinesis, stream, *texts, key="k"):
    return [kinesis.put_record(StreamName=stream, Data=text.encode(), PartitionKey=key)["SequenceNumber"]
            for text in texts]


def texts_of(records):
    return [base64.b64decode(record["kinesis"]["data"]).decode() for record in records]


def dead_letters(sqs, url):
    """The next message of the queue, parsed."""
    def received():
        messages = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", [])
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]

    return until(received, "a message")


def empty(sqs, url):
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return found["ApproximateNumberOfMessages"] == found["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_kinesis_records_arrive(client, functions, logs, function, name, role, mapped):
    # Recorded: the form of the event. LATEST: what was there before is not read.
    kinesis = client("kinesis")
    stream = make_stream(kinesis, name)
    put(kinesis, name, "before")
    uuid = mapped(function, stream, StartingPosition="LATEST")
    [sequence] = put(kinesis, name, "hello", key="key")
    [record] = until(lambda: records_seen(logs, function), "a record")
    arrived = record["kinesis"].pop("approximateArrivalTimestamp")
    assert isinstance(arrived, float) and arrived > 1.6e9
    assert record == {
        "kinesis": {"kinesisSchemaVersion": "1.0", "partitionKey": "key", "sequenceNumber": sequence,
                    "data": base64.b64encode(b"hello").decode()},
        "eventSource": "aws:kinesis", "eventVersion": "1.0", "eventID": "shardId-000000000000:" + sequence,
        "eventName": "aws:kinesis:record", "invokeIdentityArn": role("lambda"), "awsRegion": "us-east-1",
        "eventSourceARN": stream}
    until(lambda: functions.get_event_source_mapping(UUID=uuid)["LastProcessingResult"] == "OK", "OK")


def test_changes_of_a_table_arrive(client, logs, function, name, mapped):
    # Documented: the form of the event, TRIM_HORIZON.
    dynamodb = client("dynamodb")
    stream = make_table(dynamodb, name)
    dynamodb.put_item(TableName=name, Item={"id": {"S": "1"}, "n": {"N": "7"}})
    mapped(function, stream, StartingPosition="TRIM_HORIZON")
    dynamodb.delete_item(TableName=name, Key={"id": {"S": "1"}})
    first, second = until(lambda: len(found := records_seen(logs, function)) == 2 and found, "two records")
    change = first["dynamodb"]
    assert isinstance(change.pop("ApproximateCreationDateTime"), int) and int(change.pop("SequenceNumber")) > 0
    assert len(first.pop("eventID")) == 32
    assert first == {
        "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb", "awsRegion": "us-east-1",
        "eventSourceARN": stream, "dynamodb": {
            "Keys": {"id": {"S": "1"}}, "NewImage": {"id": {"S": "1"}, "n": {"N": "7"}}, "SizeBytes": 9,
            "StreamViewType": "NEW_AND_OLD_IMAGES"}}
    assert second["eventName"] == "REMOVE" and "NewImage" not in second["dynamodb"]


def test_messages_arrive_and_are_deleted(client, logs, function, name, mapped):
    # Recorded: the form of the event, of attributes too.
    sqs = client("sqs")
    url, queue = make_queue(sqs, name)
    mapped(function, queue)
    sent = sqs.send_message(QueueUrl=url, MessageBody="hello", MessageAttributes={
        "a": {"DataType": "String", "StringValue": "x"}, "b": {"DataType": "Binary", "BinaryValue": b"yz"}})
    [record] = until(lambda: records_seen(logs, function), "a message")
    assert record.pop("receiptHandle")
    attributes = record.pop("attributes")
    assert set(attributes) == {
        "ApproximateReceiveCount", "SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp"}
    assert attributes["ApproximateReceiveCount"] == "1"
    assert record == {
        "messageId": sent["MessageId"], "body": "hello", "md5OfBody": sent["MD5OfMessageBody"],
        "md5OfMessageAttributes": sent["MD5OfMessageAttributes"],
        "messageAttributes": {
            "a": {"stringValue": "x", "stringListValues": [], "binaryListValues": [], "dataType": "String"},
            "b": {"binaryValue": "eXo=", "stringListValues": [], "binaryListValues": [], "dataType": "Binary"}},
        "eventSource": "aws:sqs", "eventSourceARN": queue, "awsRegion": "us-east-1"}
    until(lambda: empty(sqs, url), "the message is deleted")


def test_filters(client, logs, function, name, mapped):
    # Documented: what passes no filter is gone, of queues it is deleted; data that is no JSON does not pass.
    kinesis, sqs = client("kinesis"), client("sqs")
    stream = make_stream(kinesis, name)
    mapped(function, stream, StartingPosition="LATEST", FilterCriteria={"Filters": [
        {"Pattern": '{"data": {"n": [{"numeric": [">", 5]}]}}'}, {"Pattern": '{"partitionKey": ["special"]}'}]})
    put(kinesis, name, '{"n": 1}', '{"n": 9}', "plain")
    put(kinesis, name, "special", key="special")
    until(lambda: texts_of(records_seen(logs, function)) == ['{"n": 9}', "special"], "the two that pass")
    url, queue = make_queue(sqs, name)
    mapped(function, queue, FilterCriteria={"Filters": [{"Pattern": '{"body": {"n": [1]}}'}]})
    for body in ('{"n": 2}', "plain", '{"n": 1}'):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    until(lambda: [r["body"] for r in records_seen(logs, function)[2:]] == ['{"n": 1}'], "the one that passes")
    until(lambda: empty(sqs, url), "the others are deleted")


def test_a_failed_batch_is_halved_and_reported(client, functions, logs, function, name, mapped):
    # Recorded: the message to the queue. Documented: halves until the one that fails is alone.
    kinesis, sqs = client("kinesis"), client("sqs")
    stream = make_stream(kinesis, name)
    url, queue = make_queue(sqs, name)
    sequences = put(kinesis, name, "a", "poison", "c", "d")
    uuid = mapped(function, stream, StartingPosition="TRIM_HORIZON", MaximumRetryAttempts=1,
                  BisectBatchOnFunctionError=True, DestinationConfig={"OnFailure": {"Destination": queue}})
    [letter] = dead_letters(sqs, url)
    context = letter.pop("requestContext")
    assert len(context.pop("requestId")) == 36
    assert context == {"functionArn": ACCOUNT.format("lambda", "function:" + name),
                       "condition": "RetryAttemptsExhausted", "approximateInvokeCount": 2}
    info = letter.pop("KinesisBatchInfo")
    for arrival in ("approximateArrivalOfFirstRecord", "approximateArrivalOfLastRecord"):
        assert info.pop(arrival).endswith("Z")
    assert info == {"shardId": "shardId-000000000000", "startSequenceNumber": sequences[1],
                    "endSequenceNumber": sequences[1], "batchSize": 1, "streamArn": stream}
    assert letter.pop("timestamp").endswith("Z")
    assert letter == {"version": "1.0", "responseContext": {
        "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}}
    # What is behind goes on, and each good record arrived in a batch without the bad one.
    put(kinesis, name, "e")
    until(lambda: any("e" in texts_of(event["Records"]) for event in seen(logs, function)), "the last one")
    good = [text for event in seen(logs, function) if "poison" not in texts_of(event["Records"])
            for text in texts_of(event["Records"])]
    assert sorted(set(good)) == ["a", "c", "d", "e"]
    until(lambda: functions.get_event_source_mapping(UUID=uuid)["LastProcessingResult"] == "OK", "OK")


def test_without_bisecting_the_whole_batch_is_reported(client, functions, logs, function, name, mapped):
    # Documented: a destination in S3 gets the whole event as well, under a key of a documented form.
    dynamodb, s3 = client("dynamodb"), client("s3")
    s3.create_bucket(Bucket=name)
    stream = make_table(dynamodb, name)
    for item in ("a", "poison"):
        dynamodb.put_item(TableName=name, Item={"id": {"S": item}})
    uuid = mapped(function, stream, StartingPosition="TRIM_HORIZON", MaximumRetryAttempts=0,
                  DestinationConfig={"OnFailure": {"Destination": "arn:aws:s3:::" + name}})
    [found] = until(lambda: s3.list_objects_v2(Bucket=name).get("Contents"), "an object")
    document = json.loads(s3.get_object(Bucket=name, Key=found["Key"])["Body"].read())
    shard, day = document["DDBStreamBatchInfo"]["shardId"], document["timestamp"][:10]
    assert found["Key"].startswith(f"aws/lambda/{uuid}/{shard}/{day.replace('-', '/')}/{day}T")
    records = json.loads(document["payload"])["Records"]
    assert document["DDBStreamBatchInfo"]["batchSize"] == len(records)
    assert "poison" in [record["dynamodb"]["Keys"]["id"]["S"] for record in records]
    assert document["requestContext"]["approximateInvokeCount"] == 1


def test_partial_failures_of_streams(client, logs, reporter, name, mapped):
    # Documented: the lowest that failed, and all behind it, comes again; then it is given up.
    kinesis, sqs = client("kinesis"), client("sqs")
    stream = make_stream(kinesis, name)
    url, queue = make_queue(sqs, name)
    sequences = put(kinesis, name, "a", "poison", "c")
    mapped(reporter, stream, StartingPosition="TRIM_HORIZON", MaximumRetryAttempts=1,
           FunctionResponseTypes=["ReportBatchItemFailures"],
           DestinationConfig={"OnFailure": {"Destination": queue}})
    [letter] = dead_letters(sqs, url)
    assert letter["KinesisBatchInfo"]["startSequenceNumber"] == sequences[1]
    assert texts_of(records_seen(logs, reporter)).count("a") == 1


def test_partial_failures_of_queues(client, logs, reporter, name, mapped):
    # Documented: what is not reported is deleted; the rest comes again, in the end to the dead-letter queue.
    sqs = client("sqs")
    dead_url, dead = make_queue(sqs, name + "-dead")
    url, queue = make_queue(sqs, name, RedrivePolicy=json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 1}))
    for body in ("a", "poison", "c"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    uuid = mapped(reporter, queue, FunctionResponseTypes=["ReportBatchItemFailures"])
    until(lambda: sorted(r["body"] for r in records_seen(logs, reporter)) == ["a", "c", "poison"], "all three")
    attributes = {}

    def one_left():
        attributes.update(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"])
        return attributes["ApproximateNumberOfMessagesNotVisible"] == "1"

    until(one_left, "the one that failed is still in flight")
    assert attributes["ApproximateNumberOfMessages"] == "0" and uuid


def test_groups_of_a_fifo_queue_stay_in_order(client, logs, function, name, mapped):
    # Documented.
    sqs = client("sqs")
    url, queue = make_queue(sqs, name + ".fifo", FifoQueue="true", ContentBasedDeduplication="true")
    mapped(function, queue, BatchSize=2)
    for number in range(12):
        sqs.send_message(QueueUrl=url, MessageBody=f"{number}", MessageGroupId=f"g{number % 2}")
    records = until(lambda: len(found := records_seen(logs, function)) == 12 and found, "all twelve")
    for group in ("g0", "g1"):
        numbers = [int(r["body"]) for r in records if r["attributes"]["MessageGroupId"] == group]
        assert sorted(numbers) == [n for n in range(12) if n % 2 == int(group[1])]
    assert {"SequenceNumber", "MessageDeduplicationId"} <= set(records[0]["attributes"])
    until(lambda: empty(sqs, url), "all are deleted")


# Says to a FIFO queue what it got: the order of the queue is that of the invocations.
TELLER = TELL + '''
import uuid

def handler(event, context):
    [record] = event["Records"]
    tell(context.function_name + "-told.fifo", record["body"], MessageGroupId="all",
         MessageDeduplicationId=str(uuid.uuid4()))
    if "poison" in record["body"]:
        raise ValueError("no good")
'''


def test_a_message_that_fails_holds_up_its_group_only(client, functions, role, name, mapped):
    # Documented: nothing of a group is handed out while one of it is under way or waits for its visibility time-out;
    # what fails goes to the dead-letter queue, and then the group goes on.
    sqs = client("sqs")
    make_function(functions, role("lambda"), name, TELLER, timeout=3)
    told_url, _ = make_queue(sqs, name + "-told.fifo", FifoQueue="true")
    dead_url, dead = make_queue(sqs, name + "-dead.fifo", FifoQueue="true")
    url, queue = make_queue(
        sqs, name + ".fifo", FifoQueue="true", ContentBasedDeduplication="true", VisibilityTimeout="3",
        RedrivePolicy=json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 2}))
    for number in range(5):
        for group in "abc":
            poison = " poison" if (group, number) == ("b", 1) else ""
            sqs.send_message(QueueUrl=url, MessageBody=f"{group}{number}{poison}", MessageGroupId=group)
    mapped(name, queue, BatchSize=1)
    told = []

    def tell():
        for message in sqs.receive_message(QueueUrl=told_url, MaxNumberOfMessages=10).get("Messages", []):
            told.append(message["Body"])
            sqs.delete_message(QueueUrl=told_url, ReceiptHandle=message["ReceiptHandle"])
        return {f"{group}4" for group in "abc"} <= set(told)

    until(tell, "the last of each group")
    assert [t for t in told if t[0] == "a"] == [f"a{n}" for n in range(5)]
    assert [t for t in told if t[0] == "b"] == ["b0", "b1 poison", "b1 poison", "b2", "b3", "b4"]
    assert [t for t in told if t[0] == "c"] == [f"c{n}" for n in range(5)]
    [message] = until(lambda: sqs.receive_message(QueueUrl=dead_url).get("Messages"), "the dead letter")
    assert message["Body"] == "b1 poison"


def test_a_throttled_function_gets_all_of_it_later(client, functions, logs, function, name, mapped):
    # Documented: streams are tried until the records expire, queues until the function has room again; throttling is
    # not counted as an attempt.
    kinesis, sqs = client("kinesis"), client("sqs")
    stream = make_stream(kinesis, name)
    dead_url, dead = make_queue(sqs, name + "-dead")
    url, queue = make_queue(sqs, name)
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    of_stream = mapped(function, stream, StartingPosition="TRIM_HORIZON", MaximumRetryAttempts=0,
                       DestinationConfig={"OnFailure": {"Destination": dead}})
    mapped(function, queue)
    put(kinesis, name, "a", "b")
    sqs.send_message(QueueUrl=url, MessageBody="m")
    until(lambda: functions.get_event_source_mapping(UUID=of_stream)["LastProcessingResult"]
          == "PROBLEM: Function call failed", "a call that was throttled")
    assert records_seen(logs, function) == []
    # Room for one: the mappings take turns.
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    put(kinesis, name, *"cdef")
    until(lambda: sorted(texts_of([r for r in records_seen(logs, function) if "kinesis" in r])) == list("abcdef"),
          "all records, once")
    until(lambda: [r["body"] for r in records_seen(logs, function) if "body" in r] == ["m"], "the message")
    assert "Messages" not in sqs.receive_message(QueueUrl=dead_url)


def test_a_batching_window_gathers(client, logs, function, name, mapped):
    # Documented: batches are gathered until they are full.
    sqs = client("sqs")
    url, queue = make_queue(sqs, name)
    mapped(function, queue, BatchSize=15, MaximumBatchingWindowInSeconds=300)
    for _ in range(3):
        sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(n), "MessageBody": str(n)} for n in range(5)])
    events = until(lambda: seen(logs, function), "a batch")
    assert [len(event["Records"]) for event in events] == [15]


def test_many_shards_and_sub_lanes(client, logs, function, name, mapped):
    # Documented: with ParallelizationFactor the order is that of each key.
    kinesis = client("kinesis")
    stream = make_stream(kinesis, name, shards=2)
    mapped(function, stream, StartingPosition="TRIM_HORIZON", ParallelizationFactor=4, BatchSize=3)
    for number in range(24):
        put(kinesis, name, f"{number}", key=f"key{number % 6}")
    until(lambda: sorted(map(int, texts_of(records_seen(logs, function)))) == list(range(24)), "all of them")


def test_disabled_mappings_wait_and_go_on(client, functions, logs, function, name, mapped):
    # Documented: pausing invocation and resuming from the same location.
    kinesis = client("kinesis")
    stream = make_stream(kinesis, name)
    uuid = mapped(function, stream, StartingPosition="TRIM_HORIZON")
    put(kinesis, name, "a")
    until(lambda: texts_of(records_seen(logs, function)) == ["a"], "the first")
    functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    settled(functions, uuid, "Disabled")
    put(kinesis, name, "b")
    functions.update_event_source_mapping(UUID=uuid, Enabled=True, BatchSize=1)
    settled(functions, uuid)
    until(lambda: texts_of(records_seen(logs, function)) == ["a", "b"], "the second")


# Sends what it gets to a queue.
SENDER = TELL + '''
import base64

def handler(event, context):
    tell("results", json.dumps([base64.b64decode(r["kinesis"]["data"]).decode() if "kinesis" in r else r["body"]
                                for r in event["Records"]]))
'''


def collect(server, results, wanted):
    """Reads what the function sent until all of `wanted` is in `results`."""
    sqs = server.client("sqs")

    def complete():
        for message in sqs.receive_message(
                QueueUrl="http://localhost/000000000000/results", MaxNumberOfMessages=10).get("Messages", []):
            results.extend(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl="http://localhost/000000000000/results",
                               ReceiptHandle=message["ReceiptHandle"])
        return wanted <= set(results)

    until(complete, "everything arrived", seconds=120)


def test_mappings_go_on_after_a_crash():
    # Deduced: positions are durable; at least once towards the function, and nothing is skipped.
    with tempfile.TemporaryDirectory(prefix="penstock-map-") as data:
        server = Server(data)
        try:
            trust = json.dumps({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
            role = server.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
            make_function(server.client("lambda"), role, "f", SENDER)
            kinesis, sqs = server.client("kinesis"), server.client("sqs")
            stream = make_stream(kinesis, "s")
            make_queue(sqs, "results")
            url, queue = make_queue(sqs, "q", VisibilityTimeout="20")
            uuids = [map_source(server.client("lambda"), "f", stream, StartingPosition="LATEST"),
                     map_source(server.client("lambda"), "f", queue)]
            results = []
            put(kinesis, "s", "a")
            collect(server, results, {"a"})
            put(kinesis, "s", *(f"n{number}" for number in range(50)))
            sqs.send_message(QueueUrl=url, MessageBody="m")
            server.kill()
            server = Server(data)
            for uuid in uuids:
                settled(server.client("lambda"), uuid)
            put(server.client("kinesis"), "s", "z")
            collect(server, results, {"a", "z", "m", *(f"n{number}" for number in range(50))})
        finally:
            server.stop()
