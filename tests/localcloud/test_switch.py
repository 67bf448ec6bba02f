"""The test switches: what they take, and that a seed repeats itself."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.switch import Switches, WrongSwitch


def test_the_configuration_holds_the_switches_of_other_services_too() -> None:
    switches = Switches.of({"duplicates": "3", "shuffle": "7", "generations": "tiny"})
    assert switches == Switches(duplicates=3, shuffle=7)
    assert Switches.of({}) == Switches()


def test_the_same_seed_gives_the_same_order_and_another_seed_another() -> None:
    items = list(range(20))
    orders = [Switches(shuffle=seed).order(items) for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == items
    assert Switches().order(items) == items


def test_nothing_is_held_back_or_lost_unless_switched_on() -> None:
    assert Switches().pause() == 0
    assert not Switches().loses()
    assert 0 <= Switches(shuffle=1, shuffle_seconds=0.01).pause() <= 0.01
    assert Switches(drop_share=1.0).loses()


@pytest.mark.parametrize(
    "values",
    [
        {"duplicates": 0},
        {"duplicates": "many"},
        {"shuffle": "x"},
        {"drop_share": 1.5},
        {"drop_share": float("nan")},
        {"shuffle_seconds": -1},
        {"_dice": 1},
        {"nonsense": 1},
    ],
)
def test_a_wrong_switch_is_refused_by_name(values: dict[str, Any]) -> None:
    (name,) = values
    with pytest.raises(WrongSwitch, match=name):
        Switches().changed(values)
