#!/usr/bin/env python3
"""DynamoDB operations beside dynalite (an in-memory DynamoDB for Node.js), and how cost and memory grow with a table.

Usage: bench/dynamodb.py [--binary build/release/bin/penstock] [--seconds 4] [--turns 3] [--growth 10000,1000000]
                         [--gigabytes 0] [--tables 1000]

Prints one JSON document. `beside`: requests per second of each operation against dynalite (npm, in memory) and against
penstock with every answer durable, the two in turns in one run, medians and their ratio. `growth`: PutItem and GetItem on a table of so many items, in
requests per second and in microseconds of the server's CPU for each, and both beside the first size. `memory_mb`: of the server with a table of --gigabytes of items (0 leaves
it out; 10 needs 25 GB of disk), after reading across it, and with --tables tables. Needs wrk (Debian package), node and npm.
The load runs on the same cores as the server, so only the ratios mean anything.
"""

import argparse
import json
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from npm_server import NpmServer  # noqa: E402
from whole_system import ROOT, Server  # noqa: E402

PARTITIONS, PER_PARTITION = 1000, 10

# dynalite wants a request to look signed; penstock with auth=off takes what it can from it.
HEADERS = {
    "content-type": "application/x-amz-json-1.0", "x-amz-date": "20260101T000000Z",
    "authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, "
                     "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64}

KEY = '"pk":{"S":"p%d"},"sk":{"N":"%d"}'
ITEM = '{' + KEY + ',"product_name":{"S":"Laptop"},"quantity":{"N":"2"},"price":{"N":"499.90"}}'

# The body of each operation as Lua; p and s are a random partition and sort key, n counts up.
BODIES = {
    "PutItem": f"""string.format('{{"TableName":"bench","Item":{ITEM}}}', p, s)""",
    "GetItem": f"""string.format('{{"TableName":"bench","Key":{{{KEY}}}}}', p, s)""",
    "UpdateItem": f"""string.format('{{"TableName":"bench","Key":{{{KEY}}},"UpdateExpression":"SET quantity = quantity + :q",'
        .. '"ExpressionAttributeValues":{{":q":{{"N":"1"}}}}}}', p, s)""",
    "Query": """string.format('{"TableName":"bench","KeyConditionExpression":"pk = :p",'
        .. '"ExpressionAttributeValues":{":p":{"S":"p%d"}}}', p)""",
    "Scan": """'{"TableName":"bench","Limit":100}'""",
    "BatchWriteItem": "batch(p)",
    "TransactWriteItems": f"""string.format('{{"TransactItems":[{{"Put":{{"TableName":"bench","Item":{ITEM}}}}},'
        .. '{{"Put":{{"TableName":"bench","Item":{ITEM}}}}}]}}', p, 1, p, 2)""",
}

SCRIPT = """
local headers = {%(headers)s}
local function batch(p)
  local puts = {}
  for i = 1, 25 do puts[i] = string.format('{"PutRequest":{"Item":%(item)s}}', p + i, 1) end
  return '{"RequestItems":{"bench":[' .. table.concat(puts, ",") .. ']}}'
end
local made, at = {}, 0
function init()
  math.randomseed(os.time())
  headers["x-amz-target"] = "DynamoDB_20120810.%(operation)s"
  for i = 1, 20000 do
    local p, s = math.random(0, %(partitions)d - 1), math.random(0, %(per_partition)d - 1)
    made[i] = wrk.format("POST", "/", headers, %(body)s)
  end
end
function request() at = at %% #made + 1; return made[at] end
"""

# New items, 25 at a time, from a given number on: for filling. `pad` makes each as large as wanted.
FILL = """
local headers = {%(headers)s}
local n, pad = %(first)d, string.rep("x", %(pad)d)
function init() headers["x-amz-target"] = "DynamoDB_20120810.BatchWriteItem" end
function request()
  local puts = {}
  for i = 1, %(each)d do
    puts[i] = string.format('{"PutRequest":{"Item":{"pk":{"S":"p%%d"},"sk":{"N":"%%d"},"pad":{"S":"%%s"}}}}',
      math.floor(n / 10), n %% 10, pad)
    n = n + 1
  end
  return wrk.format("POST", "/", headers, '{"RequestItems":{"bench":[' .. table.concat(puts, ",") .. ']}}')
end
"""

TABLE = {
    "TableName": "bench", "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "N"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]}


def lua_headers():
    return ", ".join(f'["{name}"] = "{value}"' for name, value in HEADERS.items())


def wrk(url, seconds, script, connections=64):
    """(requests per second, requests)"""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        out = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", file.name, url],
            capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out:
        raise SystemExit(f"errors under load: {out}")
    return (float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)),
            int(re.search(r"(\d+) requests in", out).group(1)))


def loop(url, operation, seconds, partitions=PARTITIONS):
    return wrk(url, seconds, SCRIPT % {
        "headers": lua_headers(), "item": ITEM, "operation": operation, "body": BODIES[operation],
        "partitions": partitions, "per_partition": PER_PARTITION})[0]


