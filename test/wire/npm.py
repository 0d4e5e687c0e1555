"""Packages from npm for tests, as a package-lock.json names them."""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest


def installed(folder, *flags):
    """The directory where the packages of `folder` (beside this file) are: installed once, in the build directory."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    here = pathlib.Path(__file__).resolve().parent / folder
    named = os.environ.get("PENSTOCK_JS_DIR")
    parent = pathlib.Path(named or tempfile.gettempdir())
    place = parent / (f"wire-{folder}" if named else f"penstock-wire-{folder}-{os.getuid()}")
    place.mkdir(parents=True, exist_ok=True)
    stamp = hashlib.sha256((here / "package-lock.json").read_bytes()).hexdigest()
    with open(place / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "stamp").exists() or (place / "stamp").read_text() != stamp:
            for file in ("package.json", "package-lock.json"):
                shutil.copy(here / file, place)
            done = subprocess.run(
                ["npm", "ci", "--no-audit", "--no-fund", "--omit=dev", "--ignore-scripts", *flags], cwd=place,
                capture_output=True, text=True, timeout=280)
            assert done.returncode == 0, done.stdout + done.stderr
            (place / "stamp").write_text(stamp)
    for script in here.glob("*.mjs"):
        shutil.copy(script, place)
    return place
