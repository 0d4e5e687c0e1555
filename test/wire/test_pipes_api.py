"""The operations of EventBridge Pipes with boto3: what they answer, what they refuse, and every limit at its edge.

Documented: the API reference and its model (codes, statuses, ranges, defaults, what UpdatePipe keeps). Recorded: texts
that AWS was seen to answer, and what DescribePipe shows of defaults (acceptance tests of the Terraform provider).
Deduced: the rest; each test says which. LogConfiguration and KmsKeyIdentifier are younger than the boto3 that runs this:
src/services/pipes/tests/validate_test.cc has them.
"""

import datetime
import json
import uuid

import pytest

from support import refused, until

ACCOUNT = "000000000000"


@pytest.fixture(scope="module")
def pipes(client):
    return client("pipes")


@pytest.fixture(scope="module")
def loose(client):
    """A client that checks nothing itself."""
    return client("pipes", parameter_validation=False)


@pytest.fixture(scope="module")
def streams(client):
    """ARNs of two Kinesis streams: source and target."""
    kinesis = client("kinesis")
    arns = []
    for part in ("source", "target"):
        stream = f"pipes-api-{part}-{uuid.uuid4().hex[:8]}"
        kinesis.create_stream(StreamName=stream, ShardCount=1)
        arns.append(until(
            lambda: (d := kinesis.describe_stream(StreamName=stream)["StreamDescription"])["StreamStatus"] == "ACTIVE"
            and d, "the stream is ACTIVE")["StreamARN"])
    return arns


@pytest.fixture
def ask(streams, role, name):
    """ask(source={...}, target={...}, **more): the arguments of a CreatePipe that would succeed, changed."""

    def arguments(source=None, target=None, filters=None, **more):
        parameters = {"KinesisStreamParameters": {"StartingPosition": "TRIM_HORIZON", **(source or {})}}
        if filters is not None:
            parameters["FilterCriteria"] = {"Filters": [{"Pattern": p} for p in filters]}
        return {
            "Name": name, "RoleArn": role("pipes"), "Source": streams[0], "Target": streams[1],
            "SourceParameters": parameters,
            "TargetParameters": {"KinesisStreamParameters": {"PartitionKey": "k"}, **(target or {})},
            "DesiredState": "STOPPED", **more}

    return arguments


def settled(pipes, name):
    return until(
        lambda: not (d := pipes.describe_pipe(Name=name))["CurrentState"].endswith("ING")
        or d["CurrentState"] == "RUNNING" and d, f"{name} has come to rest") and pipes.describe_pipe(Name=name)


def gone(pipes, name):
    def absent():
        try:
            pipes.describe_pipe(Name=name)
        except pipes.exceptions.NotFoundException:
            return True
        return False

    until(absent, f"{name} is gone")


def removed(pipes, name):
    settled(pipes, name)
    pipes.delete_pipe(Name=name)
    gone(pipes, name)


