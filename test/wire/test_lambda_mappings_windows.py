"""Tumbling windows of event source mappings. Known from the Lambda developer guide, "Implementing stateful processing"
(documented), or deduced, as said."""

import base64
import datetime
import json
import tempfile

import pytest

from mapping_support import (TELL, gone, make_function, make_queue, make_stream, make_table, map_source, seen,
                             settled)
from support import Server, until

# Adds up what it gets in the state; "big" makes that larger than it may be, "stateless" answers none.
AGGREGATOR = '''
import base64, json

def text(record):
    return base64.b64decode(record["kinesis"]["data"]).decode() if "kinesis" in record else \
        record["dynamodb"]["Keys"]["id"]["S"]

def handler(event, context):
    print("EVENT " + json.dumps(event if len(event.get("state", {}).get("pad", "")) == 0 else
                                {**event, "state": {"sum": event["state"]["sum"], "pad": "..."}}))
    texts = [text(record) for record in event["Records"]]
    state = {"sum": event["state"].get("sum", []) + texts}
    if "big" in texts:
        state["pad"] = "x" * 1100000
    if "stateless" in texts:
        return {}
    return {"state": state}
'''


@pytest.fixture(scope="module")
def functions(client):
    return client("lambda")


@pytest.fixture
def aggregator(functions, role, name):
    make_function(functions, role("lambda"), name, AGGREGATOR)
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


def put(kinesis, stream, *texts):
    return [kinesis.put_record(StreamName=stream, Data=text.encode(), PartitionKey="k")["SequenceNumber"]
            for text in texts]


def texts_of(event):
    return [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]


def seconds(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc).timestamp()


def finals(events):
    return [event for event in events if event["isFinalInvokeForWindow"]]


def summed(events):
    return [text for event in finals(events) for text in event["state"]["sum"]]


def test_state_is_carried_through_a_window(client, aggregator, name, mapped):
    # Documented: the members of the event, aligned bounds by the time of arrival, the final invocation.
    kinesis, logs = client("kinesis"), client("logs")
    stream = make_stream(kinesis, name)
    mapped(aggregator, stream, StartingPosition="TRIM_HORIZON", TumblingWindowInSeconds=2, BatchSize=3)
    wanted = []

    def put_until_two_have_ended():
        wanted.append(str(len(wanted)))
        put(kinesis, name, wanted[-1])
        return len(finals(seen(logs, name))) >= 2

    until(put_until_two_have_ended, "whatever they fall into, two windows are over")
    until(lambda: summed(seen(logs, name)) == wanted, "all of them are in the states of ended windows")
    events = seen(logs, name)
    for event in events:
        assert list(event) == ["Records", "window", "state", "shardId", "eventSourceARN", "isFinalInvokeForWindow",
                               "isWindowTerminatedEarly"]
        assert (event["shardId"], event["eventSourceARN"]) == ("shardId-000000000000", stream)
        start, end = seconds(event["window"]["start"]), seconds(event["window"]["end"])
        assert start % 2 == 0 and end == start + 2 and not event["isWindowTerminatedEarly"]
        assert len(event["Records"]) <= 3 and bool(event["Records"]) != event["isFinalInvokeForWindow"]
        for record in event["Records"]:
            assert start <= record["kinesis"]["approximateArrivalTimestamp"] < end
    # Each invocation gets the state that the one before has answered; a window begins without one.
    held, window = [], None
    for event in events:
        if event["window"] != window:
            assert event["state"] == {}
            held, window = [], event["window"]
        assert event["state"].get("sum", []) == held
        held = held + texts_of(event)


def test_the_changes_of_a_table(client, aggregator, name, mapped):
    # Documented: DynamoDB streams, too.
    dynamodb, logs = client("dynamodb"), client("logs")
    stream = make_table(dynamodb, name)
    mapped(aggregator, stream, StartingPosition="TRIM_HORIZON", TumblingWindowInSeconds=1)
    wanted = [str(number) for number in range(10)]
    for text in wanted:
        dynamodb.put_item(TableName=name, Item={"id": {"S": text}})
    until(lambda: sorted(summed(seen(logs, name)), key=int) == wanted, "all of them in ended windows")
    assert {event["eventSourceARN"] for event in seen(logs, name)} == {stream}


