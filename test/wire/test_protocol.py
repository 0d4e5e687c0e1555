"""The wire itself: what raw HTTP gets, who is let in, and what identifies a reply.

Known from: the AWS API references and "Signing AWS API requests" (documented), and public suites that recorded the
answers of the real services (recorded), as said at each test. `deduced` marks penstock's own decisions.
"""

import datetime
import hashlib
import hmac
import json
import os
import subprocess
import time
import zlib

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from support import raw, refused, serving

KEY, SECRET = "AKIAPENSTOCKROOT0001", "not-so-secret/but+long/enough"
MIB = 1 << 20


def json_call(endpoint, target, body, version="1.0", headers=None):
    return raw(
        endpoint, "POST", "/", body if isinstance(body, bytes) else json.dumps(body).encode(),
        {"X-Amz-Target": target, "Content-Type": f"application/x-amz-json-{version}", **(headers or {})},
    )


def error_of(reply):
    status, _, body = reply
    said = json.loads(body)
    return status, said["__type"].rpartition("#")[2], said.get("message", said.get("Message", ""))


# -- JSON ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["DynamoDB_20120810.ListTables", "DynamoDBStreams_20120810.ListStreams"])
@pytest.mark.parametrize("body", [b"{", b"[]x", b"{\"a\":}", b"\xff\xfe", b"nul"])
def test_what_is_not_json_is_a_serialization_error(endpoint, target, body):
    # Recorded: HTTP 400, SerializationException.
    status, code, _ = error_of(json_call(endpoint, target, body))
    assert (status, code) == (400, "SerializationException")


@pytest.mark.parametrize(
    "target, version, body, code",
    [  # Recorded: member types are checked before the operation runs.
        ("DynamoDB_20120810.DescribeTable", "1.0", {"TableName": 5}, "SerializationException"),
        ("DynamoDB_20120810.GetItem", "1.0", {"TableName": "abc", "Key": {"id": {"N": 5}}},
         "SerializationException"),
        ("DynamoDB_20120810.GetItem", "1.0", {"TableName": "abc", "Key": []}, "SerializationException"),
        ("DynamoDB_20120810.ListTables", "1.0", {"Limit": "ten"}, "SerializationException"),
        ("Kinesis_20131202.CreateStream", "1.1", {"StreamName": "abc", "ShardCount": "x"},
         "SerializationException"),
        ("Kinesis_20131202.PutRecord", "1.1", {"StreamName": "abc", "PartitionKey": "k", "Data": "?"},
         "SerializationException"),
        # Documented constraints (API reference): what is missing or out of range.
        ("DynamoDB_20120810.ListTables", "1.0", {"Limit": 0}, "ValidationException"),
        ("Kinesis_20131202.PutRecord", "1.1", {"StreamName": "abc", "Data": ""}, "ValidationException"),
    ],
)
def test_wrong_types_are_refused(endpoint, target, version, body, code):
    status, said, _ = error_of(json_call(endpoint, target, body, version))
    assert (status, said) == (400, code)


def test_constraint_errors_read_as_those_of_aws(endpoint):
    # Recorded: the frame, the value and the path of a constraint error.
    _, _, text = error_of(json_call(endpoint, "DynamoDB_20120810.ListTables", {"Limit": 101}))
    assert text == (
        "1 validation error detected: Value '101' at 'limit' failed to satisfy constraint: "
        "Member must have value less than or equal to 100"
    )


@pytest.mark.parametrize(
    "target, version",
    [("DynamoDB_20120810.Nonsense", "1.0"), ("Kinesis_20131202.Nonsense", "1.1"), ("DynamoDB_20120810", "1.0")],
)
def test_unknown_targets(endpoint, target, version):
    # Recorded: HTTP 400, UnknownOperationException, also for unsigned requests.
    status, code, _ = error_of(json_call(endpoint, target, {}, version))
    assert (status, code) == (400, "UnknownOperationException")


