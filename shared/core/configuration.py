"""`model.toml`: what a person decides about one model, checked key by key.

It lies at `data/<model>/model.toml`. docs/12-model-toml.md describes every key.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from shared.core.errors import DatasetRejected, Finding
from shared.core.suggestion import suggestion

MAX_BYTES = 1_000_000
"""Of the file."""

KINDS = ("numeric", "categorical", "boolean", "date", "id", "text", "drop")
"""What a column can be said to be under [columns]; the last three leave it out."""


MARGINS = {"balanced_accuracy": 0.02, "rmse": 0.05}
"""Metric -> how much worse a model may surely be where [gate] says nothing."""


@dataclass(frozen=True)
class Gate:
    """When a new model may replace the live one. None: the default of its metric.

    margin: how much worse it may be; floor: the least it must reach; baseline: whether a first
    model must beat guessing; decide: "refuse", or "accept" to tell only.
    """

    margin: float | None = None
    floor: float | None = None
    baseline: bool = True
    decide: str = "refuse"


@dataclass(frozen=True)
class Drift:
    """What becomes of a drop that differs much from the one before. threshold: of the PSI."""

    decide: str = "warn"
    threshold: float = 0.25


@dataclass(frozen=True)
class Limits:
    """From where on a CSV is refused. Shares are of its rows.

    missing_share: gaps of a number, a date or a truth value; missing_label_share: rows without a
    label; min_class_rows: rows of a class; rare_share: rows of classes below that, left out;
    classes, columns, categories: how many.
    """

    missing_share: float = 0.5
    missing_label_share: float = 0.05
    min_class_rows: int = 2
    rare_share: float = 0.001
    classes: int = 100
    columns: int = 1_000
    categories: int = 1_000


@dataclass(frozen=True)
class ModelConfiguration:
    """A model's configuration; without a file, the defaults.

    target, task, positive_class, split_column: "" where nothing is said. class_weight: "", or
    "balanced", or a weight for each label. parameters: of a named estimator. refit: what goes live
    learns from the held-out rows too, once it is judged. columns: a column's name -> one of KINDS.
    """

    target: str = ""
    task: str = ""
    estimator: str = "auto"
    parameters: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    train_on: str = "latest"
    class_weight: str | Mapping[str, float] = ""
    positive_class: str = ""
    schema: str = "fixed"
    split: str = "hash"
    split_column: str = ""
    refit: bool = False
    release: str = "auto"
    strict: bool = False
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    gate: Gate = Gate()
    drift: Drift = Drift()
    limits: Limits = Limits()

    @property
    def files(self) -> int | None:
        """How many accepted drops to train on, the newest first; None: all there are."""
        if self.train_on == "all":
            return None
        return 1 if self.train_on == "latest" else int(self.train_on.removeprefix("last:"))

    @classmethod
    def from_toml(cls, data: bytes) -> ModelConfiguration:
        """The configuration in a file. DatasetRejected (bad_configuration) tells every problem."""
        try:
            value = tomllib.loads(data.decode("utf-8-sig"))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise DatasetRejected(_problem(f"is no TOML: {error}")) from None
        problems: list[str] = []
        made = {key: _parsed(key, value[key], problems) for key in value}
        _check_split(made, problems)
        if problems:
            raise DatasetRejected(*map(_problem, problems))
        return cls(**made)


Check = Callable[[Any], bool]


def _text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 1_024


def _one_of(*words: str) -> Check:
    return lambda value: value in words and isinstance(value, str)


def _number(least: float, most: float) -> Check:
    return lambda value: type(value) in (int, float) and least <= value <= most


def _whole(least: int, most: int) -> Check:
    return lambda value: type(value) is int and least <= value <= most


def _truth(value: Any) -> bool:
    return isinstance(value, bool)


def _train_on(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    count = value.removeprefix("last:")
    many = value.startswith("last:") and count.isascii() and count.isdigit() and int(count) > 0
    return value in ("latest", "all") or many


def _parameters(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(given, bool | int | float | str) for given in value.values()
    )


def _weight(value: Any) -> bool:
    if isinstance(value, dict):
        return bool(value) and all(map(_number(1e-9, 1e9), value.values()))
    return bool(value == "balanced")


_SHARE = (_number(0, 1), "a number from 0 to 1")
_TRUTH = (_truth, "true or false")
_DECIDE = (_one_of("refuse", "accept"), '"refuse" or "accept"')
_COUNT = (_whole(1, 100_000), "a whole number from 1 to 100000")

_KEYS: dict[str, tuple[Check, str]] = {
    "target": (_text, "a column's name in quotes"),
    "task": (_one_of("classification", "regression"), '"classification" or "regression"'),
    "estimator": (_text, "an estimator's name in quotes"),
    "parameters": (_parameters, "a table of the estimator's parameters: numbers, texts, truths"),
    "train_on": (_train_on, '"latest", "all" or "last:N" with a whole number for N'),
    "class_weight": (_weight, '"balanced", or a table of a positive weight for each label'),
    "positive_class": (_text, "a label in quotes"),
    "schema": (_one_of("fixed", "evolve"), '"fixed" or "evolve"'),
    "split": (_one_of("hash", "time", "group"), '"hash", "time" or "group"'),
    "split_column": (_text, "a column's name in quotes"),
    "refit": _TRUTH,
    "release": (_one_of("auto", "manual"), '"auto" or "manual"'),
    "strict": _TRUTH,
}

_TABLES: dict[str, tuple[Callable[..., Any], dict[str, tuple[Check, str]]]] = {
    "gate": (
        Gate,
        {
            "margin": (_number(0, 1e9), "a number, 0 or more"),
            "floor": (_number(-1e300, 1e300), "a number"),
            "baseline": _TRUTH,
            "decide": _DECIDE,
        },
    ),
    "drift": (
        Drift,
        {
            "decide": (_one_of("off", "warn", "refuse"), '"off", "warn" or "refuse"'),
            "threshold": (_number(0, 1e9), "a number, 0 or more"),
        },
    ),
    "limits": (
        Limits,
        {
            "missing_share": _SHARE,
            "missing_label_share": _SHARE,
            "min_class_rows": (_whole(1, 1_000_000), "a whole number, 1 or more"),
            "rare_share": _SHARE,
            "classes": _COUNT,
            "columns": _COUNT,
            "categories": _COUNT,
        },
    ),
}

KNOWN = (*_KEYS, "columns", *_TABLES)
"""Every key of a model.toml."""


def _parsed(key: str, value: Any, problems: list[str]) -> Any:
    if key == "columns":
        return _columns(value, problems)
    if key in _TABLES:
        make, keys = _TABLES[key]
        return make(**_table(key, value, keys, problems))
    return _table("", {key: value}, _KEYS, problems).get(key)


def _table(
    table: str, value: Any, keys: Mapping[str, tuple[Check, str]], problems: list[str]
) -> dict[str, Any]:
    """The keys that are right; the others become problems."""
    if not isinstance(value, dict):
        problems.append(f"{table} must be a table: [{table}] on a line of its own")
        return {}
    right = {}
    for key, given in value.items():
        if key not in keys:
            problems.append(_unknown(key, table, list(keys) if table else list(KNOWN)))
        elif not keys[key][0](given):
            problems.append(f"{table and f'{table}.'}{key} must be {keys[key][1]}")
        else:
            right[key] = given
    return right


def _unknown(key: str, table: str, known: list[str]) -> str:
    if table and key in KNOWN:
        return _misplaced(key, table)
    of = f" of [{table}]" if table else ""
    return f"{key[:80]!r} is no key{of}; {suggestion(key[:80], known)}"


def _misplaced(key: str, table: str) -> str:
    """A key that was written at the file's end, where it belongs to the last table."""
    return f"{key} stands below [{table}] and is no part of it; move it to the top of the file"


def _columns(value: Any, problems: list[str]) -> Mapping[str, str]:
    if not isinstance(value, dict):
        problems.append("columns must be a table: [columns] on a line of its own")
        return {}
    for name, kind in value.items():
        if kind not in KINDS:
            if name in KNOWN:
                problems.append(_misplaced(name, "columns"))
                continue
            hint = suggestion(str(kind)[:80], KINDS)
            problems.append(f"[columns] {name[:80]!r} has no such kind; {hint}")
    return MappingProxyType(value)


def _check_split(made: Mapping[str, Any], problems: list[str]) -> None:
    split = made.get("split")
    if split in ("time", "group") and not made.get("split_column"):
        problems.append(f'split = "{split}" needs split_column = "..." beside it')


def _problem(message: str) -> Finding:
    return Finding("bad_configuration", f"model.toml: {message}.")
