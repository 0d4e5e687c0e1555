"""SQS standard queues, in both protocols (sqs_clients.py). Known from the SQS API reference and guide (documented), from public suites
that were recorded against AWS (recorded), or deduced, as said."""

import hashlib
import threading
import time

import pytest
from botocore.exceptions import ClientError

from sqs_clients import clients, speaks_json
from support import Server, serving


@pytest.fixture(scope="module", params=["boto3", "json"])
def sqs(client, endpoint, request):
    return clients(client, endpoint)[request.param]


@pytest.fixture
def queue(sqs, name):
    return sqs.create_queue(QueueName=name)["QueueUrl"]


def error_of(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response


def message_of(call, **arguments):
    error = error_of(call, **arguments)["Error"]
    return error["Code"], error["Message"]


def attributes_of(sqs, queue, *names):
    return sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=list(names) or ["All"])["Attributes"]


def receive(sqs, queue, **more):
    return sqs.receive_message(QueueUrl=queue, **more).get("Messages", [])


def test_a_message_goes_through(sqs, queue):
    # Documented: MD5 of the body (boto3 compares it as well), and what All shows.
    sent = sqs.send_message(QueueUrl=queue, MessageBody="hällo")
    assert sent["MD5OfMessageBody"] == hashlib.md5("hällo".encode()).hexdigest()
    assert "SequenceNumber" not in sent
    [message] = receive(sqs, queue, AttributeNames=["All"])
    assert message["Body"] == "hällo" and message["MessageId"] == sent["MessageId"]
    assert message["MD5OfBody"] == sent["MD5OfMessageBody"]
    # Recorded: these four and no others.
    assert set(message["Attributes"]) == {
        "SenderId", "ApproximateFirstReceiveTimestamp", "ApproximateReceiveCount", "SentTimestamp"}
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    counts = attributes_of(sqs, queue)
    assert counts["ApproximateNumberOfMessages"] == "0" and counts["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_queue_urls_name_the_host_that_was_addressed(sqs, queue, name, endpoint):
    # Deduced from AWS's form https://sqs.REGION.amazonaws.com/ACCOUNT/NAME; any host is taken back.
    assert queue == f"{endpoint}/000000000000/{name}"
    elsewhere = f"https://sqs.us-east-1.amazonaws.com/000000000000/{name}"
    assert attributes_of(sqs, elsewhere, "QueueArn") == {"QueueArn": f"arn:aws:sqs:us-east-1:000000000000:{name}"}
    assert sqs.get_queue_url(QueueName=name)["QueueUrl"] == queue


def test_defaults(sqs, queue):
    # Documented; the largest message is 1 MiB since August 2025.
    shown = attributes_of(sqs, queue)
    assert {k: v for k, v in shown.items() if "Timestamp" not in k and k != "QueueArn"} == {
        "ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesDelayed": "0",
        "ApproximateNumberOfMessagesNotVisible": "0", "DelaySeconds": "0", "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600", "ReceiveMessageWaitTimeSeconds": "0", "SqsManagedSseEnabled": "true",
        "VisibilityTimeout": "30"}
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=queue)


def test_create_is_idempotent_with_equal_attributes(sqs, name):
    attributes = {"DelaySeconds": "1"}
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    assert sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"] == url
    assert sqs.create_queue(QueueName=name)["QueueUrl"] == url
    # Recorded, with the code that clients of the Query protocol know.
    response = error_of(sqs.create_queue, QueueName=name, Attributes={"DelaySeconds": "2"})
    assert response["Error"]["Code"] == "QueueAlreadyExists" and response["Error"]["Type"] == "Sender"
    assert response["Error"].get("QueryErrorCode") == ("QueueNameExists" if speaks_json(sqs) else None)
    assert response["Error"]["Message"] == (
        "A queue already exists with the same name and a different value for attribute DelaySeconds")
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize("bad", ["", "a.b", "x" * 81, "a b", "a.fifo"])
def test_names(sqs, bad):
    # Documented: 1 to 80 letters, digits, hyphens, underscores.
    assert message_of(sqs.create_queue, QueueName=bad)[0] == "InvalidParameterValue"


