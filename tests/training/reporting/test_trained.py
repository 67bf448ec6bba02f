"""The page of cards that the trainer made: whole, quiet, and free of the data's rows."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from shared.training.reporting.report import SECTIONS, render
from tests.browser import ABSENT, PROGRAM, tab
from tests.training.reporting.cards import HOSTILE
from tests.training.reporting.test_browser import OWNED, file, owned, requested
from tests.training.reporting.test_report import Page, page
from tests.training.reporting.trained import PLAIN, ROWS, card, table

NO_CALIBRATION = {"calibration"}
"""A section that a regression has not."""
BREAKING = ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '" onmouseover="alert(1)')


@pytest.fixture(scope="module")
def classified() -> dict[str, Any]:
    return card()


@pytest.fixture(scope="module")
def regressed() -> dict[str, Any]:
    return card(regression=True)


def sections(shown: Page) -> list[str | None]:
    return [fields["id"] for tag, fields in shown.tags if tag == "section"]


def test_a_trained_model_s_page_has_every_section(
    classified: dict[str, Any], regressed: dict[str, Any]
) -> None:
    every = [anchor for anchor, *_ in SECTIONS]
    assert sections(page(classified)) == every
    assert sections(page(regressed)) == [one for one in every if one not in NO_CALIBRATION]


def test_it_tells_what_happened_to_each_column(classified: dict[str, Any]) -> None:
    words = page(classified).words.casefold()
    for told in ("identifier", "looks like a date", "looks like free text", "age has moved"):
        assert told in words
    assert "of the live version" in words
    assert f"judged by cross-validation on {ROWS} rows" in words


def test_no_script_and_no_address_is_on_it(classified: dict[str, Any]) -> None:
    shown = page(classified)
    assert "script" not in shown.names
    assert not [key for _, fields in shown.tags for key in fields if key.startswith("on")]
    links = [f[key] for _, f in shown.tags for key in ("href", "src") if key in f]
    assert all(link and link.startswith("#") for link in links)


def test_no_cell_that_one_row_has_stands_on_it(classified: dict[str, Any]) -> None:
    text = page(classified).words
    for row in table(PLAIN, regression=False, moved=9.0).decode().splitlines()[1::10]:
        _, _, note, _, age, spent, _ = row.split(",")
        assert note not in text
        assert not re.search(rf"(?<![\d.]){re.escape(spent)}(?![\d.])", text), spent
        assert not age or f"{age}, {spent}" not in text


@pytest.mark.parametrize("regression", [False, True])
def test_names_that_are_hostile_stay_text_all_the_way_from_the_csv(
    regression: bool, classified: dict[str, Any], regressed: dict[str, Any]
) -> None:
    tame = page(regressed if regression else classified)
    for name in BREAKING:
        names = tuple(f"{name}{n}" for n in range(4))
        wild = page(card(names, regression=regression))
        assert wild.names <= tame.names
        assert {k for _, f in wild.tags for k in f} <= {k for _, f in tame.tags for k in f}
        assert sections(wild) == sections(tame)
    assert set(BREAKING) <= set(HOSTILE)


@pytest.mark.skipif(PROGRAM is None, reason=ABSENT)
def test_a_browser_runs_nothing_and_asks_for_nothing(chromium: str, tmp_path: Path) -> None:
    name = BREAKING[1].replace("alert(1)", OWNED.replace(" ", ""))
    data = render(card(tuple(f"{name}{n}" for n in range(4))))

    async def look() -> None:
        async with tab(chromium) as shown:
            await shown.open(file(tmp_path, data))
            assert not await owned(shown)
            assert requested(shown) == []
            assert shown.told("Audits.issueAdded") == []
            count = "document.querySelectorAll('section').length"
            assert await shown.value(count) == len(SECTIONS)

    asyncio.run(look())
