"""What the pages tell people to type: gcloud's own parser takes it, and so do ours."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.command import PASS_THROUGH, VERBS, parse
from deploy.command import VERBS as DEPLOY_VERBS
from deploy.command import parser
from tests.docs.gcloud import refused_by_gcloud, without_gcloud

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [
    path
    for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
    if path.name != "CHANGELOG.md"
]
STAND_FOR = {"P": "my-project", "R": "us-central1", "NAME": "dropserve", "M": "iris", "V": "v1"}
"""What the runbook's letters and variables mean, which gcloud would not take for names."""


def blocks(page: Path, program: str) -> Iterator[str]:
    """The lines of a page's code blocks that begin with a program, without what follows `#`."""
    text = re.sub(r" *\\\n *", " ", page.read_text(encoding="utf-8"))
    for line in text.splitlines():
        found = re.fullmatch(rf" {{4,}}({re.escape(program)}( .*?)?)(?:\s+# .*)?", line)
        if found:
            yield found[1]


def inline(page: Path, program: str) -> Iterator[str]:
    """The same in running text."""
    text = " ".join(page.read_text(encoding="utf-8").split())
    yield from re.findall(rf"`({re.escape(program)} [^`]*)`", text)


def named(command: str) -> str:
    """A command with names in place of the page's letters."""
    for letters, name in STAND_FOR.items():
        command = re.sub(rf"(?<![A-Za-z_$-])\$?{letters}(?![A-Za-z_])", name, command)
    return re.sub(r"\$\(date [^)]*\)", "2026-11-22T13:00:00Z", command)


def gcloud_commands(page: Path) -> set[str]:
    """Whole commands: what is only mentioned, or cut by three dots, is not typed."""
    found = {*blocks(page, "gcloud"), *inline(page, "gcloud")}
    return {named(command) for command in found if "..." not in command and " --" in command}


@pytest.mark.gcloud
@without_gcloud
def test_gcloud_accepts_what_the_pages_tell_to_type(tmp_path: Path) -> None:
    commands = {command for page in PAGES for command in gcloud_commands(page)}
    assert len(commands) > 30
    assert refused_by_gcloud(commands, tmp_path) == []


def run_commands() -> list[tuple[str, str]]:
    """(page, command) of each block line that begins with ./run."""
    return [(page.name, command) for page in PAGES for command in blocks(page, "./run")]


@pytest.mark.parametrize(("page", "command"), run_commands())
def test_run_takes_what_the_pages_tell_to_type(page: str, command: str) -> None:
    verb, *words = shlex.split(command)[1:]
    assert verb in VERBS
    if verb not in PASS_THROUGH:
        parse(verb, words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_verb_that_a_page_names_exists(page: Path) -> None:
    named_here = {command.split()[1] for command in inline(page, "./run")}
    assert {verb for verb in named_here if re.fullmatch(r"[a-z]+", verb)} <= set(VERBS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_deploy_takes_what_the_pages_tell_to_type(page: Path) -> None:
    for command in blocks(page, "./deploy.sh"):
        first, *rest = named(command).split()[1:]
        verb, rest = (first, rest) if first in DEPLOY_VERBS else ("", [first, *rest])
        assert parser(verb).parse_args(rest).project == "my-project"