@pytest.mark.parametrize("attributes, code, message", [
    # Recorded: both forms.
    ({"FifoQueue": "true"}, "InvalidAttributeName", "Unknown Attribute FifoQueue."),
    ({"Foo": "1"}, "InvalidAttributeName", "Unknown Attribute Foo."),
    ({"QueueArn": "x"}, "InvalidAttributeName", "Unknown Attribute QueueArn."),
    ({"ContentBasedDeduplication": "true"}, "InvalidAttributeName", "Unknown Attribute ContentBasedDeduplication."),
    # Documented ranges.
    ({"DelaySeconds": "901"}, "InvalidAttributeValue", "Invalid value for the parameter DelaySeconds."),
    ({"MaximumMessageSize": "1023"}, "InvalidAttributeValue", "Invalid value for the parameter MaximumMessageSize."),
    ({"MaximumMessageSize": "1048577"}, "InvalidAttributeValue",
     "Invalid value for the parameter MaximumMessageSize."),
    ({"MessageRetentionPeriod": "59"}, "InvalidAttributeValue",
     "Invalid value for the parameter MessageRetentionPeriod."),
    ({"ReceiveMessageWaitTimeSeconds": "21"}, "InvalidAttributeValue",
     "Invalid value for the parameter ReceiveMessageWaitTimeSeconds."),
    ({"VisibilityTimeout": "-1"}, "InvalidAttributeValue", "Invalid value for the parameter VisibilityTimeout."),
    # Recorded.
    ({"RedrivePolicy": '{"deadLetterTargetArn": "dummy", "maxReceiveCount": 42}'}, "InvalidParameterValue",
     'Value {"deadLetterTargetArn": "dummy", "maxReceiveCount": 42} for parameter RedrivePolicy is invalid. '
     "Reason: Invalid value for deadLetterTargetArn."),
])
def test_attributes_that_are_refused(sqs, queue, attributes, code, message):
    assert message_of(sqs.set_queue_attributes, QueueUrl=queue, Attributes=attributes) == (code, message)


def test_encryption_is_of_one_kind(sqs, name):
    # Recorded; that the key is looked for when a message is sent is documented, the text is that of KMS.
    url = sqs.create_queue(QueueName=name, Attributes={
        "KmsMasterKeyId": "testKeyId", "KmsDataKeyReusePeriodSeconds": "6000"})["QueueUrl"]
    assert attributes_of(sqs, url, "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled") == {
        "KmsMasterKeyId": "testKeyId", "KmsDataKeyReusePeriodSeconds": "6000", "SqsManagedSseEnabled": "false"}
    assert message_of(sqs.set_queue_attributes, QueueUrl=url, Attributes={"SqsManagedSseEnabled": "true"}) == (
        "InvalidAttributeName",
        "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.")
    missing = ("KMS.NotFoundException", "Key 'arn:aws:kms:us-east-1:000000000000:key/testKeyId' does not exist")
    assert message_of(sqs.send_message, QueueUrl=url, MessageBody="x") == missing
    assert message_of(sqs.send_message_batch, QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "x"}]) == missing
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": "alias/aws/sqs"})
    sqs.send_message(QueueUrl=url, MessageBody="x")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "x"


def test_a_queue_that_is_not_there(sqs, endpoint):
    # Recorded: the code is that of Query in either protocol, the text is not.
    url = f"{endpoint}/000000000000/never"
    text = "The specified queue does not exist" + ("." if speaks_json(sqs) else " for this wsdl version.")
    assert message_of(sqs.send_message, QueueUrl=url, MessageBody="x") == (
        "AWS.SimpleQueueService.NonExistentQueue", text)
    assert message_of(sqs.get_queue_url, QueueName="never")[0] == "AWS.SimpleQueueService.NonExistentQueue"


def test_deleting_a_queue(sqs, queue, name):
    # Documented: the name rests for 60 seconds.
    sqs.delete_queue(QueueUrl=queue)
    assert message_of(sqs.get_queue_url, QueueName=name)[0] == "AWS.SimpleQueueService.NonExistentQueue"
    assert message_of(sqs.create_queue, QueueName=name) == (
        "AWS.SimpleQueueService.QueueDeletedRecently",
        "You must wait 60 seconds after deleting a queue before you can create another with the same name.")


def test_listing(sqs, name):
    # Documented: by prefix; pages when MaxResults is given.
    urls = [sqs.create_queue(QueueName=f"{name}-{i}")["QueueUrl"] for i in range(5)]
    assert sqs.list_queues(QueueNamePrefix=name)["QueueUrls"] == urls
    first = sqs.list_queues(QueueNamePrefix=name, MaxResults=3)
    assert first["QueueUrls"] == urls[:3]
    second = sqs.list_queues(QueueNamePrefix=name, MaxResults=3, NextToken=first["NextToken"])
    assert second["QueueUrls"] == urls[3:] and "NextToken" not in second
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix=name + "-none")


