#!/usr/bin/env python3
"""Whole-system benchmarks of penstock, each beside the machine's own limit in the same run.

Usage: bench/whole_system.py [--binary build/release/bin/penstock] [--seconds 5] [--orders 20000] [--rate 2000]

Prints one JSON document: requests per second of the bare health endpoint (a GET, and the very requests of the PutItem
loop), of PutItem and PutRecords over HTTP (every answer durable, and without sync) and their ratio to it; orders per second through the whole chain into S3 while
PutItem is called as fast as it goes, with the built-in transform and with the Python function, and their ratio to
the durable PutItem rate (the clock runs until the last order is in S3, so a backlog counts); freshness from write to
Athena at buffering interval 0 and a given rate; time from start to the first answer; idle memory. Needs wrk
(Debian package). The load runs on the same cores as the server, so only the ratios mean anything.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Every loop sends requests that were made before the clock starts, so that what is measured is the server.
BARE = """
local made
function init() made = wrk.format("GET", "/_penstock/health") end
function request() return made end
"""

PUT_ITEM = """
local made, n = {}, 0
function init()
  local id = tostring(made):sub(8)
  for i = 1, 200000 do
    made[i] = wrk.format("POST", "/", {["x-amz-target"] = "DynamoDB_20120810.PutItem",
      ["content-type"] = "application/x-amz-json-1.0"},
      string.format('{"TableName":"bench","Item":{"orderid":{"S":"%s-%d"},"product_name":{"S":"Laptop"},'
        .. '"quantity":{"N":"2"},"price":{"N":"499.90"},"ordered_at_ms":{"N":"1700000000000"}}}', id, i))
  end
end
function request() n = n % #made + 1; return made[n] end
"""

PUT_RECORDS = """
local record = '{"PartitionKey":"%d","Data":"eyJvcmRlcmlkIjoiMSIsInByb2R1Y3RfbmFtZSI6IkxhcHRvcCJ9"}'
local made, n = {}, 0
function init()
  for i = 1, 1000 do
    local records = {}
    for j = 1, 100 do records[j] = string.format(record, i * 100 + j) end
    made[i] = wrk.format("POST", "/", {["x-amz-target"] = "Kinesis_20131202.PutRecords",
      ["content-type"] = "application/x-amz-json-1.1"},
      '{"StreamName":"bench","Records":[' .. table.concat(records, ",") .. ']}')
  end
end
function request() n = n % #made + 1; return made[n] end
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

    def cpu_seconds(self):
        """Of user and kernel, of all its threads."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def await_rest(self, seconds=120):
        """Until it works no more, by itself; it is given so long."""
        until = time.monotonic() + seconds
        before = self.cpu_seconds()
        while time.monotonic() < until:
            time.sleep(1)
            now = self.cpu_seconds()
            if now - before < 0.03:
                return
            before = now

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
        # In turns, since a virtual machine's speed changes from second to second; medians are told.
        turns = [(wrk(server.url, seconds, BARE, 128),
                  wrk(server.url, seconds, PUT_ITEM.replace('"POST", "/"', '"POST", "/_penstock/health"'), 128),
                  wrk(server.url, seconds, PUT_ITEM, 128)) for _ in range(3)]
        put_records = wrk(server.url, seconds, PUT_RECORDS, 32)
    bare, same_requests, put_item = (round(statistics.median(column)) for column in zip(*turns))
    return {"bare_http": bare, "same_requests_to_health": same_requests, "put_item": put_item,
            "put_item_to_bare": round(statistics.median(put / bare for bare, _, put in turns), 3),
            "put_item_to_same_requests": round(statistics.median(put / same for _, same, put in turns), 3),
            "put_records_calls": round(put_records), "records": round(put_records * 100)}


def up(binary, server, built_in):
    subprocess.run([binary, "up", "--endpoint", server.url] + (["--built-in"] if built_in else []), check=True,
                   stdout=subprocess.DEVNULL)


def chain(binary, seconds, built_in, put_item_rate):
    """PutItem as fast as it goes into the table of a whole pipeline; the clock stops when all is in S3."""
    with Server(binary) as server:
        up(binary, server, built_in)
        flow = lambda: json.load(urllib.request.urlopen(server.url + "/_penstock/flow"))
        started = time.monotonic()
        load = threading.Thread(target=wrk, args=(server.url, seconds, PUT_ITEM.replace('"bench"', '"Ordertable"'), 256))
        load.start()
        samples, loading = [], True
        while True:
            time.sleep(0.2)
            seen, at = flow(), time.monotonic() - started
            samples.append((at, seen["piped"]))
            if loading and not load.is_alive():
                loading, end_of_load, behind = False, at, writes(server) - seen["delivered"]
            if not loading and seen["delivered"] >= writes(server):
                break
        if seen["failed"]:
            raise SystemExit(f"the chain failed: {seen}")
    begun = max((at for at, piped in samples if not piped), default=0)
    rate = seen["delivered"] / (at - begun)
    return {"orders": seen["delivered"], "orders_per_second": round(rate), "ratio_to_put_item": round(rate / put_item_rate, 3),
            "behind_at_end_of_load": behind, "seconds_to_drain": round(at - end_of_load, 1)}


def writes(server):
    """PutItem calls that were answered with success, as the server counts them."""
    text = urllib.request.urlopen(server.url + "/_penstock/metrics").read().decode()
    found = re.search(r'penstock_api_calls_total\{[^}]*operation="PutItem"[^}]*\} ([\d.e+]+)', text)
    return int(float(found.group(1))) if found else 0


def freshness(binary, orders, rate, built_in):
    command = [binary, "demo", "--count", str(orders), "--rate", str(rate)] + (["--built-in"] if built_in else [])
    out = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"})
    if out.returncode != 0:
        raise SystemExit(f"the demo failed: {out.stdout} {out.stderr}")
    lines = [line for line in out.stdout.splitlines() if line.startswith("  table ")]
    fresh = re.search(r"fresh p50 ([\d.]+) s p99 ([\d.]+) s", lines[-1])
    return {"orders_per_second": rate, "p50_s": float(fresh.group(1)), "p99_s": float(fresh.group(2))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / "build/release/bin/penstock"))
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--orders", type=int, default=20000, help="of the freshness run")
    parser.add_argument("--rate", type=int, default=2000, help="orders per second of the freshness run")
    flags = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("wrk is needed: apt-get install wrk")
    starts = []
    for _ in range(7):  # The first of them reads the binary from the disk.
        with Server(flags.binary) as server:
            starts.append(server.start_ms)
    with Server(flags.binary) as server:
        time.sleep(2)  # Idle means: nothing for a while.
        report = {"start_ms": round(statistics.median(starts)), "idle_mb": round(server.memory_mb(), 1)}
    report["durable"] = rates(flags.binary, flags.seconds, "always")
    report["without_sync"] = rates(flags.binary, flags.seconds, "none")
    for name, built_in in (("built_in", True), ("python", False)):
        report["chain_" + name] = chain(flags.binary, flags.seconds, built_in, report["durable"]["put_item"])
        report["freshness_" + name] = freshness(flags.binary, flags.orders, flags.rate, built_in)
    json.dump(report, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
