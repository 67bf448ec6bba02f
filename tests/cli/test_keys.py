"""./run keys, on a store in memory."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from cli import keys
from cli.failure import UsageFailure
from shared.workflows.keys import KeyRing
from tests.fakes.store import FakeObjectStore


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> KeyRing:
    ring = KeyRing(FakeObjectStore(), "state", lambda: datetime(2026, 11, 22, tzinfo=UTC))

    @contextmanager
    def found(_: argparse.Namespace) -> Iterator[KeyRing]:
        yield ring

    monkeypatch.setattr(keys, "ring", found)
    return ring


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    keys.arguments(parser)
    return keys.run(parser.parse_args(words))


def test_a_key_is_shown_once_then_listed_and_revoked(
    kept: KeyRing, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("create", "web-shop", "--model", "iris") == 0
    text, told = capsys.readouterr().out.splitlines()
    assert text.startswith("dsk_")
    assert "this once" in told
    (key,) = kept.list()
    run("list")
    listed = capsys.readouterr().out
    assert (key.id in listed, "web-shop" in listed, "active" in listed) == (True, True, True)
    assert text not in listed
    run("revoke", key.id)
    assert "revoked 2026-11-22" in capsys.readouterr().out


@pytest.mark.parametrize("words", [("create",), ("revoke",), ("list", "x")])
def test_an_action_says_what_it_takes(kept: KeyRing, words: tuple[str, ...]) -> None:
    with pytest.raises(UsageFailure, match=f"./run keys {words[0]} takes"):
        run(*words)
