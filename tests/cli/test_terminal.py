"""Names that would steer a terminal are shown there, and left alone everywhere else."""

from __future__ import annotations

import io
import sys

import pytest

from cli.command import main
from cli.progress import Progress
from cli.terminal import CLEAR, protect

HOSTILE = "a\x1b]0;owned\x07\x1b[2J\x9b1A\x7f\rlive\u202ekcab\u2066\u2028"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """In place of both streams, from now on; pytest puts its own back after a fixture."""
    made = Terminal()
    monkeypatch.setattr(sys, "stdout", made)
    monkeypatch.setattr(sys, "stderr", made)
    return made


def test_a_name_does_not_steer_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = terminal(monkeypatch)
    protect()
    print(f"refused: {HOSTILE}\té\n")
    told = shown.getvalue()
    assert told.startswith(
        "refused: a[U+001B]]0;owned[U+0007][U+001B][2J[U+009B]1A[U+007F][U+000D]"
    )
    assert told.endswith("live[U+202E]kcab[U+2066][U+2028]\té\n\n")


def test_what_is_waited_for_is_still_cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = terminal(monkeypatch)
    protect()
    progress = Progress()
    progress.waiting("waiting")
    progress.step(HOSTILE)
    told = shown.getvalue().replace(CLEAR, "")
    assert CLEAR in shown.getvalue()
    assert told.isascii()
    assert "\x1b" not in told


def test_every_verb_is_protected(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = terminal(monkeypatch)
    with pytest.raises(SystemExit):
        main(["drop", "x.csv", f"--{HOSTILE}"])
    assert "[U+001B]" in shown.getvalue()
    assert "\x1b" not in shown.getvalue()


def test_what_a_program_reads_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    protect()
    print(HOSTILE)
    assert capsys.readouterr().out == HOSTILE + "\n"
