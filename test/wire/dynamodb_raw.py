"""DynamoDB without a client library, so that nothing checks or rounds what is sent: shared by test_dynamodb_*.py.

How an expectation is known, as the rows of the tests say it: "recorded" (public suites that ran against the service
up to 2020), "measured" (public suites that did in 2024-2026), "documented" (guide and API reference), "deduced".
"""

import json
import uuid

from support import raw

P = "One or more parameter values were invalid: "
KNOWN = ("recorded", "measured", "documented", "deduced")


class Table:
    """A table of its own and calls on it. `call` gives (HTTP status, body)."""

    def __init__(self, endpoint, keys, indexes=None):
        self.endpoint = endpoint
        self.name = "t-" + uuid.uuid4().hex[:16]
        attributes = dict(keys)
        request = {
            "TableName": self.name,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": schema(keys),
        }
        for kind, name, index_keys, projection in indexes or ():
            attributes |= dict(index_keys)
            member = "GlobalSecondaryIndexes" if kind == "global" else "LocalSecondaryIndexes"
            request.setdefault(member, []).append(
                {"IndexName": name, "KeySchema": schema(index_keys), "Projection": projection})
        request["AttributeDefinitions"] = [
            {"AttributeName": name, "AttributeType": kind} for name, kind in attributes.items()]
        status, body = self.call("CreateTable", request)
        assert status == 200, body

    def call(self, operation, request):
        return call(self.endpoint, operation, request)

    def ask(self, operation, **members):
        """The reply of a call that succeeds, on this table."""
        status, body = self.call(operation, {"TableName": self.name, **members})
        assert status == 200, body
        return body

    def refused(self, operation, **members):
        """(code, message) of one that does not."""
        return refusal(self.call(operation, {"TableName": self.name, **members}))

    def put(self, **item):
        self.ask("PutItem", Item=item)


def schema(keys):
    return [{"AttributeName": name, "KeyType": kind} for (name, _), kind in zip(keys, ("HASH", "RANGE"))]


def call(endpoint, operation, request, headers=None):
    status, _, body = raw(
        endpoint, "POST", "/", request if isinstance(request, bytes) else json.dumps(request).encode(),
        {"X-Amz-Target": f"DynamoDB_20120810.{operation}", "Content-Type": "application/x-amz-json-1.0",
         **(headers or {})})
    return status, json.loads(body) if body else None


def refusal(reply):
    status, body = reply
    assert status == 400, body
    return body["__type"].rpartition("#")[2], body.get("message", body.get("Message"))


def s(text):
    return {"S": text}


def n(number):
    return {"N": str(number)}


def enum_fault(value, path, values):
    return fault(f"Value '{value}' at '{path}' failed to satisfy constraint: "
                 f"Member must satisfy enum value set: [{values}]")


def fault(*texts):
    return f"{len(texts)} validation error{'s' if len(texts) > 1 else ''} detected: " + "; ".join(texts)
