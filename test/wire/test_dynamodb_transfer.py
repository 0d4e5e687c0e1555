"""Imports from S3, exports to S3 and Kinesis destinations of DynamoDB, with real clients against a real server.

"Recorded" expectations come from tests that pass against AWS (Alternator's), or from measurements in 2026;
"documented" ones from the developer guide; the rest is deduced.
"""

import base64
import concurrent.futures
import gzip
import hashlib
import json
import subprocess
import tempfile
import uuid
from decimal import Decimal

import boto3.dynamodb.types
import pytest

import support

SCHEMA = {
    "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "c", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": "p", "AttributeType": "S"},
        {"AttributeName": "c", "AttributeType": "N"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
}

ITEMS = [
    {"p": {"S": "minimal"}, "c": {"N": "1"}},
    {"p": {"S": "strings"}, "c": {"N": "2"}, "u": {"S": "zażółć 日本語 🦑"}, "e": {"S": 'quote" back\\slash\nline\t'}, "0": {"S": ""}},
    {"p": {"S": "numbers"}, "c": {"N": "-3.5"}, "zero": {"N": "0"}, "digits": {"N": "1" * 38}, "small": {"N": "0.000001"}},
    {"p": {"S": "binary"}, "c": {"N": "4"}, "b": {"B": b"\x00\x01\xfe\xff"}, "bs": {"BS": [b"\x00", b"\x01"]}},
    {"p": {"S": "others"}, "c": {"N": "5"}, "t": {"BOOL": True}, "n": {"NULL": True}, "ss": {"SS": ["a", "b"]}, "ns": {"NS": ["1", "2.5"]}},
    {"p": {"S": "documents"}, "c": {"N": "6"}, "l": {"L": [{"S": "x"}, {"L": []}, {"M": {}}]}, "m": {"M": {"a.b": {"M": {"c": {"N": "1"}}}}}},
    {"p": {"S": "big"}, "c": {"N": "7"}, "blob": {"S": "y" * 380_000}},
]


class Encoder(json.JSONEncoder):
    def default(self, value):
        return base64.b64encode(bytes(value)).decode()


def lines(items):
    return "".join(json.dumps({"Item": item}, cls=Encoder) + "\n" for item in items).encode()


@pytest.fixture
def bucket(client, name):
    client("s3").create_bucket(Bucket=name)
    return name


def start_import(dynamodb, bucket, table, prefix="in/", **more):
    parameters = {"TableName": table, **SCHEMA, **more.pop("TableCreationParameters", {})}
    return dynamodb.import_table(
        S3BucketSource={"S3Bucket": bucket, "S3KeyPrefix": prefix},
        TableCreationParameters=parameters,
        **{"InputFormat": "DYNAMODB_JSON", **more},
    )["ImportTableDescription"]


def ended_import(dynamodb, arn):
    return support.until(
        lambda: (d := dynamodb.describe_import(ImportArn=arn)["ImportTableDescription"])["ImportStatus"] != "IN_PROGRESS"
        and d,
        "the import has ended",
    )


def by_key(items):
    return sorted(items, key=lambda item: (item["p"]["S"], Decimal(item["c"]["N"])))


def all_items(dynamodb, table):
    return by_key([i for page in dynamodb.get_paginator("scan").paginate(TableName=table) for i in page["Items"]])


def zstd(data):
    # There is no zstd in Python's library; the tool comes with the test machine.
    return subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, check=True).stdout


