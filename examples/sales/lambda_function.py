"""Firehose transform of the sales pipeline: one JSON line per order change.

Takes the records of the pipe (DynamoDB stream records as JSON) and returns the order as it is after the change.
A delete has no NewImage: its line carries the key and what was known last (OldImage), so that it does not drop
out of the lake.
"""

import base64
import json
from datetime import datetime, timezone


def plain(value):
    """A DynamoDB value ({"S": "a"}, {"N": "1"}, ...) as a plain JSON value."""
    kind, content = next(iter(value.items()))
    if kind == "N":
        return int(content) if content.lstrip("-").isdigit() else float(content)
    if kind == "NULL":
        return None
    if kind == "M":
        return {name: plain(member) for name, member in content.items()}
    if kind == "L":
        return [plain(member) for member in content]
    if kind == "NS":
        return [plain({"N": member}) for member in content]
    return content


def line_of(change):
    record = change["dynamodb"]
    image = record.get("NewImage") or record.get("OldImage") or record["Keys"]
    order = {name: plain(value) for name, value in image.items()}
    created = datetime.fromtimestamp(record["ApproximateCreationDateTime"], timezone.utc)
    line = {
        "orderid": order["orderid"],
        "product_name": order.get("product_name"),
        "quantity": order.get("quantity"),
        "price": order.get("price"),
        "event_name": change["eventName"],
        "event_id": change["eventID"],
        "creation_datetime": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if "ordered_at_ms" in order:
        line["ordered_at_ms"] = order["ordered_at_ms"]
    return json.dumps(line) + "\n"


def lambda_handler(event, context):
    output = []
    for record in event["records"]:
        change = json.loads(base64.b64decode(record["data"]))
        data = base64.b64encode(line_of(change).encode()).decode()
        output.append({"recordId": record["recordId"], "result": "Ok", "data": data})
    print(f"transformed {len(output)} records")
    return {"records": output}
