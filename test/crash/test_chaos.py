"""Everything at once, by a schedule that a seed repeats: a table's stream through two pipes to Kinesis, while the server
is killed and started again, the target throttles and so takes batches in part, the enrichment hangs and meets poison,
and the pipes' roles lose and regain what they may do. Nothing is lost and nothing doubled, each key's changes stay in
order, poison ends in the dead-letter queue with what is needed to find it (documented for Pipes; that a kill doubles
nothing is this server's own promise).

PENSTOCK_CHAOS_SEED (printed) repeats a run.
"""

import io
import json
import os
import random
import zipfile

from roles import FLAGS, allow, make_role, root
from support import Server, raw, read_stream, until

THROTTLED = ("--kinesis-throttle", "true")
KEYS = 25  # As many as one BatchWriteItem takes.
ROUNDS = 24
STEPS = 40  # Of the schedule; the writes are done before it ends.
PAD = "x" * 16000  # A shard takes 1 MiB a second: the pipes lie behind from the beginning.

# Refuses poison, and hangs now and then: a function that timed out is a new process when it is called again.
ENRICHMENT = '''
import time
calls = 0

def handler(event, context):
    global calls
    calls += 1
    if calls % 15 == 0:
        time.sleep(60)
    if any("poison" in change["dynamodb"]["NewImage"] for change in event):
        raise ValueError("no good")
    return event
'''

GRANTS = {
    "read": ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"],
    "write": ["kinesis:PutRecords"],
    "enrich": ["lambda:InvokeFunction"],
    "letters": ["sqs:SendMessage", "sqs:GetQueueUrl", "sqs:GetQueueAttributes"],
}


class World:
    """One table, two pipes, and what must be in the end."""

    def __init__(self, data):
        self.data = data
        self.server = None
        self.start(THROTTLED)
        self.number = 0
        self.written = []  # (key, number, poison), in the order of each key.
        self.revoked = set()  # (role, grant)
        self.letters = []  # Of the dead-letter queue, parsed.
        self.kills = 0

    def client(self, service):
        return root(self.server, service)

    def start(self, flags=()):
        self.server = Server(self.data, *FLAGS, *flags)

    def kill(self):
        self.kills += 1
        self.server.kill()
        self.start(THROTTLED)

    def grant(self, role, name):
        allow(self.server, role, name, {"Effect": "Allow", "Action": GRANTS[name], "Resource": "*"})
        self.revoked.discard((role, name))

    def revoke(self, role, name):
        self.client("iam").delete_role_policy(RoleName=role, PolicyName=name)
        self.revoked.add((role, name))

    def build(self):
        roles = {}
        for role, service in (("enriched", "pipes"), ("plain", "pipes"), ("function", "lambda")):
            roles[role] = make_role(self.server, role, {"Service": service + ".amazonaws.com"})
        for role in ("enriched", "plain"):
            for name in GRANTS:
                self.grant(role, name)
        self.table_stream = self.client("dynamodb").create_table(
            TableName="chaos", BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )["TableDescription"]["LatestStreamArn"]
        self.dead = self.client("sqs").create_queue(QueueName="dead")["QueueUrl"]
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("app.py", ENRICHMENT)
        function = self.client("lambda").create_function(
            FunctionName="enrich", Runtime="python3.11", Handler="app.handler", Role=roles["function"], Timeout=3,
            Code={"ZipFile": out.getvalue()})["FunctionArn"]
        for name in ("enriched", "plain"):
            kinesis = self.client("kinesis")
            kinesis.create_stream(StreamName=name, ShardCount=1)
            until(lambda: kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"][
                "StreamStatus"] == "ACTIVE", "the stream is ACTIVE")
        self.pipe("enriched", roles, {
            "BatchSize": 20, "ParallelizationFactor": 4, "MaximumRetryAttempts": 3,
            "OnPartialBatchItemFailure": "AUTOMATIC_BISECT",
            "DeadLetterConfig": {"Arn": "arn:aws:sqs:us-east-1:000000000000:dead"}}, Enrichment=function)
        self.pipe("plain", roles, {"BatchSize": 50})

    def pipe(self, name, roles, source, **more):
        self.client("pipes").create_pipe(
            Name=name, RoleArn=roles[name], Source=self.table_stream,
            Target="arn:aws:kinesis:us-east-1:000000000000:stream/" + name,
            SourceParameters={"DynamoDBStreamParameters": {"StartingPosition": "TRIM_HORIZON", **source}},
            TargetParameters={"KinesisStreamParameters": {"PartitionKey": "$.dynamodb.Keys.id.S"}}, **more)
        until(lambda: self.client("pipes").describe_pipe(Name=name)["CurrentState"] == "RUNNING", "RUNNING")

    def write(self, dice):
        """One change of each key; in one of three rounds one of them is poison."""
        self.number += 1
        bad = dice.randrange(KEYS) if dice.randrange(3) == 0 else None
        puts = []
        for key in range(KEYS):
            item = {"id": {"S": f"k{key}"}, "n": {"N": str(self.number)}, "pad": {"S": PAD}}
            if key == bad:
                item["poison"] = {"BOOL": True}
            puts.append({"PutRequest": {"Item": item}})
            self.written.append((f"k{key}", self.number, key == bad))
        reply = self.client("dynamodb").batch_write_item(RequestItems={"chaos": puts})
        assert not reply["UnprocessedItems"]

    def piped(self):
        """How many records both pipes have delivered."""
        return json.loads(raw(self.server.url, "GET", "/_penstock/flow")[2])["piped"]

    def refusals(self):
        """How many calls of the plain pipe have failed since this server began."""
        for line in raw(self.server.url, "GET", "/_penstock/metrics")[2].decode().splitlines():
            if line.startswith("penstock_pipe_target_errors{") and ":pipe/plain" in line:
                return float(line.rsplit(" ", 1)[1])
        return 0


