"""Which column is the target: the drop says so, or one well-known name stands first or last."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from shared.core.suggestion import nearest
from shared.training.reading.remedy import DROP
from shared.training.reading.verdict import Verdict

HOW = "Say which column it is."


def choose(names: Sequence[str], wanted: str, known: Sequence[str], verdict: Verdict) -> int | None:
    """Position of the target among the header's names, or None after refusing.

    wanted: the name that the drop gives ("": none); known: names that mean the target where
    nothing else says it. Both are compared trimmed and casefolded.
    """
    keys = [key(name) for name in names]
    if wanted:
        return _named(keys, wanted, names, verdict)
    found = [index for index, name in enumerate(keys) if name in {key(word) for word in known}]
    if len(found) == 1 and found[0] in (0, len(names) - 1):
        return found[0]
    listed = ", ".join(repr(names[index]) for index in found)
    if not found:
        verdict.refuse(
            "label_missing",
            f"no column is named {' or '.join(known)}. {HOW} {_columns(names)}",
            mend=_line(names[-1]),
        )
    elif len(found) == 1:
        verdict.refuse(
            "label_ambiguous",
            f"{listed} could be the target and stands neither first nor last. {HOW}",
            column=names[found[0]],
            mend=_line(names[found[0]]),
        )
    else:
        verdict.refuse(
            "label_ambiguous",
            f"each of {listed} could be the target. {HOW}",
            mend=_line(names[found[-1]]),
        )
    return None


def key(name: str) -> str:
    """How names are compared."""
    return name.strip().casefold()


def _named(keys: list[str], wanted: str, names: Sequence[str], verdict: Verdict) -> int | None:
    if key(wanted) in keys:
        return keys.index(key(wanted))
    near = nearest(key(wanted), keys)
    hint = f"Did you mean {names[keys.index(near)]!r}? " if near is not None else ""
    verdict.refuse(
        "label_missing",
        f"there is no column {wanted[:80]!r}. {hint}{_columns(names)}",
        mend=_line(names[keys.index(near)] if near is not None else names[-1]),
    )
    return None


def _columns(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:40]) for name in names[:12])
    return f"The columns are {shown}{', ...' if len(names) > 12 else ''}."


def _line(name: str) -> str:
    return f"{DROP} --target {shlex.quote(name)}"