def call(url, operation, body):
    request = urllib.request.Request(url, data=json.dumps(body).encode(), headers={
        **HEADERS, "x-amz-target": f"DynamoDB_20120810.{operation}"})
    return json.loads(urllib.request.urlopen(request).read())


def make_table(url):
    call(url, "CreateTable", TABLE)
    while call(url, "DescribeTable", {"TableName": "bench"})["Table"]["TableStatus"] != "ACTIVE":
        time.sleep(0.05)


def dynalite():
    return NpmServer("dynalite", 4, ["--host", "127.0.0.1", "--createTableMs", "0"],
                     lambda url: call(url, "ListTables", {}))


def fill_partitions(url):
    for p in range(PARTITIONS):
        puts = [{"PutRequest": {"Item": json.loads(ITEM % (p, s))}} for s in range(PER_PARTITION)]
        call(url, "BatchWriteItem", {"RequestItems": {"bench": puts}})


def beside(binary, seconds, turns):
    rates = {operation: ([], []) for operation in BODIES}
    with dynalite() as other, Server(binary) as own:
        for url in (other.url, own.url):
            make_table(url)
            fill_partitions(url)
        for _ in range(turns):
            for operation, (theirs, ours) in rates.items():
                if operation != "TransactWriteItems":  # dynalite has no transactions.
                    theirs.append(loop(other.url, operation, seconds))
                ours.append(loop(own.url, operation, seconds))
    out = {}
    for operation, (theirs, ours) in rates.items():
        entry = {"penstock": round(statistics.median(ours))}
        if theirs:
            entry["dynalite"] = round(statistics.median(theirs))
            entry["ratio"] = round(statistics.median(ours) / statistics.median(theirs), 1)
        out[operation] = entry
    return out


def fill(url, first, last, pad, each=25):
    """Items numbered from `first` on, at least up to `last`; how many there are then."""
    while last - first > 300_000:
        script = FILL % {"headers": lua_headers(), "first": first, "pad": pad, "each": each}
        first += wrk(url, 5, script, connections=8)[1] * each
    while first < last:
        numbers = range(first, first + each)
        call(url, "BatchWriteItem", {"RequestItems": {"bench": [{"PutRequest": {"Item": {
            "pk": {"S": f"p{n // 10}"}, "sk": {"N": str(n % 10)}, "pad": {"S": "x" * pad}}}} for n in numbers]}})
        first += each
    return first


def growth(binary, sizes, seconds):
    """The CPU of one request says more than the rate: other work on the machine changes it less."""
    out = []
    with Server(binary) as server:
        make_table(server.url)
        filled = 0
        for size in sizes:
            filled = fill(server.url, filled, size, 60)
            server.await_rest()  # What was written is compacted in the background.
            entry = {"items": filled}
            for operation in ("GetItem", "PutItem"):
                turns = []
                for _ in range(3):
                    before = server.cpu_seconds()
                    rate = loop(server.url, operation, seconds, filled // PER_PARTITION)
                    turns.append((rate, (server.cpu_seconds() - before) / (rate * seconds) * 1e6))
                entry[operation] = round(statistics.median(rate for rate, _ in turns))
                entry[operation + "_cpu_us"] = round(statistics.median(cpu for _, cpu in turns), 1)
            if out:
                entry["beside_first"] = {key: round(entry[key] / out[0][key], 2) for key in entry if key != "items"}
            out.append(entry)
    return out


def memory(binary, gigabytes, tables):
    out = {}
    with Server(binary) as server:
        out["idle"] = round(server.memory_mb())
        for i in range(tables):
            call(server.url, "CreateTable", {**TABLE, "TableName": f"table-{i}"})
        out[f"{tables}_tables"] = round(server.memory_mb())
    if gigabytes:
        with Server(binary) as server:
            make_table(server.url)
            items = fill(server.url, 0, gigabytes * 100_000, 10_000)
            out[f"table_of_{gigabytes}_gb_written"] = round(server.memory_mb())
            loop(server.url, "GetItem", 10, items // PER_PARTITION)
            out[f"table_of_{gigabytes}_gb_read"] = round(server.memory_mb())
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / "build/release/bin/penstock"))
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--growth", default="10000,1000000", help="sizes of the table, empty for none")
    parser.add_argument("--gigabytes", type=int, default=0)
    parser.add_argument("--tables", type=int, default=1000)
    arguments = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("wrk is missing: apt-get install wrk")
    sizes = [int(size) for size in arguments.growth.split(",") if size]
    report = {
        "beside": beside(arguments.binary, arguments.seconds, arguments.turns) if arguments.turns else {},
        "growth": growth(arguments.binary, sizes, arguments.seconds),
        "memory_mb": memory(arguments.binary, arguments.gigabytes, arguments.tables)}
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
