"""SQS clients of both protocols, for tests that hold for either. boto3 speaks Query up to 1.28, JSON since."""

import base64
import hashlib
import json

from botocore.exceptions import ClientError

from support import raw

SCOPE = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0"


def in_json(value):
    """Bytes as base64, as JSON has them."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: in_json(each) for key, each in value.items()}
    return [in_json(each) for each in value] if isinstance(value, list) else value


def from_json(value, name=""):
    if isinstance(value, dict):
        return {key: from_json(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [from_json(each) for each in value]
    return base64.b64decode(value) if name == "BinaryValue" else value


class JsonSqs:
    """The methods of boto3's client, in JSON: errors and the check of digests are those of newer versions."""

    def __init__(self, endpoint):
        self.endpoint = endpoint

    def __getattr__(self, name):
        operation = "".join(part.capitalize() for part in name.split("_"))
        return lambda **arguments: self.call(operation, arguments)

    def call(self, operation, arguments):
        status, headers, body = raw(self.endpoint, "POST", "/", json.dumps(in_json(arguments)).encode(), {
            "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS." + operation,
            "authorization": SCOPE})
        assert headers["content-type"] == "application/x-amz-json-1.0"
        answer = from_json(json.loads(body))
        if status >= 300:
            code, kind = headers["x-amzn-query-error"].split(";")
            prefix, own = answer["__type"].split("#")
            assert prefix == "com.amazonaws.sqs"
            raise ClientError({"Error": {"Code": code, "QueryErrorCode": own, "Type": kind,
                                         "Message": answer.get("message", "")},
                               "ResponseMetadata": {"HTTPStatusCode": status}}, operation)
        if operation == "SendMessage":
            assert answer["MD5OfMessageBody"] == hashlib.md5(arguments["MessageBody"].encode()).hexdigest()
        return answer


def clients(client, endpoint):
    return {"boto3": client("sqs"), "json": JsonSqs(endpoint)}


def speaks_json(sqs):
    return isinstance(sqs, JsonSqs) or sqs.meta.service_model.metadata["protocol"] == "json"
