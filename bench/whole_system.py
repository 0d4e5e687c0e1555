#!/usr/bin/env python3
"""Whole-system benchmarks of penstock, each beside the machine's own limit in the same run.

Usage: bench/whole_system.py [--binary build/release/bin/penstock] [--seconds 5] [--orders 20000]

Prints one JSON document: requests per second of the bare health endpoint, of PutItem and PutRecords over HTTP (every
answer durable, and without sync) and their ratio to it; orders per second of a whole demo (set-up, chain,
crawl, query) with the built-in transform and with the Python function, and their ratio to the durable PutItem rate; freshness at buffering
interval 0; time from start to the first answer; idle memory. Needs wrk (Debian package). The load runs on the same
cores as the server, so only the ratios mean anything.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent

PUT_ITEM = """
local n = 0
local id = tostring({}):sub(8)
function request()
  n = n + 1
  local body = string.format('{"TableName":"bench","Item":{"orderid":{"S":"%s-%d"},"product_name":{"S":"Laptop"},'
    .. '"quantity":{"N":"2"},"price":{"N":"499.90"},"ordered_at_ms":{"N":"1700000000000"}}}', id, n)
  return wrk.format("POST", "/", {["x-amz-target"] = "DynamoDB_20120810.PutItem",
    ["content-type"] = "application/x-amz-json-1.0"}, body)
end
"""

PUT_RECORDS = """
local record = '{"PartitionKey":"%d","Data":"eyJvcmRlcmlkIjoiMSIsInByb2R1Y3RfbmFtZSI6IkxhcHRvcCJ9"}'
local n = 0
function request()
  local records = {}
  for i = 1, 100 do n = n + 1; records[i] = string.format(record, n) end
  return wrk.format("POST", "/", {["x-amz-target"] = "Kinesis_20131202.PutRecords",
    ["content-type"] = "application/x-amz-json-1.1"},
    '{"StreamName":"bench","Records":[' .. table.concat(records, ",") .. ']}')
end
"""


class Server:
    def __init__(self, binary, *flags):
        self.data = tempfile.mkdtemp(prefix="penstock-bench-")
        started = time.monotonic()
        self.process = subprocess.Popen(
            [binary, "serve", "--port", "0", "--data", self.data, "--log-level", "error", *flags],
            stdout=subprocess.PIPE, text=True)
        self.url = re.search(r"http://\S+", self.process.stdout.readline()).group(0)
        urllib.request.urlopen(self.url + "/_penstock/health").read()
        self.start_ms = (time.monotonic() - started) * 1000

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        shutil.rmtree(self.data, ignore_errors=True)

    def call(self, target, body):
        request = urllib.request.Request(self.url, data=json.dumps(body).encode(), headers={
            "x-amz-target": target, "content-type": "application/x-amz-json-" + ("1.0" if "Dynamo" in target else "1.1")})
        return json.loads(urllib.request.urlopen(request).read() or b"{}")

    def memory_mb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


def wrk(url, seconds, script=None, connections=64):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", url]
    if script:
        path = pathlib.Path(tempfile.mkstemp(suffix=".lua")[1])
        path.write_text(script)
        command += ["-s", str(path)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if script:
        path.unlink()
    if "Non-2xx" in out:
        raise SystemExit(f"errors under load: {out}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))


def rates(binary, seconds, durability):
    with Server(binary, "--durability", durability) as server:
        server.call("DynamoDB_20120810.CreateTable", {
            "TableName": "bench", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "orderid", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "orderid", "KeyType": "HASH"}],
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}})
        server.call("Kinesis_20131202.CreateStream", {"StreamName": "bench", "ShardCount": 4})
        bare = wrk(server.url + "/_penstock/health", seconds)
        put_item = wrk(server.url, seconds, PUT_ITEM, 128)
        put_records = wrk(server.url, seconds, PUT_RECORDS, 32)
    return {"bare_http": round(bare), "put_item": round(put_item), "put_item_ratio": round(put_item / bare, 3),
            "put_records_calls": round(put_records), "records": round(put_records * 100)}


def chain(binary, orders, built_in, put_item_rate):
    command = [binary, "demo", "--count", str(orders)] + (["--built-in"] if built_in else [])
    started = time.monotonic()
    out = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"})
    if out.returncode != 0:
        raise SystemExit(f"the chain failed: {out.stdout} {out.stderr}")
    lines = [line for line in out.stdout.splitlines() if line.startswith("  table ")]
    fresh = re.search(r"fresh p50 ([\d.]+) s p99 ([\d.]+) s", lines[-1])
    # A lower bound: the time of the set-up, the crawl and the query is in it.
    rate = orders / (time.monotonic() - started)
    return {"orders_per_second": round(rate), "ratio_to_put_item": round(rate / put_item_rate, 3),
            "fresh_p50_s": float(fresh.group(1)), "fresh_p99_s": float(fresh.group(2))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / "build/release/bin/penstock"))
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--orders", type=int, default=20000)
    flags = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("wrk is needed: apt-get install wrk")
    with Server(flags.binary) as server:
        time.sleep(2)  # Idle means: nothing for a while.
        report = {"start_ms": round(server.start_ms), "idle_mb": round(server.memory_mb(), 1)}
    report["durable"] = rates(flags.binary, flags.seconds, "always")
    report["without_sync"] = rates(flags.binary, flags.seconds, "none")
    for name, built_in in (("chain_built_in", True), ("chain_python", False)):
        report[name] = chain(flags.binary, flags.orders, built_in, report["durable"]["put_item"])
    json.dump(report, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
