#!/usr/bin/env python3
"""Mock sales orders for the table Ordertable, written with boto3.

The order id is drawn from 1..10000, so that the longer it runs the more puts replace an order that is there:
the stream then carries MODIFY besides INSERT. --updates and --deletes are the shares of writes that change or
delete an order this run has written.

    python3 generator.py --count 1000 --rate 50 --updates 0.2 --deletes 0.05 --seed 7

There is no endpoint in here: the profile decides where it goes. `penstock run -- python3 generator.py` sends the
very same script to a local server.
"""

import argparse
import random
import sys
import time
from decimal import Decimal

import boto3

PRODUCTS = [
    ("Laptop", Decimal("749.99")),
    ("Phone", Decimal("499.50")),
    ("Tablet", Decimal("329.00")),
    ("Headphones", Decimal("79.99")),
    ("Charger", Decimal("19.95")),
    ("Monitor", Decimal("219.00")),
    ("Keyboard", Decimal("45.50")),
    ("Mouse", Decimal("24.90")),
]


def share(text):
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to 1")
    return value


def arguments():
    parser = argparse.ArgumentParser(description="Write mock sales orders into a DynamoDB table.")
    parser.add_argument("--table", default="Ordertable", help="table with the hash key orderid (S)")
    parser.add_argument("--count", type=int, default=100, help="writes in all")
    parser.add_argument("--updates", type=share, default=0.0, help="share of writes that are updates")
    parser.add_argument("--deletes", type=share, default=0.0, help="share of writes that are deletes")
    parser.add_argument("--rate", type=float, default=0.0, help="writes per second; 0: as fast as it goes")
    parser.add_argument("--seed", type=int, default=None, help="the same seed writes the same orders")
    return parser.parse_args()


def mock_order(dice):
    product, price = dice.choice(PRODUCTS)
    return {
        "orderid": str(dice.randint(1, 10000)),
        "product_name": product,
        "quantity": dice.randint(1, 5),
        "price": price,
    }


def write(table, dice, known, options):
    """One write; returns what it was."""
    kind = dice.random()
    order = mock_order(dice)
    if known and kind < options.deletes:
        table.delete_item(Key={"orderid": known.pop(dice.randrange(len(known)))})
        return "deletes"
    if known and kind < options.deletes + options.updates:
        table.update_item(
            Key={"orderid": dice.choice(known)},
            UpdateExpression="SET quantity = :q, price = :p",
            ExpressionAttributeValues={":q": order["quantity"], ":p": order["price"]},
        )
        return "updates"
    table.put_item(Item=order)
    if order["orderid"] not in known:
        known.append(order["orderid"])
    return "puts"


def main():
    options = arguments()
    session = boto3.Session(profile_name="default", region_name="ap-south-1")
    table = session.resource("dynamodb").Table(options.table)
    dice = random.Random(options.seed)
    known = []
    written = {"puts": 0, "updates": 0, "deletes": 0}
    started = time.monotonic()
    try:
        for index in range(options.count):
            if options.rate > 0:
                time.sleep(max(0.0, started + index / options.rate - time.monotonic()))
            written[write(table, dice, known, options)] += 1
    except KeyboardInterrupt:
        pass
    print(", ".join(f"{count} {kind}" for kind, count in written.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
