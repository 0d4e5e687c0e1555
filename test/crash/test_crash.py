"""Kills the server again and again under load, at random moments and at the named points of its own sources, and adds
up at the end: every answered change is in the table, in Kinesis once and in the lake once.

PENSTOCK_CRASH_ROUNDS (default 20) and PENSTOCK_CRASH_SEED (printed) repeat a run.
"""

import collections
import json
import os
import random
import re
import subprocess
import time

import pipeline
from orders import Load, Writer, read_table
from support import ROOT, Server, binary, read_stream, until

WRITERS = 4


def crash_points():
    """The points that the sources name, without those of tests."""
    found = set()
    for file in (ROOT / "src").rglob("*.cc"):
        if "tests" not in file.parts:
            found.update(re.findall(r'crash_point\("([a-z_.]+)"\)', file.read_text()))
    assert found
    return sorted(found)


def start(data, point):
    """A server that is to crash at the point, or None when it did so before it listened."""
    try:
        return Server(data, environment={"PENSTOCK_CRASH_AT": point} if point else {})
    except AssertionError:
        if not point:
            raise
        return None


def crash_round(data, writers, dice, point):
    """One life of the server; returns how it ended: in its start, at the point, or killed."""
    server = start(data, point)
    if server is None:
        return "start"
    load = Load(writers, server)
    end = time.monotonic() + dice.uniform(0.2, 1.2)
    while time.monotonic() < end and server.process.poll() is None:
        time.sleep(0.01)
    reached = server.process.poll() is not None
    server.kill()
    load.join()
    assert point or not reached, server.log()
    return "point" if reached else "killed"


def check_table(data, writers):
    server = Server(data)
    try:
        found = read_table(server.client("dynamodb"))
    finally:
        server.kill()
    for writer in writers:
        writer.settle(found)


def kinesis_changes(server):
    changes = [json.loads(record["Data"]) for record in read_stream(server.client("kinesis"), pipeline.STREAM)]
    ids = [change["eventID"] for change in changes]
    assert len(ids) == len(set(ids)), "Kinesis holds a change twice"
    return changes


def change_of(event):
    image = event["dynamodb"]["OldImage" if event["eventName"] == "REMOVE" else "NewImage"]
    return event["dynamodb"]["Keys"]["orderid"]["S"], event["eventName"], int(image["quantity"]["N"])


def reconcile(server):
    if "reconcile" not in subprocess.run([binary(), "--help"], capture_output=True, text=True).stdout:
        return
    done = subprocess.run(
        [binary(), "reconcile", "--endpoint", server.url], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_lost_nothing_twice(tmp_path, capsys):
    rounds = int(os.environ.get("PENSTOCK_CRASH_ROUNDS", "20"))
    seed = int(os.environ.get("PENSTOCK_CRASH_SEED", random.SystemRandom().randrange(1 << 32)))
    with capsys.disabled():
        print(f"\nPENSTOCK_CRASH_SEED={seed} PENSTOCK_CRASH_ROUNDS={rounds}")
    dice = random.Random(seed)
    data = tmp_path / "data"
    server = Server(data)
    try:
        pipeline.make_pipeline(server.client)
    finally:
        server.kill()

    writers = [Writer(number, seed) for number in range(WRITERS)]
    endings = collections.Counter()
    points = crash_points()
    dice.shuffle(points)
    for number in range(rounds):
        point = None
        if number % 2:
            point = f"{points[number // 2 % len(points)]}:{dice.choice([1, 2, 3, 5, 10])}"
        ending = crash_round(data, writers, dice, point)
        endings[ending] += 1
        if ending != "start":
            check_table(data, writers)

    expected = sorted(change for writer in writers for change in writer.changes)
    server = Server(data)
    try:
        events = until(
            lambda: len(c := kinesis_changes(server)) >= len(expected) and c, f"{len(expected)} changes in Kinesis")
        assert sorted(change_of(event) for event in events) == expected
        lines = until(
            lambda: len(found := pipeline.lake_lines(server.client)) >= len(expected) and found,
            f"{len(expected)} lines in the lake", seconds=120)
        rows = [json.loads(line) for line in lines]
        assert sorted(row["event_id"] for row in rows) == sorted(event["eventID"] for event in events)
        assert sorted((row["orderid"], row["event_name"], row["quantity"]) for row in rows) == expected
        reconcile(server)
    finally:
        server.stop()
    answered = sum(writer.answered for writer in writers)
    with capsys.disabled():
        print(f"{answered} answered writes, {len(expected)} changes, each in Kinesis and in the lake once; {dict(endings)}")