def test_a_state_that_grows_too_large_ends_its_window(client, aggregator, name, mapped):
    # Documented: more than 1 MB ends the window early. Deduced: the final invocation has that state.
    kinesis, logs = client("kinesis"), client("logs")
    stream = make_stream(kinesis, name)
    mapped(aggregator, stream, StartingPosition="TRIM_HORIZON", TumblingWindowInSeconds=900, BatchSize=1)
    put(kinesis, name, "a", "big", "c")
    events = until(lambda: len(found := seen(logs, name)) >= 4 and found, "the one behind")
    assert [(texts_of(e), e["isFinalInvokeForWindow"], e["isWindowTerminatedEarly"]) for e in events] == [
        (["a"], False, False), (["big"], False, False), ([], True, True), (["c"], False, False)]
    assert events[2]["state"]["sum"] == ["a", "big"]
    assert events[3]["state"] == {}


def test_an_answer_without_state_is_a_failure(client, aggregator, name, mapped):
    # Documented. The state is then what it was.
    kinesis, sqs, logs = client("kinesis"), client("sqs"), client("logs")
    stream = make_stream(kinesis, name)
    url, queue = make_queue(sqs, name)
    mapped(aggregator, stream, StartingPosition="TRIM_HORIZON", TumblingWindowInSeconds=3, BatchSize=1,
           MaximumRetryAttempts=1, DestinationConfig={"OnFailure": {"Destination": queue}})
    sequences = put(kinesis, name, "a", "stateless", "c")
    [message] = until(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages"), "a dead letter")
    letter = json.loads(message["Body"])
    assert letter["KinesisBatchInfo"]["startSequenceNumber"] == sequences[1]
    assert letter["requestContext"]["condition"] == "RetryAttemptsExhausted"
    until(lambda: summed(seen(logs, name)) == ["a", "c"], "the other two")


def test_the_end_of_a_shard_ends_its_window(client, aggregator, name, mapped):
    # Documented: the window of a shard that ends is closed, its children begin with a fresh state.
    kinesis, logs = client("kinesis"), client("logs")
    stream = make_stream(kinesis, name)
    mapped(aggregator, stream, StartingPosition="TRIM_HORIZON", TumblingWindowInSeconds=900)
    put(kinesis, name, "a")
    until(lambda: seen(logs, name), "the first")
    kinesis.update_shard_count(StreamName=name, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    until(lambda: kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamStatus"]
          == "ACTIVE", "ACTIVE")
    put(kinesis, name, "b")
    events = until(lambda: len(found := seen(logs, name)) >= 3 and found, "the one in the child")
    assert [(texts_of(e), e["isFinalInvokeForWindow"]) for e in events] == [(["a"], False), ([], True), (["b"], False)]
    assert events[1]["state"]["sum"] == ["a"] and events[2]["state"] == {}


# Tells a queue what state it has got to, and whether the window has ended.
TELLER = TELL + '''
import base64

def handler(event, context):
    texts = [base64.b64decode(r["kinesis"]["data"]).decode() for r in event["Records"]]
    state = {"sum": event["state"].get("sum", []) + texts}
    tell("results", json.dumps([event["isFinalInvokeForWindow"], event["window"]["start"], state["sum"]]))
    return {"state": state}
'''


def test_a_crash_neither_loses_nor_doubles_the_state():
    # Deduced: the state is stored with the position. A final invocation may come twice, with the same state.
    with tempfile.TemporaryDirectory(prefix="penstock-window-") as data:
        server = Server(data)
        try:
            trust = json.dumps({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
            role = server.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
            make_function(server.client("lambda"), role, "f", TELLER)
            stream = make_stream(server.client("kinesis"), "s")
            make_queue(server.client("sqs"), "results")
            uuid = map_source(server.client("lambda"), "f", stream, StartingPosition="TRIM_HORIZON",
                              TumblingWindowInSeconds=4, BatchSize=5)
            told = []

            def tell():
                sqs, url = server.client("sqs"), "http://localhost/000000000000/results"
                for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
                    told.append(json.loads(message["Body"]))
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                return told

            wanted = []
            for life in range(3):
                for _ in range(20):
                    wanted.append(f"{life}-{len(wanted)}")
                    put(server.client("kinesis"), "s", wanted[-1])
                until(lambda: any(wanted[-15] in texts for _, _, texts in tell()), "an invocation of this life")
                server.kill()
                server = Server(data)
                settled(server.client("lambda"), uuid)

            def ended():
                # Of a final invocation that was repeated, the last.
                windows = {start: texts for final, start, texts in tell() if final}
                return sorted(text for texts in windows.values() for text in texts) == sorted(wanted)

            until(ended, "each record in the state of one window, once", seconds=60)
        finally:
            server.stop()
