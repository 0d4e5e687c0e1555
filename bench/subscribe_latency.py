#!/usr/bin/env python3
"""How soon a subscriber sees a record: from before PutRecord is sent until its event has been read.

Usage: bench/subscribe_latency.py [--binary build/release/bin/penstock] [--seconds 10] [--rate 200] [--consumers 1]

One client puts records at the given rate on one connection, each with its time inside; so many consumers subscribe to the
shard (HTTP/1.1, each in a thread of its own). Prints one JSON document: p50, p90, p99 and the longest, in milliseconds, of
the put alone (sent to answered, which is when the record is durable) and of the event (sent to read). The clients share
the machine, and one interpreter, with the server.
"""

import argparse
import base64
import http.client
import json
import pathlib
import struct
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from kinesis import HEADERS, kinesis  # noqa: E402
from whole_system import ROOT, Server  # noqa: E402


def percentiles(seconds):
    ordered = sorted(seconds)
    at = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    return {name: round(1000 * ordered[min(len(ordered) - 1, int(len(ordered) * part))], 2) for name, part in at.items()}


def open_connection(url):
    address = urllib.parse.urlsplit(url)
    return http.client.HTTPConnection(address.hostname, address.port, timeout=60)


def post(connection, operation, body):
    connection.request("POST", "/", json.dumps(body), {**HEADERS, "x-amz-target": "Kinesis_20131202." + operation})
    return connection.getresponse()


def listen(response, count, delays):
    """Reads events until `count` records have been seen."""
    rest = b""
    while len(delays) < count:
        rest += response.read1(65536)
        while len(rest) >= 12 and len(rest) >= (total := struct.unpack(">I", rest[:4])[0]):
            headers = struct.unpack(">I", rest[4:8])[0]
            event, rest = json.loads(rest[12 + headers:total - 4]), rest[total:]
            now = time.perf_counter()
            delays += [now - float(base64.b64decode(r["Data"])) for r in event.get("Records", [])]


def measure(binary, seconds, rate, consumers):
    count = int(seconds * rate)
    with Server(binary) as server:
        kinesis(server.url, "CreateStream", StreamName="s", ShardCount=1)
        while (shown := kinesis(server.url, "DescribeStreamSummary", StreamName="s")["StreamDescriptionSummary"])[
                "StreamStatus"] != "ACTIVE":
            time.sleep(0.05)
        threads, seen = [], []
        for i in range(consumers):
            made = kinesis(server.url, "RegisterStreamConsumer", StreamARN=shown["StreamARN"], ConsumerName=f"c{i}")
            response = post(open_connection(server.url), "SubscribeToShard", {
                "ConsumerARN": made["Consumer"]["ConsumerARN"], "ShardId": "shardId-000000000000",
                "StartingPosition": {"Type": "LATEST"}})
            assert response.status == 200, response.read()
            seen.append([])
            threads.append(threading.Thread(target=listen, args=(response, count, seen[-1])))
            threads[-1].start()
        connection, puts, begin = open_connection(server.url), [], time.perf_counter()
        for i in range(count):
            time.sleep(max(0.0, begin + i / rate - time.perf_counter()))
            sent = time.perf_counter()
            data = base64.b64encode(f"{sent:.9f}".encode()).decode()
            post(connection, "PutRecord", {"StreamName": "s", "PartitionKey": "k", "Data": data}).read()
            puts.append(time.perf_counter() - sent)
        for thread in threads:
            thread.join()
    return {"records": count, "rate": rate, "consumers": consumers, "put_ms": percentiles(puts),
            "event_ms": percentiles([delay for delays in seen for delay in delays])}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / "build/release/bin/penstock"))
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--consumers", type=int, default=1)
    arguments = parser.parse_args()
    print(json.dumps(measure(arguments.binary, arguments.seconds, arguments.rate, arguments.consumers), indent=2))


if __name__ == "__main__":
    main()
