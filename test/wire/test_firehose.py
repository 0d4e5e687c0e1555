"""Firehose with boto3: records become objects. Known from the Firehose developer guide and API reference (documented)
or captured from the real service by others (recorded); what penstock promises beyond is marked deduced."""

import base64
import io
import json
import zipfile

import pytest

from support import refused, until


@pytest.fixture(scope="module")
def firehose(client):
    # Debian's botocore checks an old minimum of 60 seconds; AWS takes 0 to 900.
    return client("firehose", parameter_validation=False)


@pytest.fixture
def bucket(client, name):
    client("s3").create_bucket(Bucket=name)
    return name


def objects(client, bucket, prefix=""):
    s3 = client("s3")
    keys = []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        keys += [entry["Key"] for entry in page.get("Contents", [])]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def destination(role, bucket, **more):
    return {
        "RoleARN": role("firehose"), "BucketARN": f"arn:aws:s3:::{bucket}", "Prefix": "in/",
        "ErrorOutputPrefix": "bad/!{firehose:error-output-type}/",
        "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0}, **more}


def active(firehose, name):
    return until(
        lambda: (d := firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"])[
            "DeliveryStreamStatus"] == "ACTIVE" and d, "ACTIVE")


def test_direct_puts_become_objects(firehose, client, role, bucket, name):
    # Documented: the bytes as they came, with nothing between them, under prefix and UTC hour.
    firehose.create_delivery_stream(
        DeliveryStreamName=name, ExtendedS3DestinationConfiguration=destination(role, bucket))
    shown = active(firehose, name)
    assert shown["DeliveryStreamARN"] == f"arn:aws:firehose:us-east-1:000000000000:deliverystream/{name}"
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"one\n"})
    reply = firehose.put_record_batch(
        DeliveryStreamName=name, Records=[{"Data": f"{i}\n".encode()} for i in range(50)])
    assert reply["FailedPutCount"] == 0
    assert len({entry["RecordId"] for entry in reply["RequestResponses"]}) == 50
    wanted = {"one"} | {str(i) for i in range(50)}

    def lines():
        found = b"".join(objects(client, bucket, "in/").values()).decode().splitlines()
        return len(found) >= 51 and found

    found = until(lines, "51 lines in the bucket")
    assert sorted(found) == sorted(wanted)  # Deduced: each once.
    for key in objects(client, bucket, "in/"):
        date, file = key.removeprefix("in/").rsplit("/", 1)
        assert len(date) == len("2026/01/01/00")
        assert file.startswith(f"{name}-1-20")  # Recorded: <stream>-<version>-<time>-<uuid>.


def test_a_stream_as_source_and_a_function_between(firehose, client, role, bucket, stream, name):
    # Documented: Ok, Dropped and ProcessingFailed; failed records with their data under the error prefix.
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("app.py", (
            "import base64\n"
            "def handler(event, context):\n"
            "    def one(record):\n"
            "        data = base64.b64decode(record['data'])\n"
            "        result = 'Dropped' if b'drop' in data else 'ProcessingFailed' if b'fail' in data else 'Ok'\n"
            "        return {'recordId': record['recordId'], 'result': result,\n"
            "                'data': base64.b64encode(data.upper() + b'\\n').decode()}\n"
            "    return {'records': [one(record) for record in event['records']]}\n"))
    functions = client("lambda")
    arn = functions.create_function(
        FunctionName=name, Runtime="python3.11", Handler="app.handler", Role=role("lambda"), Timeout=60,
        Code={"ZipFile": out.getvalue()})["FunctionArn"]
    firehose.create_delivery_stream(
        DeliveryStreamName=name, DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={"KinesisStreamARN": stream.arn, "RoleARN": role("firehose")},
        ExtendedS3DestinationConfiguration=destination(role, bucket, ProcessingConfiguration={
            "Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": [
                {"ParameterName": "LambdaArn", "ParameterValue": arn}]}]}))
    active(firehose, name)
    code, _, _ = refused(firehose.put_record, DeliveryStreamName=name, Record={"Data": b"x"})
    assert code == "InvalidArgumentException"  # Documented: no direct puts beside a stream.
    kinesis = client("kinesis")
    # Documented: Firehose reads from LATEST; a probe tells when it does.
    seen = 0

    def reading():
        nonlocal seen
        kinesis.put_record(StreamName=stream.name, PartitionKey="p", Data=b"probe")
        seen += 1
        return objects(client, bucket, "in/")

    until(reading, "the delivery reads the stream")
    kinesis.put_records(StreamName=stream.name, Records=[
        {"PartitionKey": str(i), "Data": f"{kind} {i}".encode()}
        for i, kind in enumerate(["keep", "drop", "fail", "keep"])])

    def lines(prefix):
        return b"".join(objects(client, bucket, prefix).values()).decode().splitlines()

    until(lambda: {"KEEP 0", "KEEP 3"} <= set(lines("in/")), "what was kept")
    failed = until(lambda: lines("bad/processing-failed/"), "what failed")
    kept = [line for line in lines("in/") if line != "PROBE"]
    assert kept == ["KEEP 0", "KEEP 3"]
    assert [base64.b64decode(json.loads(line)["rawData"]) for line in failed] == [b"fail 2"]


def test_errors(firehose, client, role, bucket, name):
    # Documented codes; recorded texts.
    code, status, error = refused(firehose.put_record, DeliveryStreamName="absent", Record={"Data": b"x"})
    assert (code, status) == ("ResourceNotFoundException", 400)
    assert error["Message"] == "Firehose absent under account 000000000000 not found."
    firehose.create_delivery_stream(
        DeliveryStreamName=name, ExtendedS3DestinationConfiguration=destination(role, bucket))
    code, _, _ = refused(
        firehose.create_delivery_stream, DeliveryStreamName=name,
        ExtendedS3DestinationConfiguration=destination(role, bucket))
    assert code == "ResourceInUseException"
    code, _, _ = refused(
        firehose.create_delivery_stream, DeliveryStreamName=name + "x",
        ExtendedS3DestinationConfiguration=destination(
            role, bucket, BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 901}))
    assert code in ("ValidationException", "InvalidArgumentException")
    active(firehose, name)
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    until(
        lambda: name not in firehose.list_delivery_streams()["DeliveryStreamNames"], "the delivery stream is gone")
