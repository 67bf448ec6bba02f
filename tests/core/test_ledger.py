"""The ledger: immutable entries, one story."""

from __future__ import annotations

from itertools import permutations

import pytest

from shared.core import ledger
from shared.core.errors import NewerFormat
from shared.core.ledger import Entry

STORY = [
    Entry("iris", "d", "received", "2026-11-22T13:00:00.000Z", {"source": "gs://x"}),
    Entry("iris", "d", "trained", "2026-11-22T13:00:00.100Z", {"version": "v1"}),
    Entry("iris", "d", "live", "2026-11-22T13:00:00.200Z", {"previous": "v0"}),
]


@pytest.mark.parametrize("order", list(permutations(STORY)))
def test_the_fold_does_not_depend_on_the_order_of_reading(order: tuple[Entry, ...]) -> None:
    folded = ledger.fold(order)
    assert folded["state"] == "live"
    assert folded["settled"] is True
    assert folded["version"] == "v1"
    assert [step["step"] for step in folded["steps"]] == ["received", "trained", "live"]


def test_an_unfinished_story_is_not_settled() -> None:
    assert ledger.fold(STORY[:2])["settled"] is False
    assert ledger.fold([])["state"] == "unknown"


def test_an_entry_survives_its_json_and_its_name_orders_it() -> None:
    entry = STORY[1]
    assert Entry.from_json(entry.name, entry.to_json()) == entry
    assert entry.name == "ledger/iris/d/30_trained.json"


def test_a_newer_format_is_not_guessed_at() -> None:
    with pytest.raises(NewerFormat):
        Entry.from_json(STORY[0].name, STORY[0].to_json().replace(b'"format": 1', b'"format": 2'))


def test_what_a_person_chose_later_is_told_and_leaves_the_end_as_it_was() -> None:
    chose = Entry("iris", "d", "pinned", "2026-11-23T13:00:00.000Z", {"by": "ann"}, "17")
    later = Entry("iris", "d", "frozen", "2026-11-23T14:00:00.000Z", {"by": "bob"}, "18")
    folded = ledger.fold([later, *STORY, chose])
    assert chose.name == "ledger/iris/d/70_pinned_17.json"
    assert Entry.from_json(chose.name, chose.to_json()) == chose
    assert folded["state"] == "live"
    assert "by" not in folded
    assert [step["step"] for step in folded["steps"]][-2:] == ["pinned", "frozen"]
