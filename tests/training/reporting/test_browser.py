"""The page in a real Chromium: no script, no request, readable narrow, dark and printed."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from shared.training.reporting.report import render
from tests.browser import ABSENT, PROGRAM, Tab, tab
from tests.training.reporting.cards import HOSTILE, full

pytestmark = pytest.mark.skipif(PROGRAM is None, reason=ABSENT)

NAMES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
CLASSES = ["setosa", "versicolor", "virginica"]
OWNED = "document.documentElement.dataset.owned = 'yes'"
SCRIPTS = tuple(
    name.replace("alert(1)", OWNED).replace("<script", "<script data-no=1") for name in HOSTILE
)
EVERY = "Object.values(document.querySelectorAll('body *'))"
WIDE = f"""{EVERY}.filter(e => !e.closest('.scroll') && e.getBoundingClientRect().right > 360)
  .map(e => e.closest('section, header')?.id + ': ' + e.outerHTML.slice(0, 120))"""
TOO_FAINT = f"""
(() => {{
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => (c /= 255) <= 0.03928 ? c / 12.92 :
    ((c + 0.055) / 1.055) ** 2.4).reduce((s, c, i) => s + c * [0.2126, 0.7152, 0.0722][i], 0);
  const over = (top, below) => top.length < 4 ? top : below.map((c, i) =>
    top[3] * top[i] + (1 - top[3]) * c);
  const behind = e => e ? over(rgb(getComputedStyle(e).backgroundColor), behind(e.parentElement))
    : [255, 255, 255];
  const contrast = e => {{
    const style = getComputedStyle(e), back = behind(e);
    const svg = e instanceof SVGElement;
    const [a, b] = [light(rgb(svg ? style.fill : style.color)), light(back)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }};
  return {EVERY}
    .filter(e => e.tagName !== 'title' && [...e.childNodes].some(n => n.nodeType === 3
      && n.data.trim()))
    .filter(e => contrast(e) < 4.5)
    .map(e => e.outerHTML.slice(0, 120) + ' ' + contrast(e).toFixed(2));
}})()
"""


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def file(folder: Path, data: bytes) -> str:
    path = folder / "report.html"
    path.write_bytes(data)
    return path.as_uri()


def wild(name: str) -> bytes:
    return render(full([name, name + "2", "c", name], [name + "3", name]))


async def owned(page: Tab) -> bool:
    """Whether a script ran, also one that waits for a hand on the page."""
    await page.value(
        f"{EVERY}.forEach(e => ['mouseover', 'focus', 'error', 'load', 'click'].forEach("
        "kind => e.dispatchEvent(new Event(kind))))"
    )
    return bool(await page.value("document.documentElement.dataset.owned === 'yes'"))


def requested(page: Tab) -> list[str]:
    """Addresses that the page asked for, itself aside."""
    asked = [event["request"]["url"] for event in page.told("Network.requestWillBeSent")]
    return [address for address in asked if not address.endswith("/report.html")]


def test_hostile_names_run_no_script_and_ask_for_nothing(chromium: str, tmp_path: Path) -> None:
    async def look() -> None:
        async with tab(chromium) as page:
            for name in SCRIPTS:
                await page.open(file(tmp_path, wild(name)))
                assert not await owned(page), name
                assert requested(page) == [], name
                assert page.told("Audits.issueAdded") == [], name
                assert await page.value("document.querySelectorAll('section').length") > 8

    assert len(SCRIPTS) >= 30
    run(look())


def test_the_policy_holds_where_escaping_would_not(chromium: str, tmp_path: Path) -> None:
    data = wild("MARK")
    evil = f"<script>{OWNED}</script><img src=https://evil.example/x onerror={OWNED!r}>".encode()
    policy = data[data.index(b"<meta http-equiv") : data.index(b"<meta name=")]

    async def look() -> None:
        async with tab(chromium) as page:
            broken = data.replace(b"<bdi>MARK</bdi>", evil)
            await page.open(file(tmp_path, broken))
            assert not await owned(page)
            assert requested(page) == [] or page.told("Audits.issueAdded")
            await page.open(file(tmp_path, broken.replace(policy, b"")))
            assert await owned(page), "the test would not notice a script"

    run(look())


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_every_text_stands_out_from_what_is_behind_it(
    chromium: str, tmp_path: Path, dark: bool, task: str
) -> None:
    async def look() -> None:
        async with tab(chromium) as page:
            await page.screen(1000, dark=dark)
            await page.open(file(tmp_path, render(full(NAMES, CLASSES, task=task))))
            assert await page.value(TOO_FAINT) == []
            assert (await page.value("getComputedStyle(document.body).color")).startswith(
                "rgb(232" if dark else "rgb(28"
            )

    run(look())


@pytest.mark.parametrize("name", ["sepal_length", "x" * 5_000, "W" * 60, "\u202eab\u0301" * 30])
def test_a_phone_shows_the_page_without_scrolling_sideways(
    chromium: str, tmp_path: Path, name: str
) -> None:
    async def look() -> None:
        async with tab(chromium) as page:
            for task in ("classification", "regression"):
                await page.screen(360)
                card = full([name, f"{name}2", "c"], [f"{name}3", name], task=task)
                await page.open(file(tmp_path, render(card)))
                assert await page.value(WIDE) == []
                assert await page.value("document.documentElement.scrollWidth") <= 360

    run(look())


def test_print_is_black_on_white_even_for_a_dark_screen(chromium: str, tmp_path: Path) -> None:
    async def look() -> None:
        async with tab(chromium) as page:
            await page.screen(700, dark=True, media="print")
            await page.open(file(tmp_path, render(full(NAMES, CLASSES))))
            assert await page.value("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
            assert await page.value(TOO_FAINT) == []
            printed = await page.call("Page.printToPDF", preferCSSPageSize=True)
            assert len(printed["data"]) > 10_000

    run(look())