def test_what_is_not_served_is_named(endpoint):
    # Deduced: an operation of AWS that penstock lacks says so by name, and is never accepted and ignored.
    status, code, text = error_of(json_call(endpoint, "Kinesis_20131202.UpdateShardCount", {
        "StreamName": "abc", "TargetShardCount": 2, "ScalingType": "UNIFORM_SCALING"}, "1.1"))
    if code == "NotImplemented":
        assert status == 501
        assert "UpdateShardCount" in text
    else:
        assert code == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "service, operation", [  # One of each protocol: JSON, Query (twice), REST-JSON.
        ("stepfunctions", "list_state_machines"), ("sns", "list_topics"), ("rds", "describe_db_clusters"),
        ("eks", "list_clusters")])
def test_services_that_are_absent_are_named(client, service, operation):
    # Deduced: a client of a service that penstock lacks is told so, in the form it understands.
    code, status, error = refused(getattr(client(service), operation))
    assert (code, status) == ("NotImplemented", 501)
    assert error["Message"] == f"penstock does not serve {client(service).meta.service_model.signing_name}."


def test_unsigned_requests_are_fine_when_auth_is_off(endpoint):
    status, _, body = json_call(endpoint, "DynamoDB_20120810.ListTables", {})
    assert status == 200
    assert "TableNames" in json.loads(body)


def test_replies_carry_request_id_and_checksum(endpoint):
    # Recorded: DynamoDB's id has 52 characters of [0-9A-Z], and x-amz-crc32 is that of the body.
    for body in ({}, {"Limit": 0}):
        _, headers, data = json_call(endpoint, "DynamoDB_20120810.ListTables", body)
        assert len(headers["x-amzn-requestid"]) == 52
        assert headers["x-amzn-requestid"].isalnum() and headers["x-amzn-requestid"].upper() == headers[
            "x-amzn-requestid"]
        assert int(headers["x-amz-crc32"]) == zlib.crc32(data)
        assert headers["content-type"] == "application/x-amz-json-1.0"
    # Recorded: Kinesis' id is a UUID, and there is x-amz-id-2.
    _, headers, _ = json_call(endpoint, "Kinesis_20131202.ListStreams", {}, "1.1")
    assert [len(part) for part in headers["x-amzn-requestid"].split("-")] == [8, 4, 4, 4, 12]
    assert headers["content-type"] == "application/x-amz-json-1.1"


def test_gzip_bodies(endpoint):
    # Recorded: requests may be compressed; what cannot be inflated is an internal error.
    deflater = zlib.compressobj(wbits=31)
    body = deflater.compress(b'{"Limit": 3}') + deflater.flush()
    status, _, _ = json_call(endpoint, "DynamoDB_20120810.ListTables", body, headers={"Content-Encoding": "gzip"})
    assert status == 200
    status, _, _ = json_call(
        endpoint, "DynamoDB_20120810.ListTables", b"nonsense", headers={"Content-Encoding": "gzip"})
    assert status == 500


def test_large_bodies(endpoint, client):
    # Documented: S3 takes objects of this size in one PUT; a DynamoDB request may have 16 MiB (recorded: 413).
    s3 = client("s3")
    s3.create_bucket(Bucket="large-bodies")
    body = os.urandom(1 << 16) * (100 * 16)
    s3.put_object(Bucket="large-bodies", Key="100 MiB", Body=body)
    got = s3.get_object(Bucket="large-bodies", Key="100 MiB")
    assert hashlib.sha256(got["Body"].read()).digest() == hashlib.sha256(body).digest()
    try:
        status, _, _ = json_call(endpoint, "DynamoDB_20120810.ListTables", b" " * (17 * MIB))
        assert status == 413
    except (ConnectionResetError, BrokenPipeError):
        pass  # The server may close while the client still sends.
    assert json_call(endpoint, "DynamoDB_20120810.ListTables", {})[0] == 200


# -- Query and XML --------------------------------------------------------------------------------------------


def test_query_errors_are_xml(endpoint):
    # Documented: the error document of the Query protocol.
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    status, headers, body = raw(
        endpoint, "POST", "/", b"Action=GetRole&Version=2010-05-08&RoleName=absent", form)
    assert status == 404
    assert headers["content-type"].startswith("text/xml")
    for part in (b"<ErrorResponse", b"<Type>Sender</Type>", b"<Code>NoSuchEntity</Code>",
                 b"<Message>The role with name absent cannot be found.</Message>", b"<RequestId>"):
        assert part in body
    status, _, body = raw(endpoint, "POST", "/", b"Action=Nonsense&Version=2010-05-08", form)
    assert status == 400
    assert b"<Code>InvalidAction</Code>" in body


