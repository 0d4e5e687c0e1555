"""SQS in the Query protocol, as clients before 2023 speak it: forms in, XML out. Known from the query examples of the
SQS API reference (documented), or recorded against AWS by public suites, as said."""

import json
import subprocess
import os
import urllib.parse
import xml.etree.ElementTree

import pytest

from support import raw

NAMESPACE = "{http://queue.amazonaws.com/doc/2012-11-05/}"
SCOPE = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0"


def plain(element):
    """The element as tag, text and children, without the namespace."""
    return element.tag.replace(NAMESPACE, ""), (element.text or "").strip(), [plain(child) for child in element]


def ask(endpoint, action, path="/", **parameters):
    form = urllib.parse.urlencode({"Action": action, "Version": "2012-11-05", **parameters})
    status, headers, body = raw(endpoint, "POST", path, form.encode(), {
        "content-type": "application/x-www-form-urlencoded", "authorization": SCOPE})
    assert headers["content-type"] == "text/xml"
    return status, xml.etree.ElementTree.fromstring(body)


def text(root, name):
    return [element.text for element in root.iter(NAMESPACE + name)]


@pytest.fixture
def queue(endpoint, name):
    status, root = ask(endpoint, "CreateQueue", QueueName=name, **{
        "Attribute.1.Name": "VisibilityTimeout", "Attribute.1.Value": "40", "Tag.1.Key": "k", "Tag.1.Value": "v"})
    assert status == 200
    [url] = text(root, "QueueUrl")
    return url


def test_the_form_of_replies(endpoint, queue, name):
    # Documented: <ActionResponse><ActionResult>...<ResponseMetadata><RequestId>.
    status, root = ask(endpoint, "GetQueueUrl", QueueName=name)
    tag, _, [result, metadata] = plain(root)
    assert (status, tag) == (200, "GetQueueUrlResponse")
    assert result == ("GetQueueUrlResult", "", [("QueueUrl", queue, [])])
    assert metadata[0] == "ResponseMetadata" and metadata[2][0][0] == "RequestId"
    # Documented: an action without a result has none.
    status, root = ask(endpoint, "SetQueueAttributes", QueueUrl=queue, **{
        "Attribute.Name": "DelaySeconds", "Attribute.1.Name": "DelaySeconds", "Attribute.1.Value": "0"})
    assert [child[0] for child in plain(root)[2]] == ["ResponseMetadata"]


def test_attributes_and_tags(endpoint, queue):
    _, root = ask(endpoint, "GetQueueAttributes", QueueUrl=queue, **{
        "AttributeName.1": "VisibilityTimeout", "AttributeName.2": "DelaySeconds"})
    assert plain(root)[2][0] == ("GetQueueAttributesResult", "", [
        ("Attribute", "", [("Name", "DelaySeconds", []), ("Value", "0", [])]),
        ("Attribute", "", [("Name", "VisibilityTimeout", []), ("Value", "40", [])])])
    _, root = ask(endpoint, "ListQueueTags", QueueUrl=queue)
    assert plain(root)[2][0] == ("ListQueueTagsResult", "", [("Tag", "", [("Key", "k", []), ("Value", "v", [])])])


def test_messages_at_the_path_of_the_queue(endpoint, queue):
    # Documented: requests about a queue are posted to its URL, which need not be said again.
    path = urllib.parse.urlsplit(queue).path
    _, sent = ask(endpoint, "SendMessage", path, MessageBody="a & b", **{
        "MessageAttribute.1.Name": "Foo", "MessageAttribute.1.Value.DataType": "String",
        "MessageAttribute.1.Value.StringValue": "Bar"})
    # Recorded: the digest of Foo=Bar.
    assert text(sent, "MD5OfMessageAttributes") == ["ae7155c6026991b6d54b11589678bf9c"]
    _, got = ask(endpoint, "ReceiveMessage", path, MaxNumberOfMessages=10, **{
        "AttributeName.1": "All", "MessageAttributeName.1": "All"})
    [message] = got.iter(NAMESPACE + "Message")
    assert text(message, "Body") == ["a & b"] and text(message, "MessageId") == text(sent, "MessageId")
    names = [e.find(NAMESPACE + "Name").text for e in message.findall(NAMESPACE + "Attribute")]
    assert sorted(names) == ["ApproximateFirstReceiveTimestamp", "ApproximateReceiveCount", "SenderId", "SentTimestamp"]
    [attribute] = message.findall(NAMESPACE + "MessageAttribute")
    assert plain(attribute) == ("MessageAttribute", "", [("Name", "Foo", []), (
        "Value", "", [("StringValue", "Bar", []), ("DataType", "String", [])])])
    [handle] = text(message, "ReceiptHandle")
    status, _ = ask(endpoint, "DeleteMessage", path, ReceiptHandle=handle)
    assert status == 200
    # Documented: also by GET.
    status, _, body = raw(endpoint, "GET", path + "?Action=ReceiveMessage&Version=2012-11-05",
                          headers={"authorization": SCOPE})
    assert status == 200 and b"<ReceiveMessageResult>" in body and b"<Message>" not in body


