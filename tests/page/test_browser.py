"""The page in a real Chromium, over the predict function with its store and platform in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from shared.core import artifact
from shared.core.errors import InvalidRequest, PlatformUnavailable
from shared.core.schema import Feature, Schema
from shared.status import data
from shared.training.reporting.report import render
from tests.browser import ABSENT, PROGRAM, Tab, tab
from tests.functions.test_page import put_report
from tests.functions.test_predict import World, address, server, world
from tests.npm import installed
from tests.status.statuses import full
from tests.tokens import CALLER, token
from tests.training.reporting import cards
from tests.training.reporting.test_browser import OWNED, SCRIPTS, TOO_FAINT, WIDE, owned

__all__ = ["address", "server", "world"]
pytestmark = pytest.mark.skipif(PROGRAM is None, reason=ABSENT)

SOURCE = Path(__file__).resolve().parent
FORM = "document.querySelector('form[aria-label]')"
ANSWER = "document.querySelector('.answer')"
PREDICT = f"{FORM}.querySelector('button[type=submit]').click()"
SPOKEN = "document.getElementById('spoken').textContent"
HEADING = "document.querySelector('main h1')?.textContent"
FOCUS = "document.activeElement.id || document.activeElement.textContent"
LOADED = """document.addEventListener('load', event => {
  if (event.target.tagName === 'IFRAME') document.documentElement.dataset.framed = 'yes';
}, true)"""
FLATS = Schema(
    (
        Feature("size", "numeric", 10.0, 90.0),
        Feature("colour", "categorical", categories=("red", "blue"), nullable=True),
        Feature("paid", "boolean"),
        Feature("on", "date"),
        Feature("note", "categorical"),
    ),
    "kind",
    ("no", "yes"),
)


@asynccontextmanager
async def opened(chromium: str, world: World, path: str = "", **claims: Any) -> Any:
    """The page of a world, signed in; `path` behind the #."""
    async with tab(chromium) as at:
        await at.call("Runtime.enable")
        await at.screen(900)
        await at.open(f"{base(world)}#token={token(**claims)}")
        await at.until(f"{HEADING} !== undefined")
        if path:
            await go(at, path)
        yield at


def base(world: World) -> str:
    return f"http://127.0.0.1:{world.client.port}/"


async def go(at: Tab, path: str) -> None:
    before = await at.value(HEADING)
    await at.value(f"location.hash = '{path}'")
    await at.until(f"{HEADING} !== {before!r} && !document.querySelector('main[aria-busy]')")


async def predict(at: Tab) -> None:
    await at.value(f"{SPOKEN.removesuffix('.textContent')}.textContent = ''")
    await at.value(PREDICT)
    await at.until(f"{SPOKEN} !== ''")


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def blocked(at: Tab) -> list[dict[str, Any]]:
    """What the page's policy stopped."""
    return [event for event in at.told("Audits.issueAdded") if "contentSecurity" in str(event)]


def put_status(world: World, *names: str, model: str = "iris") -> None:
    """Stories of drops whose files, columns, reasons have these names."""
    drops = [drop for name in names for drop in full(name, drops=3)["drops"]]
    ignored = [one for name in names for one in full(name)["ignored"]]
    made = data.status(model, drops, len(drops), None, ignored)
    world.store.put("state", artifact.status_name(model, "json"), data.to_json(made))


def test_the_credential_leaves_the_address_and_is_nowhere_but_in_memory(
    chromium: str, world: World
) -> None:
    world.release(1)

    async def look() -> None:
        async with opened(chromium, world) as at:
            assert await at.value("location.href") == f"{base(world)}#/"
            assert CALLER in await at.value("document.getElementById('session').textContent")
            kept = "[document.cookie, localStorage.length, sessionStorage.length].join()"
            assert await at.value(kept) == ",0,0"
            asked = [e["request"]["url"] for e in at.told("Network.requestWillBeSent")]
            assert all(url.startswith(base(world)) and "eyJ" not in url[40:] for url in asked[1:])
            await at.value("document.querySelector('#session button').click()")
            await at.until(f"{HEADING} === 'Sign in'")

    run(look())


def test_without_a_model_it_says_how_to_make_one(chromium: str, world: World) -> None:
    async def look() -> None:
        async with opened(chromium, world) as at:
            assert await at.value(HEADING) == "No model yet"
            said = await at.value("document.querySelector('main').textContent")
            assert "./run drop examples/iris.csv" in said

    run(look())


