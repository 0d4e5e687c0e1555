"""SubscribeToShard: what is pushed, over HTTP/1.1 and HTTP/2, in JSON and CBOR, and how it ends. Documented unless a line
says otherwise; the frames are read by other code than the server's (eventstream.py)."""

import base64
import contextlib
import json
import re
import time
import types

import cbor2
import pytest

from eventstream import Http1, Http2
from support import Server, raw, refused, until

SHARD = "shardId-000000000000"
FORMS = {"json": ("application/x-amz-json-1.1", lambda d: json.dumps(d).encode(), json.loads),
         "cbor": ("application/x-amz-cbor-1.1", cbor2.dumps, cbor2.loads)}


def consumer_of(kinesis, stream_arn, name="c"):
    arn = kinesis.register_stream_consumer(StreamARN=stream_arn, ConsumerName=name)["Consumer"]["ConsumerARN"]
    until(lambda: kinesis.describe_stream_consumer(ConsumerARN=arn)["ConsumerDescription"]["ConsumerStatus"] == "ACTIVE",
          "the consumer is ACTIVE")
    return arn


def server_with_consumer(data):
    """A server of its own, with a stream "s" of one shard; its consumer's ARN is server.consumer."""
    server = Server(data)
    kinesis = server.client("kinesis")
    kinesis.create_stream(StreamName="s", ShardCount=1)
    arn = kinesis.describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]["StreamARN"]
    server.consumer = consumer_of(kinesis, arn)
    return server


@pytest.fixture
def kinesis(client):
    return client("kinesis")


@pytest.fixture
def consumer(kinesis, stream):
    return consumer_of(kinesis, stream.arn)


@contextlib.contextmanager
def subscribed(endpoint, arn, transport=Http1, form="json", shard=SHARD, **position):
    """A subscription behind its initial response; next() gives the payload of the next event."""
    media, dumps, loads = FORMS[form]
    body = dumps({"ConsumerARN": arn, "ShardId": shard, "StartingPosition": position})
    wire = transport(endpoint, {"Content-Type": media, "X-Amz-Target": "Kinesis_20131202.SubscribeToShard"}, body)
    try:
        assert wire.status == 200, wire.response.read()
        assert wire.headers["content-type"] == "application/vnd.amazon.eventstream"
        first, payload = wire.next()
        assert (first[":message-type"], first[":event-type"], loads(payload)) == ("event", "initial-response", {})

        def following():
            message = wire.next()
            if message is None:
                return None
            headers, payload = message
            if headers[":message-type"] == "exception":
                return headers[":exception-type"], loads(payload)["message"]
            # Captured from AWS (JSON); the content type of the other form is deduced.
            assert headers == {":message-type": "event", ":event-type": "SubscribeToShardEvent",
                               ":content-type": f"application/{form}"}
            return loads(payload)

        yield types.SimpleNamespace(next=following, wire=wire)
    finally:
        wire.close()


def data_of(event, form="json"):
    return [base64.b64decode(r["Data"]) if form == "json" else r["Data"] for r in event["Records"]]


def take(subscription, count, form="json"):
    """The data of the next `count` records, and where to continue."""
    found, where = [], None
    while len(found) < count:
        event = subscription.next()
        found += data_of(event, form)
        where = event["ContinuationSequenceNumber"]
    return found, where


def test_boto3(kinesis, stream, consumer):
    put = [kinesis.put_record(StreamName=stream.name, PartitionKey="k", Data=b"%d" % i) for i in range(3)]
    reply = kinesis.subscribe_to_shard(
        ConsumerARN=consumer, ShardId=SHARD, StartingPosition={"Type": "TRIM_HORIZON"})
    events = iter(reply["EventStream"])
    event = next(events)["SubscribeToShardEvent"]
    assert [(r["Data"], r["SequenceNumber"]) for r in event["Records"]] == [
        (b"%d" % i, p["SequenceNumber"]) for i, p in enumerate(put)]
    assert event["ContinuationSequenceNumber"] == put[-1]["SequenceNumber"]
    assert event["MillisBehindLatest"] == 0
    later = kinesis.put_record(StreamName=stream.name, PartitionKey="é", Data=b"later")
    record = next(events)["SubscribeToShardEvent"]["Records"][0]
    assert (record["Data"], record["PartitionKey"], record["SequenceNumber"]) == (b"later", "é", later["SequenceNumber"])
    assert abs(record["ApproximateArrivalTimestamp"].timestamp() - time.time()) < 60
    reply["EventStream"].close()


