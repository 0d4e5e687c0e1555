#!/usr/bin/env python3
"""Members of requests that no source of their service mentions: what would be accepted and then ignored.

Usage: unused_members.py [--all]

Takes every member that an input of a served operation reaches (tools/codegen/facts), under the name that its field
has in C++ (tools/codegen/generate.py), and looks for a use of that name in src/services. What is rightly never
read by name is listed in tools/codegen/unread_members.txt, whose lines are

    unread  service.Shape: Member ...: reason     the member has no effect, on AWS neither or here by the reason
    kept    service.Shape: Member ...: reason     it is stored and shown with its shape, whatever is inside
    refused service.Shape: Member ...             the service refuses it as a whole; what is inside cannot matter

Fails on a member that is neither used nor listed, and on a line that is no longer needed. --all prints the listed
ones as well.

A use is `.field`, `->field` or `::field`; whose field it is, is not known, so that a name which a service uses for
anything counts as used. The check finds what was overlooked; it does not prove that what is read is honoured.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools" / "codegen"))
import generate  # noqa: E402: found through the path above.

LIST = ROOT / "tools" / "codegen" / "unread_members.txt"
LINE = re.compile(r"(?P<kind>unread|kept|refused) (?P<service>\w+)\.(?P<shape>\w+): (?P<members>[\w ]+?)(?:: (?P<reason>.+))?")
FOLDERS = {"dynamodbstreams": "dynamodb", "sts": "iam"}
USE = re.compile(r"(?:\.|->|::)\s*([a-z]\w*)\b")


def used_names(service):
    """What the sources of `service`, without its tests, mention as a member of something."""
    folder = ROOT / "src" / "services" / FOLDERS.get(service, service)
    names = set()
    for path in folder.rglob("*"):
        if path.suffix not in (".h", ".cc") or {"tests", "fuzz"} & set(path.relative_to(folder).parts):
            continue
        text = "\n".join(line for line in path.read_text().splitlines()
                         if not line.lstrip().startswith(("//", "#include")))
        names.update(USE.findall(text))
    return names


def reach(service, start, walls=frozenset()):
    """The (shape, member) pairs that the shape `start` reaches; behind members in `walls` nothing is."""
    seen, todo = set(), [start]
    while todo:
        name = todo.pop()
        if name in seen or service.is_custom(name):
            continue
        seen.add(name)
        shape = service.shapes[name]
        for member, target in shape.get("members", {}).items():
            yield name, member
            if (name, member) not in walls:
                todo.append(target["shape"])
        todo += [shape[part]["shape"] for part in ("member", "value") if part in shape]


def input_members(service, walls):
    """(shape, member) -> names of the operations whose inputs reach it."""
    reached = {}
    for operation, fact in service.operations.items():
        for pair in reach(service, fact["input"]["shape"], walls):
            reached.setdefault(pair, []).append(operation)
    return reached


def load_list():
    """{service: {(shape, member): (kind, reason)}}"""
    listed = {}
    for number, line in enumerate(LIST.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = LINE.fullmatch(line)
        if not match or (match["kind"] == "refused") != (match["reason"] is None):
            raise SystemExit(f"{LIST.name}:{number}: not a line of the form that {pathlib.Path(__file__).name} says")
        for member in match["members"].split():
            key = (match["shape"], member)
            if key in listed.setdefault(match["service"], {}):
                raise SystemExit(f"{LIST.name}:{number}: {member} is listed twice")
            listed[match["service"]][key] = (match["kind"], match["reason"])
    return listed


def check(service, used, listed):
    """Yields (fault?, text) for every member that is not used and every line that is not needed."""
    walls = {pair for pair, (kind, _) in listed.items() if kind != "unread"}
    reached = input_members(service, walls)

    def is_unread(pair):
        return generate.snake(pair[1]) not in used

    for (shape, member), operations in sorted(reached.items()):
        kind, reason = listed.get((shape, member), (None, None))
        if is_unread((shape, member)):
            text = f"{shown(operations)}: {service.name}.{shape}.{member}"
            if kind in ("unread", "kept"):
                yield False, f"{text} is {kind}: {reason}"
            else:
                yield True, f"{text} is never read" + (", so it is not refused" if kind else "")
        elif kind == "unread":
            yield True, f"{service.name}.{shape}.{member} is read now: take it off {LIST.name}"
    for shape, member in sorted(listed):
        name = f"{service.name}.{shape}.{member}"
        if (shape, member) not in reached:
            yield True, f"{name} is in no request: take it off {LIST.name}"
        elif (shape, member) in walls:
            inside = reach(service, service.shapes[shape]["members"][member]["shape"])
            if not any(map(is_unread, inside)) and not is_unread((shape, member)):
                yield True, f"{name} and all that is in it is read: take it off {LIST.name}"


def shown(operations):
    return ", ".join(operations[:3]) + (f" and {len(operations) - 3} more" if len(operations) > 3 else "")


def main():
    listed, faults = load_list(), 0
    services = [path.stem for path in sorted((ROOT / "tools" / "codegen" / "facts").glob("*.json"))]
    for name in sorted(set(listed) - set(services)):
        raise SystemExit(f"{LIST.name}: there is no service {name}")
    for name in services:
        for is_fault, text in check(generate.Service(name), used_names(name), listed.get(name, {})):
            faults += is_fault
            if is_fault or "--all" in sys.argv[1:]:
                print(text)
    print(f"{faults} members are ignored, or listed without need")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
