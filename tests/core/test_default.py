"""The desired default: the newest source wins in any order of arrival, a pin stays."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from shared.core.default import (
    FROZEN,
    LEAVING,
    PINNED,
    SUPERSEDED_BY_NEWER,
    Default,
    VersionLeaves,
    chosen,
    frozen,
    hindrance,
    promoted,
    successor,
    unfrozen,
    unpinned,
)
from shared.core.errors import NewerFormat

VERSIONS = [
    Default("iris", f"v{n}", f"gs://m/models/iris/{n}/", (f"2026112{n}T000000.000000", 1, "x"))
    for n in range(4)
]


@pytest.mark.parametrize("arrival", list(permutations(VERSIONS)))
def test_the_newest_source_is_the_default_whatever_the_order(arrival: tuple[Default, ...]) -> None:
    current: Default | None = None
    for candidate in (*arrival, *arrival):
        current = successor(current, candidate) or current
    assert current is not None
    assert current.version == "v3"


def test_a_version_with_an_order_replaces_one_without() -> None:
    by_hand = replace(VERSIONS[3], version="mine", order=None)
    after = successor(by_hand, VERSIONS[0])
    assert after is not None
    assert after.version == "v0"
    assert after.previous == "mine"


def test_a_default_chosen_before_its_order_was_known_learns_it_and_is_not_set_back() -> None:
    first_to_be_ready = replace(VERSIONS[2], order=None)
    learnt = successor(first_to_be_ready, VERSIONS[2])
    assert learnt == VERSIONS[2]
    assert successor(learnt, VERSIONS[1]) is None


def test_a_pin_is_not_moved_by_a_newer_version() -> None:
    pinned = chosen(VERSIONS[1], VERSIONS[0], "ann@example.com")
    assert pinned is not None
    assert pinned.pinned_by == "ann@example.com"
    assert pinned.previous == "v1"
    assert successor(pinned, VERSIONS[3]) is None


def test_choosing_the_current_version_pins_it_and_keeps_what_was_before() -> None:
    current = replace(VERSIONS[2], previous="v1")
    pinned = chosen(current, VERSIONS[2], "ann@example.com")
    assert pinned is not None
    assert pinned.previous == "v1"
    assert chosen(pinned, VERSIONS[2], "bob@example.com") is None


def test_a_default_survives_its_json_and_refuses_a_newer_format() -> None:
    assert Default.from_json(VERSIONS[1].to_json()) == VERSIONS[1]
    with pytest.raises(NewerFormat):
        Default.from_json(VERSIONS[1].to_json().replace(b'"format": 1', b'"format": 2'))


def test_a_freeze_is_not_moved_by_a_newer_version_and_unfrozen_lets_it() -> None:
    still = frozen(VERSIONS[1], "ann@example.com")
    assert still is not None
    assert successor(still, VERSIONS[3]) is None
    assert hindrance(still, VERSIONS[3]) == FROZEN
    assert frozen(still, "bob@example.com") is None
    after = unfrozen(still, VERSIONS[3])
    assert after == replace(VERSIONS[3], previous="v1")
    assert unfrozen(VERSIONS[1], VERSIONS[3]) is None


def test_a_freeze_stays_while_a_person_chooses() -> None:
    still = frozen(VERSIONS[1], "ann@example.com")
    assert still is not None
    for moved in (chosen(still, VERSIONS[0], "bob"), promoted(still, VERSIONS[3])):
        assert moved is not None
        assert moved.frozen_by == "ann@example.com"


def test_promoting_ends_a_pin_and_newer_versions_go_on_replacing() -> None:
    pinned = chosen(VERSIONS[2], VERSIONS[0], "ann", "2026-11-22T13:00:00.000Z")
    after = promoted(pinned, VERSIONS[1])
    assert after == replace(VERSIONS[1], previous="v0")
    assert promoted(after, VERSIONS[1]) is None
    assert successor(after, VERSIONS[3]) is not None


def test_a_pin_that_ends_lets_the_newest_follow_unless_promotions_are_frozen() -> None:
    pinned = chosen(VERSIONS[2], VERSIONS[0], "ann")
    assert pinned is not None
    assert unpinned(pinned, VERSIONS[3]) == replace(VERSIONS[3], previous="v0")
    assert unpinned(pinned, None) == replace(VERSIONS[0], previous="v2")
    both = frozen(pinned, "bob")
    assert both is not None
    assert unpinned(both, VERSIONS[3]) == replace(VERSIONS[0], previous="v2", frozen_by="bob")
    assert unpinned(VERSIONS[0], VERSIONS[3]) is None


def test_what_hinders_a_version_is_told_by_the_first_that_does() -> None:
    pinned = chosen(VERSIONS[1], VERSIONS[1], "ann")
    assert hindrance(None, VERSIONS[0]) == ""
    assert hindrance(pinned, VERSIONS[2]) == PINNED
    assert hindrance(pinned, VERSIONS[0]) == SUPERSEDED_BY_NEWER


def test_what_is_being_deleted_becomes_the_default_by_nobody() -> None:
    current = replace(VERSIONS[1], leaving=("v2",))
    assert hindrance(current, VERSIONS[2]) == LEAVING
    assert successor(current, VERSIONS[2]) is None
    for rule in (
        lambda: chosen(current, VERSIONS[2], "ann"),
        lambda: promoted(current, VERSIONS[2]),
    ):
        with pytest.raises(VersionLeaves):
            rule()
    after = successor(current, VERSIONS[3])
    assert after is not None
    assert after.leaving == ("v2",)
