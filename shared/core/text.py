"""Data and numbers as a person reads them: nothing invisible, nothing endless."""

from __future__ import annotations

import math
import unicodedata

NAME_LENGTH = 60
"""Longest name of a column, class or file that is shown whole."""

MESSAGE_LENGTH = 1_000
MARKS = 3
"""Accents kept on one letter; more of them would run over the lines above and below."""


JOINERS = "\u200c\u200d"


def shown(text: str, limit: int = MESSAGE_LENGTH) -> str:
    """The text with whatever is invisible, or turns its neighbours round, written as `[U+202E]`.

    Joiners stay behind letters beyond ASCII: Persian and emoji are spelt with them.
    """
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    if cut.isascii() and cut.isprintable():
        return cut
    return "".join(_letters(cut))


def _letters(text: str) -> list[str]:
    letters: list[str] = []
    before, marks = "", 0
    for letter in text:
        marks = marks + 1 if unicodedata.category(letter) in ("Mn", "Me") else 0
        if marks <= MARKS:
            letters.append(_visible(letter, before))
        before = letter
    return letters


def _visible(letter: str, before: str) -> str:
    if letter.isprintable() or (letter in JOINERS and before > "\x7f" and before not in JOINERS):
        return letter
    if unicodedata.category(letter) == "Zs":
        return " "
    return f"[U+{ord(letter):04X}]"


def number(value: float) -> str:
    """Four significant digits, thousands apart: `0.9733`, `12,345`, `1.2e-07`."""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e15 or size < 1e-4:
        return f"{value:.2g}"
    if size >= 1_000 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.4g}"


def brief(value: float) -> str:
    """A number in the room beside a chart: `0.9733`, `33.93M`."""
    size = abs(value)
    if size < 10_000 or size >= 1e15:
        return number(value)
    power = min(4, int(math.log10(size)) // 3)
    return f"{value / 1_000**power:.4g}{' KMBT'[power]}"


def signed(value: float) -> str:
    """A difference, with its sign."""
    return f"+{number(value)}" if value > 0 else number(value)


def percent(share: float) -> str:
    """A share of 0 to 1 in percent: `97 %`, `0.4 %`, `2 %`."""
    if 0 < share < 0.0005:
        return "< 0.1 %"
    places = 0 if 0.0995 <= share < 0.995 else 1
    return f"{share * 100:.{places}f}".removesuffix(".0") + " %"


def count(amount: float, one: str, many: str | None = None) -> str:
    """`1 row`, `150 rows`."""
    return f"{number(amount)} {one if amount == 1 else many or one + 's'}"


def words(code: str) -> str:
    """A code as words: `balanced_accuracy` -> `Balanced accuracy`."""
    text = code.replace("_", " ")
    return text[:1].upper() + text[1:]


def listed(names: list[str], most: int) -> str:
    """`a, b, c and 12 more`; each name made visible."""
    some = ", ".join(shown(name, NAME_LENGTH) for name in names[:most])
    return some if len(names) <= most else f"{some} and {number(len(names) - most)} more"


def moment(text: str) -> str:
    """`2026-11-22T13:00:00.250Z` -> `2026-11-22 13:00:00 UTC`; anything else as it is."""
    if len(text) >= 20 and text[10] == "T" and text.endswith("Z"):
        return f"{text[:10]} {text[11:19]} UTC"
    return text
