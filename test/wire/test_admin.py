"""The server's own paths: runners and reset. Expectations are deduced from docs/architecture.md (Looking in)."""

import concurrent.futures
import json
import subprocess

from pipeline import lake_lines
from support import binary, raw, serving, until


def runners(server):
    status, _, body = raw(server.url, "GET", "/_penstock/runners")
    assert status == 200
    return json.loads(body)["runners"]


def pipeline_up(server):
    subprocess.run([binary(), "up", "--endpoint", server.url, "--region", "us-east-1", "--built-in"], check=True)


def put_order(server, number):
    table = server.client("dynamodb")
    table.put_item(TableName="Ordertable", Item={"orderid": {"S": str(number)}, "price": {"N": "1"}})


def test_runners_are_listed_with_their_owners():
    with serving() as server:
        assert {"dynamodb/retention", "kinesis/retention", "logs/retention", "glue/schedules"} <= {
            runner["name"] for runner in runners(server)}
        pipeline_up(server)
        wanted = ("pipe/dynamo-cdc-to-kinesis", "deliverystream/kinesis-to-S3-delivery")
        # The follower of the shards, and a lane per shard.
        until(lambda: all(sum(name in runner["name"] for runner in runners(server)) == 2 for name in wanted),
              "the runners of the pipeline")
        assert all(runner["failures"] == 0 for runner in runners(server))
        server.client("pipes").stop_pipe(Name="dynamo-cdc-to-kinesis")
        until(lambda: not any(wanted[0] in runner["name"] for runner in runners(server)), "the pipe's runners to end")


def test_up_changes_nothing_the_second_time():
    with serving() as server:
        pipeline_up(server)
        before = server.client("firehose").describe_delivery_stream(DeliveryStreamName="kinesis-to-S3-delivery")
        pipeline_up(server)
        after = server.client("firehose").describe_delivery_stream(DeliveryStreamName="kinesis-to-S3-delivery")
        assert before["DeliveryStreamDescription"] == after["DeliveryStreamDescription"]


def test_reset_is_off_unless_asked_for():
    with serving() as server:
        assert raw(server.url, "POST", "/_penstock/reset")[0] == 404


def test_reset_empties_the_server_in_mid_flow():
    with serving("--allow-reset", "true") as server:
        for _ in range(2):  # What a reset leaves behind must not disturb the next life.
            pipeline_up(server)
            for number in range(100):
                put_order(server, number)
            until(lambda: len(lake_lines(server.client)) == 100, "the orders in the lake")
            for number in range(100, 200):
                put_order(server, number)
            assert raw(server.url, "GET", "/_penstock/reset")[0] == 405
            assert raw(server.url, "POST", "/_penstock/reset", b"", {"Origin": "https://example.com"})[0] == 403
            status, _, body = raw(server.url, "POST", "/_penstock/reset")
            assert (status, json.loads(body)) == (200, {"status": "ok"})
            assert server.client("dynamodb").list_tables()["TableNames"] == []
            assert server.client("s3").list_buckets()["Buckets"] == []
            assert server.client("kinesis").list_streams()["StreamNames"] == []
            assert server.client("pipes").list_pipes()["Pipes"] == []
            assert server.client("firehose").list_delivery_streams()["DeliveryStreamNames"] == []
            assert server.client("glue").get_databases()["DatabaseList"] == []
            assert server.client("iam").list_roles()["Roles"] == []
            assert not any("Ordertable" in runner["name"] or "arn:" in runner["name"] for runner in runners(server))


def test_resets_and_calls_at_the_same_time_are_answered():
    """Each with its own answer or 503 while another reset is under way; deduced."""
    with serving("--allow-reset", "true") as server:
        def ask(index):
            if index % 4 == 0:
                return raw(server.url, "POST", "/_penstock/reset")[0]
            return raw(server.url, "GET", "/_penstock/health")[0]

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(ask, range(64)))
        assert set(answers) <= {200, 503} and 200 in answers
        assert raw(server.url, "GET", "/_penstock/health")[0] == 200


def test_reset_needs_a_loopback_address():
    refused = subprocess.run(
        [binary(), "serve", "--host", "0.0.0.0", "--port", "0", "--auth", "strict", "--access-key", "AK",
         "--secret-key", "SK", "--allow-reset", "true"], capture_output=True, text=True)
    assert refused.returncode != 0
    assert "loopback" in refused.stderr
