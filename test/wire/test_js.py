"""The AWS SDK for JavaScript v3. Its Kinesis client speaks HTTP/2 with prior knowledge to an http:// endpoint and signs
`:authority`; what it must see follows from what it wrote, the error names are documented."""

import json
import subprocess

import pytest

import npm
from support import serving


@pytest.fixture(scope="module")
def installed():
    """The SDK from package-lock.json, installed once into the build directory."""
    return npm.installed("js")


@pytest.mark.parametrize("auth", ["off", "strict"])
def test_kinesis_over_h2c_and_dynamodb(installed, auth):
    key, secret = "AKIAPENSTOCKROOT0001", "not-so-secret/but+long/enough"
    with serving("--auth", auth, "--access-key", key, "--secret-key", secret) as server:
        done = subprocess.run(
            ["node", "client.mjs", server.url, key, secret], cwd=installed, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr + server.log()
    saw = json.loads(done.stdout.splitlines()[-1])
    kinesis = saw["kinesis"]
    assert kinesis["protocol"] == "h2"
    assert kinesis["shard"] == "shardId-000000000000"
    assert kinesis["failed"] == 0
    assert kinesis["data"][0] == "é"
    assert sorted(kinesis["data"][1:]) == sorted(f"{i}-{j}" for i in range(20) for j in range(10))
    assert kinesis["refused"] == "ResourceNotFoundException"
    assert saw["dynamodb"] == {
        "hits": "1", "bytes": [0, 255], "list": [{"N": "1.5"}, {"NULL": True}],
        "refused": "ConditionalCheckFailedException"}


def test_subscribe_to_shard(installed):
    # Documented: what the SDK makes of pushed events, of a second subscription, and of an exception in the stream.
    with serving() as server:
        done = subprocess.run(
            ["node", "subscribe.mjs", server.url], cwd=installed, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr + server.log()
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "again": "ResourceInUseException", "ended": "ResourceNotFoundException",
        "data": [str(i) for i in range(23)], "sizes": [300_000] * 3, "continuation": 56}


def test_dynamodb(installed):
    # Documented: what the SDK makes of batches, pages, transactions and errors; recorded: the texts.
    with serving() as server:
        done = subprocess.run(
            ["node", "dynamodb.mjs", server.url], cwd=installed, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr + server.log()
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "unprocessed": 0, "got": ["3", "7"], "query": list(range(30, 9, -1)), "scan": 26,
        "cancelled": [True, ["None", "ConditionalCheckFailed"]], "once": ["1", None],
        "failed": [True, "The conditional request failed", {"N": "1"}],
        "absent": [True, 400, "Requested resource not found"],
        "invalid": ["ValidationException", "One or more parameter values were invalid: Cannot update attribute p. This "
                    "attribute is part of the key"]}
