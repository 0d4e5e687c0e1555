"""Writers of orders that know, after every crash, exactly which of their changes must exist.

Each writer owns its orders and has one write in flight. A crash leaves that one in doubt: what the table holds after
the restart decides, and from then on it must be in the stream too (or must not).
"""

import random
import threading

from botocore.exceptions import BotoCoreError, ClientError

import pipeline

ORDERS_PER_WRITER = 25


class Writer:
    def __init__(self, number, seed):
        self.dice = random.Random(f"{seed}/{number}")
        self.names = [f"{number}-{i}" for i in range(ORDERS_PER_WRITER)]
        self.held = {}  # Order → the version the table holds.
        self.version = 0
        self.doubt = None  # (order, kind, version) of the write that was not answered.
        self.changes = []  # (order, kind, version) of all that happened.
        self.answered = 0

    def work(self, client, stop):
        while not stop.is_set():
            order = self.dice.choice(self.names)
            gone = order in self.held and self.dice.random() < 0.2
            self.version += 1
            kind = "REMOVE" if gone else "MODIFY" if order in self.held else "INSERT"
            self.doubt = (order, kind, self.held[order] if gone else self.version)
            try:
                self.send(client, order, gone)
            except (BotoCoreError, ClientError) as error:
                if isinstance(error, ClientError) and error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
                    raise
                return
            self.happened()
            self.answered += 1

    def send(self, client, order, gone):
        key = {"orderid": {"S": order}}
        if gone:
            client.delete_item(TableName=pipeline.TABLE, Key=key)
        elif self.dice.random() < 0.5:
            client.update_item(
                TableName=pipeline.TABLE, Key=key,
                UpdateExpression="SET product_name = :n, quantity = :v, price = :p",
                ExpressionAttributeValues={
                    ":n": {"S": "Phone"}, ":v": {"N": str(self.version)}, ":p": {"N": "499.5"}})
        else:
            client.put_item(TableName=pipeline.TABLE, Item={
                **key, "product_name": {"S": "Laptop"}, "quantity": {"N": str(self.version)}, "price": {"N": "749.99"}})

    def happened(self):
        order, kind, version = self.doubt
        self.changes.append(self.doubt)
        if kind == "REMOVE":
            del self.held[order]
        else:
            self.held[order] = version
        self.doubt = None

    def settle(self, found):
        """`found`: order → version, as the restarted table holds them. All answered writes must be there."""
        if self.doubt:
            order, kind, version = self.doubt
            applied = found.get(order) == version if kind != "REMOVE" else order not in found
            if applied:
                self.happened()
            self.doubt = None
        mine = {order: found[order] for order in self.names if order in found}
        assert mine == self.held, f"the table holds {mine}, answered was {self.held}"


def read_table(client):
    found = {}
    for page in client.get_paginator("scan").paginate(TableName=pipeline.TABLE, ConsistentRead=True):
        for item in page["Items"]:
            found[item["orderid"]["S"]] = int(item["quantity"]["N"])
    return found


class Load:
    """All writers at once, until they are stopped or the server is gone."""

    def __init__(self, writers, server):
        self.stop = threading.Event()
        self.failures = []
        self.threads = [
            threading.Thread(target=self.run, args=(writer, server.client("dynamodb", read_timeout=60)))
            for writer in writers]
        for thread in self.threads:
            thread.start()

    def run(self, writer, client):
        try:
            writer.work(client, self.stop)
        except Exception as error:  # Handed to the test's own thread.
            self.failures.append(error)

    def join(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()
        assert not self.failures, self.failures