@pytest.mark.parametrize("transport", [Http1, Http2])
@pytest.mark.parametrize("form", ["json", "cbor"])
def test_records_are_pushed_as_they_are_written(endpoint, kinesis, stream, consumer, transport, form):
    with subscribed(endpoint, consumer, transport, form, Type="LATEST") as subscription:
        for i in range(30):
            sent = kinesis.put_record(StreamName=stream.name, PartitionKey="k", Data=b"%d" % i)
            event = subscription.next()
            assert data_of(event, form) == [b"%d" % i]
            assert event["ContinuationSequenceNumber"] == sent["SequenceNumber"]
            assert event["MillisBehindLatest"] == 0
            arrival = event["Records"][0]["ApproximateArrivalTimestamp"]
            assert abs(arrival / (1 if form == "json" else 1000) - time.time()) < 60
            assert isinstance(arrival, int) or form == "json"
            assert "ChildShards" not in event


def test_idle_events_say_where_to_continue(endpoint, kinesis, stream, consumer):
    # Deduced: how often, and that their numbers lie between the records.
    number = kinesis.put_record(StreamName=stream.name, PartitionKey="k", Data=b"old")["SequenceNumber"]
    with subscribed(endpoint, consumer, Type="LATEST") as subscription:
        event = subscription.next()
        assert (event["Records"], event["MillisBehindLatest"]) == ([], 0)
        assert int(event["ContinuationSequenceNumber"]) > int(number)
    new = kinesis.put_record(StreamName=stream.name, PartitionKey="k", Data=b"new")["SequenceNumber"]
    assert int(event["ContinuationSequenceNumber"]) < int(new)
    for i, kind in enumerate(("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")):
        other = consumer_of(kinesis, stream.arn, f"c{i}")
        with subscribed(endpoint, other, Type=kind, SequenceNumber=event["ContinuationSequenceNumber"]) as again:
            assert data_of(again.next()) == [b"new"]


def test_starting_positions(endpoint, kinesis, stream):
    numbers = [kinesis.put_record(StreamName=stream.name, PartitionKey="k", Data=b"%d" % i)["SequenceNumber"]
               for i in range(4)]
    for i, (position, expected) in enumerate([
            ({"Type": "TRIM_HORIZON"}, [b"0", b"1", b"2", b"3"]),
            ({"Type": "AT_SEQUENCE_NUMBER", "SequenceNumber": numbers[2]}, [b"2", b"3"]),
            ({"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": numbers[2]}, [b"3"]),
            ({"Type": "AT_TIMESTAMP", "Timestamp": 0}, [b"0", b"1", b"2", b"3"])]):
        with subscribed(endpoint, consumer_of(kinesis, stream.arn, f"c{i}"), **position) as subscription:
            assert take(subscription, len(expected))[0] == expected


def test_refusals_come_before_the_stream(endpoint, kinesis, stream, consumer):
    def code(**changed):
        arguments = {"ConsumerARN": consumer, "ShardId": SHARD, "StartingPosition": {"Type": "LATEST"}} | changed
        return refused(kinesis.subscribe_to_shard, **arguments)[:2]

    assert code(ShardId="shardId-000000000009") == ("ResourceNotFoundException", 400)
    assert code(ConsumerARN=re.sub(r"\d+$", "1", consumer)) == ("ResourceNotFoundException", 400)
    assert code(StartingPosition={"Type": "AT_SEQUENCE_NUMBER"}) == ("InvalidArgumentException", 400)
    assert code(StartingPosition={"Type": "AT_SEQUENCE_NUMBER", "SequenceNumber": "7"}) == (
        "InvalidArgumentException", 400)
    assert code(StartingPosition={"Type": "SOMEWHERE"})[0] == "ValidationException"
    status, headers, body = raw(endpoint, "POST", "/", cbor2.dumps({
        "ConsumerARN": consumer, "ShardId": "shardId-9", "StartingPosition": {"Type": "LATEST"}}),
        {"Content-Type": FORMS["cbor"][0], "X-Amz-Target": "Kinesis_20131202.SubscribeToShard"})
    assert (status, cbor2.loads(body)["__type"]) == (400, "ResourceNotFoundException")


@pytest.mark.parametrize("form, transport", [("json", Http1), ("cbor", Http2)])
def test_another_subscription_takes_over(endpoint, kinesis, stream, consumer, form, transport):
    # The text is recorded up to the colon.
    with subscribed(endpoint, consumer, transport, form, Type="LATEST") as first:
        code, status, error = refused(kinesis.subscribe_to_shard, ConsumerARN=consumer, ShardId=SHARD,
                                      StartingPosition={"Type": "LATEST"})
        assert (code, status) == ("ResourceInUseException", 400)
        assert error["Message"].startswith("Another active subscription exists for this consumer: ")

        def takes_over():
            try:
                return kinesis.subscribe_to_shard(
                    ConsumerARN=consumer, ShardId=SHARD, StartingPosition={"Type": "LATEST"})["EventStream"]
            except kinesis.exceptions.ResourceInUseException:
                return None

        second = until(takes_over, "five seconds have passed")
        kinesis.put_record(StreamName=stream.name, PartitionKey="k", Data=b"x")
        while isinstance(event := first.next(), dict):
            assert event["Records"] == []
        assert event[0] == "ResourceInUseException"
        assert event[1].startswith("Another active subscription exists for this consumer: ")
        assert first.next() is None
        assert next(iter(second))["SubscribeToShardEvent"]["Records"][0]["Data"] == b"x"
        second.close()


