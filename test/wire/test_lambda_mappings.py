"""Event source mappings of Lambda: the API. Known from the Lambda developer guide and API reference (documented), from
public suites and reports of the real service (recorded), or deduced, as said."""

import json
import uuid

import pytest

from mapping_support import ACCOUNT, gone, make_function, make_queue, make_stream, make_table, settled
from support import raw, refused, until

ABSENT = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def functions(client):
    return client("lambda")


@pytest.fixture(scope="module")
def stage(client, functions, role):
    """One function and a source of each kind."""
    tag = "map-" + uuid.uuid4().hex[:10]
    arn = make_function(functions, role("lambda"), tag)
    url, queue = make_queue(client("sqs"), tag)
    _, fifo = make_queue(client("sqs"), tag + ".fifo", FifoQueue="true")
    return {"name": tag, "function": arn, "queue": queue, "queue_url": url, "fifo": fifo,
            "kinesis": make_stream(client("kinesis"), tag), "dynamodb": make_table(client("dynamodb"), tag)}


@pytest.fixture
def mapped(functions, stage):
    """mapped("kinesis", ...) creates a mapping that is deleted in the end; answers what creation answered."""
    made = []

    def create(source, **more):
        if source in ("kinesis", "dynamodb"):
            more.setdefault("StartingPosition", "TRIM_HORIZON")
        more.setdefault("FunctionName", stage["name"])
        reply = functions.create_event_source_mapping(EventSourceArn=stage[source], **more)
        made.append(reply["UUID"])
        return reply

    yield create
    for uuid in made:
        try:
            until_settled(functions, uuid)
            functions.delete_event_source_mapping(UUID=uuid)
        except functions.exceptions.ResourceNotFoundException:
            continue
        gone(functions, uuid)


def until_settled(functions, uuid):
    return until(lambda: functions.get_event_source_mapping(UUID=uuid)["State"] in ("Enabled", "Disabled"), "settled")


def create_refused(functions, stage, source, **more):
    arguments = {"FunctionName": stage["name"], "EventSourceArn": stage.get(source, source), **more}
    code, status, error = refused(functions.create_event_source_mapping, **arguments)
    return code, status, error["Message"]


AUTHORIZATION = ("AWS4-HMAC-SHA256 Credential=test/20261122/us-east-1/lambda/aws4_request, "
                 "SignedHeaders=host, Signature=" + "0" * 64)


def plain(reply):
    # Members that this boto3 does not know are looked at in test_newer_members.
    return {k: v for k, v in reply.items() if k not in ("ResponseMetadata", "LastModified", "EventSourceMappingArn")}


def fetch(endpoint, target, method="GET", body=None):
    """(status, document) of a request with members that this boto3 does not know."""
    status, _, answer = raw(endpoint, method, "/2015-03-31/event-source-mappings" + target,
                            json.dumps(body).encode() if body is not None else b"",
                            {"Content-Type": "application/json", "Authorization": AUTHORIZATION})
    document = json.loads(answer)
    if status >= 400:
        document = {"message": document.get("message") or document["Message"]}
    return status, document


def test_stream_defaults(functions, stage, mapped):
    # Recorded: members and defaults of a Kinesis and a DynamoDB mapping, status 202.
    for source in ("kinesis", "dynamodb"):
        reply = mapped(source, StartingPosition="LATEST")
        assert reply["ResponseMetadata"]["HTTPStatusCode"] == 202
        uuid = reply["UUID"]
        assert plain(reply) == {
            "UUID": uuid, "EventSourceArn": stage[source], "FunctionArn": stage["function"], "BatchSize": 100,
            "BisectBatchOnFunctionError": False, "DestinationConfig": {"OnFailure": {}}, "FunctionResponseTypes": [],
            "LastProcessingResult": "No records processed", "MaximumBatchingWindowInSeconds": 0,
            "MaximumRecordAgeInSeconds": -1, "MaximumRetryAttempts": -1, "ParallelizationFactor": 1,
            "StartingPosition": "LATEST", "State": "Creating", "StateTransitionReason": "User action",
            "TumblingWindowInSeconds": 0}
        found = settled(functions, uuid)
        assert plain(found) == plain(reply) | {"State": "Enabled"}