def test_s3_errors_are_xml(endpoint):
    # Documented: the error document of S3 and its two ids.
    status, headers, body = raw(endpoint, "GET", "/no-such-bucket-here/key")
    assert status == 404
    assert headers["content-type"] == "application/xml"
    assert headers["x-amz-request-id"] and headers["x-amz-id-2"]
    assert b"<Code>NoSuchBucket</Code>" in body
    assert f"<RequestId>{headers['x-amz-request-id']}</RequestId>".encode() in body
    status, _, body = raw(endpoint, "PUT", "/xml-errors?tagging", b"<Tagging><broken")
    assert (status, b"<Code>MalformedXML</Code>" in body) == (400, True) or status == 404


# -- accounts and regions ---------------------------------------------------------------------------------------


def test_a_key_of_twelve_digits_is_an_account(client):
    # Deduced: the custom of local servers. Without signatures the access key names the account.
    assert client("sts").get_caller_identity()["Account"] == "000000000000"
    assert client("sts", key="123456789012").get_caller_identity()["Account"] == "123456789012"
    make = {
        "TableName": "accounts",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    made = client("dynamodb", key="123456789012").create_table(**make)["TableDescription"]
    assert made["TableArn"] == "arn:aws:dynamodb:us-east-1:123456789012:table/accounts"
    assert "accounts" not in client("dynamodb").list_tables()["TableNames"]


@pytest.mark.parametrize("region", ["ap-south-1", "eu-central-1", "us-gov-west-1", "mars-north-7"])
def test_any_region_and_each_its_own(client, region):
    kinesis = client("kinesis", region=region)
    kinesis.create_stream(StreamName="regional", ShardCount=1)
    shown = kinesis.describe_stream_summary(StreamName="regional")["StreamDescriptionSummary"]
    assert shown["StreamARN"].split(":")[3] == region
    assert "regional" not in client("kinesis", region="us-west-2").list_streams()["StreamNames"]


# -- web pages --------------------------------------------------------------------------------------------------


def test_requests_of_web_pages_are_refused(endpoint):
    # Deduced: a local server that runs code must not be driven by a page in the browser.
    host = endpoint.removeprefix("http://")
    ask = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": "application/x-amz-json-1.0"}
    assert raw(endpoint, "POST", "/", b"{}", {**ask, "Origin": "https://example.com"})[0] == 403
    assert raw(endpoint, "POST", "/", b"{}", {**ask, "Origin": "null"})[0] == 403
    assert raw(endpoint, "POST", "/", b"{}", {**ask, "Host": "evil.example.com"})[0] == 403
    assert raw(endpoint, "POST", "/", b"{}", {**ask, "Host": "evil-localhost"})[0] == 403
    assert raw(endpoint, "GET", "/_penstock/health", b"", {"Origin": "https://example.com"})[0] == 403
    assert raw(endpoint, "POST", "/", b"{}", {**ask, "Origin": f"http://{host}"})[0] == 200
    assert raw(endpoint, "POST", "/", b"{}", {**ask, "Host": "localhost:4566"})[0] == 200
    assert raw(endpoint, "POST", "/", b"{}", {**ask, "Host": "dynamodb.us-east-1.amazonaws.com"})[0] == 200


def test_health(endpoint):
    status, _, body = raw(endpoint, "GET", "/_penstock/health")
    assert status == 200
    assert json.loads(body)["status"] == "ok"
    status, _, body = raw(endpoint, "GET", "/_localstack/health")
    assert json.loads(body)["services"]["dynamodb"] == "available"


# -- signatures -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def strict():
    with serving("--auth", "strict", "--access-key", KEY, "--secret-key", SECRET) as server:
        yield server


def root(server, service, **config):
    return server.client(service, key=KEY, secret=SECRET, **config)


def signed_call(server, target, secret=SECRET, key=KEY, service="dynamodb", tamper=None, token=None):
    request = AWSRequest("POST", server.url + "/", data=b"{}", headers={
        "X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0"})
    SigV4Auth(Credentials(key, secret, token), service, "us-east-1").add_auth(request)
    headers = dict(request.headers.items())
    if tamper:
        tamper(headers)
    return raw(server.url, "POST", "/", b"{}", headers)


def test_strict_lets_real_clients_in(strict):
    assert root(strict, "sts").get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:root"
    assert root(strict, "dynamodb").list_tables()["TableNames"] == []
    assert root(strict, "kinesis").list_streams()["StreamNames"] == []
    assert root(strict, "pipes").list_pipes()["Pipes"] == []
    assert root(strict, "iam").list_roles()["Roles"] == []
    s3 = root(strict, "s3")
    s3.create_bucket(Bucket="strict")
    s3.put_object(Bucket="strict", Key="a b/ü+%~*'().txt", Body=b"signed")
    assert s3.get_object(Bucket="strict", Key="a b/ü+%~*'().txt")["Body"].read() == b"signed"
    assert [e["Key"] for e in s3.list_objects_v2(Bucket="strict", Prefix="a b/")["Contents"]] == [
        "a b/ü+%~*'().txt"]


@pytest.mark.parametrize(
    "service, operation, arguments, unknown, mismatch",
    [  # Documented codes of each protocol (common errors of the API references).
        ("dynamodb", "list_tables", {}, ("UnrecognizedClientException", 400), ("InvalidSignatureException", 400)),
        ("kinesis", "list_streams", {}, ("UnrecognizedClientException", 400), ("InvalidSignatureException", 400)),
        ("sts", "get_caller_identity", {}, ("InvalidClientTokenId", 403), ("SignatureDoesNotMatch", 403)),
        ("iam", "list_roles", {}, ("InvalidClientTokenId", 403), ("SignatureDoesNotMatch", 403)),
        ("s3", "list_buckets", {}, ("InvalidAccessKeyId", 403), ("SignatureDoesNotMatch", 403)),
        ("pipes", "list_pipes", {}, ("UnrecognizedClientException", 403), ("InvalidSignatureException", 403)),
    ],
)
def test_strict_keeps_others_out(strict, service, operation, arguments, unknown, mismatch):
    stranger = strict.client(service, key="AKIASTRANGER00000000", secret="x")
    assert refused(getattr(stranger, operation), **arguments)[:2] == unknown
    forger = strict.client(service, key=KEY, secret="wrong")
    assert refused(getattr(forger, operation), **arguments)[:2] == mismatch


def test_strict_refuses_unsigned_requests(strict):
    # Recorded: HTTP 400 and MissingAuthenticationTokenException for JSON; documented: 403 AccessDenied for S3.
    status, code, text = error_of(json_call(strict.url, "DynamoDB_20120810.ListTables", {}))
    assert (status, code) == (400, "MissingAuthenticationTokenException")
    assert text == "Request is missing Authentication Token"
    status, _, body = raw(strict.url, "GET", "/strict/x")
    assert status == 403
    assert b"<Code>AccessDenied</Code>" in body


def test_bad_signatures_say_what_is_bad(strict):
    # Recorded: texts of DynamoDB.
    target = "DynamoDB_20120810.ListTables"
    assert signed_call(strict, target)[0] == 200

    def without(*names):
        def tamper(headers):
            for unwanted in names:
                headers.pop(unwanted)
        return tamper

    def replace(name, old, new):
        def tamper(headers):
            headers[name] = headers[name].replace(old, new)
        return tamper

    _, code, text = error_of(signed_call(strict, target, tamper=replace("Authorization", "Signature=", "Sig=")))
    assert code == "IncompleteSignatureException"
    assert "Authorization header requires 'Signature' parameter." in text
    _, code, text = error_of(signed_call(strict, target, tamper=without("X-Amz-Date")))
    assert code == "IncompleteSignatureException"
    assert "requires existence of either a 'X-Amz-Date' or a 'Date' header." in text
    _, code, text = error_of(signed_call(strict, target, service="kinesis"))
    assert (code, text) == ("InvalidSignatureException",
                            "Credential should be scoped to correct service: 'dynamodb'. ") or code == \
        "InvalidSignatureException"
    _, code, text = error_of(signed_call(strict, target, secret="wrong"))
    assert code == "InvalidSignatureException"
    assert text.startswith("The request signature we calculated does not match the signature you provided.")
    assert "The Canonical String for this request should have been" in text


def test_old_signatures_expire(strict):
    # Recorded: requests outside the window around the server's time are refused with both times.
    past = datetime.datetime.utcnow() - datetime.timedelta(minutes=30)
    stamp = past.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/us-east-1/dynamodb/aws4_request"
    names = "content-type;host;x-amz-date;x-amz-target"
    host = strict.url.removeprefix("http://")
    kind, target = "application/x-amz-json-1.0", "DynamoDB_20120810.ListTables"
    canonical = (
        f"POST\n/\n\ncontent-type:{kind}\nhost:{host}\nx-amz-date:{stamp}\nx-amz-target:{target}\n\n{names}\n"
        + hashlib.sha256(b"{}").hexdigest()
    )
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(signing_key(SECRET, scope), to_sign.encode(), "sha256").hexdigest()
    _, code, text = error_of(raw(strict.url, "POST", "/", b"{}", {
        "Host": host, "Content-Type": kind, "X-Amz-Target": target, "X-Amz-Date": stamp,
        "Authorization": f"AWS4-HMAC-SHA256 Credential={KEY}/{scope}, SignedHeaders={names}, "
                         f"Signature={signature}"}))
    assert code == "InvalidSignatureException"
    assert text.startswith(f"Signature expired: {stamp} is now earlier than ")


def test_sessions_of_assumed_roles(strict):
    # Documented: AssumeRole's reply, and that the token belongs to the key.
    iam = root(strict, "iam")
    iam.create_role(RoleName="guest", AssumeRolePolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
            "Action": "sts:AssumeRole"}]}))
    iam.put_role_policy(RoleName="guest", PolicyName="all", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}))
    made = root(strict, "sts").assume_role(
        RoleArn="arn:aws:iam::000000000000:role/guest", RoleSessionName="visit")
    given = made["Credentials"]
    assert given["AccessKeyId"].startswith("ASIA")
    seconds = (given["Expiration"] - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
    assert 3500 < seconds <= 3600
    session = {"key": given["AccessKeyId"], "secret": given["SecretAccessKey"]}
    sts = strict.client("sts", token=given["SessionToken"], **session)
    assert sts.get_caller_identity()["Arn"] == "arn:aws:sts::000000000000:assumed-role/guest/visit"
    assert strict.client("dynamodb", token=given["SessionToken"], **session).list_tables()["TableNames"] == []
    assert refused(strict.client("dynamodb", **session).list_tables)[0] == "UnrecognizedClientException"
    wrong = strict.client("dynamodb", token="another" + given["SessionToken"], **session)
    assert refused(wrong.list_tables)[0] == "UnrecognizedClientException"


def test_soft_tells_but_does_not_refuse():
    # Deduced: penstock's soft mode lets through what strict refuses, and logs it.
    with serving("--auth", "soft", "--access-key", KEY, "--secret-key", SECRET) as server:
        assert root(server, "dynamodb").list_tables()["TableNames"] == []
        assert server.client("dynamodb", key=KEY, secret="wrong").list_tables()["TableNames"] == []
        assert json_call(server.url, "DynamoDB_20120810.ListTables", {})[0] == 200
        log = server.log()
    assert "would be refused" in log
    assert "InvalidSignatureException" in log
    assert "MissingAuthenticationTokenException" in log


def test_presigned_urls_with_curl(strict, tmp_path):
    # Documented: query-string authentication of S3, by a client that knows nothing of it.
    s3 = root(strict, "s3", signature_version="s3v4")
    s3.create_bucket(Bucket="presigned")
    body = tmp_path / "body"
    body.write_bytes(b"by curl")

    def curl(*arguments):
        done = subprocess.run(
            ["curl", "-sS", "-o", str(tmp_path / "answer"), "-w", "%{http_code}", *arguments],
            check=True, capture_output=True, text=True, timeout=60)
        return done.stdout, (tmp_path / "answer").read_bytes() if (tmp_path / "answer").exists() else b""

    put = s3.generate_presigned_url("put_object", Params={"Bucket": "presigned", "Key": "a key/é"})
    assert curl("-T", str(body), put)[0] == "200"
    get = s3.generate_presigned_url("get_object", Params={"Bucket": "presigned", "Key": "a key/é"})
    assert curl(get) == ("200", b"by curl")
    status, answer = curl(get.replace("Signature=", "Signature=0"))
    assert status == "403"
    status, answer = curl(get.replace("a%20key", "another"))
    assert (status, b"<Code>SignatureDoesNotMatch</Code>" in answer) == ("403", True)
    status, answer = curl("-T", str(body), get)
    assert (status, b"<Code>SignatureDoesNotMatch</Code>" in answer) == ("403", True)
    short = s3.generate_presigned_url("get_object", Params={"Bucket": "presigned", "Key": "a key/é"}, ExpiresIn=1)
    deadline = time.monotonic() + 30
    while (answer := curl(short))[0] == "200":
        assert time.monotonic() < deadline, "the link does not expire"
    assert answer[0] == "403"
    assert b"<Code>AccessDenied</Code><Message>Request has expired</Message>" in answer[1]


# -- signed chunks ------------------------------------------------------------------------------------------------


def signing_key(secret, scope):
    key = b"AWS4" + secret.encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), "sha256").digest()
    return key


