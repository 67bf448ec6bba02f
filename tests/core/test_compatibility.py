"""What of a new schema breaks the callers of the live one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.compatibility import breaks
from shared.core.schema import Feature, Schema

LIVE = Schema(
    (Feature("age", nullable=True), Feature("city", "categorical", categories=("x",))),
    "label",
    ("no", "yes"),
)
AGE, CITY = LIVE.features


@pytest.mark.parametrize(
    "new",
    [
        LIVE,
        replace(LIVE, features=(replace(AGE, minimum=0.0, maximum=9.0), CITY)),
        replace(LIVE, features=(AGE, replace(CITY, categories=("x", "y"), nullable=True))),
        replace(LIVE, classes=("yes", "no"), left_out=("id",)),
    ],
)
def test_what_callers_do_not_notice_breaks_nothing(new: Schema) -> None:
    assert breaks(LIVE, new) == []


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (replace(LIVE, features=(AGE, CITY, Feature("zip"))), "requires 'zip'"),
        (replace(LIVE, features=(AGE,)), "no longer takes 'city'"),
        (replace(LIVE, features=(AGE, replace(CITY, kind="numeric"))), "'city' as numeric"),
        (replace(LIVE, features=(replace(AGE, nullable=False), CITY)), "gaps in 'age'"),
        (replace(LIVE, features=(CITY, AGE)), "another order"),
        (replace(LIVE, classes=("no", "yes", "maybe")), "do not know: 'maybe'"),
        (replace(LIVE, classes=("no",)), "never answers 'yes'"),
        (replace(LIVE, classes=None), "answers with numbers"),
        (replace(LIVE, target="other"), "predicts 'other', not 'label'"),
    ],
)
def test_what_breaks_callers_is_said_in_one_sentence(new: Schema, told: str) -> None:
    (sentence,) = breaks(LIVE, new)
    assert told in sentence


def test_a_renamed_feature_is_one_more_and_one_less() -> None:
    renamed = replace(LIVE, features=(replace(AGE, name="years"), CITY))
    assert len(breaks(LIVE, renamed)) == 2
