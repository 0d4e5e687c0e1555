"""The commands that a first visitor runs: `penstock demo` as it is, and env, run, mock-orders and query.

That the demo ends with nothing lost is penstock's promise; the figures of its table are held to the price list of its
generator (src/cli/orders.cc): each product has one price, so that revenue is pieces times price.
"""

import decimal
import json
import os
import re
import subprocess

import pytest

import pipeline
from support import binary, serving, until

PRICES = {
    "Laptop": "749.99", "Phone": "499.50", "Tablet": "329.00", "Headphones": "79.99", "Charger": "19.95",
    "Monitor": "219.00", "Keyboard": "45.50", "Mouse": "24.90"}
WRITES = 300

# As it is written for AWS: a profile and a region, no endpoint anywhere.
SCRIPT = """
import boto3
session = boto3.Session(profile_name='default', region_name='ap-south-1')
dynamodb = session.resource('dynamodb')
table = dynamodb.create_table(
    TableName='{table}', BillingMode='PAY_PER_REQUEST',
    AttributeDefinitions=[{{'AttributeName': 'id', 'AttributeType': 'S'}}],
    KeySchema=[{{'AttributeName': 'id', 'KeyType': 'HASH'}}])
table.put_item(Item={{'id': 'a'}})
print(table.table_arn, table.get_item(Key={{'id': 'a'}})['Item'])
"""


def clean_environment(tmp_path):
    """Nothing of this machine's AWS configuration, and a home of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, "HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin"}


def rows_of(text):
    """The table that was printed for a log: cells between bars."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return [dict(zip(rows[0], row)) for row in rows[1:]]


@pytest.mark.parametrize("flags", [["--built-in"], []], ids=["built-in", "python"])
def test_the_demo_as_it_is(tmp_path, flags):
    done = subprocess.run(
        [binary(), "demo", "--count", str(WRITES), *flags], env=clean_environment(tmp_path), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\x1b" not in done.stdout and "\r" not in done.stdout  # Not a terminal: plain lines.
    lines = done.stdout.splitlines()
    assert re.match(r"penstock \S+  API http://127\.0\.0\.1:\d+  data ", lines[0])
    assert ("ok function stream-transformation (python)" in [line.strip() for line in lines]) == (not flags)

    sums = re.search(
        r"^reconcile: written (\d+), delivered (\d+), failed 0, duplicate 0, lost 0$", done.stdout, re.MULTILINE)
    assert sums, done.stdout
    written, delivered = map(int, sums.groups())
    # A delete of an order that is gone, or an update to what it is, makes no change.
    assert 0.8 * WRITES < written <= WRITES
    assert delivered == written
    assert lines[lines.index(sums.group(0)) + 1:] == [line for line in lines if line.startswith("Next: ")]

    rows = rows_of(done.stdout)
    assert {row["product_name"] for row in rows} <= PRICES.keys()
    assert sum(int(row["orders"]) for row in rows) == written  # One row of the lake a change.
    for row in rows:
        assert decimal.Decimal(row["revenue"]) == int(row["pieces"]) * decimal.Decimal(PRICES[row["product_name"]])
    revenues = [decimal.Decimal(row["revenue"]) for row in rows]
    assert revenues == sorted(revenues, reverse=True)
    assert not list(tmp_path.glob("penstock-demo-*"))  # It tidies up.


@pytest.mark.parametrize("way", ["run", "env"])
def test_scripts_without_an_endpoint(endpoint, client, tmp_path, name, way):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(table=name))
    target = ["--endpoint", endpoint, "--region", "ap-south-1"]
    if way == "run":
        command = [binary(), "run", *target, "--", "/usr/bin/python3", str(script)]
    else:
        command = ["/bin/sh", "-c", 'eval "$("$0" env "$@")" && exec /usr/bin/python3 script.py', binary(), *target]
    done = subprocess.run(
        command, env=clean_environment(tmp_path), cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"arn:aws:dynamodb:ap-south-1:000000000000:table/{name} {{'id': 'a'}}\n"
    # It was this server, and the region that the script says.
    assert client("dynamodb", region="ap-south-1").describe_table(TableName=name)["Table"]["ItemCount"] >= 0
    assert name not in client("dynamodb").list_tables()["TableNames"]


def test_run_says_what_it_cannot_start(endpoint, tmp_path):
    done = subprocess.run(
        [binary(), "run", "--endpoint", endpoint, "--", "/no/such/program"], env=clean_environment(tmp_path),
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 127
    assert "/no/such/program" in done.stderr
    # And the status of what it starts is its own.
    done = subprocess.run(
        [binary(), "run", "--endpoint", endpoint, "--", "/bin/sh", "-c", "exit 3"], env=clean_environment(tmp_path),
        timeout=60)
    assert done.returncode == 3


def test_mock_orders_and_query(tmp_path):
    with serving() as server:
        pipeline.make_pipeline(server.client)

        def command(*arguments, code=0):
            done = subprocess.run(
                [binary(), *arguments, "--endpoint", server.url], env=clean_environment(tmp_path), capture_output=True,
                text=True, timeout=300)
            assert done.returncode == code, done.stdout + done.stderr
            return done

        said = command(
            "mock-orders", "--count", "200", "--updates", "0.2", "--deletes", "0.1", "--seed", "5").stdout
        puts, updates, deletes = map(int, re.search(
            r"200 writes: (\d+) puts, (\d+) updates, (\d+) deletes", said).groups())
        assert puts + updates + deletes == 200 and updates > 0 and deletes > 0
        # Orders count up, each is put once: what is in the table was put, and the lake has a line for each put.
        held = server.client("dynamodb").scan(TableName=pipeline.TABLE, Select="COUNT")["Count"]
        assert held < puts

        def arrived():
            return "on the way" not in command("reconcile").stdout

        until(arrived, "all changes have arrived")
        pipeline.crawl(server.client)
        rows = json.loads(command(
            "query", "--json", "SELECT event_name, count(*) AS changes FROM sales GROUP BY 1").stdout)
        kinds = {row["event_name"]: int(row["changes"]) for row in rows}
        # An update or a delete of an order that is gone makes it anew, or changes nothing.
        assert puts <= kinds["INSERT"] <= puts + updates
        assert 0 < kinds["REMOVE"] <= deletes
        assert kinds["INSERT"] - kinds["REMOVE"] == held
        table = rows_of(command("query", "SELECT count(*) AS changes FROM sales").stdout)
        assert table == [{"changes": str(sum(kinds.values()))}]
        failed = command("query", "SELECT nothing FROM sales", code=1)
        assert "penstock query: " in failed.stderr and "nothing" in failed.stderr
