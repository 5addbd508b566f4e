"""The packages that a training runs on. As a program, it prints them as JSON; it imports none of them, so that it is quick."""

import json
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

# The versions that this code is tested with.
REQUIREMENTS = [Path(__file__).with_name(name) for name in ("requirements.in", "zero3.in")]
PINNED = re.compile(r"^([a-z0-9-]+)==([0-9.]+)", re.MULTILINE)


def known_versions():
    return dict(pin for file in REQUIREMENTS for pin in PINNED.findall(file.read_text()))


def found_versions():
    """By package; empty for one that is not installed."""
    return {name: _found(name) for name in known_versions()}


def _found(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


if __name__ == "__main__":
    print(json.dumps({"known": known_versions(), "found": found_versions()}))
