#!/usr/bin/env python3
"""Writes docs/compatibility.md: per service and operation, what is the same as on AWS, differs, or is absent.

Usage: compatibility.py [--check]

The lists come from tools/codegen/facts (what the server is generated from), the notes from
docs/compatibility_notes.toml, what has no effect from tools/codegen/unread_members.txt. --check writes nothing and fails when the page is not what would be written.
"""

import json
import pathlib
import sys
import tomllib

import unused_members

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "compatibility.md"
NOTES = ROOT / "docs" / "compatibility_notes.toml"
ORDER = ("dynamodb", "dynamodbstreams", "pipes", "kinesis", "firehose", "lambda", "s3", "glue", "athena", "logs",
         "sqs", "iam", "sts")
EFFECTLESS = ("unread", "masked", "kept")

HEAD = """# Compatibility

Per service and operation, against the AWS service models of botocore. Written by `tools/compatibility.py` from
`tools/codegen/facts/`, `tools/codegen/unread_members.txt` and `docs/compatibility_notes.toml`;
`tools/compatibility.py --check` fails when it is stale.

- **same**: served; no difference is known beyond the limits below and those of the service. Request shapes, required
  members, ranges, patterns and enumerations are enforced from the model before an operation runs.
- **differs**: served, with the difference that is stated.
- **absent**: known by name, not served. The answer is HTTP 501 `NotImplemented` with the message
  `penstock does not serve SERVICE.OPERATION.` A request signed for a service that is not here gets the same with
  `penstock does not serve SERVICE.`

A served operation refuses, by name, parameters that it does not honour. What is refused is listed per service, and so
is what may be sent but has no effect, with the reason; the test `unread_members` fails on any other that is not read.

## Limits of every service

- **Permissions.** `auth=off` reads the account and region out of the signature and checks nothing. `auth=strict` refuses
  requests without a valid signature of the root key or of a session from STS, and decides on actions and resources by the
  policies of roles and of resources (tables with their indexes, DynamoDB streams, Kinesis streams and consumers, queues,
  functions), as AWS documents it within one account. `auth=soft` logs what `strict` would refuse. What is evaluated:
  [IAM](../src/services/iam/README.md).
- **No TLS.** The server speaks HTTP/1.1 and HTTP/2 with prior knowledge, both in clear text.
- **Signatures** are version 4, in the header or presigned. Version 2 and version 4A are not served.
- **Protocols** are AWS JSON 1.0 and 1.1, REST-JSON, REST-XML and Query, as the service model says; Kinesis speaks CBOR as well.
- **No throughput limits** and no throttling by account, except Lambda's concurrency and full queues.
- **Accounts**: an access key of twelve digits is its own account (with `auth=off` or `soft`); all others belong to the
  account of the options. Resources are kept per account and region; S3 buckets have one name space.
- **Across accounts** only queues can be addressed; their policies decide about it in every mode. Other resources of another
  account are not found, whatever their policies say, and neither is anything of another partition than `aws`.
- A `--bind` to another endpoint gives a stage that endpoint's behaviour instead of the one described here.
"""


def without_effect(listed):
    """What is accepted and changes nothing: the members of each reason."""
    owners = {}
    for (shape, member), (kind, reason) in listed.items():
        if kind in EFFECTLESS:
            owners.setdefault(reason, {}).setdefault(member, []).append(shape)
    return "; ".join(
        ", ".join(f"`{member if len(shapes) > 1 else f'{shapes[0]}.{member}'}`" for member, shapes in members.items())
        + f" ({reason})" for reason, members in owners.items())


def section(service, facts, notes, listed):
    served, absent = facts["operations"], facts["absent"]
    unknown = sorted(set(notes["operations"]) - set(served))
    if unknown:
        raise SystemExit(f"{NOTES}: {service} does not serve {', '.join(unknown)}")
    name = facts["metadata"].get("serviceId", service)
    differing = notes["operations"]
    lines = [f"## {name}", ""]
    lines += [f"{len(served)} operations served, {len(differing)} of them with a difference; {len(absent)} absent. "
              f"More: [{notes['readme']}](../{notes['readme']}).", ""]
    lines += [f"- {line}" for line in notes["general"]]
    lines += [""] if notes["general"] else []
    lines += ["| operation | | difference |", "|---|---|---|"]
    for operation in sorted(served):
        note = differing.get(operation)
        lines.append(f"| {operation} | {'differs' if note else 'same'} | {note or ''} |")
    lines.append("")
    if notes["absent"]:
        lines += [f"**Not there.** {notes['absent']}", ""]
    if any(kind in EFFECTLESS for kind, _ in listed.values()):
        lines += [f"Accepted, kept at most, and without effect: {without_effect(listed)}.", ""]
    if absent:
        lines += ["Absent operations: " + ", ".join(sorted(absent)) + ".", ""]
    return lines


def page():
    notes = tomllib.loads(NOTES.read_text(encoding="utf-8"))
    facts = {path.stem: json.loads(path.read_text(encoding="utf-8"))
             for path in (ROOT / "tools" / "codegen" / "facts").glob("*.json")}
    if set(facts) != set(ORDER) or set(notes) != set(ORDER):
        raise SystemExit("services of facts, notes and this script are not the same")
    lines, listed = [], unused_members.load_list()
    for service in ORDER:
        lines += section(service, facts[service], notes[service], listed.get(service, {}))
    return HEAD + "\n" + "\n".join(lines).rstrip() + "\n"


def main():
    text = page()
    if "--check" in sys.argv[1:]:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
            raise SystemExit("docs/compatibility.md is stale: run tools/compatibility.py")
        return
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
