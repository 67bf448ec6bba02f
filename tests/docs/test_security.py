"""SECURITY.md claims nothing that no test holds, and its table of writers is that of the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from shared.core import roles
from shared.web.body import LIMIT

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def names_of_tests() -> Iterator[str]:
    """The name of every test of the project."""
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name


def test_every_test_that_the_page_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 35
    assert sorted(named - set(names_of_tests())) == []


def test_every_part_about_an_attack_names_a_test() -> None:
    part = PAGE.partition("## What somebody malicious can try")[2].partition("\n## ")[0]
    attacks = re.split(r"^\*\*", part, flags=re.MULTILINE)[1:]
    assert len(attacks) >= 6
    for attack in attacks:
        assert "`test_" in attack, attack[:60]


def test_who_writes_where_is_the_table_of_the_code() -> None:
    row = r"^\| (data|models|state) `([\w-]+/)` \| (.*) \| (.*) \|$"
    rows = re.findall(row, PAGE, re.MULTILINE)
    told = {
        (bucket, prefix): tuple(set(re.findall(r"`([a-z-]+)`", cell)) for cell in cells)
        for bucket, prefix, *cells in rows
    }
    wanted: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
    for grant in roles.GRANTS:
        places = wanted.setdefault((grant.bucket, grant.prefix), (set(), set()))
        for permission, accounts in zip((roles.CREATE, roles.DELETE), places, strict=True):
            if permission in grant.permissions:
                accounts.add(grant.account)
    by_people = {place for place, writers in wanted.items() if not any(writers)}
    assert {place for place, writers in told.items() if not any(writers)} <= by_people
    assert {place: told[place] for place in told} == {place: wanted[place] for place in told}
    assert wanted.keys() - told.keys() == {("state", "keys/")}, "operators only, as the page says"


def test_the_largest_body_is_the_one_that_the_page_names() -> None:
    assert "1.5 MB" in PAGE
    assert round(LIMIT / 1_048_576, 1) == 1.5