def test_no_figure_beside_a_chart_is_cut_off(chromium: str, world: World) -> None:
    stories = [one for one in full("petal", drops=9)["drops"] if one["state"] == "live"]
    for place, one in enumerate(stories):
        one["metrics"] = {"rmse": 33_930_700 + place, "r2": -0.07252 - place, "rows": 150}
    made = data.status("iris", stories, len(stories), None, [])
    world.store.put("state", artifact.status_name("iris", "json"), data.to_json(made))
    left = "Math.min(...[...document.querySelectorAll('.chart text')].map(t => t.getBBox().x))"

    async def look() -> None:
        async with opened(chromium, world) as at:
            await go(at, "#/models/iris")
            assert 0 <= await at.value(left) < 300

    run(look())


def test_findings_that_say_the_same_stand_together_and_the_line_to_copy_once(
    chromium: str, world: World
) -> None:
    line = "sed -i.bak '5d;9d' FILE.csv"
    findings = [
        {"code": "ragged_row", "line": at, "message": f"this row is short. To mend it: {line}"}
        for at in (5, 9)
    ]
    (drop,) = [one for one in full("petal", drops=3)["drops"] if one["state"] == "refused"]
    made = data.status("iris", [drop | {"findings": findings, "counts": {}}], 1, None, [])
    world.store.put("state", artifact.status_name("iris", "json"), data.to_json(made))

    async def look() -> None:
        async with opened(chromium, world) as at:
            await go(at, "#/models/iris")
            told = await at.value("document.querySelector('#refusals').textContent")
            assert "(lines 5, 9): this row is short." in told
            assert told.count("sed -i") == 1
            assert await at.value("document.querySelector('#refusals code').textContent") == line

    run(look())


def test_a_model_of_which_nothing_is_live_shows_its_refusals(chromium: str, world: World) -> None:
    put_status(world, "petal")

    async def look() -> None:
        async with opened(chromium, world) as at:
            assert await at.value("document.querySelector('#waiting-title').textContent")
            await go(at, "#/models/iris")
            told = await at.value("document.querySelector('#refusals').textContent")
            assert "data/iris/petal.csv" in told
            assert "line 7, column petal" in told

    run(look())


def test_each_kind_of_feature_has_its_field_and_sends_its_kind(chromium: str, world: World) -> None:
    version = world.release(1, FLATS)
    seen: list[Any] = []
    world.platform.answer = lambda _, rows: seen.extend(rows) or ["yes" for _ in rows]

    async def look() -> None:
        async with opened(chromium, world, "#/models/iris") as at:
            kinds = f"[...{FORM}.querySelectorAll('.field > :is(input, select)')].map(e => e.type)"
            assert await at.value(kinds) == [
                *("text", "select-one", "text", "select-one", "date", "text")
            ]
            for _ in range(3):
                await at.value(f"{FORM}.querySelector('button.quiet').click()")
                await predict(at)
                size, colour, paid, day, note = seen[-1][:5]
                assert 10 <= size <= 90
                assert colour in ("red", "blue")
                assert paid in (0.0, 1.0)
                assert day > 20_000
                assert note
            assert await at.value(f"{ANSWER}.querySelector('.verdict').textContent") == "yes"
            assert version in await at.value(f"{ANSWER}.textContent")
            assert await at.value(SPOKEN) == "kind: yes, 100 %."

    run(look())


def test_what_the_api_refuses_or_finds_odd_stands_beside_its_field(
    chromium: str, world: World
) -> None:
    world.release(1, FLATS)
    world.platform.answer = lambda _, rows: ["yes" for _ in rows]
    told = "document.getElementById('{}-told').textContent"

    async def look() -> None:
        async with opened(chromium, world, "#/models/iris") as at:
            await at.value("field0.value = 'wide'; field2.value = ''")
            await predict(at)
            assert "number" in await at.value(told.format("field0"))
            assert await at.value("field0.getAttribute('aria-invalid')") == "true"
            assert "field0-told" in await at.value("field0.getAttribute('aria-describedby')")
            assert "true or false" in await at.value(told.format("field2"))
            assert await at.value("document.activeElement.id") == "field0"
            await at.value("field0.value = '4711'; field2.value = 'true'; field1.value = ''")
            await predict(at)
            assert await at.value("field0.getAttribute('aria-invalid')") is None
            assert "training" in await at.value(told.format("field0"))
            assert "1 warning" in await at.value(SPOKEN) or "2 warn" in await at.value(SPOKEN)

    run(look())