def test_queue_defaults(functions, stage, mapped):
    # Recorded.
    for source in ("queue", "fifo"):
        reply = mapped(source)
        uuid = reply["UUID"]
        assert plain(reply) == {
            "UUID": uuid, "EventSourceArn": stage[source], "FunctionArn": stage["function"], "BatchSize": 10,
            "FunctionResponseTypes": [], "MaximumBatchingWindowInSeconds": 0, "State": "Creating",
            "StateTransitionReason": "USER_INITIATED"}
        settled(functions, uuid)


def test_every_parameter_of_a_stream_is_shown(functions, stage, mapped):
    wanted = {
        "BatchSize": 10000, "MaximumBatchingWindowInSeconds": 300, "ParallelizationFactor": 10,
        "MaximumRecordAgeInSeconds": 604800, "MaximumRetryAttempts": 10000, "BisectBatchOnFunctionError": True,
        "DestinationConfig": {"OnFailure": {"Destination": stage["queue"]}},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "FilterCriteria": {"Filters": [{"Pattern": json.dumps({"data": {"n": [1]}})}]}}
    reply = mapped("kinesis", Enabled=False, **wanted)
    assert {k: reply[k] for k in wanted} == wanted
    found = settled(functions, reply["UUID"], "Disabled")
    assert {k: found[k] for k in wanted} == wanted
    # Documented: the other ends of the ranges; an empty criteria or destination takes it away.
    least = {"BatchSize": 1, "MaximumBatchingWindowInSeconds": 0, "ParallelizationFactor": 1,
             "MaximumRecordAgeInSeconds": 60, "MaximumRetryAttempts": 0, "BisectBatchOnFunctionError": False,
             "FunctionResponseTypes": [], "DestinationConfig": {"OnFailure": {}}}
    changed = functions.update_event_source_mapping(UUID=reply["UUID"], FilterCriteria={}, **least)
    assert changed["ResponseMetadata"]["HTTPStatusCode"] == 202 and changed["State"] == "Updating"
    assert {k: changed[k] for k in least} == least and "FilterCriteria" not in changed
    settled(functions, reply["UUID"], "Disabled")


def test_every_parameter_of_a_queue_is_shown(functions, mapped):
    wanted = {"BatchSize": 10000, "MaximumBatchingWindowInSeconds": 300,
              "FunctionResponseTypes": ["ReportBatchItemFailures"],
              "FilterCriteria": {"Filters": [{"Pattern": '{"body":["x"]}'}]}}
    reply = mapped("queue", Enabled=False, **wanted)
    assert {k: reply[k] for k in wanted} == wanted
    settled(functions, reply["UUID"], "Disabled")
    changed = functions.update_event_source_mapping(UUID=reply["UUID"], Enabled=True)
    assert changed["State"] == "Enabling"
    settled(functions, reply["UUID"])
    assert functions.update_event_source_mapping(UUID=reply["UUID"], Enabled=False)["State"] == "Disabling"
    settled(functions, reply["UUID"], "Disabled")


def test_tumbling_windows_are_of_whole_shards(functions, stage, mapped):
    # Documented: 0 to 900 seconds, for streams, without ParallelizationFactor. The wording is not known.
    reply = mapped("kinesis", Enabled=False, TumblingWindowInSeconds=900)
    assert reply["TumblingWindowInSeconds"] == 900
    settled(functions, reply["UUID"], "Disabled")
    for change in ({"ParallelizationFactor": 2}, {"ParallelizationFactor": 2, "TumblingWindowInSeconds": 1}):
        code, status, _ = refused(functions.update_event_source_mapping, UUID=reply["UUID"], **change)
        assert (code, status) == ("InvalidParameterValueException", 400)
    changed = functions.update_event_source_mapping(
        UUID=reply["UUID"], ParallelizationFactor=2, TumblingWindowInSeconds=0)
    assert (changed["TumblingWindowInSeconds"], changed["ParallelizationFactor"]) == (0, 2)
    settled(functions, reply["UUID"], "Disabled")