def test_it_ends_with_its_consumer(endpoint, kinesis, stream, consumer):
    with subscribed(endpoint, consumer, Type="LATEST") as subscription:
        kinesis.deregister_stream_consumer(ConsumerARN=consumer)
        assert subscription.next()[0] == "ResourceNotFoundException"
        assert subscription.next() is None


def test_it_ends_with_its_shard(endpoint, kinesis, stream, consumer):
    kinesis.put_record(StreamName=stream.name, PartitionKey="k", Data=b"x")
    with subscribed(endpoint, consumer, Type="TRIM_HORIZON") as subscription:
        assert take(subscription, 1)[0] == [b"x"]
        kinesis.split_shard(StreamName=stream.name, ShardToSplit=SHARD, NewStartingHashKey="1000")
        while not (event := subscription.next()).get("ChildShards"):
            assert event["Records"] == []
        # Recorded by clients (KCL, Flink): nothing to continue with is how the end of a shard is told.
        assert "ContinuationSequenceNumber" not in event
        assert [(c["ShardId"], c["ParentShards"]) for c in event["ChildShards"]] == [
            ("shardId-000000000001", [SHARD]), ("shardId-000000000002", [SHARD])]
        assert subscription.next() is None


@pytest.mark.parametrize("transport", [Http1, Http2])
def test_the_servers_stop_ends_it_properly(tmp_path, transport):
    server = server_with_consumer(tmp_path)
    with subscribed(server.url, server.consumer, transport, Type="LATEST") as subscription:
        began = time.monotonic()
        server.stop()
        assert subscription.next() is None
        assert time.monotonic() - began < 20


def test_hanging_up_and_coming_back(endpoint, kinesis, stream, consumer):
    def again(where):
        try:
            return kinesis.subscribe_to_shard(
                ConsumerARN=consumer, ShardId=SHARD,
                StartingPosition={"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": where})["EventStream"]
        except kinesis.exceptions.ResourceInUseException:
            return None

    with subscribed(endpoint, consumer, Type="TRIM_HORIZON") as subscription:
        kinesis.put_record(StreamName=stream.name, PartitionKey="k", Data=b"0")
        found, where = take(subscription, 1)
    for i in range(1, 20):
        kinesis.put_record(StreamName=stream.name, PartitionKey="k", Data=b"%d" % i)
    events = until(lambda: again(where), "the old subscription does not count any more")
    for event in events:
        found += [r["Data"] for r in event["SubscribeToShardEvent"]["Records"]]
        if len(found) >= 20:
            break
    events.close()
    assert found == [b"%d" % i for i in range(20)]


def test_nothing_is_lost_or_doubled_across_crashes(tmp_path):
    found, sent, where = [], 0, None
    server = server_with_consumer(tmp_path)
    arn = server.consumer
    for crash in range(4):
        kinesis = server.client("kinesis")
        position = {"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": where} if where else {"Type": "TRIM_HORIZON"}
        with subscribed(server.url, arn, Http2 if crash % 2 else Http1, **position) as subscription:
            for _ in range(20):
                kinesis.put_records(StreamName="s", Records=[
                    {"PartitionKey": "k", "Data": b"%d" % i} for i in range(sent, sent + 5)])
                sent += 5
            # Some are still unread when the server dies.
            got, where = take(subscription, 40 if crash < 3 else sent - len(found))
            found += got
        if crash < 3:
            server.kill()
            server = Server(tmp_path)
    server.stop()
    assert found == [b"%d" % i for i in range(sent)]


def resident_mib(server):
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) / 1024


@pytest.mark.parametrize("transport", [Http1, Http2])
def test_a_slow_client_costs_little_memory(tmp_path, transport):
    # Deduced: one event of at most 1 MiB is held, beside what the kernel's buffers take.
    server = server_with_consumer(tmp_path)
    kinesis = server.client("kinesis")
    piece = bytes(512 * 1024)
    for i in range(96):
        kinesis.put_record(StreamName="s", PartitionKey=str(i), Data=piece)
    before = resident_mib(server)
    with subscribed(server.url, server.consumer, transport, "cbor", Type="TRIM_HORIZON") as subscription:
        first = take(subscription, 1, "cbor")[0]
        kinesis.put_record(StreamName="s", PartitionKey="last", Data=b"last")
        assert resident_mib(server) - before < 40
        rest, _ = take(subscription, 97 - len(first), "cbor")
        assert [len(data) for data in first + rest] == [len(piece)] * 96 + [4]
    server.stop()
