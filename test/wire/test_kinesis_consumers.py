"""Registered consumers of Kinesis streams. Documented unless a line says otherwise."""

import json
import re

import pytest

from support import Server, raw, refused, serving, until


def call(endpoint, operation, **body):
    """What the boto3 of Debian does not know yet: (status, document)."""
    status, _, said = raw(endpoint, "POST", "/", json.dumps(body).encode(), {
        "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"Kinesis_20131202.{operation}"})
    return status, json.loads(said or b"{}")


@pytest.fixture
def kinesis(client):
    return client("kinesis")


def active(kinesis, arn):
    return until(
        lambda: (d := kinesis.describe_stream_consumer(ConsumerARN=arn)["ConsumerDescription"])["ConsumerStatus"]
        == "ACTIVE" and d, "the consumer is ACTIVE")


def test_a_consumer_from_end_to_end(kinesis, stream):
    made = kinesis.register_stream_consumer(StreamARN=stream.arn, ConsumerName="c")["Consumer"]
    assert made["ConsumerName"] == "c"
    assert made["ConsumerStatus"] == "CREATING"
    seconds = int(made["ConsumerCreationTimestamp"].timestamp())
    assert made["ConsumerARN"] == f"{stream.arn}/consumer/c:{seconds}"
    shown = active(kinesis, made["ConsumerARN"])
    assert shown["StreamARN"] == stream.arn
    assert kinesis.describe_stream_consumer(StreamARN=stream.arn, ConsumerName="c")["ConsumerDescription"] == shown
    assert kinesis.describe_stream_summary(StreamName=stream.name)["StreamDescriptionSummary"]["ConsumerCount"] == 1
    listed = kinesis.list_stream_consumers(StreamARN=stream.arn)["Consumers"]
    assert listed == [{k: v for k, v in shown.items() if k != "StreamARN"}]
    kinesis.deregister_stream_consumer(ConsumerARN=made["ConsumerARN"])
    until(lambda: not kinesis.list_stream_consumers(StreamARN=stream.arn)["Consumers"], "the consumer is gone")
    code, status, _ = refused(kinesis.describe_stream_consumer, ConsumerARN=made["ConsumerARN"])
    assert (code, status) == ("ResourceNotFoundException", 400)


def test_pages_and_limits(kinesis, stream):
    names = [f"c{i:02}" for i in range(20)]
    for name in names:
        kinesis.register_stream_consumer(StreamARN=stream.arn, ConsumerName=name)
    assert refused(kinesis.register_stream_consumer, StreamARN=stream.arn, ConsumerName="x")[0] == (
        "LimitExceededException")
    assert refused(kinesis.register_stream_consumer, StreamARN=stream.arn, ConsumerName="c00")[0] == (
        "ResourceInUseException")
    pages = [[c["ConsumerName"] for c in page["Consumers"]] for page in kinesis.get_paginator(
        "list_stream_consumers").paginate(StreamARN=stream.arn, PaginationConfig={"PageSize": 7})]
    assert [len(page) for page in pages] == [7, 7, 6]
    assert sum(pages, []) == names
    assert refused(kinesis.list_stream_consumers, StreamARN=stream.arn, NextToken="x")[0] == "InvalidArgumentException"
    assert refused(kinesis.delete_stream, StreamName=stream.name)[0] == "ResourceInUseException"
    kinesis.delete_stream(StreamName=stream.name, EnforceConsumerDeletion=True)
    assert refused(kinesis.list_stream_consumers, StreamARN=stream.arn)[0] == "ResourceNotFoundException"


def test_which_consumer_is_meant(kinesis, stream):
    arn = kinesis.register_stream_consumer(StreamARN=stream.arn, ConsumerName="c")["Consumer"]["ConsumerARN"]
    # The codes are those of the model; which of them is deduced.
    for wrong, code in [
            ({}, "InvalidArgumentException"), ({"ConsumerName": "c"}, "InvalidArgumentException"),
            ({"ConsumerARN": arn, "ConsumerName": "d"}, "InvalidArgumentException"),
            ({"ConsumerARN": re.sub(r"\d+$", "1", arn)}, "ResourceNotFoundException"),
            ({"StreamARN": stream.arn, "ConsumerName": "d"}, "ResourceNotFoundException"),
            ({"ConsumerARN": stream.arn}, "ValidationException")]:
        assert refused(kinesis.describe_stream_consumer, **wrong)[0] == code
        assert refused(kinesis.deregister_stream_consumer, **wrong)[0] == code
    assert refused(kinesis.register_stream_consumer, StreamARN=stream.arn + "x", ConsumerName="c")[0] == (
        "ResourceNotFoundException")
    assert refused(kinesis.register_stream_consumer, StreamARN=stream.arn, ConsumerName="a b")[0] == (
        "ValidationException")


def test_tags(endpoint, stream):
    _, made = call(endpoint, "RegisterStreamConsumer", StreamARN=stream.arn, ConsumerName="c", Tags={"a": "1"})
    arn = made["Consumer"]["ConsumerARN"]
    assert call(endpoint, "TagResource", ResourceARN=arn, Tags={"a": "2", "b": "3"}) == (200, {})
    assert call(endpoint, "UntagResource", ResourceARN=arn, TagKeys=["b"]) == (200, {})
    assert call(endpoint, "ListTagsForResource", ResourceARN=arn)[1]["Tags"] == [{"Key": "a", "Value": "2"}]
    assert call(endpoint, "ListTagsForResource", ResourceARN=stream.arn)[1]["Tags"] == []
    status, error = call(endpoint, "TagResource", ResourceARN=arn, Tags={"a": "*"})
    assert (status, error["__type"]) == (400, "InvalidArgumentException")


def test_consumers_outlive_a_crash(tmp_path):
    server = Server(tmp_path)
    kinesis = server.client("kinesis")
    kinesis.create_stream(StreamName="s", ShardCount=1)
    arn = kinesis.describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]["StreamARN"]
    made = call(server.url, "RegisterStreamConsumer", StreamARN=arn, ConsumerName="c", Tags={"a": "1"})[1]["Consumer"]
    gone = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="gone")["Consumer"]
    kinesis.deregister_stream_consumer(ConsumerARN=gone["ConsumerARN"])
    server.kill()
    with serving(data=tmp_path) as again:
        kinesis = again.client("kinesis")
        assert [c["ConsumerARN"] for c in kinesis.list_stream_consumers(StreamARN=arn)["Consumers"]] == [
            made["ConsumerARN"]]
        assert call(again.url, "ListTagsForResource", ResourceARN=made["ConsumerARN"])[1]["Tags"] == [
            {"Key": "a", "Value": "1"}]