def test_batches(endpoint, queue):
    _, root = ask(endpoint, "SendMessageBatch", QueueUrl=queue, **{
        "SendMessageBatchRequestEntry.1.Id": "a", "SendMessageBatchRequestEntry.1.MessageBody": "one",
        "SendMessageBatchRequestEntry.2.Id": "b", "SendMessageBatchRequestEntry.2.MessageBody": "two",
        "SendMessageBatchRequestEntry.2.DelaySeconds": "1000"})
    [good] = root.iter(NAMESPACE + "SendMessageBatchResultEntry")
    [bad] = root.iter(NAMESPACE + "BatchResultErrorEntry")
    assert text(good, "Id") == ["a"]
    assert (text(bad, "Id"), text(bad, "Code"), text(bad, "SenderFault")) == (["b"], ["InvalidParameterValue"], ["true"])


@pytest.mark.parametrize("action, parameters, status, code, message", [
    # Recorded: this text is that of the Query protocol alone.
    ("GetQueueUrl", {"QueueName": "never"}, 400, "AWS.SimpleQueueService.NonExistentQueue",
     "The specified queue does not exist for this wsdl version."),
    ("SendMessage", {"QueueUrl": "QUEUE"}, 400, "MissingParameter",
     "The request must contain the parameter MessageBody."),
    ("DeleteMessage", {"QueueUrl": "QUEUE", "ReceiptHandle": "x"}, 404, "ReceiptHandleIsInvalid",
     'The input receipt handle "x" is not a valid receipt handle.'),
    ("SetQueueAttributes", {"QueueUrl": "QUEUE", "Attribute.1.Name": "Foo", "Attribute.1.Value": "1"}, 400,
     "InvalidAttributeName", "Unknown Attribute Foo."),
])
def test_errors(endpoint, queue, action, parameters, status, code, message):
    parameters = {key: queue if value == "QUEUE" else value for key, value in parameters.items()}
    got, root = ask(endpoint, action, **parameters)
    assert (got, root.tag) == (status, NAMESPACE + "ErrorResponse")
    assert (text(root, "Type"), text(root, "Code"), text(root, "Message")) == (["Sender"], [code], [message])


def test_json_says_the_query_code_as_well(endpoint, queue):
    # Documented (awsQueryCompatible): header x-amzn-query-error, and __type of the model.
    status, headers, body = raw(endpoint, "POST", "/", json.dumps({"QueueName": "never"}).encode(), {
        "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.GetQueueUrl", "authorization": SCOPE})
    assert status == 400 and headers["content-type"] == "application/x-amz-json-1.0"
    assert headers["x-amzn-query-error"] == "AWS.SimpleQueueService.NonExistentQueue;Sender"
    assert json.loads(body) == {"__type": "com.amazonaws.sqs#QueueDoesNotExist",
                                "message": "The specified queue does not exist."}
    # Deduced: JSON to the URL of a queue is served too.
    path = urllib.parse.urlsplit(queue).path
    status, _, body = raw(endpoint, "POST", path, json.dumps({"QueueUrl": queue}).encode(), {
        "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.ReceiveMessage",
        "authorization": SCOPE})
    assert (status, json.loads(body)) == (200, {})


def test_unsigned_requests_are_known_by_their_version(endpoint, name):
    form = f"Action=CreateQueue&Version=2012-11-05&QueueName={name}".encode()
    status, _, body = raw(endpoint, "POST", "/", form, {"content-type": "application/x-www-form-urlencoded"})
    assert status == 200 and f"/{name}</QueueUrl>".encode() in body


def test_aws_cli(endpoint, name):
    # The AWS CLI of the system, whatever protocol it speaks.
    def aws(*arguments):
        done = subprocess.run(
            ["/usr/bin/aws", "--endpoint-url", endpoint, "--region", "us-east-1", "--output", "json", "sqs", *arguments],
            capture_output=True, text=True, check=True,
            env={**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"})
        return json.loads(done.stdout) if done.stdout.strip() else {}

    url = aws("create-queue", "--queue-name", name)["QueueUrl"]
    sent = aws("send-message", "--queue-url", url, "--message-body", "hello")
    [message] = aws("receive-message", "--queue-url", url, "--attribute-names", "All")["Messages"]
    assert (message["Body"], message["MessageId"]) == ("hello", sent["MessageId"])
    aws("delete-message", "--queue-url", url, "--receipt-handle", message["ReceiptHandle"])
    assert aws("get-queue-attributes", "--queue-url", url, "--attribute-names", "ApproximateNumberOfMessages") == {
        "Attributes": {"ApproximateNumberOfMessages": "0"}}
    aws("delete-queue", "--queue-url", url)