@pytest.mark.parametrize("compression,pack", [("NONE", bytes), ("GZIP", gzip.compress), ("ZSTD", zstd)])
def test_import_of_dynamodb_json(client, bucket, name, compression, pack):
    """Recorded: members, counters, uncompressed size, blank lines and empty objects count for nothing."""
    s3, dynamodb = client("s3"), client("dynamodb")
    body = lines(ITEMS)
    s3.put_object(Bucket=bucket, Key="in/a.json", Body=pack(body + b"\n   \n"))
    if compression == "NONE":
        s3.put_object(Bucket=bucket, Key="in/empty.json", Body=b"")
    started = start_import(dynamodb, bucket, name, InputCompressionType=compression)
    assert started["ImportStatus"] == "IN_PROGRESS"
    assert started["ProcessedItemCount"] == started["ImportedItemCount"] == started["ErrorCount"] == 0
    for absent in ["EndTime", "FailureCode", "FailureMessage", "ProcessedSizeBytes"]:
        assert absent not in started
    assert started["ImportArn"].rpartition("/import/")[0] == started["TableArn"]
    assert started["CloudWatchLogGroupArn"].endswith("log-group:/aws-dynamodb/imports:*")
    ended = ended_import(dynamodb, started["ImportArn"])
    assert ended["ImportStatus"] == "COMPLETED" and ended["ErrorCount"] == 0
    assert ended["ProcessedItemCount"] == ended["ImportedItemCount"] == len(ITEMS)
    assert ended["ProcessedSizeBytes"] == len(body) + 5
    for member in ["TableId", "ClientToken", "S3BucketSource", "InputFormat", "InputCompressionType",
                   "TableCreationParameters", "StartTime"]:
        assert ended[member] == started[member]
    assert all_items(dynamodb, name) == by_key(ITEMS)
    table = dynamodb.describe_table(TableName=name)["Table"]
    assert (table["TableStatus"], table["TableId"]) == ("ACTIVE", started["TableId"])


def test_import_of_csv(client, bucket, name):
    """Documented: keys have their types, everything else is a string; quotes; a header list makes the first line data."""
    s3, dynamodb = client("s3"), client("dynamodb")
    s3.put_object(Bucket=bucket, Key="in/a.csv", Body=b'p|c|v\nx|1.50|7\ny|2|"a|b"\nz|three|x\n')
    ended = ended_import(dynamodb, start_import(
        dynamodb, bucket, name, InputFormat="CSV", InputFormatOptions={"Csv": {"Delimiter": "|"}})["ImportArn"])
    assert (ended["ImportStatus"], ended["FailureCode"]) == ("FAILED", "ItemValidationError")
    assert (ended["ProcessedItemCount"], ended["ImportedItemCount"], ended["ErrorCount"]) == (3, 2, 1)
    assert all_items(dynamodb, name) == [
        {"p": {"S": "x"}, "c": {"N": "1.5"}, "v": {"S": "7"}},
        {"p": {"S": "y"}, "c": {"N": "2"}, "v": {"S": "a|b"}},
    ]
    # The error stands in the log.
    logs = client("logs")
    events = support.until(
        lambda: logs.filter_log_events(logGroupName="/aws-dynamodb/imports", filterPattern=f'"{name}"')["events"],
        "the error is logged")
    assert json.loads(events[0]["message"])["errorMessages"] == [
        "The parameter cannot be converted to a numeric value: three"]
    s3.put_object(Bucket=bucket, Key="listed/a.csv", Body=b"x,1\r\ny,2\r\n")
    ended = ended_import(dynamodb, start_import(
        dynamodb, bucket, name + "-2", prefix="listed/", InputFormat="CSV",
        InputFormatOptions={"Csv": {"HeaderList": ["p", "c"]}})["ImportArn"])
    assert ended["ImportStatus"] == "COMPLETED"
    assert all_items(dynamodb, name + "-2") == [{"p": {"S": "x"}, "c": {"N": "1"}}, {"p": {"S": "y"}, "c": {"N": "2"}}]


def test_import_of_ion(client, bucket, name):
    """Documented: the table of types in the developer guide."""
    s3, dynamodb = client("s3"), client("dynamodb")
    s3.put_object(Bucket=bucket, Key="in/a.ion", Body=(
        b'$ion_1_0 {Item:{p:"x",c:103.,Authors:$dynamodb_SS::["A","B"],P:6d2,ok:false,b:{{AAE=}},l:[1,null],m:{k:2d-1}}}\n'))
    ended = ended_import(dynamodb, start_import(dynamodb, bucket, name, InputFormat="ION")["ImportArn"])
    assert ended["ImportStatus"] == "COMPLETED"
    assert all_items(dynamodb, name) == [{
        "p": {"S": "x"}, "c": {"N": "103"}, "Authors": {"SS": ["A", "B"]}, "P": {"N": "600"}, "ok": {"BOOL": False},
        "b": {"B": b"\x00\x01"}, "l": {"L": [{"N": "1"}, {"NULL": True}]}, "m": {"M": {"k": {"N": "0.2"}}}}]


