"""penstock reconcile notices what was done to the lake behind its back, and names it.

The expectations follow from its promise (docs/architecture.md) and from what the test itself did: it knows the event
id of each change from the table's own stream (GetRecords), and which line it removed, doubled, altered or moved.
"""

import io
import json
import subprocess
import uuid
import zipfile

import pytest

import support
from packing import PACKINGS
from support import binary, until

BUILT_IN = "arn:aws:lambda:us-east-1:000000000000:function:penstock-unmarshal"

# No line says which change it is of: only the ledger can tell.
NAMELESS = """
import base64, json
def handler(event, context):
    def one(record):
        image = json.loads(base64.b64decode(record["data"]))["dynamodb"].get("NewImage", {})
        kind = image.get("kind", {}).get("S", "keep")
        line = json.dumps({"n": image.get("n", {}).get("N"), "text": kind * 3}) + chr(10)
        result = {"drop": "Dropped", "fail": "ProcessingFailed"}.get(kind, "Ok")
        return {"recordId": record["recordId"], "result": result, "data": base64.b64encode(line.encode()).decode()}
    return {"records": [one(record) for record in event["records"]]}
"""


@pytest.fixture(scope="module")
def server():
    with support.serving() as running:
        yield running


def ask(server, table, *flags):
    done = subprocess.run(
        [binary(), "reconcile", "--endpoint", server.url, "--table", table, *flags], capture_output=True, text=True,
        timeout=120)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, done.stdout


def reconcile(server, table):
    code, out = ask(server, table, "--json")
    reports = json.loads(out)["reports"]
    assert len(reports) == 1
    assert (code == 0) == reports[0]["good"]
    return code, reports[0]