def test_a_version_without_probabilities_is_asked_for_its_label(
    chromium: str, world: World
) -> None:
    world.release(1, FLATS)
    asked = iter([InvalidRequest("there are no probabilities"), None])

    def answer(_: str, rows: list[Any]) -> list[Any]:
        if error := next(asked):
            raise error
        return ["no" for _ in rows]

    world.platform.answer = answer

    async def look() -> None:
        async with opened(chromium, world, "#/models/iris") as at:
            await predict(at)
            assert await at.value(SPOKEN) == "kind: no."
            assert "probabilities" not in await at.value(
                f"{ANSWER}.querySelector('pre').textContent"
            )

    run(look())


def test_a_failure_behind_is_told_with_the_id_of_the_request(chromium: str, world: World) -> None:
    world.release(1, FLATS)

    def answer(_: str, rows: list[Any]) -> list[Any]:
        raise PlatformUnavailable("secret")

    world.platform.answer = answer

    async def look() -> None:
        async with opened(chromium, world, "#/models/iris") as at:
            await predict(at)
            said = await at.value("document.querySelector('.general').textContent")
            assert "try again" in said
            assert "Request " in said
            assert "secret" not in said

    run(look())


def test_an_expired_sign_in_is_asked_for_again_and_keeps_what_was_typed(
    chromium: str, world: World
) -> None:
    world.release(1, FLATS)
    world.platform.answer = lambda _, rows: ["yes" for _ in rows]

    async def look() -> None:
        async with opened(chromium, world, "#/models/iris") as at:
            await at.value("field0.value = '77'")
            old = token(iat=1_000_000, exp=1_000_100)
            await at.value(
                f"import('/page/credential.js').then(c => {{ c.hold('token', '{old}') }})"
            )
            await at.value(PREDICT)
            await at.until("document.querySelector('#notice h1')")
            assert await at.value("document.activeElement.id") == "signin-title"
            assert "expired" in await at.value("document.querySelector('#notice').textContent")
            await at.value(f"credential.value = '{token()}'")
            await at.value("document.querySelector('#notice button').click()")
            await at.until("!document.querySelector('#notice h1')")
            assert await at.value("field0.value") == "77"
            await predict(at)
            assert "yes" in await at.value(SPOKEN)

    run(look())


def test_a_link_that_is_opened_in_the_same_tab_signs_in_again(chromium: str, world: World) -> None:
    world.release(1)

    async def look() -> None:
        async with tab(chromium) as at:
            await at.open(base(world))
            await at.until(f"{HEADING} === 'Sign in'")
            await at.value(f"location.hash = '#token={token()}'")
            await at.until(f"{HEADING} === 'Models'")
            assert await at.value("location.hash") == "#/"

    run(look())


def test_the_whole_path_goes_by_keyboard_and_shows_where_one_is(
    chromium: str, world: World
) -> None:
    world.release(1, FLATS)
    world.platform.answer = lambda _, rows: ["yes" for _ in rows]
    ring = "getComputedStyle(document.activeElement).outlineStyle"

    async def reach(at: Tab, wanted: str) -> None:
        for _ in range(40):
            await at.press("Tab")
            if wanted in (await at.value(FOCUS)):
                return
        pytest.fail(f"Tab does not lead to {wanted}")

    async def look() -> None:
        async with opened(chromium, world) as at:
            await at.call("Emulation.setFocusEmulationEnabled", enabled=True)
            await reach(at, "iris")
            await at.press("Enter")
            await at.until(f"{HEADING} === 'iris'")
            assert await at.value("document.activeElement.tagName") == "H1"
            await reach(at, "field0")
            assert await at.value(ring) == "solid"
            await at.value("document.activeElement.select()")
            await at.type("42")
            await at.press("Enter")
            await at.until(f"{SPOKEN} !== ''")
            assert '"size":42' in await at.value(f"{ANSWER}.querySelector('pre').textContent")
            await reach(at, "Copy the curl line")
            await at.press("Enter")
            await at.until("document.activeElement.textContent === 'Copied'")

    run(look())


