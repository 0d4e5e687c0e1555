#!/usr/bin/env python3
"""Kinesis beside kinesalite (an emulator for Node.js), the hop of a pipe, and what idle connections cost.

Usage: bench/kinesis.py [--binary build/release/bin/penstock] [--seconds 4] [--turns 3] [--backlog 1000000]
                        [--rate 200] [--connections 10000]

Prints one JSON document. `beside`: PutRecords (100 records), PutRecord and GetRecords (1,000 records) in records per second
against kinesalite (npm, in memory) and against penstock with every answer durable, the two in turns in one run, medians
and their ratio. `pipe`: from a DynamoDB stream to a Kinesis stream at batch 100: the time from the answer of PutItem until
the record can be read behind the pipe, at a given rate; and how fast a backlog of so many changes is drained, with the
memory of the server before and at its highest, beside PutRecords of 100 by one client. `idle`: memory of
so many idle connections, and PutRecords beside them and without. Needs wrk (Debian package), node and npm. The load
runs on the same cores as the server, so only the ratios mean anything elsewhere.
"""

import argparse
import base64
import http.client
import json
import pathlib
import resource
import shutil
import socket
import statistics
import sys
import threading
import time
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from npm_server import NpmServer  # noqa: E402
from whole_system import ROOT, Server, wrk  # noqa: E402

SHARDS = 2
DATA = "eyJvcmRlcmlkIjoiMSIsInByb2R1Y3RfbmFtZSI6IkxhcHRvcCIsInF1YW50aXR5IjoyLCJwcmljZSI6NDk5LjkwfQ=="

