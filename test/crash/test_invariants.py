"""64 clients on the same few keys, while the server is killed again and again: transfers between accounts, a ring of
nodes that grows and shrinks, names that one client may claim, a counter. Expectations are documented: a transaction is
done whole or not at all and once for its token, a condition and its write are one step, an answered write stays."""

import http.client
import json
import random
import threading
import time
import urllib.parse
import uuid

from support import Server

CLIENTS = 64
ROUNDS = 4
ACCOUNTS = 5
BALANCE = 1000
NAMES = 40
TABLE = "invariants"


class Gone(Exception):
    """The server went away before it answered."""


class Connection:
    def __init__(self, url):
        address = urllib.parse.urlsplit(url)
        self.http = http.client.HTTPConnection(address.hostname, address.port, timeout=60)

    def call(self, operation, **request):
        """(type of the error or None, the reply)"""
        try:
            self.http.request("POST", "/", json.dumps(request), {
                "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"DynamoDB_20120810.{operation}"})
            response = self.http.getresponse()
            reply = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.http.close()
            raise Gone from error
        if response.status == 200:
            return None, reply
        assert response.status == 400, reply
        return reply["__type"].split("#")[1], reply

    def get(self, name):
        error, reply = self.call("GetItem", TableName=TABLE, Key={"id": {"S": name}}, ConsistentRead=True)
        assert error is None, reply
        return {k: next(iter(v.values())) for k, v in reply.get("Item", {}).items()}


def update(name, expression, condition=None, names=None, **values):
    members = {"TableName": TABLE, "Key": {"id": {"S": name}}, "UpdateExpression": expression}
    if condition:
        members["ConditionExpression"] = condition
    if names:
        members["ExpressionAttributeNames"] = names
    members["ExpressionAttributeValues"] = {
        f":{k}": {"N": str(v)} if isinstance(v, int) else {"S": v} for k, v in values.items()}
    return members


class Client:
    def __init__(self, number, seed):
        self.number = number
        self.dice = random.Random(f"{seed}/{number}")
        self.steps = 0
        self.counted = self.doubtful = 0
        self.claimed = set()
        self.in_doubt = None  # A transaction, or a claimed name, that was not answered.

    def live(self, url, stop):
        connection = Connection(url)
        try:
            self.settle(connection)
            while not stop.is_set():
                self.step(connection)
        except Gone:
            pass

    def settle(self, connection):
        """Finds out what became of what was in doubt when the server went away."""
        doubt = self.in_doubt
        if isinstance(doubt, dict):
            self.transact(connection, doubt)
        elif doubt:
            if connection.get(doubt).get("owner") == str(self.number):
                self.claimed.add(doubt)
            self.in_doubt = None

    def step(self, connection):
        self.steps += 1
        kind = self.dice.randrange(5)
        if kind == 0:
            self.transfer(connection)
        elif kind == 1:
            self.count(connection)
        elif kind == 2:
            self.claim(connection)
        else:
            self.relink(connection, grows=kind == 3)

    def transact(self, connection, request):
        self.in_doubt = request
        error, reply = connection.call("TransactWriteItems", **request)
        assert error in (None, "TransactionCanceledException"), reply
        self.in_doubt = None

    def transfer(self, connection):
        source, target = self.dice.sample(range(ACCOUNTS), 2)
        amount = self.dice.randrange(1, 400)
        self.transact(connection, {"ClientRequestToken": str(uuid.uuid4()), "TransactItems": [
            {"Update": update(f"account{source}", "SET balance = balance - :x", "balance >= :x", x=amount)},
            {"Update": update(f"account{target}", "ADD balance :x", x=amount)}]})

    def count(self, connection):
        self.doubtful += 1
        error, reply = connection.call("UpdateItem", **update("counter", "ADD n :one", one=1))
        assert error is None, reply
        self.doubtful -= 1
        self.counted += 1

    def claim(self, connection):
        name = f"name{self.dice.randrange(NAMES)}"
        self.in_doubt = name
        error, reply = connection.call(
            "PutItem", TableName=TABLE, Item={"id": {"S": name}, "owner": {"S": str(self.number)}},
            ConditionExpression="attribute_not_exists(id)")
        assert error in (None, "ConditionalCheckFailedException"), reply
        self.in_doubt = None
        if error is None:
            self.claimed.add(name)

    def relink(self, connection, grows):
        at = connection.get("node")
        for _ in range(self.dice.randrange(4)):
            at = connection.get(at["follower"]) or connection.get("node")
        here, follower = at["id"], at["follower"]
        if grows:
            new = f"node-{self.number}-{self.steps}"
            change = {"Put": {"TableName": TABLE, "Item": {"id": {"S": new}, "follower": {"S": follower}},
                              "ConditionExpression": "attribute_not_exists(id)"}}
        else:
            gone = connection.get(follower)
            if follower in ("node", here) or not gone:
                return
            new = gone["follower"]
            change = {"Delete": {"TableName": TABLE, "Key": {"id": {"S": follower}},
                                 "ConditionExpression": "follower = :f",
                                 "ExpressionAttributeValues": {":f": {"S": new}}}}
        self.transact(connection, {"ClientRequestToken": str(uuid.uuid4()), "TransactItems": [
            {"Update": update(here, "SET follower = :new", "follower = :old", new=new, old=follower)}, change]})


def set_up(url):
    connection = Connection(url)
    error, reply = connection.call(
        "CreateTable", TableName=TABLE, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    assert error is None, reply
    for i in range(ACCOUNTS):
        connection.call("UpdateItem", **update(f"account{i}", "SET balance = :b", b=BALANCE))
    connection.call("UpdateItem", **update("node", "SET follower = :n", n="node"))


def everything(connection):
    error, reply = connection.call("Scan", TableName=TABLE, ConsistentRead=True)
    assert error is None and "LastEvaluatedKey" not in reply
    return {item["id"]["S"]: {k: next(iter(v.values())) for k, v in item.items()} for item in reply["Items"]}


def check(items, clients):
    balances = [int(items[f"account{i}"]["balance"]) for i in range(ACCOUNTS)]
    assert sum(balances) == ACCOUNTS * BALANCE and min(balances) >= 0, balances
    counted = sum(client.counted for client in clients)
    doubtful = sum(client.doubtful for client in clients)
    assert counted <= int(items["counter"]["n"]) <= counted + doubtful
    owners = {name: item["owner"] for name, item in items.items() if name.startswith("name")}
    assert owners == {name: str(client.number) for client in clients for name in client.claimed}
    assert sum(len(client.claimed) for client in clients) == len(owners)
    ring = {name: item["follower"] for name, item in items.items() if name.startswith("node")}
    at, seen = "node", set()
    while at not in seen:
        seen.add(at)
        at = ring[at]
    assert at == "node" and seen == set(ring)


def live(url, clients, seconds, server):
    """Lets the clients work, then kills the server."""
    stop = threading.Event()
    failures = []

    def work(client):
        try:
            client.live(url, stop)
        except BaseException as failure:  # noqa: BLE001: told by the main thread.
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    before = sum(client.steps for client in clients)
    end = time.monotonic() + seconds
    # At least one step each, however slow the machine is.
    while (time.monotonic() < end or sum(c.steps for c in clients) < before + CLIENTS) and not failures:
        time.sleep(0.01)
    server.kill()
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures, failures[0]


def test_invariants_hold_across_kills(tmp_path):
    seed = time.time_ns()
    print("seed", seed)
    clients = [Client(number, seed) for number in range(CLIENTS)]
    server = Server(str(tmp_path / "data"))
    set_up(server.url)
    for _ in range(ROUNDS):
        live(server.url, clients, 1.5, server)
        server = Server(str(tmp_path / "data"))
    connection = Connection(server.url)
    try:
        for client in clients:
            client.settle(connection)
        check(everything(connection), clients)
        assert all(client.steps > 0 for client in clients)
    finally:
        server.stop()
    server = Server(str(tmp_path / "data"))
    try:
        check(everything(Connection(server.url)), clients)
    finally:
        server.stop()