def test_import_failures(client, bucket, name):
    """Recorded."""
    dynamodb = client("dynamodb")
    ended = ended_import(dynamodb, start_import(dynamodb, "no-" + bucket, name)["ImportArn"])
    assert (ended["ImportStatus"], ended["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    assert ended["ProcessedItemCount"] == ended["ImportedItemCount"] == ended["ErrorCount"] == 0
    assert support.refused(dynamodb.describe_table, TableName=name)[0] == "ResourceNotFoundException"
    # No object is no failure, and the table is there.
    ended = ended_import(dynamodb, start_import(dynamodb, bucket, name, prefix="nothing/")["ImportArn"])
    assert ended["ImportStatus"] == "COMPLETED" and all_items(dynamodb, name) == []
    code, _, error = support.refused(start_import, dynamodb=dynamodb, bucket=bucket, table=name)
    assert (code, error["Message"]) == ("ResourceInUseException", f"Table already exists: {name}")


def test_import_refusals(client, bucket, name):
    """Recorded."""
    dynamodb = client("dynamodb", parameter_validation=False)

    def message(**more):
        code, _, error = support.refused(start_import, dynamodb=dynamodb, bucket=bucket, table=name, **more)
        assert code == "ValidationException"
        return error["Message"]

    assert "inputFormat" in message(InputFormat="NOT_A_FORMAT")
    assert "inputCompressionType" in message(InputCompressionType="BZIP2")
    assert "clientToken" in message(ClientToken="has$dollar")
    assert "s3KeyPrefix" in message(prefix="p" * 1025)
    assert "InputFormatOptions" in message(InputFormatOptions={"Csv": {"Delimiter": ","}})
    assert "AttributeDefinitions" in message(TableCreationParameters={
        "AttributeDefinitions": [{"AttributeName": "unrelated", "AttributeType": "S"}, {"AttributeName": "c", "AttributeType": "N"}]})
    assert support.refused(dynamodb.list_imports, PageSize=26)[0] == "ValidationException"
    assert support.refused(dynamodb.list_imports, NextToken="0" * 112)[0] == "ValidationException"


def test_list_imports(client, bucket, name):
    """Recorded: the members of a summary, the filter, pages."""
    dynamodb = client("dynamodb")
    arns = [start_import(dynamodb, bucket, f"{name}-{n}", prefix="nothing/")["ImportArn"] for n in range(3)]
    for arn in arns:
        ended_import(dynamodb, arn)
    listed, token = [], {}
    while True:
        page = dynamodb.list_imports(PageSize=1, **token)
        assert len(page["ImportSummaryList"]) <= 1
        listed += page["ImportSummaryList"]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert set(arns) <= {one["ImportArn"] for one in listed} and len(listed) == len({one["ImportArn"] for one in listed})
    table_arn = arns[0].rpartition("/import/")[0]
    [one] = dynamodb.list_imports(TableArn=table_arn)["ImportSummaryList"]
    assert set(one) == {"ImportArn", "ImportStatus", "TableArn", "S3BucketSource", "InputFormat", "StartTime", "EndTime",
                        "CloudWatchLogGroupArn"}


def test_import_goes_on_after_a_crash(name):
    """Deduced: a started import ends, and the table is whole or absent at every moment."""
    with tempfile.TemporaryDirectory(prefix="penstock-wire-") as data:
        server = support.Server(data)
        s3, dynamodb = server.client("s3"), server.client("dynamodb")
        s3.create_bucket(Bucket=name)
        body = lines({"p": {"S": f"item-{n}"}, "c": {"N": "1"}, "v": {"S": "x" * 500}} for n in range(20_000))
        for part in range(4):
            s3.put_object(Bucket=name, Key=f"in/{part}", Body=gzip.compress(body, 1))
        arn = start_import(dynamodb, name, name, InputCompressionType="GZIP")["ImportArn"]
        server.kill()
        server = support.Server(data)
        try:
            dynamodb = server.client("dynamodb")
            ended = ended_import(dynamodb, arn)
            assert ended["ImportStatus"] == "COMPLETED" and ended["ImportedItemCount"] == 80_000
            assert sum(page["Count"] for page in dynamodb.get_paginator("scan").paginate(
                TableName=name, Select="COUNT")) == 20_000
        finally:
            server.stop()


# ---------------------------------------------------------------- exports


@pytest.fixture
def filled(client, name):
    """A table with ITEMS and point-in-time recovery; its ARN."""
    dynamodb = client("dynamodb")
    arn = dynamodb.create_table(TableName=name, **SCHEMA)["TableDescription"]["TableArn"]
    dynamodb.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    for item in ITEMS:
        dynamodb.put_item(TableName=name, Item=item)
    return arn


def ended_export(dynamodb, arn):
    return support.until(
        lambda: (d := dynamodb.describe_export(ExportArn=arn)["ExportDescription"])["ExportStatus"] != "IN_PROGRESS" and d,
        "the export has ended",
    )


def digest(body):
    return base64.b64encode(hashlib.md5(body).digest())


@pytest.mark.parametrize("prefix", [None, "dira/dirb"])
@pytest.mark.parametrize("form", ["DYNAMODB_JSON", "ION"])
def test_export_then_import(client, bucket, filled, name, form, prefix):
    """Recorded: the objects, their digests, the manifests. Deduced: what is imported is what was exported."""
    s3, dynamodb = client("s3"), client("dynamodb")
    before = all_items(dynamodb, name)
    started = dynamodb.export_table_to_point_in_time(
        TableArn=filled, S3Bucket=bucket, ExportFormat=form, **({"S3Prefix": prefix} if prefix else {}))["ExportDescription"]
    assert started["ExportStatus"] == "IN_PROGRESS" and started["ClientToken"] and "ExportType" not in started
    assert started["S3SseAlgorithm"] == "AES256"
    for absent in ["EndTime", "ExportManifest", "ItemCount", "BilledSizeBytes"]:
        assert absent not in started
    # What is written from now on is not in the export.
    dynamodb.put_item(TableName=name, Item={"p": {"S": "late"}, "c": {"N": "1"}})
    ended = ended_export(dynamodb, started["ExportArn"])
    assert (ended["ExportStatus"], ended["ItemCount"]) == ("COMPLETED", len(ITEMS))
    assert ended["EndTime"] >= ended["StartTime"] and ended["BilledSizeBytes"] > 380_000
    root = (prefix + "/" if prefix else "") + "AWSDynamoDB/" + started["ExportArn"].rpartition("/")[2] + "/"
    objects = {o["Key"]: s3.get_object(Bucket=bucket, Key=o["Key"])["Body"].read()
               for o in s3.list_objects_v2(Bucket=bucket)["Contents"]}
    ending = ".json.gz" if form == "DYNAMODB_JSON" else ".ion.gz"
    data = [key for key in objects if key.startswith(root + "data/")]
    assert data and all(key.endswith(ending) for key in data)
    assert set(objects) - set(data) == {root + o for o in [
        "_started", "manifest-files.json", "manifest-files.md5", "manifest-summary.json", "manifest-summary.md5"]}
    assert ended["ExportManifest"] == root + "manifest-summary.json"
    for manifest in ["files", "summary"]:
        assert objects[f"{root}manifest-{manifest}.md5"] == digest(objects[f"{root}manifest-{manifest}.json"])
    files = [json.loads(line) for line in objects[root + "manifest-files.json"].splitlines()]
    assert {f["dataFileS3Key"] for f in files} == set(data)
    assert sum(f["itemCount"] for f in files) == len(ITEMS)
    for f in files:
        assert f["md5Checksum"].encode() == digest(objects[f["dataFileS3Key"]])
        assert f["etag"] == s3.head_object(Bucket=bucket, Key=f["dataFileS3Key"])["ETag"].strip('"')
    summary = json.loads(objects[root + "manifest-summary.json"])
    assert list(summary) == ["version", "exportArn", "startTime", "endTime", "tableArn", "tableId", "exportTime", "s3Bucket",
                             "s3Prefix", "s3SseAlgorithm", "s3SseKmsKeyId", "manifestFilesS3Key", "billedSizeBytes",
                             "itemCount", "outputFormat"]
    assert (summary["s3Prefix"], summary["itemCount"], summary["outputFormat"]) == (prefix, len(ITEMS), form)
    assert summary["manifestFilesS3Key"] == root + "manifest-files.json"
    imported = ended_import(dynamodb, start_import(
        dynamodb, bucket, name + "-2", prefix=root + "data/", InputFormat=form, InputCompressionType="GZIP")["ImportArn"])
    assert (imported["ImportStatus"], imported["ImportedItemCount"]) == ("COMPLETED", len(ITEMS))
    assert all_items(dynamodb, name + "-2") == before


def test_export_refusals(client, bucket, filled, name):
    """Recorded."""
    dynamodb = client("dynamodb", parameter_validation=False)
    export = dynamodb.export_table_to_point_in_time

    def refusal(**more):
        code, _, error = support.refused(export, **{"TableArn": filled, "S3Bucket": bucket, **more})
        return code, error["Message"]

    assert refusal(TableArn=filled + "-not")[0] == "TableNotFoundException"
    assert "exportFormat" in refusal(ExportFormat="QWERTY")[1]
    assert "s3Bucket" in refusal(S3Bucket="")[1]
    token = uuid.uuid4().hex
    first = export(TableArn=filled, S3Bucket=bucket, ClientToken=token)["ExportDescription"]
    again = export(TableArn=filled, S3Bucket=bucket, ClientToken=token)["ExportDescription"]
    assert first["ExportArn"] == again["ExportArn"]
    conflict = "Export conflict: Duplicate request detected with conflicting parameters"
    for more in [{"S3Prefix": "x"}, {"ExportFormat": "ION"}, {"S3SseAlgorithm": "AES256"}, {"S3BucketOwner": "000000000000"},
                 {"ExportTime": 1_700_000_000}]:
        assert refusal(ClientToken=token, **more) == ("ExportConflictException", conflict)
    assert refusal(ExportTime=1_700_000_000)[0] == "InvalidExportTimeException"
    dynamodb.create_table(TableName=name + "-3", **SCHEMA)
    assert refusal(TableArn=filled + "-3")[0] == "PointInTimeRecoveryUnavailableException"
    failed = ended_export(dynamodb, export(TableArn=filled, S3Bucket="no-" + bucket)["ExportDescription"]["ExportArn"])
    assert (failed["ExportStatus"], failed["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    assert "bucket does not exist" in failed["FailureMessage"]
    listed, token = [], {}
    while not listed or token:
        page = dynamodb.list_exports(TableArn=filled, MaxResults=1, **token)
        assert len(page["ExportSummaries"]) == 1
        listed += page["ExportSummaries"]
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else {}
    assert {s["ExportArn"] for s in listed} == {first["ExportArn"], failed["ExportArn"]}
    # Older clients do not know ExportType.
    assert all({"ExportArn", "ExportStatus"} <= set(s) <= {"ExportArn", "ExportStatus", "ExportType"} for s in listed)
    assert support.refused(dynamodb.describe_export, ExportArn=filled)[2]["Message"] == "Invalid Export ARN"


# ---------------------------------------------------------------- Kinesis destinations


def destination_is(dynamodb, table, status):
    return support.until(
        lambda: (d := dynamodb.describe_kinesis_streaming_destination(TableName=table)["KinesisDataStreamDestinations"])
        and d[-1]["DestinationStatus"] == status and d[-1],
        f"the destination is {status}",
    )


def test_kinesis_destination(client, table, stream):
    """Documented (kds pages): the record; recorded: states and refusals."""
    dynamodb = client("dynamodb")
    assert dynamodb.describe_kinesis_streaming_destination(TableName=table.name)["KinesisDataStreamDestinations"] == []
    enabled = dynamodb.enable_kinesis_streaming_destination(TableName=table.name, StreamArn=stream.arn)
    assert (enabled["TableName"], enabled["StreamArn"], enabled["DestinationStatus"]) == (table.name, stream.arn, "ENABLING")
    destination_is(dynamodb, table.name, "ACTIVE")
    dynamodb.put_item(TableName=table.name, Item={"id": {"S": "a"}, "n": {"N": "1"}})
    dynamodb.update_item(TableName=table.name, Key={"id": {"S": "a"}}, UpdateExpression="SET n = :n",
                         ExpressionAttributeValues={":n": {"N": "2"}})
    dynamodb.put_item(TableName=table.name, Item={"id": {"S": "a"}, "n": {"N": "2"}})  # Changes nothing.
    dynamodb.transact_write_items(TransactItems=[
        {"Put": {"TableName": table.name, "Item": {"id": {"S": "b"}}}},
        {"Delete": {"TableName": table.name, "Key": {"id": {"S": "a"}}}}])
    records = support.until(lambda: len(r := stream.records()) >= 4 and r, "four changes are delivered")
    changes = [json.loads(record["Data"]) for record in records]
    assert [c["eventName"] for c in changes] == ["INSERT", "MODIFY", "INSERT", "REMOVE"]
    modify = changes[1]
    assert list(modify) == ["awsRegion", "eventID", "eventName", "userIdentity", "recordFormat", "tableName", "dynamodb", "eventSource"]
    assert str(uuid.UUID(modify["eventID"])) == modify["eventID"]
    assert modify["userIdentity"] is None and modify["recordFormat"] == "application/json"
    assert list(modify["dynamodb"]) == ["ApproximateCreationDateTime", "Keys", "NewImage", "OldImage", "SizeBytes"]
    assert modify["dynamodb"]["NewImage"] == {"id": {"S": "a"}, "n": {"N": "2"}}
    assert 10**12 < modify["dynamodb"]["ApproximateCreationDateTime"] < 10**13
    assert len({c["eventID"] for c in changes}) == 4
    assert records[0]["PartitionKey"] == records[1]["PartitionKey"] == records[3]["PartitionKey"] != records[2]["PartitionKey"]

    def refusal(call, **more):
        code, _, error = support.refused(call, TableName=table.name, StreamArn=stream.arn, **more)
        assert code == "ValidationException"
        return error["Message"]

    prefix = "Table is not in a valid state to enable Kinesis Streaming Destination: "
    assert refusal(dynamodb.enable_kinesis_streaming_destination) == prefix + (
        "EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE operation.")
    assert dynamodb.disable_kinesis_streaming_destination(
        TableName=table.name, StreamArn=stream.arn)["DestinationStatus"] == "DISABLING"
    destination_is(dynamodb, table.name, "DISABLED")
    assert refusal(dynamodb.disable_kinesis_streaming_destination) == prefix + (
        "KinesisStreamingDestination must be ACTIVE to perform DISABLE operation.")
    code, _, error = support.refused(dynamodb.describe_kinesis_streaming_destination, TableName="no-such-table")
    assert code == "ResourceNotFoundException"


def test_kinesis_destination_without_a_stream(client, table, stream):
    """Recorded: the stream is looked at only later."""
    dynamodb = client("dynamodb")
    enabled = dynamodb.enable_kinesis_streaming_destination(TableName=table.name, StreamArn=stream.arn + "-gone")
    assert enabled["DestinationStatus"] == "ENABLING"
    destination_is(dynamodb, table.name, "ENABLE_FAILED")


def test_kinesis_destination_across_a_crash(name):
    """Deduced: every change, in order per item, and with Kinesis in the same process none twice."""
    with tempfile.TemporaryDirectory(prefix="penstock-wire-") as data:
        server = support.Server(data)
        try:
            dynamodb, kinesis = server.client("dynamodb"), server.client("kinesis")
            kinesis.create_stream(StreamName=name, ShardCount=3)
            arn = support.until(
                lambda: (d := kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"])["StreamStatus"]
                == "ACTIVE" and d["StreamARN"], "the stream is ACTIVE")
            dynamodb.create_table(TableName=name, **SCHEMA)
            dynamodb.enable_kinesis_streaming_destination(TableName=name, StreamArn=arn)
            destination_is(dynamodb, name, "ACTIVE")
            for life in range(3):
                dynamodb = server.client("dynamodb")

                def count(item, dynamodb=dynamodb):
                    for _ in range(40):
                        dynamodb.update_item(TableName=name, Key={"p": {"S": item}, "c": {"N": "1"}},
                                             UpdateExpression="ADD n :one", ExpressionAttributeValues={":one": {"N": "1"}})

                with concurrent.futures.ThreadPoolExecutor(8) as pool:
                    list(pool.map(count, [f"item-{n}" for n in range(8)]))
                if life < 2:
                    server.kill()
                    server = support.Server(data)
            kinesis = server.client("kinesis")
            support.until(lambda: len(support.read_stream(kinesis, name)) >= 8 * 120, "all changes are delivered")
            seen = {}
            for record in support.read_stream(kinesis, name):
                image = json.loads(record["Data"])["dynamodb"]["NewImage"]
                seen.setdefault(image["p"]["S"], []).append(int(image["n"]["N"]))
            assert seen == {f"item-{n}": list(range(1, 121)) for n in range(8)}
        finally:
            server.stop()
