"""The locked files agree with each other and with the groups they are made from."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

import pytest

from cli.lock import AUDIT, LOCKS, UNION
from cli.place import ROOT

PARTS = [group for group, file in LOCKS.items() if file != UNION]
PIN = re.compile(r"([a-z0-9][a-z0-9.-]*)==(\S+)((?: ;[^\\]*)?)")


def pins(file: str) -> dict[str, str]:
    text = (ROOT / file).read_text(encoding="utf-8")
    found = [PIN.match(line) for line in text.splitlines() if line[:1].isalnum()]
    assert all(found), f"{file} holds a line that pins nothing"
    return {match[1]: match[2] for match in found if match}


def hashes(file: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
        if match := PIN.match(line):
            found[match[1]] = []
            name = match[1]
        elif "--hash=" in line:
            found[name].append(line.strip(" \\"))
    return found


def asked(group: str) -> Iterator[str]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        groups = tomllib.load(file)["dependency-groups"]
    for line in groups[group]:
        if isinstance(line, str):
            yield line
        else:
            yield from asked(line["include-group"])


@pytest.mark.parametrize("group", PARTS)
def test_a_part_pins_what_the_union_pins(group: str) -> None:
    union = pins(UNION)
    different = {
        name: (version, union.get(name))
        for name, version in pins(LOCKS[group]).items()
        if union.get(name) != version and (name in union or LOCKS[group] != AUDIT)
    }
    assert not different, "type ./run lock"


@pytest.mark.parametrize("group", list(LOCKS))
def test_every_pin_has_hashes(group: str) -> None:
    assert not [name for name, known in hashes(LOCKS[group]).items() if not known]


@pytest.mark.parametrize("group", list(LOCKS))
def test_what_pyproject_asks_for_is_locked(group: str) -> None:
    locked = pins(LOCKS[group])
    for line in asked(group):
        wanted, _, _ = line.partition(";")  # the platforms that it is for
        name, _, version = wanted.strip().partition("==")
        assert name in locked, f"{line} is not in {LOCKS[group]}: type ./run lock"
        assert version in ("", locked[name]), f"{line} is locked at {locked[name]}: ./run lock"


@pytest.mark.parametrize("group", ["retrain", "deploy_version", "predict"])
def test_a_function_names_the_whole_framework(group: str) -> None:
    """What a function does not name, Google's buildpack adds in older versions."""
    assert {"functions-framework", "uvicorn", "uvloop", "httptools"} <= set(pins(LOCKS[group]))


def test_predict_installs_nothing_that_trains() -> None:
    assert not {"numpy", "pandas", "scikit-learn", "scipy"} & set(pins(LOCKS["predict"]))


def test_every_requirements_file_is_a_locked_one() -> None:
    places = ("requirements*.txt", "[a-z]*/requirements*.txt", "[a-z]*/[a-z]*/requirements*.txt")
    found = {path.relative_to(ROOT).as_posix() for place in places for path in ROOT.glob(place)}
    assert found == set(LOCKS.values())
