"""Pipes between services, with boto3: every target and source beside streams, enrichment, dead letters, the log. Known
from the EventBridge user guide (documented), from messages and logs of AWS that were published (recorded), or deduced."""

import io
import json
import zipfile

import pytest

from support import raw, serving, until

KEY, SECRET = "AKIAROOTROOTROOT0000", "root-secret"


@pytest.fixture(scope="module")
def pipes(client):
    return client("pipes")


@pytest.fixture
def function(client, role, name):
    """Makes a function of the name with this body: `def handler(event, context):`."""
    def make(body, suffix=""):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("app.py", "import json\ndef handler(event, context):\n" + "\n".join(
                "    " + line for line in body.splitlines()))
        return client("lambda").create_function(
            FunctionName=name + suffix, Runtime="python3.11", Handler="app.handler", Role=role("lambda"), Timeout=60,
            Code={"ZipFile": out.getvalue()})["FunctionArn"]
    return make


@pytest.fixture
def queue(client, name):
    """Makes a queue; its URL and ARN."""
    def make(suffix="", **attributes):
        sqs = client("sqs")
        url = sqs.create_queue(QueueName=name + suffix, Attributes=attributes)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        return url, arn
    return make


def from_table(pipes, role, table, target, name, source=None, **more):
    pipes.create_pipe(
        Name=name, RoleArn=role("pipes"), Source=table.stream, Target=target,
        SourceParameters={"DynamoDBStreamParameters": {"StartingPosition": "TRIM_HORIZON", **(source or {})}}, **more)
    running(pipes, name)


def running(pipes, name):
    until(lambda: pipes.describe_pipe(Name=name)["CurrentState"] == "RUNNING", f"{name} is RUNNING")


def put(client, table, *ids):
    for i in ids:
        client("dynamodb").put_item(TableName=table.name, Item={"id": {"S": str(i)}})


def received(client, url, count):
    """So many messages, each deleted, in the order in which they came."""
    sqs, found = client("sqs"), []

    def look():
        for message in sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, AttributeNames=["All"]).get("Messages", []):
            found.append(message)
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(found) >= count
    until(look, f"{count} messages")
    return found


def id_of(event):
    return event["dynamodb"]["Keys"]["id"]["S"]


def test_to_a_function_and_poison_to_the_dead_letter_queue(client, pipes, role, table, name, function, queue):
    # Documented: the whole array in one request; items named in batchItemFailures come again; metadata in the DLQ.
    url, arn = queue()
    dead_url, dead_arn = queue("-dead")
    target = function(
        "if any(e['dynamodb']['Keys']['id']['S'] == 'bad' for e in event):\n"
        "    bad = [e['eventID'] for e in event if e['dynamodb']['Keys']['id']['S'] == 'bad']\n"
        "    return {'batchItemFailures': [{'itemIdentifier': i} for i in bad]}\n"
        "return 'fine'")
    put(client, table, "a", "bad", "b")
    from_table(pipes, role, table, target, name, source={
        "MaximumRetryAttempts": 1, "OnPartialBatchItemFailure": "AUTOMATIC_BISECT",
        "DeadLetterConfig": {"Arn": dead_arn}})
    body = json.loads(received(client, dead_url, 1)[0]["Body"])
    # Recorded: members and their order.
    assert list(body) == ["context", "version", "timestamp", "DDBStreamBatchInfo"]
    assert body["context"] == {
        "partnerResourceArn": f"arn:aws:pipes:us-east-1:000000000000:pipe/{name}",
        "condition": "RetryAttemptsExhausted"}
    info = body["DDBStreamBatchInfo"]
    assert list(info) == [
        "shardId", "startSequenceNumber", "endSequenceNumber", "approximateArrivalOfFirstRecord",
        "approximateArrivalOfLastRecord", "batchSize", "streamArn"]
    assert (info["batchSize"], info["streamArn"]) == (1, table.stream)
    # What the message says is enough to find the record.
    streams = client("dynamodbstreams")
    iterator = streams.get_shard_iterator(
        StreamArn=table.stream, ShardId=info["shardId"], ShardIteratorType="AT_SEQUENCE_NUMBER",
        SequenceNumber=info["startSequenceNumber"])["ShardIterator"]
    assert streams.get_records(ShardIterator=iterator)["Records"][0]["dynamodb"]["Keys"] == {"id": {"S": "bad"}}


