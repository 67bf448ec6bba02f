"""Documentation is tested: names, settings, links and commands are what the code has."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from shared.core import artifact, ledger
from shared.core.settings import SETTINGS
from shared.core.source import Source
from shared.core.trigger import BatchDrop, parse_batch_name

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#]*)(?:#([^)]+))?\)")
PAGE_NAME = r"(?:docs/[\w/.-]+|README|CHANGELOG|CONTRIBUTING|SECURITY)\.md"
MENTION = re.compile(rf"\b({PAGE_NAME})(?:#([\w-]+))?")
"""How code, settings and examples name a page."""
SUFFIXES = {".py", ".toml", ".sh", ".yml", ".yaml", ".ipynb"}
SOURCES = sorted(
    path
    for path in ROOT.glob("[a-z]*/**/*")
    if path.suffix in SUFFIXES and not {"node_modules", "build"} & set(path.parts)
)


def text(name: str) -> str:
    """A page of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        there = page.parent / target if target else page
        assert there.exists(), f"{page.name} links to {target}"
        assert has(there, anchor), f"{page.name} links to {target}#{anchor}"


def has(page: Path, anchor: str) -> bool:
    """Whether a link into a page arrives."""
    return not anchor or anchor in anchors(page)


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ +(.+?) *$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_every_page_that_code_settings_and_examples_name_is_there() -> None:
    found = 0
    for source in SOURCES:
        for name, anchor in MENTION.findall(source.read_text(encoding="utf-8")):
            found += 1
            assert (ROOT / name).exists(), f"{source} names {name}"
            assert has(ROOT / name, anchor), f"{source} names {name}#{anchor}"
    assert found > 10


def test_the_formats_page_shows_the_names_that_the_code_makes() -> None:
    source = Source("data-bucket", "data/iris/iris.csv", 17, "2026-11-22T13:00:00.123Z")
    drop = artifact.drop_id(source)
    batch = parse_batch_name(replace(source, name="batch/iris/week_7.csv"))
    assert isinstance(batch, BatchDrop)
    page = text("docs/42-formats.md")
    for name in (
        artifact.directory("iris", source),
        artifact.version_name(source),
        ledger.entry_name("iris", drop, "trained"),
        artifact.lease_name("iris", drop),
        batch.request,
        batch.result,
        batch.outcome,
        batch.lease,
        artifact.default_name("iris"),
        artifact.configuration_name("iris"),
        artifact.status_name("iris"),
        artifact.status_name("iris", "json"),
        artifact.notice_name("iris", drop, "30_trained", "sent"),
        artifact.sample_name("iris", artifact.version_name(source), source.created, "5f3a9c21"),
        artifact.registry_model_name("iris"),
        artifact.registry_version_name("iris", artifact.version_name(source)),
        artifact.registry_operation_name("create_iris_v1-1795352400000000"),
    ):
        assert f"`{name}`" in page


def test_the_formats_page_lists_every_step_of_the_ledger() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", text("docs/42-formats.md"), re.MULTILINE))
    assert rows == {step: str(number) for step, number in ledger.STEPS.items()}


def test_the_settings_page_is_the_list_in_the_code() -> None:
    def default(value: str | None) -> str:
        return "required" if value is None else f"`{value}`" if value else "empty"

    rows = [f"| `{s.name}` | {default(s.default)} | {s.help} |" for s in SETTINGS]
    assert [
        row for row in text("docs/39-settings.md").splitlines() if row.startswith("| `")
    ] == rows


@pytest.mark.parametrize("verb", sorted(set(re.findall(r"\./run ([a-z]+)", text("README.md")))))
def test_every_verb_of_the_readme_exists(verb: str) -> None:
    assert (ROOT / "cli" / f"{verb}.py").exists()


def test_the_readme_starts_with_the_two_commands() -> None:
    commands = re.findall(r"^    (\./run \w+)", text("README.md"), re.MULTILINE)
    assert commands[:2] == ["./run demo", "./run test"]