def test_newer_members(functions, endpoint, stage):
    # Documented: ScalingConfig from 2 to 1,000, Tags; recorded: the ARN's form.
    base = {"FunctionName": stage["name"], "EventSourceArn": stage["queue"], "Enabled": False}
    for most in (1, 1001):
        status, error = fetch(endpoint, "", "POST", base | {"ScalingConfig": {"MaximumConcurrency": most}})
        assert status == 400 and "maximumConcurrency" in error["message"]
    status, made = fetch(endpoint, "", "POST", base | {
        "ScalingConfig": {"MaximumConcurrency": 1000}, "Tags": {"t": "v"}})
    assert status == 202 and made["ScalingConfig"] == {"MaximumConcurrency": 1000}
    uuid = made["UUID"]
    arn = ACCOUNT.format("lambda", "event-source-mapping:" + uuid)
    assert made["EventSourceMappingArn"] == arn
    assert functions.list_tags(Resource=arn)["Tags"] == {"t": "v"}
    settled(functions, uuid, "Disabled")
    status, changed = fetch(endpoint, "/" + uuid, "PUT", {"ScalingConfig": {"MaximumConcurrency": 2}})
    assert changed["ScalingConfig"] == {"MaximumConcurrency": 2}
    settled(functions, uuid, "Disabled")
    assert "ScalingConfig" not in fetch(endpoint, "/" + uuid, "PUT", {"ScalingConfig": {}})[1]
    settled(functions, uuid, "Disabled")
    assert fetch(endpoint, "/" + uuid)[1]["EventSourceMappingArn"] == arn
    functions.delete_event_source_mapping(UUID=uuid)
    gone(functions, uuid)


def test_functions_are_named_in_many_ways(functions, stage, mapped):
    # Documented forms; the ARN shown has the qualifier that was given.
    version = functions.publish_version(FunctionName=stage["name"])["Version"]
    for given, shown in [(stage["function"], ""), ("000000000000:function:" + stage["name"], ""),
                         (f"{stage['name']}:{version}", ":" + version), (stage["function"] + ":$LATEST", ":$LATEST")]:
        reply = mapped("queue", FunctionName=given)
        assert reply["FunctionArn"] == stage["function"] + shown
        settled(functions, reply["UUID"])
        if not shown:
            functions.delete_event_source_mapping(UUID=reply["UUID"])
            gone(functions, reply["UUID"])
    # Deduced: a list by function means the very ARN.
    named = functions.list_event_source_mappings(FunctionName=f"{stage['name']}:{version}")["EventSourceMappings"]
    assert [m["FunctionArn"] for m in named] == [f"{stage['function']}:{version}"]


def test_unknown_things(functions, stage):
    # Recorded.
    for call in (functions.get_event_source_mapping, functions.delete_event_source_mapping,
                 functions.update_event_source_mapping):
        code, status, error = refused(call, UUID=ABSENT)
        assert (code, status, error["Message"]) == (
            "ResourceNotFoundException", 404, "The resource you requested does not exist.")
    bad = "InvalidParameterValueException"
    assert create_refused(functions, stage, "queue", FunctionName="doesnotexist") == (
        bad, 400, "Function does not exist")
    assert create_refused(functions, stage, "queue", FunctionName=stage["name"] + ":77") == (
        bad, 400, "Function does not exist")
    absent = ACCOUNT.format("kinesis", "stream/absent")
    assert create_refused(functions, stage, absent, StartingPosition="LATEST") == (
        bad, 400, "Stream not found: " + absent)
    absent = ACCOUNT.format("dynamodb", "table/absent/stream/2026-11-22T00:00:00.000")
    assert create_refused(functions, stage, absent, StartingPosition="LATEST") == (
        bad, 400, "Stream not found: " + absent)
    code, status, message = create_refused(functions, stage, ACCOUNT.format("sqs", "absent"))
    assert (code, status) == (bad, 400)
    assert message.startswith("Error occurred while ReceiveMessage. SQS Error Code: "
                              "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does "
                              "not exist")
    code, status, error = refused(functions.create_event_source_mapping, FunctionName=stage["name"])
    assert (code, error["Message"]) == (bad, "Unrecognized event source.")


def test_other_sources_are_refused_by_name(functions, stage):
    # Deduced: this server says what it lacks.
    for source, name in [
            (ACCOUNT.format("kafka", "cluster/c/1"), "Amazon MSK as an event source"),
            (ACCOUNT.format("mq", "broker:b:1"), "Amazon MQ as an event source"),
            (ACCOUNT.format("rds", "cluster:c"), "Amazon DocumentDB as an event source"),
            (stage["kinesis"] + "/consumer/c:1", "A stream consumer (enhanced fan-out) as an event source"),
            ("arn:aws:sqs:eu-west-1:000000000000:q", "An event source of another account or region"),
            ("arn:aws:sqs:us-east-1:111111111111:q", "An event source of another account or region")]:
        code, _, message = create_refused(functions, stage, source)
        assert (code, message) == ("InvalidParameterValueException", name + " is not supported by this server.")
    for source in (ACCOUNT.format("dynamodb", "table/t"), ACCOUNT.format("sns", "t")):
        assert create_refused(functions, stage, source)[2] == "Unrecognized event source."