def test_the_life_of_a_pipe(pipes, ask, name, streams):
    # Documented: the members and states of each answer.
    arn = f"arn:aws:pipes:us-east-1:{ACCOUNT}:pipe/{name}"
    made = pipes.create_pipe(**ask(Description="first"))
    assert (made["Arn"], made["Name"], made["DesiredState"], made["CurrentState"]) == (arn, name, "STOPPED", "CREATING")
    assert isinstance(made["CreationTime"], datetime.datetime) and made["LastModifiedTime"] == made["CreationTime"]
    shown = settled(pipes, name)
    assert (shown["CurrentState"], shown["DesiredState"], shown["Description"]) == ("STOPPED", "STOPPED", "first")
    assert (shown["Source"], shown["Target"]) == tuple(streams)
    # Recorded: of the defaults the batch size alone is shown.
    assert shown["SourceParameters"] == {
        "KinesisStreamParameters": {"BatchSize": 100, "StartingPosition": "TRIM_HORIZON"}}
    assert shown["TargetParameters"] == {"KinesisStreamParameters": {"PartitionKey": "k"}}
    for absent in ("Enrichment", "EnrichmentParameters", "LogConfiguration", "KmsKeyIdentifier", "StateReason"):
        assert absent not in shown
    started = pipes.start_pipe(Name=name)
    assert (started["CurrentState"], started["DesiredState"]) == ("STARTING", "RUNNING")
    assert settled(pipes, name)["CurrentState"] == "RUNNING"
    stopped = pipes.stop_pipe(Name=name)
    assert (stopped["CurrentState"], stopped["DesiredState"]) == ("STOPPING", "STOPPED")
    assert settled(pipes, name)["CurrentState"] == "STOPPED"
    updated = pipes.update_pipe(Name=name, RoleArn=shown["RoleArn"], Description="second")
    assert updated["CurrentState"] == "UPDATING" and updated["CreationTime"] == made["CreationTime"]
    assert settled(pipes, name)["Description"] == "second"
    deleted = pipes.delete_pipe(Name=name)
    assert (deleted["CurrentState"], deleted["DesiredState"]) == ("DELETING", "DELETED")
    gone(pipes, name)


def test_what_was_asked_for_is_shown(pipes, ask, name):
    # Documented: every member that was given comes back.
    source = {
        "BatchSize": 7, "MaximumBatchingWindowInSeconds": 0, "MaximumRecordAgeInSeconds": -1,
        "MaximumRetryAttempts": 0, "ParallelizationFactor": 1, "OnPartialBatchItemFailure": "AUTOMATIC_BISECT",
        "StartingPosition": "AT_TIMESTAMP",
        "StartingPositionTimestamp": datetime.datetime.fromtimestamp(1_700_000_000, datetime.timezone.utc)}
    pattern = '{ "data": {"a": [1]} }'
    pipes.create_pipe(**ask(
        source=source, filters=[pattern], target={"InputTemplate": '{"a": <$.data.a>}'},
        Tags={"team": "sales"}))
    shown = settled(pipes, name)
    assert shown["SourceParameters"]["KinesisStreamParameters"] == source
    assert shown["SourceParameters"]["FilterCriteria"] == {"Filters": [{"Pattern": pattern}]}
    assert shown["TargetParameters"] == {
        "KinesisStreamParameters": {"PartitionKey": "k"}, "InputTemplate": '{"a": <$.data.a>}'}
    assert shown["Tags"] == {"team": "sales"}
    removed(pipes, name)


def test_an_update_keeps_what_it_leaves_out(pipes, ask, name, role):
    # Documented: a service's own block is replaced as a whole, everything else stays; empty values remove.
    pipes.create_pipe(**ask(
        source={"BatchSize": 7, "MaximumRetryAttempts": 3, "OnPartialBatchItemFailure": "AUTOMATIC_BISECT"},
        filters=['{"data":{"a":[1]}}'], target={"InputTemplate": "<$.data>"}, Description="kept"))
    settled(pipes, name)

    def update(**changes):
        pipes.update_pipe(Name=name, RoleArn=role("pipes"), **changes)
        return settled(pipes, name)

    shown = update(SourceParameters={"KinesisStreamParameters": {"MaximumRetryAttempts": 5}})
    assert shown["SourceParameters"]["KinesisStreamParameters"] == {
        "BatchSize": 100, "MaximumRetryAttempts": 5, "StartingPosition": "TRIM_HORIZON"}
    assert shown["SourceParameters"]["FilterCriteria"]["Filters"] == [{"Pattern": '{"data":{"a":[1]}}'}]
    assert (shown["Description"], shown["TargetParameters"]["InputTemplate"]) == ("kept", "<$.data>")
    shown = update(TargetParameters={"KinesisStreamParameters": {"PartitionKey": "$.partitionKey"}})
    assert shown["TargetParameters"] == {
        "KinesisStreamParameters": {"PartitionKey": "$.partitionKey"}, "InputTemplate": "<$.data>"}
    shown = update(
        SourceParameters={"FilterCriteria": {"Filters": []}}, TargetParameters={"InputTemplate": ""}, Description="")
    assert "FilterCriteria" not in shown["SourceParameters"] and "InputTemplate" not in shown["TargetParameters"]
    assert shown["SourceParameters"]["KinesisStreamParameters"]["MaximumRetryAttempts"] == 5
    assert shown["Description"] == ""
    code, status, error = refused(
        pipes.update_pipe, Name=name, RoleArn=role("pipes"), SourceParameters={"SqsQueueParameters": {}})
    assert (code, status, error["Message"]) == (
        "ValidationException", 400, "Invalid source parameter provided for source")
    removed(pipes, name)


