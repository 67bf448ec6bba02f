"""Status pages in a real Chromium: no script, no request, readable narrow and dark."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from shared.status import index, page
from tests.browser import ABSENT, PROGRAM, tab
from tests.status.statuses import full
from tests.training.reporting.test_browser import SCRIPTS, TOO_FAINT, WIDE, owned

pytestmark = pytest.mark.skipif(PROGRAM is None, reason=ABSENT)


PROTOCOLS = "[...document.querySelectorAll('a')].map(a => a.protocol)"
"""Of all links: a name cannot make an address of its own, such as `javascript:`."""


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def all_models(name: str) -> bytes:
    """The page of all models, where everything is named so."""
    keys = ("live", "why", "last", "last-at", "drops")
    head = {f"dropserve-{key}": name for key in keys}
    pinned = {**head, "dropserve-why": "pinned", "dropserve-last": "live"}
    lines = [index.Line("iris", pinned), index.Line(name, head)]
    return index.render(lines, {"ignored": full(name)["ignored"]})


def file(folder: Path, data: bytes) -> str:
    path = folder / "page.html"
    path.write_bytes(data)
    return path.as_uri()


def test_hostile_names_run_no_script_and_ask_for_nothing(chromium: str, tmp_path: Path) -> None:
    async def look() -> None:
        async with tab(chromium) as at:
            for name in SCRIPTS:
                for data in (page.render(full(name)), all_models(name)):
                    await at.open(file(tmp_path, data))
                    assert not await owned(at), name
                    asked = [e["request"]["url"] for e in at.told("Network.requestWillBeSent")]
                    assert [url for url in asked if not url.endswith("/page.html")] == [], name
                    assert at.told("Audits.issueAdded") == [], name
                    assert await at.value("document.querySelectorAll('section').length") >= 2
                    assert set(await at.value(PROTOCOLS)) == {"file:"}, name

    assert len(SCRIPTS) >= 30
    run(look())


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(
    chromium: str, tmp_path: Path, dark: bool
) -> None:
    async def look() -> None:
        async with tab(chromium) as at:
            await at.screen(900, dark=dark)
            for data in (page.render(full()), all_models("iris")):
                await at.open(file(tmp_path, data))
                assert await at.value(TOO_FAINT) == []

    run(look())


@pytest.mark.parametrize("name", ["sepal_length", "x" * 5_000, "W" * 60, "\u202eab\u0301" * 30])
def test_a_phone_shows_the_pages_without_scrolling_sideways(
    chromium: str, tmp_path: Path, name: str
) -> None:
    async def look() -> None:
        async with tab(chromium) as at:
            await at.screen(360)
            for data in (page.render(full(name)), all_models(name)):
                await at.open(file(tmp_path, data))
                assert await at.value(WIDE) == []
                assert await at.value("document.documentElement.scrollWidth") <= 360

    run(look())
