#!/usr/bin/env python3
"""The style, as a test: layering, sizes, names of things that may not be there. Exits 1 and names each breach."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"

# A layer may include itself and what is listed; services stand beside each other and may not look sideways.
LAYERS = {
    "base": set(), "async": {"base"}, "storage": {"async", "base"}, "net": {"async", "base"},
    "protocol": {"net", "async", "base"}, "gen": {"protocol", "net", "async", "base"},
    "sql": {"protocol", "net", "async", "base"},
    "stream": {"gen", "protocol", "net", "storage", "async", "base"},
    "services": {"stream", "gen", "sql", "protocol", "net", "storage", "async", "base"},
    "server": {"services", "stream", "sql", "gen", "protocol", "net", "storage", "async", "base"},
    "cli": {"server", "gen", "protocol", "net", "storage", "async", "base"},
}
COLUMNS_MAX, LINES_MAX, HEADER_LINES_MAX = 100, 500, 250
BANNED = {
    r"#include <iostream>": "fmt or base/log.h",
    r"#include <regex>": "RE2 behind protocol/validation.h",
    r"\bstd::format\b": "fmt::format",
    r"\b(TODO|FIXME|XXX)\b": "finish it, or an issue",
    r"\bsleep_for\(std::chrono::seconds": "a condition",
    r"\bco_spawn\b": "Gate::spawn",
}
SIDEWAYS_ALLOWED = re.compile(r"/(tests|fuzz)/")


def breaches_of(path):
    text = path.read_text()
    name = path.relative_to(ROOT)
    parts = path.relative_to(SOURCE).parts
    generated = parts[0] == "gen"
    lines = text.splitlines()
    if not generated:
        limit = HEADER_LINES_MAX if path.suffix == ".h" else LINES_MAX
        if len(lines) > limit and "tests" not in parts:
            yield f"{name}: {len(lines)} lines, at most {limit}"
        for number, line in enumerate(lines, 1):
            if "tests" not in parts and len(re.sub(r'"[^"]*"', '""', line)) > COLUMNS_MAX and "http" not in line:
                yield f"{name}:{number}: {len(line)} columns, at most {COLUMNS_MAX}"
            for pattern, instead in BANNED.items():
                if re.search(pattern, line):
                    yield f"{name}:{number}: {pattern} is not used here; use {instead}"
    if path.suffix == ".h" and "#pragma once" not in text:
        yield f"{name}: no #pragma once"
    for include in re.findall(r'#include "([^"]+)"', text):
        layer = include.split("/")[0]
        if layer not in LAYERS:
            continue
        if layer != parts[0] and layer not in LAYERS.get(parts[0], set()) and "tests" not in parts:
            yield f"{name}: {parts[0]} may not include {include}"
        if layer == "services" and parts[0] == "services" and include.split("/")[1] != parts[1] \
                and not SIDEWAYS_ALLOWED.search(str(path)):
            yield f"{name}: a service may not include another service ({include})"


def main():
    breaches = []
    for path in sorted(SOURCE.rglob("*")):
        if path.suffix in (".cc", ".h"):
            breaches += breaches_of(path)
    for breach in breaches:
        print(breach)
    print(f"{len(breaches)} breaches of style")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