def test_enrichment_and_queues_in_a_chain(client, pipes, role, table, name, function, queue):
    """Table → enrichment → FIFO queue → pipe → queue: order by group, filters on bodies, deletion at the source."""
    first_url, first_arn = queue("-1.fifo", FifoQueue="true")
    last_url, last_arn = queue("-2")
    enrichment = function("return [{'id': e['id'], 'kind': 'odd' if int(e['id']) % 2 else 'even'} for e in event]")
    from_table(
        pipes, role, table, first_arn, name + "-1", source={"BatchSize": 10}, Enrichment=enrichment,
        EnrichmentParameters={"InputTemplate": '{"id": <$.dynamodb.Keys.id.S>}'},
        TargetParameters={"SqsQueueParameters": {
            "MessageGroupId": "$.kind", "MessageDeduplicationId": "$.id"}})
    pipes.create_pipe(
        Name=name + "-2", RoleArn=role("pipes"), Source=first_arn, Target=last_arn,
        SourceParameters={"FilterCriteria": {"Filters": [{"Pattern": json.dumps({"body": {"kind": ["odd"]}})}]}},
        TargetParameters={"InputTemplate": '{"id": <$.body.id>, "group": <$.attributes.MessageGroupId>}'})
    running(pipes, name + "-2")
    put(client, table, *range(12))
    found = [json.loads(message["Body"]) for message in received(client, last_url, 6)]
    assert sorted(found, key=lambda one: int(one["id"])) == [
        {"id": str(i), "group": "odd"} for i in range(1, 12, 2)]
    # Documented: messages that the filter does not pass are deleted, too.
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    until(lambda: set(client("sqs").get_queue_attributes(
        QueueUrl=first_url, AttributeNames=counts)["Attributes"].values()) == {"0"}, "the first queue is empty")


