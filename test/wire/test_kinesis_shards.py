"""Splitting, merging and scaling Kinesis streams with boto3.

Behaviour is documented in the Kinesis API reference and developer guide; wording is recorded by public emulators and
users unless a comment says that it is deduced.
"""

import threading

import pytest

import support
from support import read_shard, refused

TOP = 2**128 - 1


@pytest.fixture(scope="module")
def kinesis(client):
    return client("kinesis")


@pytest.fixture
def orders(kinesis, name):
    """A stream of one shard."""
    kinesis.create_stream(StreamName=name, ShardCount=1)
    return name


def shards_of(kinesis, stream, **filters):
    shards = []
    for page in kinesis.get_paginator("list_shards").paginate(StreamName=stream, **filters):
        shards += page["Shards"]
    return shards


def is_open(shard):
    return "EndingSequenceNumber" not in shard["SequenceNumberRange"]


def follow(kinesis, stream):
    """All records, as a reader finds them that goes from each shard to those that GetRecords names."""
    found, seen = [], set()
    todo = [s["ShardId"] for s in shards_of(kinesis, stream, ShardFilter={"Type": "AT_TRIM_HORIZON"})]
    while todo:
        shard = todo.pop(0)
        if shard in seen:
            continue
        seen.add(shard)
        iterator = kinesis.get_shard_iterator(
            StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        while iterator:
            page = kinesis.get_records(ShardIterator=iterator)
            found += page["Records"]
            iterator = page.get("NextShardIterator")
            if iterator and not page["Records"] and not page["MillisBehindLatest"]:
                break
            assert ("ChildShards" in page) == (iterator is None)
            # A merged shard is read after both of its parents.
            todo += [c["ShardId"] for c in page.get("ChildShards", []) if set(c["ParentShards"]) <= seen]
    return found


def test_a_split(kinesis, orders):
    before = kinesis.put_record(StreamName=orders, PartitionKey="k", Data=b"1")
    assert before["ShardId"] == "shardId-000000000000"
    kinesis.split_shard(StreamName=orders, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127))
    after = kinesis.put_record(
        StreamName=orders, PartitionKey="k", Data=b"2", SequenceNumberForOrdering=before["SequenceNumber"])
    assert int(after["SequenceNumber"]) > int(before["SequenceNumber"])
    parent, lower, upper = shards_of(kinesis, orders)
    assert not is_open(parent) and is_open(lower) and is_open(upper)
    assert int(parent["SequenceNumberRange"]["EndingSequenceNumber"]) > int(before["SequenceNumber"])
    for child in (lower, upper):
        assert child["ParentShardId"] == parent["ShardId"]
        assert "AdjacentParentShardId" not in child
        assert (int(child["SequenceNumberRange"]["StartingSequenceNumber"])
                > int(parent["SequenceNumberRange"]["EndingSequenceNumber"]))
    assert lower["HashKeyRange"] == {"StartingHashKey": "0", "EndingHashKey": str(2**127 - 1)}
    assert upper["HashKeyRange"] == {"StartingHashKey": str(2**127), "EndingHashKey": str(TOP)}
    iterator = kinesis.get_shard_iterator(
        StreamName=orders, ShardId=parent["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    page = kinesis.get_records(ShardIterator=iterator)
    assert [r["Data"] for r in page["Records"]] == [b"1"]
    assert "NextShardIterator" not in page
    assert page["ChildShards"] == [
        {"ShardId": c["ShardId"], "ParentShards": [parent["ShardId"]], "HashKeyRange": c["HashKeyRange"]}
        for c in (lower, upper)]
    assert [r["Data"] for r in follow(kinesis, orders)] == [b"1", b"2"]


def test_a_merge(kinesis, name):
    kinesis.create_stream(StreamName=name, ShardCount=2)
    kinesis.merge_shards(
        StreamName=name, ShardToMerge="shardId-000000000000", AdjacentShardToMerge="shardId-000000000001")
    lower, upper, child = shards_of(kinesis, name)
    assert [is_open(s) for s in (lower, upper, child)] == [False, False, True]
    assert child["ParentShardId"] == lower["ShardId"]
    assert child["AdjacentParentShardId"] == upper["ShardId"]
    assert child["HashKeyRange"] == {"StartingHashKey": "0", "EndingHashKey": str(TOP)}
    for parent in (lower, upper):
        iterator = kinesis.get_shard_iterator(
            StreamName=name, ShardId=parent["ShardId"], ShardIteratorType="LATEST")["ShardIterator"]
        page = kinesis.get_records(ShardIterator=iterator)
        assert "NextShardIterator" not in page
        assert [c["ParentShards"] for c in page["ChildShards"]] == [[lower["ShardId"], upper["ShardId"]]]
    summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    assert summary["OpenShardCount"] == 1


@pytest.mark.parametrize("from_count, to_count", [(1, 2), (2, 4), (4, 2), (4, 3), (3, 5), (5, 5)])
def test_update_shard_count(kinesis, name, from_count, to_count):
    kinesis.create_stream(StreamName=name, ShardCount=from_count)
    reply = kinesis.update_shard_count(StreamName=name, TargetShardCount=to_count, ScalingType="UNIFORM_SCALING")
    assert reply["StreamName"] == name
    assert (reply["CurrentShardCount"], reply["TargetShardCount"]) == (from_count, to_count)
    shards = shards_of(kinesis, name)
    ranges = sorted(
        (int(s["HashKeyRange"]["StartingHashKey"]), int(s["HashKeyRange"]["EndingHashKey"]))
        for s in shards if is_open(s))
    assert len(ranges) == to_count
    assert ranges[0][0] == 0 and ranges[-1][1] == TOP
    for (_, end), (start, _) in zip(ranges, ranges[1:]):
        assert end + 1 == start
    widths = [end - start for start, end in ranges]
    assert max(widths) - min(widths) < 2**33
    # Documented: in the meantime shards may come and go; each has its parents.
    for shard in shards[from_count:]:
        assert shard["ParentShardId"] < shard["ShardId"]


def test_refusals(kinesis, name):
    kinesis.create_stream(StreamName=name, ShardCount=3)
    one = {"StreamName": name, "ShardToSplit": "shardId-000000000000"}
    end = int(shards_of(kinesis, name)[0]["HashKeyRange"]["EndingHashKey"])
    for start in (0, 1, end, end + 1, TOP):
        code, status, error = refused(kinesis.split_shard, **one, NewStartingHashKey=str(start))
        assert (code, status) == ("InvalidArgumentException", 400)
        assert error["Message"] == (
            f"NewStartingHashKey {start} used in SplitShard() on shard shardId-000000000000 in stream {name} under "
            "account 000000000000 is not both greater than one plus the shard's StartingHashKey 0 and less than the "
            f"shard's EndingHashKey {end}.")
    kinesis.split_shard(**one, NewStartingHashKey="2")  # The edge.
    code, _, error = refused(kinesis.split_shard, **one, NewStartingHashKey="1000")
    assert (code, error["Message"]) == (
        "InvalidArgumentException",
        f"Shard shardId-000000000000 in stream {name} under account 000000000000 has already been merged or split, "
        "and thus is not eligible for merging or splitting.")
    code, _, error = refused(
        kinesis.split_shard, StreamName=name, ShardToSplit="shardId-000000000009", NewStartingHashKey="5")
    assert (code, error["Message"]) == (
        "ResourceNotFoundException",
        f"Could not find shard shardId-000000000009 in stream {name} under account 000000000000.")
    for lower, upper in (("1", "3"), ("2", "1"), ("1", "1")):
        code, _, error = refused(
            kinesis.merge_shards, StreamName=name, ShardToMerge=f"shardId-00000000000{lower}",
            AdjacentShardToMerge=f"shardId-00000000000{upper}")
        assert (code, error["Message"]) == (
            "InvalidArgumentException",
            f"Shards shardId-00000000000{lower} and shardId-00000000000{upper} in stream {name} under account "
            "000000000000 are not an adjacent pair of shards eligible for merging")
    for call, arguments in (
        (kinesis.split_shard, {"ShardToSplit": "0", "NewStartingHashKey": "5"}),
        (kinesis.merge_shards, {"ShardToMerge": "0", "AdjacentShardToMerge": "1"}),
        (kinesis.update_shard_count, {"TargetShardCount": 2, "ScalingType": "UNIFORM_SCALING"}),
    ):
        code, _, error = refused(call, StreamName=f"{name}-absent", **arguments)
        assert (code, error["Message"]) == (
            "ResourceNotFoundException", f"Stream {name}-absent under account 000000000000 not found.")


def test_scaling_limits(kinesis, name):
    # From half to double, ten times a day: documented.
    kinesis.create_stream(StreamName=name, ShardCount=4)
    scale = {"StreamName": name, "ScalingType": "UNIFORM_SCALING"}
    for target, how in ((9, "up over double"), (1, "down below half")):
        code, status, error = refused(kinesis.update_shard_count, **scale, TargetShardCount=target)
        assert (code, status) == ("LimitExceededException", 400)
        assert error["Message"] == (
            f"UpdateShardCount cannot scale {how} your current open shard count. Current open shard count: 4 "
            f"Target shard count: {target}")
    for target in (8, 4, 2, 4, 8, 4, 2, 4, 8, 4):
        kinesis.update_shard_count(**scale, TargetShardCount=target)
    code, _, _ = refused(kinesis.update_shard_count, **scale, TargetShardCount=8)
    assert code == "LimitExceededException"


def test_on_demand_streams_are_not_resharded_by_hand(kinesis, name):
    # Documented; the code is ValidationException by the model, the wording deduced.
    kinesis.create_stream(StreamName=name, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    for call, arguments in (
        (kinesis.split_shard, {"ShardToSplit": "shardId-000000000000", "NewStartingHashKey": "5"}),
        (kinesis.merge_shards,
         {"ShardToMerge": "shardId-000000000000", "AdjacentShardToMerge": "shardId-000000000001"}),
        (kinesis.update_shard_count, {"TargetShardCount": 5, "ScalingType": "UNIFORM_SCALING"}),
    ):
        assert refused(call, StreamName=name, **arguments)[0] == "ValidationException"


def test_list_shards_filters_and_pages(kinesis, orders):
    # Documented: what each type of filter shows, and which arguments exclude each other.
    made = kinesis.describe_stream(StreamName=orders)["StreamDescription"]["StreamCreationTimestamp"]
    kinesis.split_shard(StreamName=orders, ShardToSplit="0", NewStartingHashKey=str(2**127))
    kinesis.update_shard_count(StreamName=orders, TargetShardCount=4, ScalingType="UNIFORM_SCALING")

    def shown(**filter):
        return [int(s["ShardId"][8:]) for s in shards_of(kinesis, orders, ShardFilter=filter)]

    assert shown(Type="FROM_TRIM_HORIZON") == list(range(7))
    assert shown(Type="AT_TRIM_HORIZON") == [0]
    assert shown(Type="AT_LATEST") == [3, 4, 5, 6]
    assert shown(Type="AFTER_SHARD_ID", ShardId="shardId-000000000004") == [5, 6]
    assert shown(Type="AT_TIMESTAMP", Timestamp=made) == [0]
    assert shown(Type="FROM_TIMESTAMP", Timestamp=made) == list(range(7))
    first = kinesis.list_shards(StreamName=orders, MaxResults=3, StreamCreationTimestamp=made)
    assert len(first["Shards"]) == 3
    second = kinesis.list_shards(NextToken=first["NextToken"], MaxResults=4)
    assert [s["ShardId"][-1] for s in second["Shards"]] == list("3456") and "NextToken" not in second
    rest = kinesis.list_shards(StreamName=orders, ExclusiveStartShardId="shardId-000000000005")["Shards"]
    assert [s["ShardId"][-1] for s in rest] == ["6"]
    for arguments, text in (
        ({"NextToken": first["NextToken"], "StreamName": orders},
         "NextToken and StreamName cannot be provided together."),
        ({}, "Either NextToken or StreamName should be provided."),
        ({"NextToken": "nonsense"}, "Invalid NextToken."),
        ({"NextToken": first["NextToken"], "StreamCreationTimestamp": made}, None),
        ({"NextToken": first["NextToken"], "ExclusiveStartShardId": "shardId-000000000001"}, None),
        ({"StreamName": orders, "ShardFilter": {"Type": "AT_TIMESTAMP"}}, None),
        ({"StreamName": orders, "ShardFilter": {"Type": "AFTER_SHARD_ID"}}, None),
    ):
        code, _, error = refused(kinesis.list_shards, **arguments)
        assert code == "InvalidArgumentException"
        assert text in (None, error["Message"])
    described = kinesis.describe_stream(StreamName=orders, Limit=5)["StreamDescription"]
    assert len(described["Shards"]) == 5 and described["HasMoreShards"]
    described = kinesis.describe_stream(
        StreamName=orders, ExclusiveStartShardId="shardId-000000000004")["StreamDescription"]
    assert len(described["Shards"]) == 2 and not described["HasMoreShards"]


def test_writers_while_shards_change(client, orders):
    # Documented: reads and writes go on while a stream is UPDATING, and a key's records stay in order.
    def write(who):
        mine = client("kinesis")
        for i in range(0, 100, 5):
            mine.put_records(StreamName=orders, Records=[
                {"PartitionKey": who, "Data": f"{who}:{n:03}".encode()} for n in range(i, i + 5)])

    threads = [threading.Thread(target=write, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    kinesis = client("kinesis")
    for target in (2, 4, 3, 2):
        kinesis.update_shard_count(StreamName=orders, TargetShardCount=target, ScalingType="UNIFORM_SCALING")
    for thread in threads:
        thread.join()
    found = [r["Data"].decode() for r in follow(kinesis, orders)]
    assert len(found) == len(set(found)) == 400
    for n in range(4):
        mine = [d for d in found if d.startswith(f"w{n}:")]
        assert mine == sorted(mine)


def test_shards_survive_a_power_cut(tmp_path):
    # What was answered is there after a kill: our own promise.
    server = support.Server(tmp_path)
    kinesis = server.client("kinesis")
    kinesis.create_stream(StreamName="orders", ShardCount=2)
    kinesis.put_record(StreamName="orders", PartitionKey="k", Data=b"1")
    kinesis.update_shard_count(StreamName="orders", TargetShardCount=3, ScalingType="UNIFORM_SCALING")
    kinesis.put_record(StreamName="orders", PartitionKey="k", Data=b"2")
    before = shards_of(kinesis, "orders")
    server.kill()
    with support.serving(data=tmp_path) as again:
        kinesis = again.client("kinesis")
        assert shards_of(kinesis, "orders") == before
        kinesis.put_record(StreamName="orders", PartitionKey="k", Data=b"3")
        assert [r["Data"] for r in follow(kinesis, "orders")] == [b"1", b"2", b"3"]


def test_an_iterator_of_an_open_shard_goes_on(kinesis, orders):
    # Documented: an empty page has a NextShardIterator as long as the shard is open.
    iterator = kinesis.get_shard_iterator(
        StreamName=orders, ShardId="0", ShardIteratorType="LATEST")["ShardIterator"]
    assert read_shard(kinesis, iterator) == []
    page = kinesis.get_records(ShardIterator=iterator)
    assert page["NextShardIterator"] and "ChildShards" not in page
