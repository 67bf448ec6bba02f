"""Pages and notices after a step: what they say, that nothing is lost, and that nothing waits."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from shared.core.artifact import drop_id, status_name
from shared.core.errors import NoticeNotTaken, NoticeRefused, StorageUnavailable
from shared.core.event import ObjectFinalized
from shared.core.outcome import Outcome
from shared.workflows.aftermath import Aftermath
from shared.workflows.choice import Choice
from tests.fakes.store import event_of
from tests.workflows.world import IRIS, STATE, World

ROOT = Path(__file__).parents[2]
MORE = IRIS + b"5.0,3.4,1.5,0.2,setosa\n"
BAD = b"a,species\n1,x\n2,y\n3,x\nsecret,y\n"


class FakeNotifier:
    """Keeps what it is sent. errors: raised by the next sends, one each."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.sent: list[dict[str, Any]] = []

    def send(self, body: bytes, *, timeout: float) -> None:
        assert timeout > 0
        if self.errors:
            raise self.errors.pop(0)
        self.sent.append(json.loads(body))


class Here(World):
    """A world whose functions are followed by their aftermath, as in main.py."""

    def __init__(self, notifier: FakeNotifier | None = None, **changes: str) -> None:
        super().__init__(**changes)
        self.notifier = notifier
        self.lines: list[dict[str, Any]] = []

    @property
    def aftermath(self) -> Aftermath:
        return Aftermath(self.settings, self.store, self.notifier, self.clock, self.sleep)

    def deliver(self, event: ObjectFinalized) -> list[Outcome]:
        outcomes = super().deliver(event)
        for outcome in outcomes:
            self.lines += self.aftermath.of(outcome, event)
        return outcomes

    def dropped(self, data: bytes = IRIS, name: str = "data/iris/iris.csv") -> str:
        """Drop a CSV and let everything follow; its drop."""
        self.now += timedelta(seconds=5)
        event = self.drop(data, name)
        self.deliver(event)
        self.settle()
        return drop_id(event.source)

    def meanwhile(self) -> None:
        """Another drop goes live, and time goes by."""
        self.dropped(MORE)
        self.now += timedelta(seconds=5)

    def person(self) -> Choice:
        return Choice("iris", "ann", self.settings, self.store, self.platform, self.clock)

    def status(self, model: str = "iris") -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.store.live(STATE, status_name(model, "json"))[0])
        return value

    def page(self, model: str = "iris") -> str:
        return self.store.live(STATE, status_name(model))[0].decode()

    def interrupt(self, number: int, work: Callable[[], object]) -> None:
        """Before the call of the store with that number, from 0, do some work."""
        calls = itertools.count()

        def look(*_: str) -> None:
            if next(calls) == number:
                self.store.on_call = None
                work()

        self.store.on_call = look

    def notices(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if "notice" in line]


def test_a_release_is_on_the_page_of_its_model_and_on_the_page_of_all() -> None:
    here = Here()
    drop = here.dropped()
    status = here.status()
    assert status["live"] == {"version": f"v{drop}", "why": "newest"}
    assert [one["state"] for one in status["drops"]] == ["live"]
    assert f"v{drop}" in here.page()
    assert "Balanced accuracy" in here.page()
    assert f"v{drop}" in here.page("")
    assert not any("aftermath" in line for line in here.lines)


def test_the_page_links_to_the_report_as_a_browser_sees_buckets() -> None:
    here = Here()
    drop = here.dropped()
    report = next(n for n in here.store.names(here.settings.models_bucket) if "report-" in n)
    assert f'href="../../{here.settings.models_bucket}/{report}"' in here.page()
    assert drop in report