class Flow:
    """Table → pipe → Kinesis → delivery streams → bucket, all with fresh names."""

    def __init__(self, server, transform=BUILT_IN, compression="UNCOMPRESSED", stream=None, deliveries=1, **pipe):
        self.server = server
        self.compression = compression
        self.table = "t-" + uuid.uuid4().hex[:12]
        self.bucket = self.table + "-lake"
        self.s3 = server.client("s3")
        self.dynamodb = server.client("dynamodb")
        self.written = 0
        roles = {service: self.role(service) for service in ("pipes", "lambda", "firehose")}
        self.source = self.dynamodb.create_table(
            TableName=self.table, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )["TableDescription"]["LatestStreamArn"]
        self.stream = stream or self.make_stream()
        if not stream:
            self.s3.create_bucket(Bucket=self.bucket)
            arn = transform if transform == BUILT_IN else self.make_function(transform, roles["lambda"])
            for number in range(deliveries):
                self.make_delivery(f"{self.table}-{number}", arn, roles["firehose"])
        parameters = {"DynamoDBStreamParameters": {
            "StartingPosition": "TRIM_HORIZON", "BatchSize": 100, "MaximumRetryAttempts": 0}}
        if "filter" in pipe:
            parameters["FilterCriteria"] = {"Filters": [{"Pattern": json.dumps(pipe["filter"])}]}
        enrichment = {}
        if "enrichment" in pipe:
            enrichment["Enrichment"] = self.make_function(pipe["enrichment"], roles["lambda"], "-enrichment")
        server.client("pipes").create_pipe(
            Name=self.table, RoleArn=roles["pipes"], Source=self.source, Target=self.stream, **enrichment,
            SourceParameters=parameters, TargetParameters={
                "KinesisStreamParameters": {"PartitionKey": pipe.get("key", "$.eventID")}})

    def role(self, service):
        trust = {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
        return self.server.client("iam").create_role(
            RoleName=f"{self.table}-{service}", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]

    def make_stream(self):
        kinesis = self.server.client("kinesis")
        kinesis.create_stream(StreamName=self.table, ShardCount=1)
        return kinesis.describe_stream(StreamName=self.table)["StreamDescription"]["StreamARN"]

    def make_function(self, text, role, suffix=""):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as made:
            made.writestr("app.py", text)
        return self.server.client("lambda").create_function(
            FunctionName=self.table + suffix, Runtime="python3.11", Handler="app.handler", Role=role, Timeout=60,
            Code={"ZipFile": out.getvalue()})["FunctionArn"]

    def make_delivery(self, name, function, role):
        self.server.client("firehose", parameter_validation=False).create_delivery_stream(
            DeliveryStreamName=name, DeliveryStreamType="KinesisStreamAsSource",
            KinesisStreamSourceConfiguration={"KinesisStreamARN": self.stream, "RoleARN": role},
            ExtendedS3DestinationConfiguration={
                "RoleARN": role, "BucketARN": f"arn:aws:s3:::{self.bucket}", "Prefix": f"{name}/in/",
                "ErrorOutputPrefix": f"{name}/bad/!{{firehose:error-output-type}}/",
                "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0}, "CompressionFormat": self.compression,
                "ProcessingConfiguration": {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": [
                    {"ParameterName": "LambdaArn", "ParameterValue": function}]}]}})

    def write(self, *kinds, **more):
        """One item a kind, in one request, so that one object has them; and then all of it has arrived somewhere."""
        requests = []
        for kind in kinds:
            self.written += 1
            requests.append({"PutRequest": {"Item": {
                "id": {"S": str(self.written)}, "n": {"N": str(self.written)}, "kind": {"S": kind}, **more}}})
        assert not self.dynamodb.batch_write_item(RequestItems={self.table: requests})["UnprocessedItems"]
        until(self.settled, f"{self.written} changes have arrived")

    def settled(self):
        _, report = reconcile(self.server, self.table)
        return report["written"] >= self.written and report["pending"] == 0

    def events(self):
        """Item id → event ids of its changes, as the table's stream has them."""
        streams = self.server.client("dynamodbstreams")
        found = {}
        for shard in streams.describe_stream(StreamArn=self.source)["StreamDescription"]["Shards"]:
            iterator = streams.get_shard_iterator(
                StreamArn=self.source, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
            for record in support.read_shard(streams, iterator):
                found.setdefault(record["dynamodb"]["Keys"]["id"]["S"], []).append(record["eventID"])
        return found

    def keys(self, part="/in/"):
        listed = self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return [entry["Key"] for entry in listed if part in entry["Key"]]

    def read(self, key):
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def lines(self, key):
        return PACKINGS[self.compression][0](self.read(key)).splitlines(keepends=True)

    def put(self, key, lines):
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=PACKINGS[self.compression][1](b"".join(lines)))

    def problems(self):
        """Exit code and {(fault, change)} of a reconciliation."""
        code, report = reconcile(self.server, self.table)
        return code, {(p["fault"], p["change"]) for p in report["problems"]}, report


def item_of(line):
    return json.loads(line)["n"]