# kinesalite wants a request to look signed; penstock with auth=off takes what it can from it.
HEADERS = {
    "content-type": "application/x-amz-json-1.1", "x-amz-date": "20260101T000000Z",
    "authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/kinesis/aws4_request, "
                     "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64}

# How many records a call moves, and its body as Lua.
LOOPS = {
    "PutRecords": (100, "put_records(i)"),
    "PutRecord": (1, f"""string.format('{{"StreamName":"bench","PartitionKey":"%d","Data":"{DATA}"}}', i)"""),
    "GetRecords": (1000, """'{"ShardIterator":"%(iterator)s","Limit":1000}'"""),
}

SCRIPT = """
local headers = {%(headers)s}
local function put_records(i)
  local records = {}
  for j = 1, 100 do records[j] = string.format('{"PartitionKey":"%%d","Data":"%(data)s"}', i * 100 + j) end
  return '{"StreamName":"bench","Records":[' .. table.concat(records, ",") .. ']}'
end
local made, at = {}, 0
function init()
  headers["x-amz-target"] = "Kinesis_20131202.%(operation)s"
  for i = 1, %(bodies)d do made[i] = wrk.format("POST", "/", headers, %(body)s) end
end
function request() at = at %% #made + 1; return made[at] end
"""


def call(url, target, body):
    request = urllib.request.Request(url, data=json.dumps(body).encode(), headers={
        **HEADERS, "x-amz-target": target,
        "content-type": "application/x-amz-json-1.0" if target.startswith("Dynamo") else HEADERS["content-type"]})
    return json.loads(urllib.request.urlopen(request).read() or b"{}")


def kinesis(url, operation, **body):
    return call(url, "Kinesis_20131202." + operation, body)


def make_stream(url, name="bench"):
    kinesis(url, "CreateStream", StreamName=name, ShardCount=SHARDS)
    while True:
        found = kinesis(url, "DescribeStream", StreamName=name)["StreamDescription"]
        if found["StreamStatus"] == "ACTIVE":
            return found["StreamARN"]
        time.sleep(0.05)


def iterator(url, shard, kind="TRIM_HORIZON", name="bench"):
    return kinesis(url, "GetShardIterator", StreamName=name, ShardId=f"shardId-{shard:012d}",
                   ShardIteratorType=kind)["ShardIterator"]


def kinesalite():
    return NpmServer("kinesalite", 3, ["--createStreamMs", "0", "--shardLimit", "100"],
                     lambda url: kinesis(url, "ListStreams"))


def loop(url, operation, seconds, connections=32):
    records, body = LOOPS[operation]
    if operation == "GetRecords":
        body = body % {"iterator": iterator(url, 0)}
    return records * wrk(url, seconds, SCRIPT % {
        "headers": ", ".join(f'["{name}"] = "{value}"' for name, value in HEADERS.items()),
        "data": DATA, "operation": operation, "body": body, "bodies": 1 if operation == "GetRecords" else 1000},
        connections=connections)


def beside(binary, seconds, turns):
    rates = {operation: ([], []) for operation in LOOPS}
    with kinesalite() as other, Server(binary) as own:
        for url in (other.url, own.url):
            make_stream(url)
            for i in range(50):  # What GetRecords finds.
                kinesis(url, "PutRecords", StreamName="bench", Records=[
                    {"PartitionKey": f"{i}-{j}", "Data": DATA} for j in range(100)])
        for _ in range(turns):
            for operation, (theirs, ours) in rates.items():
                theirs.append(loop(other.url, operation, seconds))
                ours.append(loop(own.url, operation, seconds))
    return {operation: {
        "penstock": round(statistics.median(ours)), "kinesalite": round(statistics.median(theirs)),
        "ratio": round(statistics.median(ours) / statistics.median(theirs), 1)}
        for operation, (theirs, ours) in rates.items()}


def make_pipe(url, wanted):
    """A table with a stream, a stream, and a pipe from the one to the other."""
    changes = call(url, "DynamoDB_20120810.CreateTable", {
        "TableName": "bench", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}},
    )["TableDescription"]["LatestStreamArn"]
    target = make_stream(url)
    trust = json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "pipes.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
    form = urllib.parse.urlencode({"Action": "CreateRole", "Version": "2010-05-08", "RoleName": "pipe",
                                   "AssumeRolePolicyDocument": trust})
    urllib.request.urlopen(urllib.request.Request(url, data=form.encode(), headers={
        "content-type": "application/x-www-form-urlencoded"})).read()
    body = {"RoleArn": "arn:aws:iam::000000000000:role/pipe", "Source": changes, "Target": target,
            "DesiredState": wanted,
            "SourceParameters": {"DynamoDBStreamParameters": {"StartingPosition": "TRIM_HORIZON", "BatchSize": 100}},
            "TargetParameters": {"KinesisStreamParameters": {"PartitionKey": "$.eventID"}}}
    urllib.request.urlopen(urllib.request.Request(
        url + "/v1/pipes/bench", data=json.dumps(body).encode(), headers={"content-type": "application/json"})).read()
    while True:
        state = json.loads(urllib.request.urlopen(url + "/v1/pipes/bench").read())["CurrentState"]
        if state == wanted:
            return
        time.sleep(0.02)


def put_at_rate(url, rate, seconds, answered):
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    begin = time.monotonic()
    for n in range(rate * seconds):
        time.sleep(max(0.0, begin + n / rate - time.monotonic()))
        connection.request("POST", "/", json.dumps({"TableName": "bench", "Item": {"id": {"S": f"i{n}"}}}), {
            "content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.PutItem"})
        connection.getresponse().read()
        answered[f"i{n}"] = time.monotonic()


