#!/usr/bin/env python3
"""Members of requests that no source of their service reads: what would be accepted and then ignored.

Usage: unused_members.py [--all] [--exact BUILD_DIRECTORY]

Takes every member that an input of a served operation reaches (tools/codegen/facts), under the name that its field
has in C++ (tools/codegen/generate.py), and looks for a use of that name in src/services. What is rightly never
read by name is listed in tools/codegen/unread_members.txt, whose lines are

    unread   service.Shape: Member ...: reason     the member has no effect, on AWS neither or here by the reason
    masked   service.Shape: Member ...: reason     likewise, but the service uses the name for something else
    honoured service.Shape: Member ...: where     it is read before an operation sees it
    kept     service.Shape: Member ...: reason     it is stored and shown with its shape, whatever is inside
    refused  service.Shape: Member ...             the service refuses it as a whole; what is inside cannot matter

Fails on a member that is neither used nor listed, and on a line that is no longer needed. --all prints the listed
ones as well.

A use is `.field`, `->field` or `::field`; whose field it is, is not known, so that a name which a service uses for
anything counts as used. --exact knows it: it marks the fields as deprecated and lets the compiler of a configured
build directory (clang) say where they are used, which takes minutes. Neither proves that what is read is honoured.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools" / "codegen"))
import generate  # noqa: E402: found through the path above.

LIST = ROOT / "tools" / "codegen" / "unread_members.txt"
LINE = re.compile(r"(?P<kind>unread|masked|honoured|kept|refused) (?P<service>\w+)\.(?P<shape>\w+): "
                  r"(?P<members>[\w ]+?)(?:: (?P<reason>.+))?")
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


FIELD = re.compile(r"  (?P<type>[^\[ ].*?) (?P<name>\w+)(?P<rest>( = [^;]+)?;)")
USED = re.compile(r"^(?!.*/gen/).*warning: '\w+' is deprecated: @(\w+)\.(\w+)\.(\w+)@", re.MULTILINE)


def marked_shapes(service):
    """shapes.h of the service, with every field deprecated."""
    owner = ""
    for line in service.shapes_h().splitlines():
        if match := re.match(r"struct (\w+) \{", line):
            owner = match[1]
        field = FIELD.fullmatch(line)
        if field and owner:
            line = (f'  [[deprecated("@{service.name}.{owner}.{field["name"]}@")]] '
                    f'{field["type"]} {field["name"]}{field["rest"]}')
        yield line


def compile_uses(command, directory, overlay):
    """The (service, shape, field) triples that a translation unit uses."""
    words = [word for word in shlex.split(command) if not word.startswith("-W")]
    begin = words.index("-o")
    words = words[:begin] + words[begin + 2:]
    include = next(i for i, word in enumerate(words) if word.startswith("-I"))
    words[include:include] = [f"-I{overlay}"]
    words += ["-fsyntax-only", "-Wdeprecated-declarations"]
    done = subprocess.run(words, cwd=directory, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return set(USED.findall(done.stderr))


def exact_uses(services, build):
    """The (service, shape, field) triples that the libraries of the services use."""
    units = json.loads((pathlib.Path(build) / "compile_commands.json").read_text())
    targets = [f"/penstock_{FOLDERS.get(service.name, service.name)}.dir/" for service in services]
    with tempfile.TemporaryDirectory() as overlay:
        for service in services:
            folder = pathlib.Path(overlay) / "gen" / service.name
            folder.mkdir(parents=True)
            (folder / "shapes.h").write_text("\n".join(marked_shapes(service)) + "\n")
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = [pool.submit(compile_uses, unit["command"], unit["directory"], overlay)
                    for unit in units if any(target in unit["command"] for target in targets)]
            return set().union(*(job.result() for job in jobs))


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


def check(service, is_unread, listed, is_exact):
    """Yields (fault?, text) for every member that is not used and every line that is not needed."""
    walls = {pair for pair, (kind, _) in listed.items() if kind in ("kept", "refused")}
    reached = input_members(service, walls)
    for (shape, member), operations in sorted(reached.items()):
        kind, reason = listed.get((shape, member), (None, None))
        if is_unread(shape, member):
            text = f"{shown(operations)}: {service.name}.{shape}.{member}"
            if kind == "masked" and not is_exact:
                yield True, f"{text} is unread now, not masked: change {LIST.name}"
            elif reason:
                yield False, f"{text} is {kind}: {reason}"
            else:
                yield True, f"{text} is never read" + (", so it is not refused" if kind else "")
        elif kind == ("masked" if is_exact else "unread"):
            yield True, f"{service.name}.{shape}.{member} is read now: take it off {LIST.name}"
    for shape, member in sorted(listed):
        name = f"{service.name}.{shape}.{member}"
        if (shape, member) not in reached:
            yield True, f"{name} is in no request: take it off {LIST.name}"
        elif (shape, member) in walls:
            inside = reach(service, service.shapes[shape]["members"][member]["shape"])
            if next(inside, None) is None and not is_unread(shape, member):
                yield True, f"{name} is read and has nothing in it: take it off {LIST.name}"


def shown(operations):
    return ", ".join(operations[:3]) + (f" and {len(operations) - 3} more" if len(operations) > 3 else "")


def main():
    arguments = sys.argv[1:]
    listed, faults = load_list(), 0
    services = [generate.Service(path.stem)
                for path in sorted((ROOT / "tools" / "codegen" / "facts").glob("*.json"))]
    for name in sorted(set(listed) - {service.name for service in services}):
        raise SystemExit(f"{LIST.name}: there is no service {name}")
    build = arguments[arguments.index("--exact") + 1] if "--exact" in arguments else None
    exact = exact_uses(services, build) if build else None
    for service in services:
        names = used_names(service.name)

        def is_unread(shape, member):
            field = generate.snake(member)
            return (service.name, shape, field) not in exact if build else field not in names

        for is_fault, text in check(service, is_unread, listed.get(service.name, {}), bool(build)):
            faults += is_fault
            if is_fault or "--all" in arguments:
                print(text)
    print(f"{faults} members are ignored, or listed without need")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