@pytest.mark.parametrize("compression", PACKINGS)
def test_lines_and_objects(server, compression):
    flow = Flow(server, NAMELESS if compression == "UNCOMPRESSED" else BUILT_IN, compression)
    flow.write(*["keep"] * 6)
    flow.write(*["more"] * 6)
    event = {item: ids[0] for item, ids in flow.events().items()}
    code, faults, report = flow.problems()
    assert (code, faults) == (0, set()), report
    assert (report["written"], report["carried"], report["delivered"]) == (12, 12, 12)
    keys = flow.keys()
    assert len(keys) >= 2 and report["objects"] == len(keys)
    first = next(key for key in keys if len(flow.lines(key)) > 1)
    second = next(key for key in keys if key != first)
    before, after = flow.lines(first), flow.lines(second)

    def named(line):
        return event[str(item_of(line))]

    # A line is removed: its change, and no other, is lost.
    flow.put(first, before[:1] + before[2:])
    code, faults, report = flow.problems()
    assert (code, faults) == (1, {("lost", named(before[1]))}), report
    assert first in report["problems"][0]["where"]
    assert f"{len(before) - 1} of {len(before)}" in report["problems"][0]["detail"]

    # Doubled: once more than it must be.
    flow.put(first, before + [before[1]])
    assert flow.problems()[:2] == (1, {("duplicate", named(before[1]))})

    # Altered in one byte: neither there nor gone.
    flow.put(first, [before[0], before[1].replace(b"e", b"E", 1), *before[2:]])
    assert flow.problems()[:2] == (1, {("altered", named(before[1]))})

    # The first lines of two objects change places: each is there once, in the wrong place.
    flow.put(first, [after[0], *before[1:]])
    flow.put(second, [before[0], *after[1:]])
    assert flow.problems()[:2] == (1, {("misplaced", named(before[0])), ("misplaced", named(after[0]))})

    # A copy of another object's line, and a line of nobody.
    flow.put(first, before + [after[0], b'{"n": "none"}\n'])
    flow.put(second, after)
    code, faults, report = flow.problems()
    assert code == 1 and ("duplicate", named(after[0])) in faults, report
    assert (report["duplicate"], report["foreign"], report["lost"]) == (1, 1, 0)

    # Deleted, or not readable any more: all of its changes are lost, by name.
    flow.s3.delete_object(Bucket=flow.bucket, Key=first)
    assert flow.problems()[:2] == (1, {("lost", named(line)) for line in before})

    # Cut off in the middle of its last line (packed ones: of the bytes, so that nothing can be read with certainty).
    flow.put(first, before)
    whole = flow.read(first)
    flow.s3.put_object(Bucket=flow.bucket, Key=first, Body=whole[:-5])
    code, faults, report = flow.problems()
    assert code == 1
    if compression == "UNCOMPRESSED":
        assert faults == {("altered", named(before[-1]))}
    else:
        assert faults == {("lost", named(line)) for line in before}, report

    # As it was, though packed anew by other code.
    flow.put(first, before)
    assert flow.problems()[:2] == (0, set())


def test_filtered_dropped_and_failed_changes_are_named(server):
    flow = Flow(server, NAMELESS, filter={"eventName": ["INSERT"]})
    flow.write("keep", "drop", "fail", "keep")
    flow.dynamodb.delete_item(TableName=flow.table, Key={"id": {"S": "1"}})
    flow.written += 1
    until(flow.settled, "the delete has been looked at")
    events = flow.events()
    code, faults, report = flow.problems()
    assert (code, faults) == (0, set()), report
    assert (report["written"], report["delivered"], report["filtered"], report["failed"]) == (5, 2, 2, 1)
    # By the pipe's filter: the delete of item 1. By the function: item 2.
    assert {(note["change"], note["detail"]) for note in report["filteredChanges"]} == {
        (events["1"][1], "held back by the pipe's filter"), (events["2"][0], "dropped by the transform")}
    failed, = report["failedChanges"]
    assert failed["change"] == events["3"][0]
    assert failed["detail"].startswith("Lambda.ProcessingFailedStatus: ")
    error_key, = flow.keys("/bad/")
    assert error_key in failed["where"]

    # The failed record is in its error object only: without it, it is nowhere.
    error = flow.read(error_key)
    flow.s3.put_object(Bucket=flow.bucket, Key=error_key, Body=b"")
    assert flow.problems()[:2] == (1, {("lost", events["3"][0])})
    flow.s3.put_object(Bucket=flow.bucket, Key=error_key, Body=error * 2)
    assert flow.problems()[:2] == (1, {("duplicate", events["3"][0])})
    flow.s3.delete_object(Bucket=flow.bucket, Key=error_key)
    assert flow.problems()[:2] == (1, {("lost", events["3"][0])})
    flow.s3.put_object(Bucket=flow.bucket, Key=error_key, Body=error)
    assert flow.problems()[0] == 0

    code, text = ask(server, flow.table)
    assert code == 0
    assert text.splitlines()[0] == (
        "reconcile: written 5, delivered 2, failed 1, duplicate 0, lost 0, filtered 2")
    for change in (events["1"][1], events["2"][0], events["3"][0]):
        assert change in text