def test_a_report_is_shown_in_a_frame_that_runs_nothing_and_has_its_style(
    chromium: str, world: World
) -> None:
    version = world.release(1)
    folder = put_report(world, version)
    put_status(world, "petal")
    report = next(name for name in world.store.names("models") if "report-" in name)
    assert report.startswith(folder)
    evil = f"<script>{OWNED}; top.{OWNED}</script><img src=//evil.example onerror={OWNED!r}>"
    page = render(cards.full(["MARK", "b", "c"], ["x", "y"]))
    world.store.put("models", report, page.replace(b"<bdi>MARK</bdi>", evil.encode()))

    async def look() -> None:
        async with opened(chromium, world, "#/models/iris") as at:
            press = f"[aria-label='Report of {version}']"
            await at.value(LOADED)
            await at.value(f'document.querySelector("{press}").focus()')
            await at.press("Enter")
            await at.until("document.documentElement.dataset.framed")
            assert await at.value("document.querySelector('iframe').getAttribute('sandbox')") == ""
            assert await at.value("document.querySelector('iframe').contentDocument") is None
            inside = await at.frame()
            assert await inside.value("document.querySelector('footer') !== null")
            assert await inside.value("self.origin") == "null"
            assert await inside.value("getComputedStyle(document.body).margin") == "0px"
            for one in (inside, at):
                assert await one.value("document.documentElement.dataset.owned ?? ''") == ""
            asked = [e["request"]["url"] for e in at.told("Network.requestWillBeSent")]
            assert not [url for url in asked if "evil" in url]
            await at.press("Escape")
            await at.until("!document.querySelector('dialog')")
            assert await at.value("document.activeElement.textContent") == "Report"

    run(look())


HOSTILE = tuple(name for name in SCRIPTS if "\ud800" not in name)


def hostile_schema() -> Schema:
    features = [
        Feature(name, "categorical", categories=HOSTILE[:20], nullable=True) for name in HOSTILE
    ]
    return Schema(tuple(features), HOSTILE[0], HOSTILE)


def test_hostile_names_run_no_script_and_ask_for_nothing(chromium: str, world: World) -> None:
    world.release(1, hostile_schema())
    put_status(world, *HOSTILE)
    world.platform.answer = lambda _, rows: [HOSTILE[3] for _ in rows]

    async def look() -> None:
        async with opened(chromium, world, "#/models/iris") as at:
            assert await at.value("document.querySelectorAll('.field').length") >= 30
            await predict(at)
            await at.value("field0.value = 'another'; field1.value = ''")
            await predict(at)
            assert await at.value(f"{ANSWER}.querySelectorAll('.bars li').length") >= 1
            text = await at.value("document.body.textContent")
            assert all(
                name in text
                for name in HOSTILE
                if len(name) < 60 and name.isascii() and name.isprintable()
            )
            assert "[U+202E]" in text
            assert not await owned(at)
            asked = [e["request"]["url"] for e in at.told("Network.requestWillBeSent")]
            assert all(url.startswith(base(world)) for url in asked)
            assert blocked(at) == []
            assert await at.value("document.documentElement.scrollWidth") <= 900

    assert len(HOSTILE) >= 30
    run(look())


Look = Callable[[Tab], Coroutine[Any, Any, None]]


async def everywhere(chromium: str, world: World, look: Look) -> None:
    """Every state of the page, one after another."""
    async with opened(chromium, world) as at:
        await look(at)
    world.release(1, FLATS)
    world.release(2, FLATS)
    put_status(world, "petal", "x" * 300, "W" * 60)
    world.platform.answer = lambda _, rows: ["yes" for _ in rows]
    async with opened(chromium, world) as at:
        await look(at)
        await go(at, "#/models/iris")
        await look(at)
        await predict(at)
        await look(at)
        await at.value("field0.value = 'wide'")
        await predict(at)
        await look(at)
        await at.value("import('/page/credential.js').then(c => c.forget())")
        await at.value(PREDICT)
        await at.until("document.querySelector('#notice h1')")
        await look(at)
        await go(at, "#/models/absent")
        await look(at)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(chromium: str, world: World, dark: bool) -> None:
    axe = (installed(SOURCE) / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
    seen = []

    async def look(at: Tab) -> None:
        await at.screen(1000, dark=dark)
        await at.value(axe)
        found = await at.value(
            "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map("
            "v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 200)).join(' | ')))"
        )
        seen.append(found)
        assert found == []
        assert await at.value(TOO_FAINT) == []

    run(everywhere(chromium, world, look))
    assert len(seen) == 7


def test_a_phone_shows_it_without_scrolling_sideways(chromium: str, world: World) -> None:
    small = """[...document.querySelectorAll('button, select, input')]
      .filter(e => e.getBoundingClientRect().height && e.getBoundingClientRect().height < 24)
      .map(e => e.outerHTML.slice(0, 100))"""

    async def look(at: Tab) -> None:
        await at.screen(360)
        assert await at.value("document.documentElement.scrollWidth") <= 360
        assert await at.value(WIDE.replace("'.scroll'", "'.unseen, thead'")) == []
        assert await at.value(small) == []

    run(everywhere(chromium, world, look))