def test_a_queue_and_its_own_redrive_policy(client, pipes, role, name, function, queue):
    # Documented: what a function names in batchItemFailures stays in the queue; the rest is deleted.
    dead_url, dead_arn = queue("-dead")
    url, arn = queue("", VisibilityTimeout="1", RedrivePolicy=json.dumps(
        {"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2}))
    target = function(
        "return {'batchItemFailures': [{'itemIdentifier': e['messageId']} for e in event if e['body'] == 'bad']}")
    sqs = client("sqs")
    for body in ("one", "bad", "two"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    pipes.create_pipe(
        Name=name, RoleArn=role("pipes"), Source=arn, Target=target,
        SourceParameters={"SqsQueueParameters": {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 0}})
    running(pipes, name)
    assert [message["Body"] for message in received(client, dead_url, 1)] == ["bad"]
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    until(lambda: set(sqs.get_queue_attributes(
        QueueUrl=url, AttributeNames=counts)["Attributes"].values()) == {"0"}, "the queue is empty")


def test_to_logs_and_its_own_log(client, endpoint, pipes, role, table, name):
    logs = client("logs")
    for suffix in ("target", "vended"):
        logs.create_log_group(logGroupName=f"/pipes/{name}/{suffix}")
    arn = "arn:aws:logs:us-east-1:000000000000:log-group:/pipes/" + name
    # The botocore of Debian does not know LogConfiguration yet.
    status, _, body = raw(endpoint, "POST", f"/v1/pipes/{name}", json.dumps({
        "RoleArn": role("pipes"), "Source": table.stream, "Target": arn + "/target",
        "SourceParameters": {"DynamoDBStreamParameters": {"StartingPosition": "TRIM_HORIZON"}},
        "TargetParameters": {
            "CloudWatchLogsParameters": {"LogStreamName": "$.eventName"},
            "InputTemplate": "<$.dynamodb.Keys.id.S>"},
        "LogConfiguration": {
            "Level": "INFO", "IncludeExecutionData": ["ALL"],
            "CloudwatchLogsLogDestination": {"LogGroupArn": arn + "/vended"}}}).encode(),
        {"Content-Type": "application/json", "Authorization": (
            "AWS4-HMAC-SHA256 Credential=test/20261122/us-east-1/pipes/aws4_request, SignedHeaders=host, Signature=0")})
    assert status == 200, body
    running(pipes, name)
    put(client, table, "a", "b")

    def events(suffix):
        return [e["message"] for e in logs.filter_log_events(logGroupName=f"/pipes/{name}/{suffix}")["events"]]
    until(lambda: len(events("target")) == 2, "two events")
    assert [s["logStreamName"] for s in logs.describe_log_streams(
        logGroupName=f"/pipes/{name}/target")["logStreams"]] == ["INSERT"]

    def ended():
        return [r for r in map(json.loads, events("vended")) if r["messageType"] == "ExecutionSucceeded"]
    records = until(lambda: ended() and [json.loads(e) for e in events("vended")], "an execution in the log")
    # Documented: the steps of the level INFO.
    execution = [r for r in records if r["executionId"] == records[0]["executionId"]]
    assert [r["messageType"] for r in execution] == [
        "ExecutionStarted", "TargetStageEntered", "TargetStageSucceeded", "ExecutionSucceeded"]
    assert {r["logLevel"] for r in execution} == {"INFO"}
    assert id_of(json.loads(execution[0]["payload"])[0]) in ("a", "b")
    assert execution[0]["resourceArn"] == f"arn:aws:pipes:us-east-1:000000000000:pipe/{name}"


def test_to_firehose(client, pipes, role, table, name):
    s3, firehose = client("s3"), client("firehose", parameter_validation=False)
    s3.create_bucket(Bucket=name)
    arn = firehose.create_delivery_stream(
        DeliveryStreamName=name, DeliveryStreamType="DirectPut",
        ExtendedS3DestinationConfiguration={
            "RoleARN": role("firehose"), "BucketARN": f"arn:aws:s3:::{name}",
            "BufferingHints": {"IntervalInSeconds": 0, "SizeInMBs": 1}})["DeliveryStreamARN"]
    from_table(pipes, role, table, arn, name, TargetParameters={"InputTemplate": "<$.dynamodb.Keys.id.S>"})
    put(client, table, *"abc")

    def text():
        keys = [o["Key"] for o in s3.list_objects_v2(Bucket=name).get("Contents", [])]
        return "".join(s3.get_object(Bucket=name, Key=key)["Body"].read().decode() for key in keys)
    assert sorted(until(lambda: len(found := text()) >= 9 and found, "three records").split('"')) == [
        "", "", "", "", "a", "b", "c"]


def test_an_enrichment_that_fails_and_a_log_in_s3(client, endpoint, pipes, role, table, name, function, queue):
    # Documented: a failed enrichment is retried and ends in the dead-letter queue; a delivery stream takes the log, one
    # record a line. What is behind the poison goes on.
    s3, firehose = client("s3"), client("firehose", parameter_validation=False)
    s3.create_bucket(Bucket=name)
    log = firehose.create_delivery_stream(
        DeliveryStreamName=name, DeliveryStreamType="DirectPut",
        ExtendedS3DestinationConfiguration={
            "RoleARN": role("firehose"), "BucketARN": f"arn:aws:s3:::{name}",
            "BufferingHints": {"IntervalInSeconds": 0, "SizeInMBs": 1}})["DeliveryStreamARN"]
    url, arn = queue()
    dead_url, dead_arn = queue("-dead")
    enrichment = function(
        "if any(e['dynamodb']['Keys']['id']['S'] == 'bad' for e in event):\n"
        "    raise ValueError('no good')\n"
        "return event")
    put(client, table, "a", "bad", "b")
    # The botocore of Debian does not know LogConfiguration yet.
    status, _, body = raw(endpoint, "POST", f"/v1/pipes/{name}", json.dumps({
        "RoleArn": role("pipes"), "Source": table.stream, "Target": arn, "Enrichment": enrichment,
        "SourceParameters": {"DynamoDBStreamParameters": {
            "StartingPosition": "TRIM_HORIZON", "BatchSize": 10, "MaximumRetryAttempts": 1,
            "OnPartialBatchItemFailure": "AUTOMATIC_BISECT", "DeadLetterConfig": {"Arn": dead_arn}}},
        "TargetParameters": {"InputTemplate": "<$.dynamodb.Keys.id.S>"},
        "LogConfiguration": {
            "Level": "ERROR", "IncludeExecutionData": ["ALL"],
            "FirehoseLogDestination": {"DeliveryStreamArn": log}}}).encode(),
        {"Content-Type": "application/json", "Authorization": (
            "AWS4-HMAC-SHA256 Credential=test/20261122/us-east-1/pipes/aws4_request, SignedHeaders=host, Signature=0")})
    assert status == 200, body
    running(pipes, name)
    letter = json.loads(received(client, dead_url, 1)[0]["Body"])
    assert letter["context"]["condition"] == "RetryAttemptsExhausted"
    assert letter["DDBStreamBatchInfo"]["batchSize"] == 1
    assert sorted(message["Body"] for message in received(client, url, 2)) == ['"a"', '"b"']

    def records():
        keys = [o["Key"] for o in s3.list_objects_v2(Bucket=name).get("Contents", [])]
        text = "".join(s3.get_object(Bucket=name, Key=key)["Body"].read().decode() for key in keys)
        return [json.loads(line) for line in text.splitlines()]

    def failed():
        return [r for r in records() if r["messageType"] == "ExecutionFailed"]

    until(failed, "a failed execution in the log")
    execution = [r for r in records() if r["executionId"] == failed()[0]["executionId"]]
    assert [r["messageType"] for r in execution] == [
        "EnrichmentInvocationFailed", "EnrichmentStageFailed", "ExecutionFailed"]
    assert {r["logLevel"] for r in execution} == {"ERROR"}
    error = execution[0]["error"]
    assert error["message"].startswith("Enrichment invocation failed with error from Lambda. ")
    assert (error["awsService"], error["resourceArn"]) == ("lambda", enrichment)


def test_a_role_that_is_revoked_in_mid_flow():
    """Strict: the pipe stands still with AWS's wording in its log, loses nothing, and goes on; a pipe does not begin
    without access to its source (recorded wording)."""
    with serving("--auth", "strict", "--access-key", KEY, "--secret-key", SECRET) as server:
        def root(service):
            return server.client(service, key=KEY, secret=SECRET)

        def allow(policy, *actions):
            root("iam").put_role_policy(RoleName="pipe", PolicyName=policy, PolicyDocument=json.dumps(
                {"Version": "2012-10-17", "Statement": [
                    {"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}))
        trust = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "pipes.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
        role = root("iam").create_role(RoleName="pipe", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        sqs, kinesis, pipes = root("sqs"), root("kinesis"), root("pipes")
        url = sqs.create_queue(QueueName="in")["QueueUrl"]
        kinesis.create_stream(StreamName="out", ShardCount=1)
        until(lambda: kinesis.describe_stream_summary(StreamName="out")["StreamDescriptionSummary"][
            "StreamStatus"] == "ACTIVE", "the stream is ACTIVE")
        kinesis.create_stream(StreamName="source", ShardCount=1)
        until(lambda: kinesis.describe_stream_summary(StreamName="source")["StreamDescriptionSummary"][
            "StreamStatus"] == "ACTIVE", "the stream is ACTIVE")
        stream = "arn:aws:kinesis:us-east-1:000000000000:stream/"

        def make(name, source, **parameters):
            pipes.create_pipe(
                Name=name, RoleArn=role, Source=source, Target=stream + "out", SourceParameters=parameters,
                TargetParameters={"KinesisStreamParameters": {"PartitionKey": "k"}, "InputTemplate": "<$.data>"})
            return until(lambda: (d := pipes.describe_pipe(Name=name))["CurrentState"] not in ("CREATING",) and d, "made")
        failed = make("from-queue", "arn:aws:sqs:us-east-1:000000000000:in")
        assert (failed["CurrentState"], failed["StateReason"]) == (
            "CREATE_FAILED", "Input parameter is invalid from the request due to : The provided customer role does not "
            "have permissions to call ReceiveMessage on SQS")
        allow("read", "kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards")
        allow("write", "kinesis:PutRecords")
        assert make("hop", stream + "source", KinesisStreamParameters={
            "StartingPosition": "TRIM_HORIZON"})["CurrentState"] == "RUNNING"

        def put(number):
            kinesis.put_record(StreamName="source", PartitionKey="k", Data=json.dumps(number).encode())

        def out():
            shard = kinesis.list_shards(StreamName="out")["Shards"][0]["ShardId"]
            iterator = kinesis.get_shard_iterator(
                StreamName="out", ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
            return [r["Data"] for r in kinesis.get_records(ShardIterator=iterator)["Records"]]
        for number in range(5):
            put(number)
        until(lambda: len(out()) == 5, "five records")
        root("iam").delete_role_policy(RoleName="pipe", PolicyName="write")
        for number in range(5, 10):
            put(number)
        # The pipe has met the refusal.
        until(lambda: any(
            line.startswith("penstock_pipe_target_errors") and float(line.rsplit(" ", 1)[1]) > 0
            for line in raw(server.url, "GET", "/_penstock/metrics")[2].decode().splitlines()), "a refusal")
        assert len(out()) == 5
        allow("write", "kinesis:PutRecords")
        until(lambda: len(out()) >= 10, "ten records")
        assert [json.loads(data) for data in out()] == list(range(10))
