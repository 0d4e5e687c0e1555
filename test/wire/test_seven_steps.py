"""examples/sales/seven_steps.sh with Debian's AWS CLI, and generator.py as it is. The expected table follows from the
five orders in the script."""

import os
import subprocess

import pytest

import pipeline
from support import SALES, binary, until


@pytest.fixture
def cli_environment(endpoint, tmp_path):
    # A configuration of its own: the machine's must not matter. The CLI's model is older than buffers of 0 seconds.
    (tmp_path / "config").write_text("[default]\nregion = ap-south-1\nparameter_validation = false\n")
    (tmp_path / "credentials").write_text("[default]\naws_access_key_id = test\naws_secret_access_key = test\n")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    return {
        **kept,
        "PATH": "/usr/bin:/bin",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": endpoint,
        "BUFFER_SECONDS": "0",
    }


def test_the_script_and_then_the_generator(cli_environment, client, endpoint):
    done = subprocess.run(
        [str(SALES / "seven_steps.sh")], env=cli_environment, capture_output=True, text=True, timeout=540)
    assert done.returncode == 0, done.stdout + done.stderr
    table = [line.split("\t") for line in done.stdout.split("== 7.")[1].splitlines()[1:]]
    assert table == [
        ["orderid", "product_name", "quantity", "price", "event_name"],
        ["1", "Laptop", "1", "749.99", "INSERT"],
        ["2", "Phone", "2", "499.5", "INSERT"],
        ["2", "Phone", "3", "499.5", "MODIFY"],
        ["3", "Charger", "5", "19.95", "INSERT"],
        ["3", "Charger", "5", "19.95", "REMOVE"],
    ]

    # The generator has no endpoint in it: `penstock run` gives its profile one.
    home = {**cli_environment, "HOME": os.path.dirname(cli_environment["AWS_CONFIG_FILE"])}
    del home["AWS_ENDPOINT_URL"]
    written = subprocess.run(
        [binary(), "run", "--endpoint", endpoint, "--region", "ap-south-1", "--", "/usr/bin/python3",
         str(SALES / "generator.py"), "--count", "60", "--updates", "0.3", "--deletes", "0.1", "--seed", "3"],
        env=home, capture_output=True, text=True, timeout=120)
    assert written.returncode == 0, written.stdout + written.stderr
    kinds = {kind: int(count) for count, kind in (part.split() for part in written.stdout.strip().split(", "))}
    assert sum(kinds.values()) == 60
    assert kinds["updates"] > 0 and kinds["deletes"] > 0

    def here(service, **config):
        return client(service, region="ap-south-1", **config)

    # An update to the same numbers would make no record; with this seed there is none.
    found = until(
        lambda: len(lines := pipeline.lake_lines(here)) >= 65 and lines, "65 lines in the lake")
    assert len(found) == 65
