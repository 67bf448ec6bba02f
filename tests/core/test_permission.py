"""Who may ask which model, and how often."""

from __future__ import annotations

import pytest

from shared.core.errors import CallerNotListed, ModelNotAllowed, QuotaExceeded
from shared.core.permission import Permissions
from shared.core.principal import Listed, Principal
from shared.core.quota import Quota
from shared.core.setting import SettingsError
from tests.release import settings

ROWS = ("a@x.example=iris+wine", "@x.example=iris", "b@x.example=*")


@pytest.mark.parametrize(
    ("caller", "domain", "models"),
    [
        ("a@x.example", "@x.example", {"iris", "wine"}),
        ("A@X.example", "", {"iris", "wine"}),
        ("c@x.example", "@x.example", {"iris"}),
        ("c@x.example", "", set()),
        ("b@x.example", "@x.example", None),
        ("d@y.example", "@y.example", set()),
        ("x.example", "", set()),
    ],
)
def test_the_nearest_row_counts(caller: str, domain: str, models: set[str] | None) -> None:
    assert Permissions.of(ROWS).models(caller, domain) == models


@pytest.mark.parametrize("twin", ["a@stra\u00dfe.example", "a@\u017ftrasse.example"])
def test_letters_that_fold_to_others_are_another_caller(twin: str) -> None:
    rows = Permissions.of(("a@strasse.example=iris",))
    assert rows.models("A@STRASSE.example") == {"iris"}
    assert rows.models(twin) == set()
    with pytest.raises(CallerNotListed):
        Listed.of(("a@strasse.example",)).check(twin, "")


def test_a_row_for_all_is_the_last_resort() -> None:
    assert Permissions.of((*ROWS, "*=rose")).models("d@y.example") == {"rose"}


def test_without_rows_everybody_may_ask_every_model() -> None:
    assert Permissions.of(()).models("a@x.example") is None


@pytest.mark.parametrize("entry", ["a@x.example", "=iris", "a@x.example=", "a@x.example=no-name"])
def test_a_row_that_means_nothing_is_a_setting_that_does_not_work(entry: str) -> None:
    with pytest.raises(SettingsError, match="CALLER_MODELS"):
        settings(CALLER_MODELS=entry)


def test_another_model_is_refused_without_naming_it() -> None:
    with pytest.raises(ModelNotAllowed) as caught:
        Principal("a@x.example", frozenset({"iris"})).require("canary")
    assert "canary" not in str(caught.value)


def test_a_quota_refills_evenly_and_says_when_to_come_again() -> None:
    time = [100.0]
    quota = Quota(60, lambda: time[0])
    for _ in range(60):
        quota.take("a")
    with pytest.raises(QuotaExceeded) as caught:
        quota.take("a")
    assert caught.value.retry_after == pytest.approx(1.0)
    quota.take("b")
    time[0] += 1.001
    quota.take("a")
    with pytest.raises(QuotaExceeded):
        quota.take("a")


def test_without_a_quota_nothing_is_counted() -> None:
    quota = Quota(0)
    for _ in range(1000):
        quota.take("a")
