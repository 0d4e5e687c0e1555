"""FIFO queues, dead-letter queues and message move tasks, in both protocols (sqs_clients.py). Documented: the SQS guide; recorded: public suites
that ran against AWS; deduced otherwise, as said."""

import hashlib
import json
import threading

import pytest
from botocore.exceptions import ClientError

from sqs_clients import JsonSqs, clients
from support import until


@pytest.fixture(scope="module", params=["boto3", "json"])
def sqs(client, endpoint, request):
    return clients(client, endpoint)[request.param]


@pytest.fixture(scope="module")
def tasks(endpoint):
    """boto3 of this system does not know move tasks."""
    return JsonSqs(endpoint)


@pytest.fixture
def fifo(sqs, name):
    return sqs.create_queue(QueueName=name + ".fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]


def message_of(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def receive(sqs, queue, **more):
    return sqs.receive_message(QueueUrl=queue, **more).get("Messages", [])


def bodies(sqs, queue, **more):
    return [message["Body"] for message in receive(sqs, queue, MaxNumberOfMessages=10, **more)]


def arn_of(sqs, queue):
    return sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def test_attributes(sqs, fifo):
    # Recorded.
    shown = sqs.get_queue_attributes(QueueUrl=fifo, AttributeNames=["All"])["Attributes"]
    assert {key: shown[key] for key in (
        "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")} == {
        "FifoQueue": "true", "ContentBasedDeduplication": "false", "DeduplicationScope": "queue",
        "FifoThroughputLimit": "perQueue"}
    assert message_of(sqs.set_queue_attributes, QueueUrl=fifo, Attributes={"FifoQueue": "false"}) == (
        "InvalidAttributeValue",
        "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.")
    name = fifo.rsplit("/", 1)[1]
    # Recorded.
    assert message_of(sqs.create_queue, QueueName=name, Attributes={
        "FifoQueue": "true", "ContentBasedDeduplication": "true"}) == (
        "QueueAlreadyExists", "A queue already exists with the same name and a different value for attribute "
        "ContentBasedDeduplication")


def test_names(sqs, name):
    # Documented.
    assert message_of(sqs.create_queue, QueueName=name, Attributes={"FifoQueue": "true"})[0] == "InvalidParameterValue"
    assert message_of(sqs.create_queue, QueueName=name, Attributes={"FifoQueue": "false"}) == (
        "InvalidAttributeName", "Unknown Attribute FifoQueue.")


def test_order_and_locking(sqs, fifo):
    for group, body in (("a", "a1"), ("b", "b1"), ("a", "a2")):
        sqs.send_message(QueueUrl=fifo, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=body)
    [first] = receive(sqs, fifo, AttributeNames=["All"])
    # Recorded: what a message of a FIFO queue shows.
    assert set(first["Attributes"]) == {
        "ApproximateFirstReceiveTimestamp", "ApproximateReceiveCount", "MessageDeduplicationId", "MessageGroupId",
        "SenderId", "SentTimestamp", "SequenceNumber"}
    # Documented: a group is locked while one of its messages is in flight.
    assert bodies(sqs, fifo) == ["b1"]
    assert bodies(sqs, fifo) == []
    sqs.delete_message(QueueUrl=fifo, ReceiptHandle=first["ReceiptHandle"])
    assert bodies(sqs, fifo) == ["a2"]


def test_a_delete_wakes_who_waits_for_the_group(sqs, fifo):
    # Deduced: the next message of the group is there, so the long poll ends.
    for body in ("1", "2"):
        sqs.send_message(QueueUrl=fifo, MessageBody=body, MessageGroupId="g", MessageDeduplicationId=body)
    [first] = receive(sqs, fifo)
    got = []
    waiting = threading.Thread(target=lambda: got.extend(bodies(sqs, fifo, WaitTimeSeconds=20)))
    waiting.start()
    sqs.delete_message(QueueUrl=fifo, ReceiptHandle=first["ReceiptHandle"])
    waiting.join()
    assert got == ["2"]


def test_sequence_numbers_grow(sqs, fifo):
    # Documented: 20 digits (128 bits), increasing.
    numbers = [sqs.send_message(QueueUrl=fifo, MessageBody=str(i), MessageGroupId="g", MessageDeduplicationId=str(i))[
        "SequenceNumber"] for i in range(20)]
    assert all(len(number) == 20 for number in numbers)
    assert [int(n) for n in numbers] == sorted({int(n) for n in numbers})


def test_deduplication(sqs, name):
    url = sqs.create_queue(QueueName=name + ".fifo", Attributes={
        "FifoQueue": "true", "ContentBasedDeduplication": "true"})["QueueUrl"]
    first = sqs.send_message(QueueUrl=url, MessageBody="same", MessageGroupId="a")
    # Recorded: by queue, not by group; accepted and not delivered.
    again = sqs.send_message(QueueUrl=url, MessageBody="same", MessageGroupId="b")
    assert (again["MessageId"], again["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
    sqs.send_message(QueueUrl=url, MessageBody="same", MessageGroupId="c", MessageDeduplicationId="explicit")
    messages = receive(sqs, url, MaxNumberOfMessages=10, AttributeNames=["MessageDeduplicationId"])
    # Documented: the id is the SHA-256 of the body.
    assert [m["Attributes"]["MessageDeduplicationId"] for m in messages] == [
        hashlib.sha256(b"same").hexdigest(), "explicit"]


@pytest.mark.parametrize("arguments, code, message", [
    # Recorded.
    ({"MessageGroupId": "g"}, "InvalidParameterValue",
     "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"),
    ({"MessageDeduplicationId": "d"}, "MissingParameter", "The request must contain the parameter MessageGroupId."),
    ({"MessageGroupId": "g", "MessageDeduplicationId": "d", "DelaySeconds": 2}, "InvalidParameterValue",
     "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this "
     "queue type."),
    ({"MessageGroupId": "a b", "MessageDeduplicationId": "d"}, "InvalidParameterValue",
     "Value a b for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and "
     "punctuation characters. 1 to 128 in length."),
])
def test_messages_that_are_refused(sqs, fifo, arguments, code, message):
    assert message_of(sqs.send_message, QueueUrl=fifo, MessageBody="x", **arguments) == (code, message)


@pytest.mark.parametrize("entry, message", [
    # Recorded: the batch as a whole.
    ({"MessageDeduplicationId": "d"}, "The request must contain the parameter MessageGroupId."),
    ({"MessageGroupId": "g"},
     "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"),
])
def test_batches_that_are_refused(sqs, fifo, entry, message):
    assert message_of(sqs.send_message_batch, QueueUrl=fifo, Entries=[{"Id": "1", "MessageBody": "x", **entry}]) == (
        "InvalidParameterValue", message)


def test_expired_handles(sqs, fifo):
    # Recorded.
    sqs.send_message(QueueUrl=fifo, MessageBody="m", MessageGroupId="g", MessageDeduplicationId="d")
    [message] = receive(sqs, fifo, VisibilityTimeout=0)
    assert message_of(sqs.delete_message, QueueUrl=fifo, ReceiptHandle=message["ReceiptHandle"]) == (
        "InvalidParameterValue", f"Value {message['ReceiptHandle']} for parameter ReceiptHandle is invalid. Reason: "
        "The receipt handle has expired.")


def test_attempts(sqs, fifo):
    # Documented: the same attempt gets the same messages and handles.
    sqs.send_message(QueueUrl=fifo, MessageBody="m", MessageGroupId="g", MessageDeduplicationId="d")
    first = receive(sqs, fifo, ReceiveRequestAttemptId="once")
    assert receive(sqs, fifo, ReceiveRequestAttemptId="once") == first
    assert receive(sqs, fifo, ReceiveRequestAttemptId="other") == []


# ---- dead-letter queues ----
@pytest.fixture
def pair(sqs, name):
    """A queue that gives its messages up after one receipt, and its dead-letter queue."""
    dead = sqs.create_queue(QueueName=name + "-dead")["QueueUrl"]
    policy = json.dumps({"deadLetterTargetArn": arn_of(sqs, dead), "maxReceiveCount": 1})
    return sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": policy})["QueueUrl"], dead


def kill(sqs, pair, *texts):
    source, _ = pair
    for text in texts:
        sqs.send_message(QueueUrl=source, MessageBody=text)
    assert sorted(bodies(sqs, source, VisibilityTimeout=0)) == sorted(texts)
    assert bodies(sqs, source) == []


def test_redrive(sqs, pair):
    source, dead = pair
    sent = sqs.send_message(QueueUrl=source, MessageBody="m", MessageAttributes={
        "k": {"DataType": "String", "StringValue": "v"}})
    assert bodies(sqs, source, VisibilityTimeout=0) == ["m"]
    # Documented: on the receipt beyond maxReceiveCount, with its id and attributes.
    assert bodies(sqs, source) == []
    [message] = receive(sqs, dead, AttributeNames=["All"], MessageAttributeNames=["All"])
    assert message["MessageId"] == sent["MessageId"]
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert message["Attributes"]["DeadLetterQueueSourceArn"] == arn_of(sqs, source)
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [source]
    assert sqs.list_dead_letter_source_queues(QueueUrl=source).get("queueUrls", []) == []


def test_redrive_policies_that_are_refused(sqs, pair, name):
    source, dead = pair
    missing = arn_of(sqs, dead) + "-not"
    policy = json.dumps({"deadLetterTargetArn": missing, "maxReceiveCount": 1})
    code, text = message_of(sqs.set_queue_attributes, QueueUrl=source, Attributes={"RedrivePolicy": policy})
    # Documented for the console; the text is what users report.
    assert code == "InvalidParameterValue" and text.endswith("Reason: Dead letter target does not exist.")
    # Documented: a dead-letter queue may say whose it is.
    sqs.set_queue_attributes(QueueUrl=dead, Attributes={
        "RedriveAllowPolicy": json.dumps({"redrivePermission": "denyAll"})})
    policy = json.dumps({"deadLetterTargetArn": arn_of(sqs, dead), "maxReceiveCount": 1})
    assert message_of(sqs.create_queue, QueueName=name + "-other", Attributes={"RedrivePolicy": policy})[0] == (
        "InvalidParameterValue")
    # Documented: an empty value takes the policy away.
    sqs.set_queue_attributes(QueueUrl=source, Attributes={"RedrivePolicy": ""})
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=source, AttributeNames=["RedrivePolicy"])


# ---- message move tasks ----
def test_a_move_task_takes_messages_back(sqs, tasks, pair):
    source, dead = pair
    kill(sqs, pair, "a", "b")
    started = tasks.start_message_move_task(SourceArn=arn_of(sqs, dead))
    assert started["TaskHandle"]
    listed = until(
        lambda: (r := tasks.list_message_move_tasks(SourceArn=arn_of(sqs, dead))["Results"][0])["Status"] == "COMPLETED"
        and r, "the task completes")
    # Recorded: these members, and no handle once it has ended.
    listed.pop("StartedTimestamp")
    assert listed == {"ApproximateNumberOfMessagesMoved": 2, "ApproximateNumberOfMessagesToMove": 2,
                      "SourceArn": arn_of(sqs, dead), "Status": "COMPLETED"}
    assert sorted(bodies(sqs, source)) == ["a", "b"]


def test_a_move_task_is_cancelled(sqs, tasks, pair, name):
    _, dead = pair
    other = sqs.create_queue(QueueName=name + "-other")["QueueUrl"]
    kill(sqs, pair, *"abcde")
    task = tasks.start_message_move_task(
        SourceArn=arn_of(sqs, dead), DestinationArn=arn_of(sqs, other), MaxNumberOfMessagesPerSecond=1)
    # Recorded.
    assert message_of(tasks.start_message_move_task, SourceArn=arn_of(sqs, dead)) == (
        "InvalidParameterValue", "There is already a task running. Only one active task is allowed for a source queue "
        "arn at a given time.")
    running = tasks.list_message_move_tasks(SourceArn=arn_of(sqs, dead))["Results"][0]
    assert running["Status"] == "RUNNING" and running["TaskHandle"] == task["TaskHandle"]
    assert running["DestinationArn"] == arn_of(sqs, other) and running["MaxNumberOfMessagesPerSecond"] == 1
    tasks.cancel_message_move_task(TaskHandle=task["TaskHandle"])
    ended = until(
        lambda: (r := tasks.list_message_move_tasks(SourceArn=arn_of(sqs, dead))["Results"][0])["Status"] == "CANCELLED"
        and r, "the task is cancelled")
    moved = ended["ApproximateNumberOfMessagesMoved"]
    assert moved < 5 and len(bodies(sqs, other)) == moved


@pytest.mark.parametrize("handle, code, message", [
    # Recorded.
    ("foobared", "InvalidParameterValue", "Value for parameter TaskHandle is invalid."),
])
def test_handles_that_are_refused(tasks, handle, code, message):
    assert message_of(tasks.cancel_message_move_task, TaskHandle=handle) == (code, message)


def test_move_tasks_that_are_refused(sqs, tasks, pair):
    source, dead = pair
    # Recorded: all three.
    assert message_of(tasks.start_message_move_task, SourceArn=arn_of(sqs, source)) == (
        "InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
    assert message_of(tasks.start_message_move_task, SourceArn=arn_of(sqs, dead),
                      DestinationArn=arn_of(sqs, dead) + "-not") == (
        "ResourceNotFoundException", "The resource that you specified for the DestinationArn parameter doesn't exist.")
    assert message_of(tasks.list_message_move_tasks, SourceArn=arn_of(sqs, dead) + "-not") == (
        "ResourceNotFoundException", "The resource that you specified for the SourceArn parameter doesn't exist.")


def test_permissions(sqs, fifo):
    # Recorded: the form of the policy and both refusals.
    arn = arn_of(sqs, fifo)
    sqs.add_permission(QueueUrl=fifo, Label="l", AWSAccountIds=["668614515564"], Actions=["ReceiveMessage"])
    policy = json.loads(sqs.get_queue_attributes(QueueUrl=fifo, AttributeNames=["Policy"])["Attributes"]["Policy"])
    assert policy == {"Version": "2008-10-17", "Id": arn + "/SQSDefaultPolicy", "Statement": [{
        "Sid": "l", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::668614515564:root"},
        "Action": "SQS:ReceiveMessage", "Resource": arn}]}
    assert message_of(sqs.add_permission, QueueUrl=fifo, Label="l", AWSAccountIds=["668614515564"],
                      Actions=["SendMessage"]) == (
        "InvalidParameterValue", "Value l for parameter Label is invalid. Reason: Already exists.")
    sqs.remove_permission(QueueUrl=fifo, Label="l")
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=fifo, AttributeNames=["Policy"])
    assert message_of(sqs.remove_permission, QueueUrl=fifo, Label="l") == (
        "InvalidParameterValue", "Value l for parameter Label is invalid. Reason: can't find label.")
