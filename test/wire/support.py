"""What the tests of a running server share: starting and stopping one, raw HTTP, waiting for a condition."""

import contextlib
import glob
import http.client
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import urllib.parse

import boto3
import botocore.config
import pytest
from botocore.exceptions import ClientError

ROOT = pathlib.Path(__file__).resolve().parents[2]
SALES = ROOT / "examples" / "sales"

# How long a condition may take before a test gives up. Generous: test machines are busy.
PATIENCE_SECONDS = 60


def binary():
    named = os.environ.get("PENSTOCK_BIN") or os.environ.get("PENSTOCK_BUILT_BIN")
    found = [named] if named else sorted(glob.glob(str(ROOT / "build/*/bin/penstock")))
    if not found:
        pytest.skip("no penstock binary; set PENSTOCK_BIN")
    return found[0]


class Server:
    """One penstock process on a free port and a data directory."""

    def __init__(self, data, *flags, environment=None):
        self.data = str(data)
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            [binary(), "serve", "--port", "0", "--data", self.data, "--log-level", "warning", *flags],
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        line = self.process.stdout.readline()
        address = re.search(r"http://\S+", line)
        if not address:
            self.process.kill()
            self.process.wait()
        assert address, f"the server did not start: {line!r} {self.log()}"
        self.url = address.group(0)

    def log(self):
        self.errors.seek(0)
        return self.errors.read()[-20000:]

    def kill(self):
        """As a power cut: no chance to tidy up."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        """Asks the server to end; it must do so cleanly."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self.process.stdout.close()
        assert code == 0, f"the server ended with {code}: {self.log()}"

    def client(self, service, region="us-east-1", key="test", secret="test", token=None, **config):
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=botocore.config.Config(retries={"max_attempts": 0}, **config),
        )


@contextlib.contextmanager
def serving(*flags, data=None, environment=None):
    with tempfile.TemporaryDirectory(prefix="penstock-wire-") as directory:
        server = Server(data or directory, *flags, environment=environment)
        try:
            yield server
        finally:
            server.stop()


def until(condition, what, seconds=PATIENCE_SECONDS):
    """The first true value of condition(); fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)


def refused(call, **arguments):
    """(code, HTTP status, the whole Error member) of a call that must fail."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]


def raw(endpoint, method, target, body=b"", headers=None):
    """(status, headers in lower case, body) of a plain HTTP request."""
    address = urllib.parse.urlsplit(endpoint)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE_SECONDS)
    try:
        connection.request(method, target, body=body, headers=headers or {})
        response = connection.getresponse()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
    finally:
        connection.close()


def read_shard(reader, iterator):
    """All records from the iterator to the tip (Kinesis), or to the first empty page (table streams)."""
    found = []
    while iterator:
        page = reader.get_records(ShardIterator=iterator)
        found += page["Records"]
        if not page["Records"] and not page.get("MillisBehindLatest"):
            return found
        iterator = page.get("NextShardIterator")
    return found


def read_stream(kinesis, name):
    """All records of a Kinesis stream, shard by shard."""
    found = []
    for shard in kinesis.list_shards(StreamName=name)["Shards"]:
        found += read_shard(kinesis, kinesis.get_shard_iterator(
            StreamName=name, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"])
    return found
