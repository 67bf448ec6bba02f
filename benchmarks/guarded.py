"""A guard: a place in the code that keeps a promise, and the test that misses it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class Moved(Exception):
    """The text that a guard names does not stand there, or not once: write the guard anew."""


@dataclass(frozen=True)
class Guard:
    """what: the promise. file: where it is kept. old: the text that keeps it, which stands there
    exactly once; new: what the code would be without. test: turns red then."""

    what: str
    file: str
    old: str
    new: str
    test: str

    def removed(self, root: Path) -> str:
        """The file's text without the guard. Raises Moved."""
        text = (root / self.file).read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise Moved(f"{self.file} holds {text.count(self.old)} times, not once: {self.old!r}")
        return text.replace(self.old, self.new)


def condition(what: str, file: str, text: str, test: str) -> Guard:
    """A guard that is an `if`: removed, it is never true."""
    return Guard(what, file, f"if {text}:", "if False:", test)


def statement(what: str, file: str, text: str, test: str) -> Guard:
    """A guard that is a call: removed, nothing is done."""
    return Guard(what, file, text, "pass", test)