def test_records_that_the_pipe_gave_up_are_failed_with_the_reason(server):
    # Documented for Pipes: a PartitionKey path must have a value; retries are 0 here.
    flow = Flow(server, key="$.dynamodb.NewImage.shard.S")
    flow.write("keep", shard={"S": "a"})
    flow.write("keep")
    events = flow.events()
    code, faults, report = flow.problems()
    assert (code, faults) == (0, set()), report
    assert (report["written"], report["carried"], report["delivered"], report["failed"]) == (2, 1, 1, 1)
    failed, = report["failedChanges"]
    assert failed["change"] == events["2"][0]
    assert "PartitionKey" in failed["detail"]


ENRICHMENT = """
def handler(event, context):
    def kind(change):
        return change["dynamodb"]["NewImage"]["kind"]["S"]
    return [change for change in event for _ in range({"drop": 0, "twice": 2}.get(kind(change), 1))]
"""


def test_an_enrichment_is_followed_as_far_as_it_names_changes(server):
    # Deduced: what it drops cannot be told from what is lost, and what it makes several of is no duplicate.
    flow = Flow(server, enrichment=ENRICHMENT)
    flow.write("keep", "drop", "twice", "keep")
    events = flow.events()
    until(lambda: flow.problems()[2]["delivered"] == 4, "two lines of one change")
    code, faults, report = flow.problems()
    assert (code, faults) == (0, set()), report
    assert (report["written"], report["carried"], report["untraced"], report["filtered"]) == (4, 3, 1, 0)
    assert [delivery["records"] for delivery in report["deliveries"]] == [4]
    [note] = report["untracedChanges"]
    assert note["change"] == events["2"][0]
    assert note["detail"] == "cannot be followed through the enrichment: no record names it"
    _, text = ask(server, flow.table)
    assert text.splitlines()[0] == "reconcile: written 4, delivered 4, failed 0, duplicate 0, lost 0, untraced 1"
    assert events["2"][0] in text

    # What lies behind it is as sure as ever.
    [key] = flow.keys("/in/")
    lines = flow.read(key).splitlines(keepends=True)
    flow.s3.put_object(Bucket=flow.bucket, Key=key, Body=b"".join(lines[1:]))
    code, faults, report = flow.problems()
    assert code == 1 and len(faults) == 1 and next(iter(faults))[0] == "lost", report


def test_several_tables_and_delivery_streams(server):
    # Two tables by two pipes into one Kinesis stream, which two delivery streams read: every change has two lines.
    one = Flow(server, deliveries=2)
    two = Flow(server, stream=one.stream)
    one.write("keep", "keep")
    two.write("other", "other", "other")
    until(one.settled, "the first table's changes have arrived")
    for flow, changes in ((one, 2), (two, 3)):
        code, faults, report = flow.problems()
        assert (code, faults) == (0, set()), report
        assert (report["written"], report["delivered"], report["pending"]) == (changes, 2 * changes, 0)
        assert [delivery["records"] for delivery in report["deliveries"]] == [changes, changes]

    # The line of one of them is lost for its own table only.
    def is_victim(line):
        return (json.loads(line)["id"], json.loads(line)["kind"]) == ("2", "other")

    victim = two.events()["2"][0]
    key, = [key for key in one.keys(f"{one.table}-1/in/") if any(map(is_victim, one.lines(key)))]
    one.put(key, [line for line in one.lines(key) if not is_victim(line)])
    code, faults, report = two.problems()
    assert (code, faults) == (1, {("lost", victim)})
    assert [delivery["lost"] for delivery in report["deliveries"]] == [0, 1]
    assert one.problems()[0] == 0


def test_a_table_without_a_pipeline_is_an_error(server):
    done = subprocess.run(
        [binary(), "reconcile", "--endpoint", server.url, "--table", "none"], capture_output=True, text=True,
        timeout=60)
    assert done.returncode == 2
    assert "there is no pipe" in done.stderr
