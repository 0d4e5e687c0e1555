"""Kinesis' HTTP: CBOR, which the Java SDKs, the KCL and the KPL speak, media types, headers, sizes. Recorded by public
suites that ran against AWS unless a line says otherwise; the CBOR documents are written by another library."""

import base64
import json
import re

import cbor2
import pytest

from support import raw, serving, until

CBOR = "application/x-amz-cbor-1.1"
JSON = "application/x-amz-json-1.1"
KEYS = {"StreamName": "s", "PartitionKey": "k"}
MIB = 1 << 20


def post(endpoint, operation, body, media=CBOR, **headers):
    given = {"X-Amz-Target": None if operation is None else f"Kinesis_20131202.{operation}", "Content-Type": media} | headers
    return raw(endpoint, "POST", "/", body, {k: v for k, v in given.items() if v is not None})


def call(endpoint, operation, document):
    status, headers, body = post(endpoint, operation, cbor2.dumps(document))
    assert headers["content-type"] == CBOR
    return status, cbor2.loads(body) if body else None


def unbounded(pairs):
    """A map as Java's encoder writes it: of unstated length."""
    return b"\xbf" + b"".join(cbor2.dumps(key) + value for key, value in pairs) + b"\xff"


def test_records_go_in_and_out(endpoint, name):
    data = bytes(range(256))
    assert call(endpoint, "CreateStream", {"StreamName": name, "ShardCount": 1}) == (200, None)
    until(lambda: call(endpoint, "DescribeStreamSummary", {"StreamName": name})[1]["StreamDescriptionSummary"][
        "StreamStatus"] == "ACTIVE", "the stream is ACTIVE")
    status, put = call(endpoint, "PutRecord", {"StreamName": name, "PartitionKey": "ключ", "Data": data})
    assert (status, put["ShardId"]) == (200, "shardId-000000000000")
    assert call(endpoint, "PutRecords", {"StreamName": name, "Records": [
        {"Data": b"", "PartitionKey": "a"}, {"Data": b"2", "PartitionKey": "b"}]})[1]["FailedRecordCount"] == 0
    _, made = call(endpoint, "GetShardIterator", {
        "StreamName": name, "ShardId": put["ShardId"], "ShardIteratorType": "TRIM_HORIZON"})
    _, page = call(endpoint, "GetRecords", {"ShardIterator": made["ShardIterator"]})
    assert [(r["Data"], r["PartitionKey"]) for r in page["Records"]] == [(data, "ключ"), (b"", "a"), (b"2", "b")]
    assert page["MillisBehindLatest"] == 0
    first = page["Records"][0]
    assert first["SequenceNumber"] == put["SequenceNumber"]

    # Recorded: timestamps are whole milliseconds, in replies …
    arrival = first["ApproximateArrivalTimestamp"]
    assert isinstance(arrival, int)
    _, _, said = post(endpoint, "GetRecords", json.dumps(made).encode(), JSON)
    in_json = json.loads(said)["Records"][0]
    assert round(in_json["ApproximateArrivalTimestamp"] * 1000) == arrival
    assert base64.b64decode(in_json["Data"]) == data
    # … and in requests, where the Java SDKs put them behind tag 1.
    for timestamp in (cbor2.dumps(arrival), b"\xc1" + cbor2.dumps(arrival), b"\xc1" + cbor2.dumps(arrival / 1000)):
        _, _, said = post(endpoint, "GetShardIterator", unbounded([
            ("StreamName", cbor2.dumps(name)), ("ShardId", cbor2.dumps(put["ShardId"])),
            ("ShardIteratorType", cbor2.dumps("AT_TIMESTAMP")), ("Timestamp", timestamp)]))
        _, page = call(endpoint, "GetRecords", {"ShardIterator": cbor2.loads(said)["ShardIterator"]})
        assert len(page["Records"]) == 3


def test_errors_are_cbor(endpoint):
    # Recorded: {"__type", "message"} without a namespace.
    status, error = call(endpoint, "DescribeStream", {"StreamName": "absent"})
    assert status == 400
    assert error == {"__type": "ResourceNotFoundException",
                     "message": "Stream absent under account 000000000000 not found."}
    status, error = call(endpoint, "PutRecord", {"StreamName": "s", "Data": b""})
    assert (status, error["__type"]) == (400, "ValidationException")
    assert error["message"].startswith("1 validation error detected: ")
    # Deduced: the words for values of the wrong type are those of the JSON form.
    assert call(endpoint, "PutRecord", {"StreamName": 5}) == (400, {
        "__type": "SerializationException", "Message": "class java.lang.Long can not be converted to a String"})
    assert call(endpoint, "Nonsense", {}) == (400, {"__type": "UnknownOperationException"})


