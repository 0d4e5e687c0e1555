"""DynamoDB's HTTP: media types, targets, headers, sizes, codings. Recorded unless a line says otherwise.

Two differences are wanted: requests of foreign web pages are refused instead of getting CORS headers, and GET / is the
console instead of "healthy: dynamodb…" (test_protocol.py)."""

import gzip
import json
import re
import zlib

import pytest

from support import raw

JSON = "application/x-amz-json-1.0"
LIST = "DynamoDB_20120810.ListTables"
MIB = 1 << 20


def post(endpoint, body=b"{}", target=LIST, media=JSON, **headers):
    given = {"X-Amz-Target": target, "Content-Type": media} | {k.replace("_", "-"): v for k, v in headers.items()}
    return raw(endpoint, "POST", "/", body, {k: v for k, v in given.items() if v is not None})


@pytest.mark.parametrize("media", [JSON, "application/json", JSON + "; charset=utf-8", JSON + " ;charset=x"])
def test_the_reply_has_the_media_type_of_the_request(endpoint, media):
    status, headers, body = post(endpoint, media=media)
    assert status == 200
    assert headers["content-type"] == media.split(";")[0].strip()
    assert re.fullmatch("[0-9A-Z]{52}", headers["x-amzn-requestid"])
    assert int(headers["x-amz-crc32"]) == zlib.crc32(body)
    assert int(headers["content-length"]) == len(body)
    assert "date" in headers
    assert "server" in headers  # Measured.


@pytest.mark.parametrize("media", ["application/x-amz-json-1.1", "text/plain", "application/x-amz-json-1.00"])
def test_other_media_types(endpoint, media):
    status, headers, body = post(endpoint, media=media)
    assert (status, body) == (404, b"<UnknownOperationException/>\n")
    assert headers["x-amz-crc32"] == "3552371480"


@pytest.mark.parametrize("body", [b"{", b"hello", b"{\"a\"}", b"\xff", b"{\"a\":1}}", b"7x", b"{" * 10_000])
def test_what_is_not_json(endpoint, body):
    status, headers, said = post(endpoint, body)
    assert (status, json.loads(said)) == (400, {"__type": "com.amazon.coral.service#SerializationException"})
    assert headers["x-amz-crc32"] == "3948637019"


@pytest.mark.parametrize("target", [
    "DynamoDB_20120810.Nope", "DynamoDB_20120810.", "DynamoDB_20120810.listTables", "DynamoDB_20120811.ListTables"])
def test_unknown_targets(endpoint, target):
    status, headers, body = post(endpoint, target=target)
    assert (status, json.loads(body)) == (400, {"__type": "com.amazon.coral.service#UnknownOperationException"})
    assert headers["x-amz-crc32"] == "1368724161"


def test_an_empty_body(endpoint):
    status, _, body = post(endpoint, b"")
    assert (status, json.loads(body)) == (400, {"__type": "com.amazon.coral.service#SerializationException"})


def test_unknown_and_null_members_are_ignored(endpoint):
    status, _, body = post(endpoint, b'{"Limit": null, "Nonsense": [1, {"a": 2}]}')
    assert status == 200
    assert "TableNames" in json.loads(body)


@pytest.mark.parametrize("coding, body", [
    # Measured: gzip, also in several parts, and deflate.
    ("gzip", gzip.compress(b"{}")), ("gzip", gzip.compress(b"{") + gzip.compress(b"}")),
    ("deflate", zlib.compress(b"{}")), ("GZIP", gzip.compress(b"{}"))])
def test_compressed_requests(endpoint, coding, body):
    assert post(endpoint, body, Content_Encoding=coding)[0] == 200


@pytest.mark.parametrize("coding, body", [
    ("gzip", b"{}"), ("deflate", b"{}"), ("gzip", b""), ("gzip", gzip.compress(b"{}")[:-4])])
def test_what_does_not_inflate(endpoint, coding, body):
    # Measured: a fault of the server, AWS says.
    status, _, said = post(endpoint, body, Content_Encoding=coding)
    assert status == 500
    assert b"InternalServerError" in said


def test_a_bomb(endpoint):
    # Measured: what counts is the size after inflation.
    body = b'{"a": "' + b"x" * (16 * MIB) + b'"}'
    assert post(endpoint, gzip.compress(body), Content_Encoding="gzip")[0] == 413
    assert post(endpoint, body)[0] == 413
    fits = b'{"a": "' + b"x" * (16 * MIB - 9) + b'"}'
    assert len(fits) == 16 * MIB
    assert post(endpoint, fits)[0] == 200


def test_compressed_replies(endpoint):
    # Measured: replies of more than 4 KiB, when the client takes them so.
    made = "DynamoDB_20120810.GetItem"
    table = {"TableName": "compressed-replies", "BillingMode": "PAY_PER_REQUEST",
             "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}],
             "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}]}
    post(endpoint, json.dumps(table).encode(), target="DynamoDB_20120810.CreateTable")
    for key, size in (("small", 3000), ("big", 5000)):
        item = {"p": {"S": key}, "x": {"S": "x" * size}}
        post(endpoint, json.dumps({"TableName": table["TableName"], "Item": item}).encode(),
             target="DynamoDB_20120810.PutItem")
        ask = json.dumps({"TableName": table["TableName"], "Key": {"p": {"S": key}}}).encode()
        for coding in ("gzip", "deflate"):
            _, headers, body = post(endpoint, ask, target=made, Accept_Encoding=coding)
            assert int(headers["x-amz-crc32"]) == zlib.crc32(body)
            assert headers.get("content-encoding") == (coding if key == "big" else None)
            if key == "big":
                body = gzip.decompress(body) if coding == "gzip" else zlib.decompress(body)
            assert json.loads(body) == {"Item": item}
        _, headers, body = post(endpoint, ask, target=made)
        assert "content-encoding" not in headers
        assert json.loads(body) == {"Item": item}


def test_headers_at_their_limit(endpoint):
    # Measured: 16 KiB of headers.
    assert post(endpoint, X_Padding="x" * 12_000)[0] == 200
    assert post(endpoint, X_Padding="x" * 20_000)[0] == 400


@pytest.mark.parametrize("nulls", [
    '{"TableName":"%s","Item":{"p":{"S":"a"},"x":{"M":%s}}}' % ("deep-nesting", '{"a":{"M":' * 500 + "{}" + "}}" * 500)])
def test_deep_documents_are_refused(endpoint, nulls):
    # Measured: whatever the error, there is an answer.
    assert post(endpoint, nulls.encode(), target="DynamoDB_20120810.PutItem")[0] == 400


def test_tags_answer_with_nothing(endpoint):
    # Measured: an empty body.
    table = {"TableName": "tags-answer", "BillingMode": "PAY_PER_REQUEST",
             "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}],
             "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}]}
    _, _, body = post(endpoint, json.dumps(table).encode(), target="DynamoDB_20120810.CreateTable")
    arn = json.loads(body)["TableDescription"]["TableArn"]
    tag = json.dumps({"ResourceArn": arn, "Tags": [{"Key": "k", "Value": "v"}]}).encode()
    assert post(endpoint, tag, target="DynamoDB_20120810.TagResource")[::2] == (200, b"")
    untag = json.dumps({"ResourceArn": arn, "TagKeys": ["k"]}).encode()
    assert post(endpoint, untag, target="DynamoDB_20120810.UntagResource")[::2] == (200, b"")