def hop_latency(binary, rate, seconds=10):
    """Readers ask in a loop, so that their own question is part of what is measured."""
    answered, seen = {}, {}

    def read(url, shard):
        connection = http.client.HTTPConnection(url.removeprefix("http://"))
        at = iterator(url, shard)
        while len(seen) < rate * seconds:
            connection.request("POST", "/", json.dumps({"ShardIterator": at}), {
                "content-type": HEADERS["content-type"], "x-amz-target": "Kinesis_20131202.GetRecords"})
            reply = json.loads(connection.getresponse().read())
            now, at = time.monotonic(), reply["NextShardIterator"]
            for record in reply["Records"]:
                event = json.loads(base64.b64decode(record["Data"]))
                seen[event["dynamodb"]["Keys"]["id"]["S"]] = now
            time.sleep(0.0005)

    with Server(binary) as server:
        make_pipe(server.url, "RUNNING")
        threads = [threading.Thread(target=read, args=(server.url, shard)) for shard in range(SHARDS)]
        for thread in threads:
            thread.start()
        put_at_rate(server.url, rate, seconds, answered)
        for thread in threads:
            thread.join()
    times = sorted(max(0.0, seen[key] - answered[key]) for key in answered)
    return {"per_second": rate, "p50_ms": round(times[len(times) // 2] * 1000, 2),
            "p99_ms": round(times[len(times) * 99 // 100] * 1000, 2)}


def fill(url, count):
    """Items of about 150 bytes, 25 in a request, by eight clients."""

    def work(first):
        connection = http.client.HTTPConnection(url.removeprefix("http://"))
        for n in range(first, count, 8 * 25):
            puts = [{"PutRequest": {"Item": {
                "id": {"S": f"order-{m}"}, "product_name": {"S": "Laptop"}, "quantity": {"N": "2"},
                "price": {"N": "499.90"}, "ordered_at_ms": {"N": "1700000000000"}}}} for m in range(n, n + 25)]
            connection.request("POST", "/", json.dumps({"RequestItems": {"bench": puts}}), {
                "content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.BatchWriteItem"})
            connection.getresponse().read()

    threads = [threading.Thread(target=work, args=(25 * i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def delivered(server):
    flow = json.loads(urllib.request.urlopen(server.url + "/_penstock/flow").read())
    return flow["piped"]


def drain(binary, count, seconds):
    with Server(binary) as server:
        make_pipe(server.url, "STOPPED")
        fill(server.url, count)
        before = highest = server.memory_mb()
        begin = time.monotonic()
        urllib.request.urlopen(urllib.request.Request(server.url + "/v1/pipes/bench/start", method="POST")).read()
        while delivered(server) < count:
            highest = max(highest, server.memory_mb())
            time.sleep(0.1)
        took = time.monotonic() - begin
        one_client = loop(server.url, "PutRecords", seconds, connections=1)
    return {"records": count, "seconds": round(took, 1), "per_second": round(count / took),
            "put_records_by_one_client": round(one_client), "ratio": round(count / took / one_client, 2),
            "memory_mb_before": round(before), "memory_mb_highest": round(highest)}


def idle(binary, connections, seconds):
    with Server(binary, "--connections-max", str(connections + 1000)) as server:
        make_stream(server.url)
        without = loop(server.url, "PutRecords", seconds)
        before = server.memory_mb()
        host, port = server.url.removeprefix("http://").split(":")
        opened = []
        for _ in range(connections):
            one = socket.create_connection((host, int(port)))
            one.sendall(b"GET /_penstock/health HTTP/1.1\r\nhost: localhost\r\n\r\n")
            opened.append(one)
        for one in opened:
            assert one.recv(4096).startswith(b"HTTP/1.1 200"), "an idle connection was refused"
        after = server.memory_mb()
        beside_them = loop(server.url, "PutRecords", seconds)
        for one in opened:
            one.close()
    return {"connections": connections, "memory_mb_more": round(after - before, 1),
            "put_records": round(beside_them), "put_records_without": round(without),
            "ratio": round(beside_them / without, 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / "build/release/bin/penstock"))
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--backlog", type=int, default=1_000_000)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--connections", type=int, default=10_000)
    arguments = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("wrk is missing: apt-get install wrk")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    report = {}
    if arguments.turns:
        report["beside"] = beside(arguments.binary, arguments.seconds, arguments.turns)
    if arguments.rate:
        report["pipe_latency"] = hop_latency(arguments.binary, arguments.rate)
    if arguments.backlog:
        report["pipe_backlog"] = drain(arguments.binary, arguments.backlog, arguments.seconds)
    if arguments.connections:
        report["idle"] = idle(arguments.binary, arguments.connections, arguments.seconds)
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