@pytest.mark.parametrize("body", [
    b"", b"\xa1", b"{}", b"\x80", b"\xbf", b"\xa0\x00", b"\x9b" + b"\x7f" + b"\xff" * 7, b"\x81" * 100_000,
    b"\xa1" + cbor2.dumps("Data") + b"\x5b" + b"\xff" * 8, cbor2.dumps({1: 2})])
def test_what_is_not_cbor(endpoint, body):
    status, headers, said = post(endpoint, "PutRecord", body)
    assert (status, headers["content-type"]) == (400, CBOR)
    assert cbor2.loads(said) == {"__type": "SerializationException"}


def test_parameters_of_the_media_type_do_not_matter(endpoint):
    for media in (CBOR + "; charset=utf-8", JSON + ";charset=utf-8"):
        dumps = cbor2.dumps if media.startswith(CBOR) else lambda document: json.dumps(document).encode()
        status, headers, _ = post(endpoint, "ListStreams", dumps({}), media)
        assert (status, headers["content-type"]) == (200, media.partition(";")[0])


def test_what_every_reply_has(endpoint):
    seen = set()
    for operation, media, body in [("ListStreams", JSON, b"{}"), ("ListStreams", CBOR, b"\xa0"), ("Nope", JSON, b"{}"),
                                   ("ListStreams", "text/plain", b"{}"), (None, "text/plain", b"{}")]:
        _, headers, _ = post(endpoint, operation, body, media, Authorization=SIGNED)
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", headers["x-amzn-requestid"])
        assert len(base64.b64decode(headers["x-amz-id-2"])) == 72
        assert "x-amz-crc32" not in headers
        seen.add(headers["x-amzn-requestid"])
    assert len(seen) == 5


SIGNED = "AWS4-HMAC-SHA256 Credential=test/20261122/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=00"
DENIED = (b"<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be authorized</Message>\n"
          b"</AccessDeniedException>\n")


def test_other_media_types_and_methods(endpoint):
    unknown = b'{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}'
    assert post(endpoint, "ListStreams", b"{}", "application/json")[::2] == (404, unknown)
    for media in ("text/plain", "application/x-amz-json-1.0", "application/x-amz-cbor-1.0", None):
        assert post(endpoint, "ListStreams", b"{}", media)[::2] == (404, b"<UnknownOperationException/>\n")
        assert post(endpoint, None, b"{}", media, Authorization=SIGNED)[::2] == (403, DENIED)
    for method in ("GET", "PUT", "DELETE"):
        reply = raw(endpoint, method, "/", headers={"X-Amz-Target": "Kinesis_20131202.ListStreams", "Content-Type": JSON})
        assert reply[::2] == (403, DENIED)


def test_no_body_and_no_such_operation(endpoint):
    for operation in ("ListStreams", "PutRecord"):
        status, _, body = post(endpoint, operation, b"", JSON)
        assert (status, json.loads(body)) == (400, {"__type": "SerializationException"})
    for operation in ("Nope", "listStreams", ""):
        status, _, body = post(endpoint, operation, b"{}", JSON)
        assert (status, json.loads(body)) == (400, {"__type": "UnknownOperationException"})


def test_bodies_up_to_what_a_full_request_takes(name):
    # Documented: 10 MiB of data and keys; base64 and escapes make up to 15 MiB of them. The cap itself is deduced.
    with serving() as server:
        kinesis = server.client("kinesis")
        kinesis.create_stream(StreamName=name, ShardCount=1)
        key = "\x01" * 255
        records = [{"Data": base64.b64encode(bytes(20_716)).decode(), "PartitionKey": key}] * 500
        body = json.dumps({"StreamName": name, "Records": records}).encode()
        assert len(body) > 14_500_000
        status, _, said = post(server.url, "PutRecords", body, JSON)
        assert (status, json.loads(said)["FailedRecordCount"]) == (200, 0), said[:300]
        assert post(server.url, "PutRecords", b" " * (17 * MIB), JSON)[0] == 413
        assert server.client("kinesis").list_streams()["StreamNames"] == [name]
