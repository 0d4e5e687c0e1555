#!/usr/bin/env python3
"""Distils the facts of AWS service models into tools/codegen/facts/<service>.json.

Usage: distil.py MODEL_DIRECTORY [service ...]

MODEL_DIRECTORY holds botocore's <service>.service-2.json[.gz]. Only facts are kept (operations, shapes,
members, types, constraints, locations, error codes), no prose, and only what the operations listed in
operations/<service>.txt reach. The result is checked in, so a build never needs the models.
"""

import gzip
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
SHAPE_FACTS = ("type", "min", "max", "pattern", "enum", "flattened", "locationName", "timestampFormat",
               "sensitive", "streaming", "union", "payload", "exception", "xmlNamespace", "eventstream",
               "event", "document")
MEMBER_FACTS = ("shape", "location", "locationName", "flattened", "xmlAttribute", "idempotencyToken",
                "timestampFormat", "streaming", "xmlNamespace")


def load(directory, service):
    for name in (f"{service}.service-2.json.gz", f"{service}.service-2.json"):
        path = pathlib.Path(directory) / name
        if path.exists():
            opener = gzip.open if path.suffix == ".gz" else open
            with opener(path, "rt", encoding="utf-8") as file:
                return json.load(file)
    raise SystemExit(f"no model of {service} in {directory}")


def pick(source, names):
    return {name: source[name] for name in names if name in source}


def distil_member(member):
    return pick(member, MEMBER_FACTS)


def distil_shape(shape):
    fact = pick(shape, SHAPE_FACTS)
    if "error" in shape:
        fact["error"] = pick(shape["error"], ("code", "httpStatusCode"))
    if shape["type"] == "structure":
        fact["required"] = shape.get("required", [])
        fact["members"] = {name: distil_member(m) for name, m in shape["members"].items()}
    for part in ("member", "key", "value"):
        if part in shape and isinstance(shape[part], dict):
            fact[part] = distil_member(shape[part])
    return fact


def children(shape):
    for member in shape.get("members", {}).values():
        yield member["shape"]
    for part in ("member", "key", "value"):
        if isinstance(shape.get(part), dict) and "shape" in shape[part]:
            yield shape[part]["shape"]


def distil(model, served):
    unknown = [name for name in served if name not in model["operations"]]
    if unknown:
        raise SystemExit(f"not in the model: {unknown}")
    operations, wanted = {}, []
    for name in model["operations"]:
        if name not in served:
            continue
        operation = model["operations"][name]
        fact = {"http": pick(operation.get("http", {}), ("method", "requestUri", "responseCode"))}
        for side in ("input", "output"):
            if side in operation:
                fact[side] = pick(operation[side], ("shape", "locationName", "xmlNamespace", "resultWrapper"))
                wanted.append(operation[side]["shape"])
        fact["errors"] = [error["shape"] for error in operation.get("errors", [])]
        wanted += fact["errors"]
        operations[name] = fact
    shapes = {}
    while wanted:
        name = wanted.pop()
        if name in shapes:
            continue
        shapes[name] = distil_shape(model["shapes"][name])
        wanted += children(shapes[name])
    ordered = {name: shapes[name] for name in model["shapes"] if name in shapes}
    meta = pick(model["metadata"], ("apiVersion", "endpointPrefix", "jsonVersion", "protocol", "serviceId",
                                    "signingName", "targetPrefix", "xmlNamespace"))
    absent = {name: pick(operation.get("http", {}), ("method", "requestUri"))
              for name, operation in model["operations"].items() if name not in served}
    return {"metadata": meta, "operations": operations, "absent": absent, "shapes": ordered}


def main():
    directory = sys.argv[1]
    services = sys.argv[2:] or sorted(p.stem for p in (HERE / "operations").glob("*.txt"))
    for service in services:
        served = [line.strip() for line in (HERE / "operations" / f"{service}.txt").read_text().splitlines()
                  if line.strip() and not line.startswith("#")]
        facts = distil(load(directory, service), served)
        text = json.dumps(facts, indent=1, ensure_ascii=True)
        (HERE / "facts" / f"{service}.json").write_text(text + "\n")
        print(f"{service}: {len(facts['operations'])} operations, {len(facts['shapes'])} shapes")


if __name__ == "__main__":
    main()
