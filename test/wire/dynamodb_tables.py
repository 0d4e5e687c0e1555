"""Tables as tests make them, by requests in JSON: a distribution's boto3 may not know the newer members."""

import json

import pytest
from botocore.exceptions import ClientError

from support import raw, refused, until


class Wire:
    """Has boto3's methods and errors, for every operation and member: wire.describe_table(TableName=...)."""

    def __init__(self, endpoint):
        self.endpoint = endpoint

    def __getattr__(self, method):
        operation = "".join(word.capitalize() for word in method.split("_"))

        def call(**arguments):
            headers = {"X-Amz-Target": "DynamoDB_20120810." + operation, "Content-Type": "application/x-amz-json-1.0"}
            status, _, body = raw(self.endpoint, "POST", "/", json.dumps(arguments).encode(), headers)
            reply = json.loads(body)
            if status == 200:
                return reply
            fault = {"Code": reply.pop("__type").split("#")[-1],
                     "Message": reply.pop("message", None) or reply.pop("Message", None)}
            raise ClientError({**reply, "Error": fault, "ResponseMetadata": {"HTTPStatusCode": status}}, operation)

        return call


@pytest.fixture(scope="module")
def dynamodb(endpoint):
    return Wire(endpoint)


def definitions(letters):
    return [{"AttributeName": letter, "AttributeType": "S"} for letter in letters]


def keys(letters):
    """"ab" are two HASH attributes, "aB" is a HASH and a RANGE attribute."""
    return [{"AttributeName": x.lower(), "KeyType": "RANGE" if x.isupper() else "HASH"} for x in letters]


def index(name, letters, **more):
    return {"IndexName": name, "KeySchema": keys(letters), "Projection": {"ProjectionType": "ALL"}, **more}


def units(read, write):
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


ON_DEMAND = {"BillingMode": "PAY_PER_REQUEST"}
PLAIN = {"KeySchema": keys("h"), "AttributeDefinitions": definitions("h")}


def create(dynamodb, name, **more):
    made = dynamodb.create_table(TableName=name, **{**PLAIN, **more})["TableDescription"]
    assert made["TableStatus"] == "CREATING"
    settled(dynamodb, name)
    return made


def describe(dynamodb, name):
    return dynamodb.describe_table(TableName=name)["Table"]


def settled(dynamodb, name):
    def is_settled():
        table = describe(dynamodb, name)
        states = [table["TableStatus"]] + [i["IndexStatus"] for i in table.get("GlobalSecondaryIndexes", [])]
        return set(states) == {"ACTIVE"} and table

    return until(is_settled, "table and indexes are ACTIVE")


def error(call, **arguments):
    code, status, answer = refused(call, **arguments)
    assert status == 400
    return code, answer["Message"]
