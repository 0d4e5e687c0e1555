"""penstock reconcile notices what was done to the lake behind its back.

The expectations follow from its promise (docs/architecture.md): it reads the objects themselves, names each change
whose line is missing or doubled, and exits non-zero.
"""

import json
import random
import subprocess

import pytest

import pipeline
from support import Server, binary, until

ORDERS = 60


def reconcile(server):
    done = subprocess.run([binary(), "reconcile", "--json", "--endpoint", server.url], capture_output=True, text=True,
                          timeout=120)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout)["reports"][0]


@pytest.fixture
def flowing(tmp_path):
    server = Server(tmp_path / "data")
    try:
        pipeline.make_pipeline(server.client)
        dynamodb = server.client("dynamodb")
        for order in range(ORDERS):
            dynamodb.put_item(TableName=pipeline.TABLE, Item={
                "orderid": {"S": str(order)}, "product_name": {"S": "Phone"}, "quantity": {"N": "1"},
                "price": {"N": "9.99"}})
        until(lambda: len(pipeline.lake_lines(server.client)) >= ORDERS, "all lines in the lake")
        yield server
    finally:
        server.stop()


def first_object(server):
    s3 = server.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=pipeline.BUCKET):
        for entry in page.get("Contents", []):
            body = s3.get_object(Bucket=pipeline.BUCKET, Key=entry["Key"])["Body"].read()
            lines = body.decode().splitlines(keepends=True)
            if len(lines) > 1 and "errors/" not in entry["Key"]:
                return entry["Key"], lines
    raise AssertionError("no object with several lines")


def test_reconcile_notices_removed_and_doubled_lines(flowing):
    code, report = reconcile(flowing)
    assert (code, report["written"], report["delivered"]) == (0, ORDERS, ORDERS), report
    assert (report["lost"], report["duplicate"], report["problems"]) == (0, 0, [])

    key, lines = first_object(flowing)
    victim = random.Random(3).randrange(len(lines))
    event = json.loads(lines[victim])["event_id"]
    s3 = flowing.client("s3")

    s3.put_object(Bucket=pipeline.BUCKET, Key=key, Body="".join(lines[:victim] + lines[victim + 1:]).encode())
    code, report = reconcile(flowing)
    assert (code, report["lost"], report["duplicate"]) == (1, 1, 0), report
    assert report["problems"][0]["change"] == event
    assert key in report["problems"][0]["where"]

    s3.put_object(Bucket=pipeline.BUCKET, Key=key, Body="".join(lines + [lines[victim]]).encode())
    code, report = reconcile(flowing)
    assert (code, report["lost"], report["duplicate"]) == (1, 0, 1), report
    assert report["problems"][0]["change"] == event

    s3.delete_object(Bucket=pipeline.BUCKET, Key=key)
    code, report = reconcile(flowing)
    assert (code, report["lost"]) == (1, len(lines)), report

    s3.put_object(Bucket=pipeline.BUCKET, Key=key, Body="".join(lines).encode())
    assert reconcile(flowing)[0] == 0