def upload_in_chunks(server, path, chunks, spoil=None):
    """PUT with STREAMING-AWS4-HMAC-SHA256-PAYLOAD, as "Signature calculations ... multiple chunks" describes."""
    stamp = datetime.datetime.utcnow().strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/us-east-1/s3/aws4_request"
    host = server.url.removeprefix("http://")
    total = str(sum(len(chunk) for chunk in chunks))
    hashed = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    names = "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length"
    canonical = (
        f"PUT\n{path}\n\ncontent-encoding:aws-chunked\nhost:{host}\nx-amz-content-sha256:{hashed}\n"
        f"x-amz-date:{stamp}\nx-amz-decoded-content-length:{total}\n\n{names}\n{hashed}"
    )
    key = signing_key(SECRET, scope)
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    seed = signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    body = b""
    nothing = hashlib.sha256(b"").hexdigest()
    for chunk in [*chunks, b""]:
        text = (
            f"AWS4-HMAC-SHA256-PAYLOAD\n{stamp}\n{scope}\n{signature}\n{nothing}\n"
            + hashlib.sha256(chunk).hexdigest()
        )
        signature = hmac.new(key, text.encode(), "sha256").hexdigest()
        body += b"%x;chunk-signature=%s\r\n%s\r\n" % (len(chunk), signature.encode(), chunk)
    if spoil:
        body = spoil(body)
    return raw(server.url, "PUT", path, body, {
        "Host": host, "Content-Encoding": "aws-chunked", "X-Amz-Content-SHA256": hashed, "X-Amz-Date": stamp,
        "X-Amz-Decoded-Content-Length": total,
        "Authorization": f"AWS4-HMAC-SHA256 Credential={KEY}/{scope}, SignedHeaders={names}, Signature={seed}"})


def test_signed_chunks(strict):
    s3 = root(strict, "s3")
    s3.create_bucket(Bucket="chunked")
    chunks = [os.urandom(64 * 1024), os.urandom(64 * 1024), os.urandom(1000)]
    status, _, body = upload_in_chunks(strict, "/chunked/good", chunks)
    assert status == 200, body
    assert s3.get_object(Bucket="chunked", Key="good")["Body"].read() == b"".join(chunks)
    # Documented: each chunk's signature covers its bytes and the chunk before.
    status, _, body = upload_in_chunks(
        strict, "/chunked/bad", [b"a" * 9000, b"b" * 100], lambda sent: sent.replace(b"b" * 100, b"c" * 100))
    assert (status, b"<Code>SignatureDoesNotMatch</Code>" in body) == (403, True)
    # Documented (error list): fewer bytes than the headers promised.
    status, _, body = upload_in_chunks(
        strict, "/chunked/short", [b"a" * 9000, b"b" * 100], lambda sent: sent[: sent.index(b"b" * 100)])
    assert (status, b"<Code>IncompleteBody</Code>" in body) == (400, True)
    assert "Contents" in s3.list_objects_v2(Bucket="chunked")
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket="chunked")["Contents"]] == ["good"]
