"""Which versions are old enough to go, and which never are."""

from __future__ import annotations

import random

import pytest

from shared.core.default import Default
from shared.core.retention import Standing, share, to_collect


def version(number: int) -> str:
    return f"v20261122_13{number // 60:02d}{number % 60:02d}_{number:08x}"


def good(number: int) -> Standing:
    return Standing(version(number), (f"{number:03d}", 0, ""), good=True)


GOOD = [good(number) for number in range(20)]


def default(number: int, previous: int = 18) -> Default:
    return Default("iris", version(number), "gs://m/x/", previous=version(previous))


def test_nothing_is_collected_within_the_share() -> None:
    assert to_collect(GOOD, default(19), 3, 20) == []


def test_the_oldest_go_first_until_a_tenth_is_free() -> None:
    assert to_collect(GOOD, default(19), 3, 10) == [version(n) for n in range(11)]


def test_a_pinned_old_default_and_the_one_before_it_stay() -> None:
    gone = to_collect(GOOD, default(0, previous=1), 3, 2)
    assert gone == [version(n) for n in range(2, 17)]


def test_what_serves_nobody_goes_before_any_good_one() -> None:
    known = [*GOOD, Standing(version(30), failed=True), Standing(version(31))]
    assert to_collect(known, default(19), 3, 21)[0] == version(30)
    assert version(31) not in to_collect(known, default(19), 1, 1)


def test_failed_versions_go_where_nothing_is_live_and_good_ones_never() -> None:
    known = [Standing(version(1), failed=True), good(2)]
    assert to_collect(known, None, 1, 1) == [version(1)]


def test_one_that_came_back_after_it_was_collected_goes_again() -> None:
    known = [*GOOD[5:], Standing(version(0), good=True, gone=True)]
    assert to_collect(known, default(19), 3, 100) == [version(0)]


def test_versions_of_one_second_go_by_the_order_of_their_sources() -> None:
    twins = [
        Standing(f"v20261122_130000_{n:08x}", (f"{9 - n}", 0, ""), good=True) for n in range(5)
    ]
    newest = Default("iris", twins[0].version, "gs://m/x/")
    assert to_collect(twins, newest, 2, 1) == [twins[n].version for n in (4, 3, 2)]


@pytest.mark.parametrize("seed", range(50))
def test_whatever_there_is_the_default_and_the_newest_good_ones_stay(seed: int) -> None:
    dice = random.Random(seed)
    states = [{"good": True}, {"failed": True}, {}]
    known = [Standing(version(n), (f"{n:03d}", 0, ""), **dice.choice(states)) for n in range(60)]
    keep, live = dice.randrange(1, 12), dice.choice(known).version
    gone = to_collect(known, Default("iris", live, "gs://m/x/"), keep, dice.randrange(1, 60))
    newest = sorted((one.version for one in known if one.good), reverse=True)[:keep]
    assert not {live, *newest} & {*gone}
    assert not {one.version for one in known if not (one.good or one.failed)} & {*gone}


def test_models_share_the_ceiling_equally_and_each_has_one() -> None:
    assert (share(180, 1), share(180, 2), share(180, 0), share(180, 999)) == (180, 90, 180, 1)