def test_starting_positions(functions, stage):
    # Recorded, but for the absent and the future time stamp (deduced).
    bad = "InvalidParameterValueException"
    for source in ("kinesis", "dynamodb"):
        assert create_refused(functions, stage, source) == (
            bad, 400, "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null.")
        code, status, message = create_refused(functions, stage, source, StartingPosition="0")
        assert (code, status) == ("ValidationException", 400)
        assert message.startswith("1 validation error detected: Value '0' at 'startingPosition' failed to satisfy "
                                  "constraint: Member must satisfy enum value set: [")
        assert create_refused(functions, stage, source, StartingPosition="LATEST", StartingPositionTimestamp=1) == (
            bad, 400, "Timestamp only valid with StartingPosition AT_TIMESTAMP")
    assert create_refused(functions, stage, "kinesis", StartingPosition="AT_TIMESTAMP",
                          StartingPositionTimestamp=-1700000000)[2] == (
        "Received Exception while reading from provided stream. class java.lang.Long can not be converted to a "
        "Timestamp")
    assert create_refused(functions, stage, "dynamodb", StartingPosition="AT_TIMESTAMP",
                          StartingPositionTimestamp=1700000000)[2] == (
        "Unsupported starting position for arn type: " + stage["dynamodb"])
    assert create_refused(functions, stage, "kinesis", StartingPosition="AT_TIMESTAMP")[0] == bad
    assert create_refused(functions, stage, "kinesis", StartingPosition="AT_TIMESTAMP",
                          StartingPositionTimestamp=33000000000)[0] == bad
    for more in ({"StartingPosition": "LATEST"}, {"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1}):
        assert create_refused(functions, stage, "queue", **more) == (
            bad, 400, "StartingPosition is not valid for SQS event sources.")


def test_a_mapping_that_begins_at_a_time(functions, mapped):
    reply = mapped("kinesis", StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=1700000000)
    assert reply["StartingPositionTimestamp"].timestamp() == 1700000000


def test_ranges(functions, stage, endpoint):
    # Documented ranges; just outside of each. The model's own refusals are ValidationException.
    stream = {"StartingPosition": "LATEST"}
    for source, more in [
            ("kinesis", {"BatchSize": 0}), ("kinesis", {"BatchSize": 10001}),
            ("kinesis", {"MaximumBatchingWindowInSeconds": 301}), ("kinesis", {"ParallelizationFactor": 0}),
            ("kinesis", {"ParallelizationFactor": 11}), ("kinesis", {"MaximumRecordAgeInSeconds": -2}),
            ("kinesis", {"MaximumRecordAgeInSeconds": 604801}), ("kinesis", {"MaximumRetryAttempts": -2}),
            ("kinesis", {"MaximumRetryAttempts": 10001}), ("kinesis", {"TumblingWindowInSeconds": 901})]:
        status, error = fetch(endpoint, "", "POST", {
            "FunctionName": stage["name"], "EventSourceArn": stage[source], **stream, **more})
        assert status == 400 and error["message"].startswith("1 validation error detected: Value '"), more
    for age in (0, 59):
        assert create_refused(functions, stage, "kinesis", **stream, MaximumRecordAgeInSeconds=age)[:2] == (
            "InvalidParameterValueException", 400)


def test_rules_of_queues(functions, stage, client, role):
    # Recorded, but for the batch size of a FIFO queue (recorded in 2018).
    bad = "InvalidParameterValueException"
    assert create_refused(functions, stage, "queue", BatchSize=11) == (
        bad, 400, "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10")
    assert create_refused(functions, stage, "fifo", BatchSize=100, MaximumBatchingWindowInSeconds=5) == (
        bad, 400, "Batching window is not supported for FIFO queues")
    assert create_refused(functions, stage, "fifo", BatchSize=11)[2] == (
        "Maximum batch size must be between 1 and 10 inclusive")
    _, short = make_queue(client("sqs"), stage["name"] + "-short", VisibilityTimeout="19")
    assert create_refused(functions, stage, short) == (
        bad, 400, "Queue visibility timeout: 19 seconds is less than Function timeout: 20 seconds")


def test_parameters_of_another_source(functions, stage, endpoint):
    # Recorded for some of them: "Unsupported <name> parameter for given event source mapping type."
    def unsupported(name):
        return f"Unsupported {name} parameter for given event source mapping type."

    for name, value in [
            ("ParallelizationFactor", 1), ("MaximumRecordAgeInSeconds", -1), ("BisectBatchOnFunctionError", False),
            ("MaximumRetryAttempts", 1), ("TumblingWindowInSeconds", 0), ("DestinationConfig", {}),
            ("Topics", ["topic"]), ("Queues", ["queue"]),
            ("SourceAccessConfigurations", [{"Type": "BASIC_AUTH", "URI": "arn:x"}])]:
        assert create_refused(functions, stage, "queue", **{name: value})[2] == unsupported(name)
    stream = {"StartingPosition": "LATEST"}
    assert create_refused(functions, stage, "kinesis", **stream, DestinationConfig={
        "OnSuccess": {"Destination": stage["queue"]}})[2] == unsupported("DestinationConfig")
    base = {"FunctionName": stage["name"], "EventSourceArn": stage["kinesis"], **stream}
    for name, value in [("ScalingConfig", {"MaximumConcurrency": 2}),
                        ("ProvisionedPollerConfig", {"MinimumPollers": 2}),
                        ("LoggingConfig", {"SystemLogLevel": "INFO"}),
                        ("DocumentDBEventSourceConfig", {"DatabaseName": "d"}),
                        ("AmazonManagedKafkaEventSourceConfig", {"ConsumerGroupId": "g"}),
                        ("SelfManagedKafkaEventSourceConfig", {"ConsumerGroupId": "g"})]:
        assert fetch(endpoint, "", "POST", base | {name: value})[1]["message"] == unsupported(name)


def test_what_this_server_lacks_is_refused_by_name(stage, endpoint):
    # Deduced.
    base = {"FunctionName": stage["name"], "EventSourceArn": stage["queue"]}
    stream = base | {"EventSourceArn": stage["kinesis"], "StartingPosition": "LATEST"}
    for body, name in [
            (base | {"KMSKeyArn": "arn:aws:kms:us-east-1:000000000000:key/k"}, "KMSKeyArn"),
            (base | {"MetricsConfig": {"Metrics": ["EventCount"]}}, "MetricsConfig"),
            (base | {"ProvisionedPollerConfig": {"MinimumPollers": 2}}, "ProvisionedPollerConfig"),
            (stream | {"DestinationConfig": {"OnFailure": {"Destination": ACCOUNT.format("sns", "t")}}},
             "An SNS topic as a destination"),
            ({"FunctionName": stage["name"], "SelfManagedEventSource": {
                "Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["a.example:9092"]}}},
             "Self-managed Apache Kafka as an event source")]:
        status, error = fetch(endpoint, "", "POST", body)
        assert (status, error["message"]) == (400, name + " is not supported by this server."), body


def test_destinations(functions, stage):
    # The wording is recorded of PutFunctionEventInvokeConfig; that FIFO queues do not do is documented.
    for arn in (stage["fifo"], stage["kinesis"], stage["function"]):
        assert create_refused(functions, stage, "kinesis", StartingPosition="LATEST",
                              DestinationConfig={"OnFailure": {"Destination": arn}})[2] == (
            "The provided destination config DestinationConfig(onSuccess=null, "
            f"onFailure=OnFailure(destination={arn})) is invalid.")


def test_filters(functions, stage, mapped):
    # Recorded: bad patterns. Documented: five filters; a pattern on `data` that is no object is an error.
    for pattern in ("", "[]", "not json", '{"data": "x"}', '{"data": []}', '{"data": ["x"]}', '{"data": {"a": {}}}',
                    '{"partitionKey": [{"unknown": 1}]}'):
        assert create_refused(functions, stage, "kinesis", StartingPosition="LATEST",
                              FilterCriteria={"Filters": [{"Pattern": pattern}]}) == (
            "InvalidParameterValueException", 400, "Invalid filter pattern definition."), pattern
    assert create_refused(functions, stage, "queue", FilterCriteria={"Filters": [{}]})[2] == (
        "Invalid filter pattern definition.")
    good = [{"Pattern": '{"body":{"n":[%d]}}' % n} for n in range(6)]
    assert create_refused(functions, stage, "queue", FilterCriteria={"Filters": good})[0] == (
        "InvalidParameterValueException")
    assert mapped("queue", FilterCriteria={"Filters": good[:5]})["FilterCriteria"] == {"Filters": good[:5]}


def test_one_mapping_of_a_source_and_a_function(functions, stage, mapped):
    # Recorded, the blanks inside the quotes included.
    for source, form in [
            ("kinesis", 'The event source arn (" {} ") and function (" {} ") provided mapping already exists. Please '
                        "update or delete the existing mapping with UUID {}"),
            ("queue", 'An event source mapping with SQS arn (" {} ") and function (" {} ") already exists. Please '
                      "update or delete the existing mapping with UUID {}")]:
        uuid = mapped(source)["UUID"]
        more = {"StartingPosition": "LATEST"} if source == "kinesis" else {}
        assert create_refused(functions, stage, source, **more) == (
            "ResourceConflictException", 409, form.format(stage[source], stage["name"], uuid))


def test_a_mapping_in_between_is_in_use(functions, mapped):
    # Recorded: ResourceInUseException. A long poll keeps the mapping Disabling for a while.
    uuid = mapped("queue")["UUID"]
    settled(functions, uuid)
    functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    for call, verb in ((functions.update_event_source_mapping, "update"),
                       (functions.delete_event_source_mapping, "delete")):
        assert refused(call, UUID=uuid)[2]["Message"] == (
            f"Cannot {verb} the event source mapping because it is in use.")
        assert refused(call, UUID=uuid)[:2] == ("ResourceInUseException", 400)
    settled(functions, uuid, "Disabled")
    assert functions.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    gone(functions, uuid)


def test_lists_and_pages(functions, stage, mapped):
    uuids = {mapped(source, Enabled=False)["UUID"] for source in ("kinesis", "dynamodb", "queue", "fifo")}
    listed = functions.list_event_source_mappings(FunctionName=stage["function"])["EventSourceMappings"]
    assert {m["UUID"] for m in listed} == uuids
    [one] = functions.list_event_source_mappings(EventSourceArn=stage["fifo"])["EventSourceMappings"]
    assert one["EventSourceArn"] == stage["fifo"]
    assert functions.list_event_source_mappings(
        FunctionName="absent", EventSourceArn=stage["fifo"])["EventSourceMappings"] == []
    pages, marker = [], {}
    while True:
        page = functions.list_event_source_mappings(FunctionName=stage["name"], MaxItems=3, **marker)
        pages.append([m["UUID"] for m in page["EventSourceMappings"]])
        if "NextMarker" not in page:
            break
        marker = {"Marker": page["NextMarker"]}
    assert [len(page) for page in pages] == [3, 1]
    assert {uuid for page in pages for uuid in page} == uuids


def test_tags(functions, stage, endpoint, mapped):
    reply = mapped("queue", Enabled=False)
    arn = ACCOUNT.format("lambda", "event-source-mapping:" + reply["UUID"])
    functions.tag_resource(Resource=arn, Tags={"a": "1", "b": "2"})
    functions.untag_resource(Resource=arn, TagKeys=["a"])
    assert functions.list_tags(Resource=arn)["Tags"] == {"b": "2"}
    functions.tag_resource(Resource=arn, Tags={f"k{n}": "" for n in range(49)})
    code, _, error = refused(functions.tag_resource, Resource=arn, Tags={"more": ""})
    assert (code, error["Message"]) == (
        "InvalidParameterValueException", "Number of tags exceeds resource tag limit.")
    body = {"FunctionName": stage["name"], "EventSourceArn": stage["queue"], "Tags": {"t": "v"}}
    status, error = fetch(endpoint, "", "POST", body | {"Tags": {str(n): "" for n in range(51)}})
    assert (status, error["message"]) == (400, "Number of tags exceeds resource tag limit.")
    code, status, _ = refused(functions.list_tags, Resource=arn[:-36] + ABSENT)
    assert (code, status) == ("ResourceNotFoundException", 404)


def test_a_mapping_outlives_its_function(functions, stage, client, role, name):
    # Recorded: deleting a function does not delete its mappings.
    make_function(functions, role("lambda"), name)
    reply = functions.create_event_source_mapping(FunctionName=name, EventSourceArn=stage["queue"])
    settled(functions, reply["UUID"])
    functions.delete_function(FunctionName=name)
    [listed] = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    assert listed["UUID"] == reply["UUID"]
    settled(functions, reply["UUID"])
    functions.delete_event_source_mapping(UUID=reply["UUID"])
    gone(functions, reply["UUID"])