def disturb(world, dice, fresh):
    """One step of the schedule, and then something happens before the next. `fresh`: there are new changes."""
    step = dice.randrange(6)
    stuck = fresh and ("plain", "write") in world.revoked
    if step == 0:
        world.kill()
    elif step == 1:
        choice = dice.choice([("enriched", "read"), ("enriched", "letters"), ("plain", "read"), ("plain", "write")])
        if choice not in world.revoked:
            world.revoke(*choice)
    elif step <= 3 and world.revoked:
        world.grant(*dice.choice(sorted(world.revoked)))
    if not world.revoked:
        wanted = min(world.piped() + dice.randrange(1, 60), len(world.written) * 3 // 2)
        until(lambda: world.piped() >= wanted, "some more is delivered")
    elif stuck and ("plain", "write") in world.revoked and ("plain", "read") not in world.revoked:
        until(lambda: world.refusals() > 0, "the pipe is refused")


def carried(world, name):
    found = []
    for record in read_stream(world.client("kinesis"), name):
        image = json.loads(record["Data"])["dynamodb"]["NewImage"]
        found.append((image["id"]["S"], int(image["n"]["N"])))
    return found


def check_stream(found, expected):
    assert len(found) == len(set(found)), "a change is there twice"
    assert sorted(found) == sorted(expected)
    for key in {key for key, _ in expected}:
        numbers = [number for k, number in found if k == key]
        assert numbers == sorted(numbers), f"the changes of {key} are out of order"


def sequences_of_poison(world):
    streams = world.client("dynamodbstreams")
    found = set()
    for shard in streams.describe_stream(StreamArn=world.table_stream)["StreamDescription"]["Shards"]:
        iterator = streams.get_shard_iterator(
            StreamArn=world.table_stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        while iterator:
            page = streams.get_records(ShardIterator=iterator)
            for record in page["Records"]:
                if "poison" in record["dynamodb"]["NewImage"]:
                    found.add((shard["ShardId"], record["dynamodb"]["SequenceNumber"]))
            iterator = page.get("NextShardIterator") if page["Records"] else None
    return found


def told_poison(world):
    """What the letters that have come so far name."""
    sqs = world.client("sqs")
    for message in sqs.receive_message(QueueUrl=world.dead, MaxNumberOfMessages=10).get("Messages", []):
        world.letters.append(json.loads(message["Body"]))
        sqs.delete_message(QueueUrl=world.dead, ReceiptHandle=message["ReceiptHandle"])
    infos = [letter["DDBStreamBatchInfo"] for letter in world.letters]
    return {(info["shardId"], info["startSequenceNumber"]) for info in infos}


def check_letters(world):
    """A kill between the message and the note that it was sent may double a message, as on AWS."""
    for letter in world.letters:
        assert list(letter) == ["context", "version", "timestamp", "DDBStreamBatchInfo"]
        assert letter["context"] == {
            "partnerResourceArn": "arn:aws:pipes:us-east-1:000000000000:pipe/enriched",
            "condition": "RetryAttemptsExhausted"}
        info = letter["DDBStreamBatchInfo"]
        assert (info["batchSize"], info["streamArn"]) == (1, world.table_stream)
        assert info["startSequenceNumber"] == info["endSequenceNumber"]


def test_nothing_is_lost_doubled_or_out_of_order(tmp_path, capsys):
    seed = int(os.environ.get("PENSTOCK_CHAOS_SEED", random.SystemRandom().randrange(1 << 32)))
    with capsys.disabled():
        print(f"\nPENSTOCK_CHAOS_SEED={seed}")
    dice = random.Random(seed)
    world = World(tmp_path / "data")
    try:
        world.build()
        # Throttled from the first batch on: nothing else has been done to the pipe yet.
        for _ in range(5):
            world.write(dice)
        until(lambda: world.refusals() > 0, "a batch was not taken, or in part")
        for _ in range(STEPS):
            fresh = world.number < ROUNDS
            if fresh:
                world.write(dice)
            disturb(world, dice, fresh)
        for role, name in sorted(world.revoked):
            world.grant(role, name)
        everything = [(key, number) for key, number, _ in world.written]
        good = [(key, number) for key, number, poison in world.written if not poison]
        # The last life is without limits, so that reading the streams has none.
        world.kills += 1
        world.server.kill()
        world.start()
        until(lambda: len(carried(world, "plain")) >= len(everything), "all changes", seconds=60)
        until(lambda: len(carried(world, "enriched")) >= len(good), "all that are no poison", seconds=60)
        poison = sequences_of_poison(world)
        assert len(poison) == len(everything) - len(good)
        until(lambda: told_poison(world) >= poison, "the letters", seconds=60)
        assert told_poison(world) == poison
        check_stream(carried(world, "plain"), everything)
        check_stream(carried(world, "enriched"), good)
        check_letters(world)
    finally:
        world.server.stop()
    with capsys.disabled():
        print(f"{len(everything)} changes, {len(poison)} of them poison, {world.kills} kills")