def test_tags(sqs, name):
    # Recorded.
    url = sqs.create_queue(QueueName=name, tags={"tag1": "value1"})["QueueUrl"]
    sqs.tag_queue(QueueUrl=url, Tags={"tag2": "value2", "tag3": ""})
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"tag1": "value1", "tag2": "value2", "tag3": ""}
    sqs.untag_queue(QueueUrl=url, TagKeys=["tag1", "tag3"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"tag2": "value2"}


ATTRIBUTES = {"Hello": {"DataType": "String", "StringValue": "There"},
              "General": {"DataType": "String", "StringValue": "Kenobi"},
              "Help.Me": {"DataType": "String", "StringValue": "Me"}}


@pytest.mark.parametrize("asked, digest, shown", [
    # Recorded: digests of what is shown, and the forms that names may take.
    ([], None, set()),
    (["All"], "4c360f3fdafd970e05fae2f149d997f5", set(ATTRIBUTES)),
    ([".*"], "4c360f3fdafd970e05fae2f149d997f5", set(ATTRIBUTES)),
    (["Foo", "Help"], None, set()),
    (["Hello", "General"], "fca026605781cb4126a1e9044df24232", {"Hello", "General"}),
    (["Hello", "Foo"], "a311262e065454b75da111d535b8dacd", {"Hello"}),
    (["Hel.*"], "83fee93c1bcd8b9a5a923ffacdc636c7", {"Hello", "Help.Me"}),
])
def test_message_attributes_are_chosen_by_name(sqs, queue, asked, digest, shown):
    sent = sqs.send_message(QueueUrl=queue, MessageBody="msg", MessageAttributes=ATTRIBUTES)
    assert sent["MD5OfMessageAttributes"] == "4c360f3fdafd970e05fae2f149d997f5"
    [message] = receive(sqs, queue, MessageAttributeNames=asked)
    assert message.get("MD5OfMessageAttributes") == digest
    assert set(message.get("MessageAttributes", {})) == shown


def test_binary_attributes_and_trace_header(sqs, queue):
    # Recorded: the digest of the binary attribute.
    value = b"traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01"
    header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    sent = sqs.send_message(
        QueueUrl=queue, MessageBody="test", MessageAttributes={"attr1": {"DataType": "Binary", "BinaryValue": value}},
        MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": header}})
    assert sent["MD5OfMessageAttributes"] == "8cbe4db156db8a94db8b801b7addb984"
    assert len(sent["MD5OfMessageSystemAttributes"]) == 32
    [message] = receive(sqs, queue, MessageAttributeNames=["All"], AttributeNames=["AWSTraceHeader"])
    assert message["MessageAttributes"]["attr1"] == {"DataType": "Binary", "BinaryValue": value}
    assert message["Attributes"] == {"AWSTraceHeader": header}


@pytest.mark.parametrize("arguments, code, message", [
    # Recorded.
    ({"MessageBody": "x", "MessageAttributes": {"E": {"DataType": "String", "StringValue": ""}}},
     "InvalidParameterValue", "Message (user) attribute 'E' must contain a non-empty value of type 'String'."),
    ({"MessageBody": "x", "MessageAttributes": {"E": {"DataType": "Text", "StringValue": "v"}}},
     "InvalidParameterValue", "The type of message (user) attribute 'E' is invalid. You must use only the following "
     "supported type prefixes: Binary, Number, String."),
    ({"MessageBody": "x", "MessageAttributes": {"E": {"DataType": "Number", "StringValue": "v"}}},
     "InvalidParameterValue", "Can't cast the value of message (user) attribute 'E' to a number."),
    ({"MessageBody": "x", "DelaySeconds": 901}, "InvalidParameterValue",
     "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."),
    ({"MessageBody": "x" * 1_048_577}, "InvalidParameterValue",
     "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes."),
    ({"MessageBody": ""}, "MissingParameter", "The request must contain the parameter MessageBody."),
    ({"MessageBody": "\x01"}, "InvalidMessageContents",
     "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | "
     "#x10000 to #x10FFFF"),
    # Documented: of FIFO queues only.
    ({"MessageBody": "x", "MessageDeduplicationId": "d"}, "InvalidParameterValue",
     "Value d for parameter MessageDeduplicationId is invalid. Reason: The request include parameter that is not "
     "valid for this queue type."),
])
def test_messages_that_are_refused(sqs, queue, arguments, code, message):
    assert message_of(sqs.send_message, QueueUrl=queue, **arguments) == (code, message)
    assert attributes_of(sqs, queue, "ApproximateNumberOfMessages") == {"ApproximateNumberOfMessages": "0"}


def test_attributes_count_for_the_size(sqs, name):
    # Documented: names, types and values of attributes are part of the message.
    url = sqs.create_queue(QueueName=name, Attributes={"MaximumMessageSize": "1024"})["QueueUrl"]
    attribute = {"k": {"DataType": "String", "StringValue": "v"}}
    sqs.send_message(QueueUrl=url, MessageBody="x" * 1016, MessageAttributes=attribute)
    assert message_of(sqs.send_message, QueueUrl=url, MessageBody="x" * 1017, MessageAttributes=attribute) == (
        "InvalidParameterValue",
        "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.")


def test_visibility(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="m")
    [first] = receive(sqs, queue, VisibilityTimeout=1)
    assert receive(sqs, queue) == []
    assert attributes_of(sqs, queue, "ApproximateNumberOfMessagesNotVisible") == {
        "ApproximateNumberOfMessagesNotVisible": "1"}
    # Documented: it comes back after the timeout, with another handle and a higher count. The long poll is woken by
    # the timeout, not by a tick.
    [second] = receive(sqs, queue, WaitTimeSeconds=20, VisibilityTimeout=600, AttributeNames=["All"])
    assert second["Attributes"]["ApproximateReceiveCount"] == "2"
    assert second["ReceiptHandle"] != first["ReceiptHandle"]
    # Documented: an older handle succeeds and deletes nothing.
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"])
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=0)
    [third] = receive(sqs, queue)
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=third["ReceiptHandle"], VisibilityTimeout=600)
    assert receive(sqs, queue) == []
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=third["ReceiptHandle"])
    # Documented: InvalidParameterValue; the text is what users report.
    assert message_of(sqs.change_message_visibility, QueueUrl=queue, ReceiptHandle=third["ReceiptHandle"],
                      VisibilityTimeout=1) == (
        "InvalidParameterValue",
        f"Value {third['ReceiptHandle']} for parameter ReceiptHandle is invalid. Reason: Message does not exist or "
        "is not available for visibility timeout change.")


