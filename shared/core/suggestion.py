"""What a person may have meant who mistyped a word: for error messages."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


def nearest(word: str, known: Sequence[str]) -> str | None:
    """The known word nearest to a mistyped one."""
    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=0.5)), None)


def suggestion(word: str, known: Sequence[str]) -> str:
    """The nearest word as a question, or all that are known."""
    near = nearest(word, known)
    return f"did you mean {near}?" if near else f"there are: {', '.join(known) or 'none yet'}"