@pytest.mark.parametrize("operation, arguments", [
    ("describe_pipe", {}), ("delete_pipe", {}), ("start_pipe", {}), ("stop_pipe", {}),
    ("update_pipe", {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r"})])
def test_absent_pipes(pipes, name, operation, arguments):
    # Documented: the code; the text is deduced.
    code, status, error = refused(getattr(pipes, operation), Name=name, **arguments)
    assert (code, status, error["Message"]) == ("NotFoundException", 404, f"Pipe {name} does not exist.")


def test_conflicts(pipes, ask, name):
    # Documented: the code, and the members resourceId and resourceType; the texts are deduced.
    pipes.create_pipe(**ask())
    code, status, error = refused(pipes.create_pipe, **ask())
    assert (code, status, error["Message"]) == ("ConflictException", 409, f"Pipe {name} already exists.")
    assert settled(pipes, name)["CurrentState"] == "STOPPED"
    code, status, error = refused(pipes.stop_pipe, Name=name)
    assert (code, status, error["Message"]) == ("ConflictException", 409, f"Pipe {name} is in the state STOPPED.")
    pipes.start_pipe(Name=name)
    assert settled(pipes, name)["CurrentState"] == "RUNNING"
    assert refused(pipes.start_pipe, Name=name)[:2] == ("ConflictException", 409)
    removed(pipes, name)


def test_failed_creation_says_why(pipes, ask, name, role):
    # Recorded: the beginning of the reason.
    absent = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/absent-{name}"
    pipes.create_pipe(**ask(Source=absent))
    shown = settled(pipes, name)
    assert shown["CurrentState"] == "CREATE_FAILED" and len(shown["StateReason"]) <= 512
    assert shown["StateReason"].startswith(
        f"Input parameter is invalid from the request due to : Cannot access stream {absent} . "
        "Please ensure the customer role can perform actions on source stream")
    [listed] = pipes.list_pipes(NamePrefix=name, CurrentState="CREATE_FAILED")["Pipes"]
    assert listed["StateReason"] == shown["StateReason"]
    for operation in ("start_pipe", "stop_pipe"):
        assert refused(getattr(pipes, operation), Name=name)[0] == "ConflictException"
    assert refused(pipes.update_pipe, Name=name, RoleArn=role("pipes"))[0] == "ConflictException"
    removed(pipes, name)


def test_lists(pipes, client, ask, name):
    # Documented: the filters and pages of ListPipes. The order by name is deduced.
    made = [f"{name}-{i}" for i in range(5)]
    for each in made:
        pipes.create_pipe(**ask(Name=each))
    for each in made:
        settled(pipes, each)

    def names(**filters):
        return [pipe["Name"] for pipe in pipes.list_pipes(NamePrefix=name, **filters)["Pipes"]]

    assert names() == made
    pipes.start_pipe(Name=made[3])
    settled(pipes, made[3])
    assert names(DesiredState="RUNNING") == [made[3]] == names(CurrentState="RUNNING")
    assert names(DesiredState="STOPPED") == made[:3] + made[4:] == names(CurrentState="STOPPED")
    assert names(SourcePrefix="arn:aws:kinesis:us-east-1") == made and names(SourcePrefix="arn:aws:sqs") == []
    assert names(TargetPrefix="arn:aws:kinesis:us-east-1") == made and names(TargetPrefix="arn:aws:sqs") == []
    pages, token = [], {}
    while True:
        page = pipes.list_pipes(NamePrefix=name, Limit=2, **token)
        pages.append([pipe["Name"] for pipe in page["Pipes"]])
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert pages == [made[:2], made[2:4], made[4:]]
    assert set(pipes.list_pipes(NamePrefix=made[0])["Pipes"][0]) == {
        "Name", "Arn", "DesiredState", "CurrentState", "CreationTime", "LastModifiedTime", "Source", "Target"}
    assert refused(pipes.list_pipes, NextToken="bm9uZQ==")[:2] == ("ValidationException", 400)
    assert client("pipes", region="eu-west-1").list_pipes(NamePrefix=name)["Pipes"] == []
    for each in made:
        removed(pipes, each)


def test_tags(pipes, ask, name):
    # Documented: at most 50 of them; that a changed tag replaces the old one.
    arn = pipes.create_pipe(**ask(Tags={"k0": "v"}))["Arn"]
    pipes.tag_resource(resourceArn=arn, tags={f"k{i}": "w" for i in range(50)})
    assert pipes.list_tags_for_resource(resourceArn=arn)["tags"] == {f"k{i}": "w" for i in range(50)}
    assert refused(pipes.tag_resource, resourceArn=arn, tags={"one": "more"})[:2] == ("ValidationException", 400)
    pipes.untag_resource(resourceArn=arn, tagKeys=[f"k{i}" for i in range(49)] + ["absent"])
    assert pipes.list_tags_for_resource(resourceArn=arn)["tags"] == {"k49": "w"}
    removed(pipes, name)
    for operation, more in (
            ("tag_resource", {"tags": {"a": "b"}}), ("untag_resource", {"tagKeys": ["a"]}),
            ("list_tags_for_resource", {})):
        assert refused(getattr(pipes, operation), resourceArn=arn, **more)[:2] == ("NotFoundException", 404)


KINESIS = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s"


@pytest.mark.parametrize("changes, message", [
    # Recorded.
    ({"Source": "arn:aws:s3:::bucket"}, "Invalid source parameter provided for source"),
    ({"Source": f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/t"}, "Invalid source parameter provided for source"),
    ({"Target": "arn:aws:s3:::bucket"}, "Invalid target parameter provided for target."),
    ({"Source": KINESIS.replace("us-east-1", "eu-west-1")}, "Creating cross-region pipe is not permitted."),
    ({"Target": KINESIS.replace("us-east-1", "eu-west-1")}, "Creating cross-region pipe is not permitted."),
    ({"Enrichment": KINESIS}, "Invalid pipe enrichment."),
    ({"target": {"InputTemplate": "<aws.pipes.nothing>"}},
     "Invalid json path reference or predefined variable for placeholder"),
    ({"filters": ['{"data":{}}']},
     'Invalid Event Pattern. Reason: Empty objects are not allowed\n at [Source: (String)"{"data":{}}"; '
     "line: 1, column: 11]"),
    ({"filters": ['{"data":{"a":1}}']},
     'Invalid Event Pattern. Reason: "a" must be an object or an array\n at [Source: (String)"{"data":{"a":1}}"; '
     "line: 1, column: 15]"),
    # Documented rules; the texts are deduced.
    ({"filters": ['{"data":["text"]}']}, 'Invalid Event Pattern. Reason: "data" must be an object'),
    ({"SourceParameters": {}}, "Missing required parameter: SourceParameters.KinesisStreamParameters."),
    ({"TargetParameters": {}}, "Missing required parameter: TargetParameters.KinesisStreamParameters."),
    ({"source": {"BatchSize": 501}},
     "The configured batch size 501 is greater than the max supported batch size 500 of the target."),
    ({"source": {"MaximumRecordAgeInSeconds": 59}}, "MaximumRecordAgeInSeconds must be -1 or between 60 and 604800."),
    ({"source": {"StartingPosition": "AT_TIMESTAMP"}},
     "StartingPositionTimestamp is required with, and only with, the StartingPosition AT_TIMESTAMP."),
    ({"source": {"DeadLetterConfig": {"Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:q.fifo"}}},
     "Invalid DeadLetterConfig provided for source"),
    # Not served: refused by name.
    ({"Source": f"arn:aws:mq:us-east-1:{ACCOUNT}:broker:b"}, "A source of the service mq is not supported by this server."),
    ({"Source": f"arn:aws:kafka:us-east-1:{ACCOUNT}:cluster/c/1"},
     "A source of the service kafka is not supported by this server."),
    ({"Target": f"arn:aws:sns:us-east-1:{ACCOUNT}:t"}, "A target of the service sns is not supported by this server."),
    ({"Target": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:m"},
     "A target of the service states is not supported by this server."),
    ({"Target": f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"},
     "A target of the service events is not supported by this server."),
    ({"Enrichment": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:m"},
     "An enrichment of the service states is not supported by this server."),
    ({"source": {"DeadLetterConfig": {"Arn": f"arn:aws:sns:us-east-1:{ACCOUNT}:t"}}},
     "DeadLetterConfig with an SNS topic is not supported by this server."),
])
def test_definitions_that_are_refused(pipes, ask, name, changes, message):
    code, status, error = refused(pipes.create_pipe, **ask(**changes))
    assert (code, status, error["Message"]) == ("ValidationException", 400, message)
    assert refused(pipes.describe_pipe, Name=name)[0] == "NotFoundException"


PATTERN = '{"data":{"%s":[1]}}'

# Documented: the ranges of the model. (a change at the edge, the same just over it)
EDGES = {
    "name": (lambda n: {"Name": n.ljust(64, "x")}, lambda n: {"Name": n.ljust(65, "x")}),
    "name's characters": (lambda n: {"Name": f"{n}._-9"}, lambda n: {"Name": f"{n}!"}),
    "description": (lambda n: {"Description": "d" * 512}, lambda n: {"Description": "d" * 513}),
    "filters": (lambda n: {"filters": [PATTERN % i for i in range(5)]},
                lambda n: {"filters": [PATTERN % i for i in range(6)]}),
    "pattern": (lambda n: {"filters": [PATTERN % ("x" * (4096 - len(PATTERN % ""))) ]},
                lambda n: {"filters": [PATTERN % ("x" * (4097 - len(PATTERN % ""))) ]}),
    "least batch": (lambda n: {"source": {"BatchSize": 1}}, lambda n: {"source": {"BatchSize": 0}}),
    "batch for the target": (lambda n: {"source": {"BatchSize": 500}}, lambda n: {"source": {"BatchSize": 501}}),
    "window": (lambda n: {"source": {"MaximumBatchingWindowInSeconds": 300}},
               lambda n: {"source": {"MaximumBatchingWindowInSeconds": 301}}),
    "least window": (lambda n: {"source": {"MaximumBatchingWindowInSeconds": 0}},
                     lambda n: {"source": {"MaximumBatchingWindowInSeconds": -1}}),
    "least age": (lambda n: {"source": {"MaximumRecordAgeInSeconds": 60}},
                  lambda n: {"source": {"MaximumRecordAgeInSeconds": 59}}),
    "age without end": (lambda n: {"source": {"MaximumRecordAgeInSeconds": -1}},
                        lambda n: {"source": {"MaximumRecordAgeInSeconds": -2}}),
    "age": (lambda n: {"source": {"MaximumRecordAgeInSeconds": 604800}},
            lambda n: {"source": {"MaximumRecordAgeInSeconds": 604801}}),
    "retries without end": (lambda n: {"source": {"MaximumRetryAttempts": -1}},
                            lambda n: {"source": {"MaximumRetryAttempts": -2}}),
    "retries": (lambda n: {"source": {"MaximumRetryAttempts": 10000}},
                lambda n: {"source": {"MaximumRetryAttempts": 10001}}),
    "least factor": (lambda n: {"source": {"ParallelizationFactor": 1}},
                     lambda n: {"source": {"ParallelizationFactor": 0}}),
    "position": (lambda n: {"source": {"StartingPosition": "LATEST"}},
                 lambda n: {"source": {"StartingPosition": "SOMEWHERE"}}),
    "partition key": (lambda n: {"target": {"KinesisStreamParameters": {"PartitionKey": "k" * 256}}},
                      lambda n: {"target": {"KinesisStreamParameters": {"PartitionKey": "k" * 257}}}),
    "least partition key": (lambda n: {"target": {"KinesisStreamParameters": {"PartitionKey": "k"}}},
                            lambda n: {"target": {"KinesisStreamParameters": {"PartitionKey": ""}}}),
    "template": (lambda n: {"target": {"InputTemplate": "t" * 8192}}, lambda n: {"target": {"InputTemplate": "t" * 8193}}),
    "tags": (lambda n: {"Tags": {f"k{i}": "v" for i in range(50)}}, lambda n: {"Tags": {f"k{i}": "v" for i in range(51)}}),
    "tag's key": (lambda n: {"Tags": {"k" * 128: "v"}}, lambda n: {"Tags": {"k" * 129: "v"}}),
    "tag's value": (lambda n: {"Tags": {"k": "v" * 256}}, lambda n: {"Tags": {"k": "v" * 257}}),
    "desired state": (lambda n: {"DesiredState": "STOPPED"}, lambda n: {"DesiredState": "DELETED"}),
}


@pytest.mark.parametrize("edge", EDGES)
def test_limits(loose, ask, name, edge):
    at, over = EDGES[edge]
    code, status, _ = refused(loose.create_pipe, **ask(**over(name)))
    assert (code, status) == ("ValidationException", 400)
    made = loose.create_pipe(**ask(**at(name)))
    removed(loose, made["Name"])


def test_limits_of_lists(loose):
    # Documented: 1 to 100.
    assert "Pipes" in loose.list_pipes(Limit=1) and "Pipes" in loose.list_pipes(Limit=100)
    for limit in (0, 101):
        assert refused(loose.list_pipes, Limit=limit)[:2] == ("ValidationException", 400)


def test_filters_see_what_the_guide_says(client, pipes, ask, name, streams):
    # Documented: data that is JSON is matched as an object; what the poller adds cannot be matched; the rest passes.
    pipes.create_pipe(**ask(
        filters=['{"data":{"kind":[{"prefix":{"equals-ignore-case":"ORDER"}}]},"partitionKey":[{"suffix":"-1"}]}'],
        target={"InputTemplate": '{"kind":<$.data.kind>,"event":<aws.pipes.event.json>,"<$.partitionKey>":"<$.data>"}'},
        DesiredState="RUNNING"))
    assert settled(pipes, name)["CurrentState"] == "RUNNING"
    kinesis = client("kinesis")
    source, target = (arn.rpartition("/")[2] for arn in streams)
    marker = uuid.uuid4().hex
    for data, key in (
            ({"kind": "orders", "m": marker}, "a-1"), ({"kind": "orders"}, "a-2"), ({"kind": "other"}, "b-1"),
            ("plain", "c-1")):
        kinesis.put_record(
            StreamName=source, PartitionKey=key, Data=data if isinstance(data, str) else json.dumps(data))

    def arrived():
        iterator = kinesis.get_shard_iterator(
            StreamName=target, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        return [r for r in (json.loads(r["Data"]) for r in kinesis.get_records(ShardIterator=iterator)["Records"])
                if r["event"]["data"].get("m") == marker]

    [record] = until(arrived, "the record that passes")
    assert record["kind"] == "orders" and record["event"]["data"] == {"kind": "orders", "m": marker}
    assert record["a-1"] == "{kind: orders, m: %s}" % marker
    removed(pipes, name)