def test_visibility_has_an_end(sqs, queue):
    # Documented: 12 hours from the receipt.
    sqs.send_message(QueueUrl=queue, MessageBody="m")
    [message] = receive(sqs, queue)
    code, text = message_of(sqs.change_message_visibility, QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"],
                            VisibilityTimeout=43201)
    assert (code, text) == ("InvalidParameterValue", "Value 43201 for parameter VisibilityTimeout is invalid. Reason: "
                            "Must be >= 0 and <= 43200, if provided.")


@pytest.mark.parametrize("arguments, message", [
    # Recorded.
    ({"MaxNumberOfMessages": 11},
     "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."),
    ({"WaitTimeSeconds": 21},
     "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided."),
    ({"VisibilityTimeout": 43201},
     "Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided."),
])
def test_receives_that_are_refused(sqs, queue, arguments, message):
    assert message_of(sqs.receive_message, QueueUrl=queue, **arguments) == ("InvalidParameterValue", message)


def test_receipt_handles(sqs, queue):
    # Recorded, with HTTP 404.
    response = error_of(sqs.delete_message, QueueUrl=queue, ReceiptHandle="nonsense")
    assert response["Error"]["Code"] == "ReceiptHandleIsInvalid"
    assert response["Error"]["Message"] == 'The input receipt handle "nonsense" is not a valid receipt handle.'
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_delay(sqs, queue):
    # Documented: hidden from the start; the counts tell delayed from in flight.
    sqs.send_message(QueueUrl=queue, MessageBody="later", DelaySeconds=1)
    assert attributes_of(sqs, queue, "ApproximateNumberOfMessagesDelayed") == {
        "ApproximateNumberOfMessagesDelayed": "1"}
    assert receive(sqs, queue) == []
    [message] = receive(sqs, queue, WaitTimeSeconds=20)
    assert message["Body"] == "later"


def test_a_long_poll_is_woken_by_a_send(sqs, queue):
    # Documented: returns as soon as a message is there. The test would take 20 seconds otherwise.
    got = []
    waiting = threading.Thread(target=lambda: got.extend(receive(sqs, queue, WaitTimeSeconds=20)))
    started = time.monotonic()
    waiting.start()
    sqs.send_message(QueueUrl=queue, MessageBody="now")
    waiting.join()
    assert [m["Body"] for m in got] == ["now"] and time.monotonic() - started < 10