def test_every_status_and_every_story_is_as_the_schema_says() -> None:
    here = Here()
    here.dropped()
    here.dropped(BAD)
    here.dropped(MORE)
    here.dropped(b"x", "data/iris/x.xlsx")
    here.aftermath.chosen(here.person().rollback())
    here.aftermath.chosen(here.person().freeze())
    schema = json.loads((ROOT / "docs" / "status.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(here.status(), schema)
    schema["$ref"] = "#/$defs/story"
    story = {key: schema[key] for key in ("$schema", "$defs", "$ref")}
    for told in here.stories().values():
        jsonschema.validate(told, story)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(here.status() | {"live": {"version": 1}}, schema)


def test_a_refusal_is_told_with_its_reasons() -> None:
    here = Here()
    here.dropped(BAD)
    (drop,) = here.status()["drops"]
    assert (drop["state"], drop["findings"][0]["code"]) == ("refused", "not_numeric")
    assert "line 5" in here.page()
    assert "Nothing is live yet" in here.page()


def test_a_pin_is_told_with_its_age_and_who_and_an_old_one_warns() -> None:
    here = Here()
    first = here.dropped()
    here.dropped(MORE)
    here.lines += here.aftermath.chosen(here.person().rollback())
    live = here.status()["live"]
    assert (live["version"], live["why"], live["pinned_by"]) == (f"v{first}", "pinned", "ann")
    assert "pinned by ann" in here.page()
    chosen = next(one for one in here.status()["drops"] if one["drop"] == first)["chosen"]
    assert (chosen["step"], chosen["by"]) == ("pinned", "ann")
    here.now += timedelta(days=40)
    here.aftermath.repaired("")
    assert here.status()["live"]["pinned_days"] == 40
    assert "The pin is old" in here.page()


@pytest.mark.parametrize(
    ("name", "data", "model", "why"),
    [
        ("data/iris/new.csv.tmp", b"x", "iris", "ends in .csv"),
        ("data/iris/new.xlsx", b"x", "iris", "as CSV"),
        ("data/iris/new.csv.gz", b"x", "iris", "unpack"),
        ("data/iris/empty.csv", b"", "iris", "empty"),
        ("iris.csv", b"x", "", "below data/"),
        ("Data/iris.csv", b"x", "", "below data/"),
        ("data/new.tsv", b"x", "iris", "export"),
    ],
)
def test_an_object_that_looked_like_a_drop_is_told_with_the_reason(
    name: str, data: bytes, model: str, why: str
) -> None:
    here = Here()
    here.dropped(data, name)
    (ignored,) = here.status(model)["ignored"]
    assert ignored["name"] == name
    assert why in ignored["reason"]
    assert name in here.page(model)


@pytest.mark.parametrize(
    "name",
    ["data/iris/model.toml", "data/iris/", "data/iris/.DS_Store", "notes/readme.md", "a/b/c.csv"],
)
def test_an_object_that_nobody_meant_as_a_drop_leaves_no_page(name: str) -> None:
    here = Here()
    here.dropped(b"x", name)
    assert [n for n in here.store.names(STATE) if n.startswith("status/")] == []


def test_ignored_objects_are_bounded_and_one_that_was_taken_later_is_forgotten() -> None:
    here = Here()
    for number in range(25):
        here.dropped(b"x", f"data/iris/{number:02}.xlsx")
    here.dropped(b"", "data/iris/iris.csv")
    ignored = here.status()["ignored"]
    assert len(ignored) == 20
    assert ignored[0]["name"] == "data/iris/iris.csv"
    here.dropped()
    assert "data/iris/iris.csv" not in {one["name"] for one in here.status()["ignored"]}


def test_a_model_with_the_name_of_the_index_has_a_page_of_its_own() -> None:
    here = Here()
    here.dropped(name="data/index/iris.csv")
    assert here.status("index")["model"] == "index"
    assert 'href="index-model.html"' in here.page("")


def test_a_writer_that_was_overtaken_leaves_the_newer_page() -> None:
    """Whoever is stopped at any call, while another writer goes through, loses nothing."""
    calls = len(_calls_of_a_refresh())
    assert calls > 8
    for number in range(calls):
        here = Here()
        first = here.dropped()
        _delete_all(here, "status/")
        here.interrupt(number, here.meanwhile)
        here.lines += here.aftermath.page("iris")
        here.store.on_call = None
        status = here.status()
        assert len(status["drops"]) == 2, number
        newest = status["live"]["version"]
        assert newest != f"v{first}"
        assert f"Live: <code><bdi>{newest}" in here.page(), number
        assert newest in here.page(""), number


def _delete_all(here: Here, *prefixes: str) -> None:
    for name in here.store.names(STATE):
        if name.startswith(prefixes):
            generation = here.store.live(STATE, name)[1].generation
            here.store.delete(STATE, name, if_generation_match=generation)


def _calls_of_a_refresh() -> list[tuple[str, str, str]]:
    here = Here()
    here.dropped()
    _delete_all(here, "status/")
    here.store.calls.clear()
    here.aftermath.page("iris")
    return list(here.store.calls)


def test_a_page_that_a_death_left_behind_is_made_by_the_next_who_comes() -> None:
    here = Here()
    here.dropped()
    old = here.page()

    def die(operation: str, bucket: str, name: str) -> None:
        if operation == "write" and name.endswith(".html"):
            raise StorageUnavailable("died")

    here.store.on_call = die
    here.dropped(BAD)
    here.store.on_call = None
    assert here.page() == old
    assert [line["code"] for line in here.lines if "aftermath" in line] == ["storage_unavailable"]
    here.aftermath.page("iris")
    assert "not_numeric" in here.page() or "Not numeric" in here.page()


def test_no_page_is_written_twice_within_the_time_that_the_store_allows() -> None:
    here = Here(PAGE_SECONDS="1")
    written: dict[str, list[float]] = {}

    def note(operation: str, bucket: str, name: str) -> None:
        if operation == "write" and name.startswith("status/"):
            written.setdefault(name, []).append(here.now.timestamp())

    here.store.on_call = note
    for number in range(5):
        event = here.drop(BAD, f"data/iris/{number}.csv")
        here.deliver(event)
    assert len(written) == 3
    for name, times in written.items():
        gaps = [b - a for a, b in itertools.pairwise(times)]
        assert min(gaps, default=1) >= 1, name
    assert here.status()["total"] == 5


def test_a_writer_whose_clock_is_behind_writes_all_the_same() -> None:
    here = Here()
    here.store.clock = lambda: here.now + timedelta(minutes=10)
    first, second = here.dropped(), here.dropped(MORE)
    assert [one["drop"] for one in here.status()["drops"]] == [second, first]
    assert here.status()["live"]["version"] == f"v{second}"
    assert f"v{second}" in here.page()
    assert not any("aftermath" in line for line in here.lines)


def test_what_is_broken_about_pages_breaks_nothing_else() -> None:
    here = Here()

    def fail(operation: str, bucket: str, name: str) -> None:
        if name.startswith(("status/", "notices/")):
            raise RuntimeError("a bug")

    here.store.on_call = fail
    drop = here.dropped()
    here.store.on_call = None
    assert here.story("iris", drop)["state"] == "live"
    assert [line["severity"] for line in here.lines if "aftermath" in line] == ["ERROR"]


def test_a_store_that_hangs_holds_nobody_up() -> None:
    here = Here(AFTERMATH_SECONDS="0.05")
    never = threading.Event()

    def hang(operation: str, bucket: str, name: str) -> None:
        if name.startswith("status/"):
            never.wait(20)

    here.store.on_call = hang
    drop = here.dropped()
    here.store.on_call = None
    never.set()
    assert here.story("iris", drop)["state"] == "live"
    assert [line["code"] for line in here.lines if "aftermath" in line] == ["TimeoutError"]


def test_a_model_that_was_forgotten_has_no_page() -> None:
    here = Here()
    here.dropped()
    _delete_all(here, "ledger/", "defaults/")
    here.aftermath.repaired("")
    assert [n for n in here.store.names(STATE) if n.startswith("status/iris")] == []
    assert "iris" not in here.page("")


def test_a_page_of_a_model_that_comes_back_while_it_is_forgotten_stays() -> None:
    for number in range(12):
        here = Here()
        here.dropped()
        _delete_all(here, "ledger/", "defaults/")
        here.interrupt(number, partial(here.dropped, MORE))
        here.aftermath.page("iris")
        here.store.on_call = None
        if any(name.startswith("ledger/") for name in here.store.names(STATE)):
            assert here.status()["live"]["version"] in here.page(), number
        else:
            assert status_name("iris") not in here.store.names(STATE)


# Notices


def test_each_of_the_four_facts_is_told_once_with_file_reasons_and_link() -> None:
    here = Here(FakeNotifier())
    first = here.dropped()
    here.dropped(BAD, "data/iris/bad.csv")
    second = here.dropped(MORE)
    here.lines += here.aftermath.chosen(here.person().rollback())
    told = here.notifier.sent if here.notifier else []
    assert [one["kind"] for one in told] == ["live", "refused", "live", "rolled_back"]
    assert told[0]["version"] == f"v{first}"
    assert told[1]["file"].startswith("gs://dropserve-data/data/iris/bad.csv#")
    assert len(told[1]["findings"]) == 3
    assert told[3]["replaced"] == f"v{second}"
    assert told[3]["by"] == "ann"
    link = "https://storage.cloud.google.com/dropserve-state/status/iris.html"
    assert {one["link"] for one in told} == {link}
    assert len({one["id"] for one in told}) == 4
    assert "secret" not in json.dumps(told)
    assert [line["webhook"] for line in here.notices()] == ["sent"] * 4


def test_a_held_version_is_told() -> None:
    here = Here(FakeNotifier())
    here.dropped()
    four = IRIS.replace(b"virginica", b"new_one")
    here.store.put(here.settings.data_bucket, "data/iris/model.toml", b'release = "manual"\n')
    here.dropped(four.replace(b"new_one", b"virginica") + b"5.0,3.4,1.5,0.2,setosa\n")
    told = here.notifier.sent if here.notifier else []
    assert [one["kind"] for one in told] == ["live", "held"]


def test_a_fact_is_sent_once_however_often_its_event_comes() -> None:
    here = Here(FakeNotifier())
    event = here.drop(BAD)
    for _ in range(3):
        here.deliver(event)
        here.now += timedelta(seconds=100)
    assert here.notifier is not None
    assert len(here.notifier.sent) == 1
    logged = here.notices()
    assert len({line["logging.googleapis.com/insertId"] for line in logged}) == 1
    assert len({line["time"] for line in logged}) == 1


def test_a_webhook_that_fails_is_asked_again_within_its_time() -> None:
    here = Here(FakeNotifier(NoticeNotTaken("503"), NoticeNotTaken("503")))
    here.dropped(BAD)
    assert here.notifier is not None
    assert len(here.notifier.sent) == 1


def test_a_webhook_that_stays_away_holds_nothing_up_and_is_made_up_for_by_reconcile() -> None:
    here = Here(FakeNotifier(*[NoticeNotTaken("503")] * 100), AFTERMATH_SECONDS="5")
    before = here.now
    here.dropped(BAD)
    assert here.now - before < timedelta(seconds=15)
    assert here.notifier is not None
    assert here.notifier.sent == []
    (line,) = here.notices()
    assert (line["severity"], line["webhook"][:13]) == ("ERROR", "not taken yet")
    here.notifier.errors.clear()
    here.aftermath.repaired("iris")
    assert here.notifier.sent == []  # its holder may still be at it
    here.now += timedelta(seconds=100)
    here.aftermath.repaired("iris")
    here.aftermath.repaired("")
    assert [one["kind"] for one in here.notifier.sent] == ["refused"]


def test_a_notice_that_the_store_kept_from_being_begun_is_made_up_for_by_reconcile() -> None:
    here = Here(FakeNotifier())
    assert here.notifier is not None

    def fail(operation: str, bucket: str, name: str) -> None:
        if name.startswith("notices/"):
            raise StorageUnavailable("not now")

    here.store.on_call = fail
    here.dropped(BAD)
    assert here.notifier.sent == []
    here.store.on_call = None
    here.aftermath.repaired("")
    here.aftermath.repaired("")
    assert [one["kind"] for one in here.notifier.sent] == ["refused"]


def test_what_happened_before_there_was_a_webhook_is_not_told_long_afterwards() -> None:
    here = Here()
    here.dropped(BAD)
    here.now += timedelta(days=1)
    here.notifier = FakeNotifier()
    here.aftermath.repaired("")
    assert here.notifier.sent == []


def test_a_webhook_that_refuses_is_not_asked_again() -> None:
    here = Here(FakeNotifier(NoticeRefused("404")))
    here.dropped(BAD)
    here.now += timedelta(seconds=100)
    here.aftermath.repaired("")
    assert here.notifier is not None
    assert here.notifier.sent == []


def test_two_deliveries_at_once_send_one_notice() -> None:
    """At whatever call the first is overtaken by the second."""
    for number in range(12):
        here = Here(FakeNotifier())
        event = here.drop(BAD)
        here.retrain(event)
        outcome = here.retrain(event)
        here.interrupt(number, partial(here.aftermath.of, outcome, event))
        here.aftermath.of(outcome, event)
        assert here.notifier is not None
        assert len(here.notifier.sent) == 1, number


def test_without_a_webhook_nothing_is_remembered_and_the_log_tells_all_the_same() -> None:
    here = Here()
    here.dropped()
    assert [n for n in here.store.names(STATE) if n.startswith("notices/")] == []
    (line,) = here.notices()
    assert (line["notice"], line["model"], line["severity"]) == ("live", "iris", "NOTICE")
    assert "webhook" not in line


def test_a_stray_event_of_another_bucket_is_nothing() -> None:
    here = Here()
    meta = here.store.put("elsewhere", "data/iris/x.xlsx", b"x")
    assert here.aftermath.of(Outcome("ignored"), event_of(meta)) == []
