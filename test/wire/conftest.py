"""Fixtures of the wire tests: one server for all of them, real clients against it.

PENSTOCK_BIN names the binary (default: the first build/*/bin/penstock). PENSTOCK_ENDPOINT uses a server that runs.
"""

import glob
import os
import pathlib
import re
import signal
import subprocess
import tempfile

import boto3
import botocore.config
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def binary():
    named = os.environ.get("PENSTOCK_BIN")
    found = [named] if named else sorted(glob.glob(str(ROOT / "build/*/bin/penstock")))
    if not found:
        pytest.skip("no penstock binary; set PENSTOCK_BIN")
    return found[0]


@pytest.fixture(scope="session")
def endpoint():
    running = os.environ.get("PENSTOCK_ENDPOINT")
    if running:
        yield running
        return
    with tempfile.TemporaryDirectory(prefix="penstock-wire-") as data:
        server = subprocess.Popen(
            [binary(), "serve", "--port", "0", "--data", data, "--log-level", "warning"],
            stdout=subprocess.PIPE,
            text=True,
        )
        line = server.stdout.readline()
        address = re.search(r"http://\S+", line)
        assert address, f"the server did not start: {line!r}"
        yield address.group(0)
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0


@pytest.fixture(scope="session")
def client(endpoint):
    """client("s3") makes a client of that service; keywords go to botocore's Config."""

    def make(service, **config):
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=botocore.config.Config(retries={"max_attempts": 0}, **config),
        )

    return make
