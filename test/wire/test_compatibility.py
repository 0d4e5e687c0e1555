"""Walks the service models against the server: each operation that docs/compatibility.md calls served is there, each
other answers 501 NotImplemented with its name. The models are those the server is generated from (tools/codegen/facts)."""

import json
import re
import urllib.parse

import pytest

import support

FACTS = support.ROOT / "tools" / "codegen" / "facts"
PAGE = (support.ROOT / "docs" / "compatibility.md").read_text(encoding="utf-8")
# A request signed for the service, in the one part that is read with auth=off.
SCOPE = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/%s/aws4_request, SignedHeaders=host, Signature=0"


def models():
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FACTS.glob("*.json"))}


def section(model):
    """(served, absent) as the page says of this service."""
    title = model["metadata"].get("serviceId")
    text = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S).group(1)
    served = set(re.findall(r"^\| (\w+) \| (?:same|differs) \|", text, re.M))
    absent = re.search(r"^Absent operations: (.*)\.$", text, re.M)
    return served, set(absent.group(1).split(", ")) if absent else set()


def ask(endpoint, model, name, route):
    """An empty request of the operation: (status, headers and body as one text)."""
    meta = model["metadata"]
    headers = {"Authorization": SCOPE % meta.get("signingName", meta["endpointPrefix"])}
    method, target, body = route.get("method", "POST"), "/", b""
    if meta["protocol"] == "json":
        headers["X-Amz-Target"] = f"{meta['targetPrefix']}.{name}"
        headers["Content-Type"] = f"application/x-amz-json-{meta['jsonVersion']}"
        body = b"{}"
    elif meta["protocol"] == "query":
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urllib.parse.urlencode({"Action": name, "Version": meta["apiVersion"]}).encode()
    else:
        target = re.sub(r"\{[^}]+\}", "some-name", route["requestUri"])
    status, shown, reply = support.raw(endpoint, method, target, body, headers)
    return status, f"{shown} {reply.decode(errors='replace')}"


@pytest.mark.parametrize("service", sorted(models()))
def test_each_operation_is_served_or_refused_by_name(endpoint, service):
    model = models()[service]
    served, absent = section(model)
    assert served == set(model["operations"]) and absent == set(model["absent"])
    routes = {(o["http"]["method"], o["http"]["requestUri"]) for o in model["operations"].values() if "http" in o}
    for name, route in sorted(model["absent"].items()):
        if model["metadata"]["protocol"].startswith("rest") and (route["method"], route["requestUri"]) in routes:
            continue  # An old name of an operation that is served.
        status, reply = ask(endpoint, model, name, route)
        # S3 tells some operations apart by query parameters that an empty request lacks.
        same_route = [n for n, other in model["absent"].items() if other == route] if "s3" == service else [name]
        assert status == 501 and "NotImplemented" in reply, (name, status, reply)
        assert route.get("method") == "HEAD" or any(n in reply for n in same_route), (name, reply)
    if model["metadata"]["protocol"] not in ("json", "query"):
        return  # An empty request of a REST operation can mean another one; their own tests call each.
    for name, route in sorted(model["operations"].items()):
        status, reply = ask(endpoint, model, name, route)
        assert status not in (404, 500, 501), (name, status, reply)
