"""CloudWatch Logs with boto3. Known from its API reference (documented) or from public suites (recorded)."""

import time

import pytest

from support import refused


@pytest.fixture(scope="module")
def logs(client):
    return client("logs")


def test_events_come_back(logs, name):
    # Documented: in the order of time, with paging tokens, filters and patterns.
    logs.create_log_group(logGroupName=name, tags={"team": "sales"})
    logs.create_log_stream(logGroupName=name, logStreamName="a")
    now = int(time.time() * 1000)
    reply = logs.put_log_events(logGroupName=name, logStreamName="a", logEvents=[
        {"timestamp": now + i, "message": f"{'ERROR' if i % 5 == 0 else 'INFO'} line {i}"} for i in range(20)])
    assert "rejectedLogEventsInfo" not in reply
    got = logs.get_log_events(logGroupName=name, logStreamName="a", startFromHead=True, limit=7)
    assert [event["message"] for event in got["events"]][:2] == ["ERROR line 0", "INFO line 1"]
    more = logs.get_log_events(
        logGroupName=name, logStreamName="a", startFromHead=True, nextToken=got["nextForwardToken"])
    assert [event["timestamp"] for event in got["events"] + more["events"]] == [now + i for i in range(20)]
    errors = []
    for page in logs.get_paginator("filter_log_events").paginate(logGroupName=name, filterPattern="ERROR"):
        errors += [event["message"] for event in page["events"]]
    assert errors == ["ERROR line 0", "ERROR line 5", "ERROR line 10", "ERROR line 15"]
    shown = logs.describe_log_streams(logGroupName=name)["logStreams"]
    assert [(s["logStreamName"], s["firstEventTimestamp"], s["lastEventTimestamp"]) for s in shown] == [
        ("a", now, now + 19)]


def test_retention_and_deletion(logs, name):
    logs.create_log_group(logGroupName=name)
    logs.put_retention_policy(logGroupName=name, retentionInDays=7)
    group = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]
    assert group["retentionInDays"] == 7
    logs.delete_log_group(logGroupName=name)
    assert logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"] == []


def test_errors(logs, name):
    # Recorded texts.
    code, status, error = refused(logs.get_log_events, logGroupName="absent", logStreamName="a")
    assert (code, status) == ("ResourceNotFoundException", 400)
    assert error["Message"] == "The specified log group does not exist."
    logs.create_log_group(logGroupName=name)
    code, _, error = refused(logs.create_log_group, logGroupName=name)
    assert (code, error["Message"]) == (
        "ResourceAlreadyExistsException", "The specified log group already exists")
    code, _, error = refused(
        logs.put_log_events, logGroupName=name, logStreamName="absent", logEvents=[{"timestamp": 1, "message": "x"}])
    assert (code, error["Message"]) == ("ResourceNotFoundException", "The specified log stream does not exist.")
    code, _, _ = refused(logs.put_retention_policy, logGroupName=name, retentionInDays=6)
    assert code == "InvalidParameterException"
