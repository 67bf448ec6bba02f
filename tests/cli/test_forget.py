"""Forgetting at the keyboard: listed, asked for, removed, and what stays is said."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from cli import forget
from cli.failure import Failure, UsageFailure
from shared.core.ports import ObjectMeta
from shared.workflows.forget import Plan


def test_without_a_terminal_nobody_is_asked_and_nothing_is_removed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: False))
    with pytest.raises(UsageFailure, match="--yes"):
        forget.confirm("iris", yes=False)
    forget.confirm("iris", yes=True)


@pytest.mark.parametrize(("typed", "goes_on"), [("iris", True), (" iris ", True), ("yes", False)])
def test_only_the_name_itself_goes_on(
    typed: str, goes_on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("builtins.input", lambda _: typed)
    if goes_on:
        forget.confirm("iris", yes=False)
    else:
        with pytest.raises(Failure, match="nothing was removed"):
            forget.confirm("iris", yes=False)


def test_the_list_names_versions_objects_where_the_default_goes_and_who_learnt_from_it() -> None:
    meta = ObjectMeta("data", "data/iris/x.csv", 1, 1, 10, "2026-11-22T13:00:00Z")
    plan = Plan("iris", ("d",), ("vd",), (meta,), "vd", "vc", ("ve",))
    assert forget.listing(plan) == [
        "version iris/vd",
        "gs://data/data/iris/x.csv",
        "the default moves from vd to vc",
        "stays, and was trained on the same rows too: ve",
    ]
    assert forget.listing(Plan("iris")) == ["nothing is left to remove"]