def test_batches(sqs, queue):
    sent = sqs.send_message_batch(QueueUrl=queue, Entries=[
        {"Id": "1", "MessageBody": "one"}, {"Id": "2", "MessageBody": "two", "DelaySeconds": 1000},
        {"Id": "3", "MessageBody": "three"}])
    assert [entry["Id"] for entry in sent["Successful"]] == ["1", "3"]
    # Documented: a failed entry says which, whose fault and why.
    assert sent["Failed"] == [{
        "Id": "2", "SenderFault": True, "Code": "InvalidParameterValue",
        "Message": "Value 1000 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."}]
    messages = receive(sqs, queue, MaxNumberOfMessages=10)
    assert sorted(m["Body"] for m in messages) == ["one", "three"]
    changed = sqs.change_message_visibility_batch(QueueUrl=queue, Entries=[
        {"Id": "a", "ReceiptHandle": messages[0]["ReceiptHandle"], "VisibilityTimeout": 0},
        {"Id": "b", "ReceiptHandle": "nonsense", "VisibilityTimeout": 0}])
    assert changed["Successful"] == [{"Id": "a"}]
    assert changed["Failed"][0]["Code"] == "ReceiptHandleIsInvalid"
    [again] = receive(sqs, queue)
    deleted = sqs.delete_message_batch(QueueUrl=queue, Entries=[
        {"Id": "x", "ReceiptHandle": again["ReceiptHandle"]},
        {"Id": "y", "ReceiptHandle": messages[1]["ReceiptHandle"]}])
    assert deleted["Successful"] == [{"Id": "x"}, {"Id": "y"}] and "Failed" not in deleted


@pytest.mark.parametrize("entries, code, message", [
    # Recorded.
    ([{"Id": str(i), "MessageBody": "x"} for i in range(20)], "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
     "Maximum number of entries per request are 10. You have sent 20."),
    ([{"Id": "a:b", "MessageBody": "x"}], "AWS.SimpleQueueService.InvalidBatchEntryId",
     "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 "
     "letters long."),
    ([{"Id": "a", "MessageBody": "x"}, {"Id": "a", "MessageBody": "y"}],
     "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "Id a repeated."),
    ([], "AWS.SimpleQueueService.EmptyBatchRequest",
     "There should be at least one SendMessageBatchRequestEntry in the request."),
    ([{"Id": "1", "MessageBody": "x" * 1_048_576}, {"Id": "2", "MessageBody": "x"}],
     "AWS.SimpleQueueService.BatchRequestTooLong",
     "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes."),
])
def test_batches_that_are_refused(sqs, queue, entries, code, message):
    assert message_of(sqs.send_message_batch, QueueUrl=queue, Entries=entries) == (code, message)


def test_purging(sqs, queue, name):
    sqs.send_message(QueueUrl=queue, MessageBody="m")
    sqs.purge_queue(QueueUrl=queue)
    assert attributes_of(sqs, queue, "ApproximateNumberOfMessages") == {"ApproximateNumberOfMessages": "0"}
    # Recorded, with HTTP 403.
    response = error_of(sqs.purge_queue, QueueUrl=queue)
    assert response["Error"]["Code"] == "AWS.SimpleQueueService.PurgeQueueInProgress"
    assert response["Error"]["Message"] == f"Only one PurgeQueue operation on {name} is allowed every 60 seconds."
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_what_was_answered_survives_a_crash(tmp_path):
    # Deduced from the promise that an answered request is kept.
    server = Server(tmp_path)
    sqs = server.client("sqs")
    queue = sqs.create_queue(QueueName="kept")["QueueUrl"]
    for body in ("deleted", "hidden", "waiting"):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    [gone] = receive(sqs, queue)
    [hidden] = receive(sqs, queue, VisibilityTimeout=600)
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=gone["ReceiptHandle"])
    server.kill()
    with serving(data=tmp_path) as again:
        sqs = again.client("sqs")
        queue = sqs.get_queue_url(QueueName="kept")["QueueUrl"]
        assert [m["Body"] for m in receive(sqs, queue, MaxNumberOfMessages=10)] == ["waiting"]
        sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=hidden["ReceiptHandle"], VisibilityTimeout=0)
        assert [m["Body"] for m in receive(sqs, queue)] == ["hidden"]
