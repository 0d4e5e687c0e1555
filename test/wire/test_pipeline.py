"""The whole chain: orders written with boto3 come back as rows of Athena, each change once, across a kill -9.

The expectations follow from the orders themselves; that nothing is lost or doubled is penstock's own promise.
"""

import collections
import decimal
import json
import random

import pytest

import pipeline
from support import Server, until

ORDERS = 300


class Orders:
    """Writes orders and remembers what each acknowledged change must look like in the lake."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.now = {}
        self.expected = []

    def write(self, dynamodb, count):
        for _ in range(count):
            order = str(self.dice.randint(1, 60))
            quantity = self.dice.randint(1, 1000)
            price = decimal.Decimal(self.dice.randint(1, 99999)) / 100
            key = {"orderid": {"S": order}}
            if order in self.now and self.dice.random() < 0.2:
                dynamodb.delete_item(TableName=pipeline.TABLE, Key=key)
                self.expected.append((order, *self.now.pop(order), "REMOVE"))
                continue
            dynamodb.put_item(TableName=pipeline.TABLE, Item={
                **key, "product_name": {"S": "Laptop"}, "quantity": {"N": str(quantity)}, "price": {"N": str(price)}})
            if self.now.get(order) == (quantity, price):
                continue  # A put that changes nothing makes no record.
            self.expected.append((order, quantity, price, "MODIFY" if order in self.now else "INSERT"))
            self.now[order] = (quantity, price)


def delivered(client, wanted):
    def lines():
        found = pipeline.lake_lines(client)
        return len(found) >= wanted and found

    return until(lines, f"{wanted} lines in the lake")


@pytest.mark.parametrize("seed", [7])
def test_orders_become_rows_exactly_once(tmp_path, seed):
    data = tmp_path / "data"
    server = Server(data)
    try:
        pipeline.make_pipeline(server.client)
        orders = Orders(seed)
        orders.write(server.client("dynamodb"), ORDERS)
        # In the middle of the flow: some changes are in the lake, some are on their way.
        until(lambda: pipeline.lake_lines(server.client), "the first lines in the lake")
        server.kill()
        server = Server(data)
        orders.write(server.client("dynamodb"), ORDERS)
        found = delivered(server.client, len(orders.expected))
        assert len(found) == len(orders.expected)
        ids = [json.loads(line)["event_id"] for line in found]
        assert len(set(ids)) == len(ids)

        pipeline.crawl(server.client)
        rows = pipeline.select(
            server.client, "SELECT orderid, quantity, price, event_name, event_id FROM sales")
        seen = [(r["orderid"], int(r["quantity"]), decimal.Decimal(r["price"]), r["event_name"]) for r in rows]
        assert sorted(seen) == sorted(orders.expected)
        assert sorted(row["event_id"] for row in rows) == sorted(ids)
        assert pipeline.select(
            server.client, "SELECT event_id FROM sales GROUP BY event_id HAVING count(*) > 1") == []

        # The table itself: what is there now, as the last answered write left it.
        kept = server.client("dynamodb").scan(TableName=pipeline.TABLE, ConsistentRead=True)["Items"]
        assert {
            item["orderid"]["S"]: (int(item["quantity"]["N"]), decimal.Decimal(item["price"]["N"])) for item in kept
        } == orders.now
    finally:
        server.stop()


def test_queries_of_the_example(tmp_path):
    # Each statement of examples/sales/queries.sql runs; the last finds no change twice.
    server = Server(tmp_path / "data")
    try:
        pipeline.make_pipeline(server.client)
        orders = Orders(1)
        orders.write(server.client("dynamodb"), 40)
        delivered(server.client, len(orders.expected))
        pipeline.crawl(server.client)
        text = "\n".join(
            line for line in (pipeline.SALES / "queries.sql").read_text().splitlines() if not line.startswith("--"))
        answers = [pipeline.select(server.client, sql) for sql in text.split(";") if sql.strip()]
        assert len(answers) == 7
        kinds = {row["event_name"]: int(row["changes"]) for row in answers[1]}
        assert sum(kinds.values()) == len(orders.expected)
        # Seconds do not tell which of two changes of an order is newer, so only orders changed once are certain.
        changes = collections.Counter(change[0] for change in orders.expected)
        shown = {row["orderid"] for row in answers[3]}
        assert {order for order, times in changes.items() if times == 1} <= shown <= set(changes)
        assert answers[4] == [{"changes": str(len(orders.expected))}]
        assert answers[6] == []
    finally:
        server.stop()
