"""Which columns become features: what each is, held to the schema in force, the rest left out."""

from __future__ import annotations

import re

import numpy as np

from shared.core import date
from shared.core.schema import DATE_PARTS, Feature
from shared.core.suggestion import nearest
from shared.training.dataset import CategoricalColumn, Column, Floats, NumericColumn
from shared.training.reading import remedy
from shared.training.reading.fault import tell_faults
from shared.training.reading.kind import decide, what_is_left
from shared.training.reading.plan import LEFT_OUT, Planner, by_key
from shared.training.reading.series import MODES, Series
from shared.training.reading.target import key
from shared.training.reading.typed import Input, category
from shared.training.reading.verdict import Verdict, column_line
from shared.training.reading.word import is_gap

MIN_ROWS_FOR_ID = 20
ID_DENSITY = 0.5
_HEAD = 1_000
_ID_NAME = re.compile(r"(?:.*[_ .-])?(?:id|idx|index|row|rownum|row_?number|unnamed: ?0)")

_WHY_LEFT_OUT = {
    "empty": ("empty_column", "no cell has a value; left out", ""),
    "id": ("id_column", "looks like an identifier; left out of the features", "categorical"),
    "text": ("text_column", "looks like free text; left out of the features", "categorical"),
    "date": ("date_column", "looks like a date; left out of the features", "date"),
}


class Features:
    """Sorts a file's series into inputs and what is left out. named: the line to copy that gives
    every column a name."""

    def __init__(self, planner: Planner, verdict: Verdict, named: str = "") -> None:
        self._planner = planner
        self._named = named
        self._limits = planner.configuration.limits
        self._verdict = verdict
        self.left_out: list[str] = []
        self.learnt: dict[int, str] = {}

    def inputs(self, series: list[Series]) -> list[Input]:
        """The features in positional order. `learnt`: kinds that were guessed wrong at first."""
        kinds = {one.position: self._kind(one) for one in series}
        if self.learnt:
            return []
        chosen = [one for one in series if kinds[one.position] not in _WHY_LEFT_OUT]
        chosen = [one for one in chosen if kinds[one.position] not in LEFT_OUT]
        for one in series:
            if one not in chosen:
                self._leave_out(one, kinds[one.position])
        return [found for one in chosen if (found := self._input(one, kinds[one.position]))]

    def _kind(self, one: Series) -> str:
        if one.mode == "skip":
            return "drop"
        stats = one.finish()
        if self._planner.is_group(one.name):
            return "drop"
        forced = self._planner.forced_kind(one.name)
        if forced:
            return "asked date" if forced == "date" else forced
        kind = decide(stats, self._limits.categories)
        if MODES.get(kind, "token") != one.mode and not (kind == "empty" or one.forced):
            if one.position in self._planner.learnt:  # it was seen whole, and is no kind of its own
                return what_is_left(stats)
            self.learnt[one.position] = kind
        if kind == "numeric" and not one.faults and is_id(one.name, one.floats):
            return "id"
        return kind

    def _leave_out(self, one: Series, kind: str) -> None:
        self.left_out.append(one.name)
        known = self._planner.forced_kind(one.name)
        if kind in _WHY_LEFT_OUT and not known:
            code, message, other = _WHY_LEFT_OUT[kind]
            if kind == "id" and one.mode == "number":
                other = "numeric"
            if kind == "date" and (one.faults or not all(map(date.numbers, one.words))):
                message, other = "looks like a date, and not like one of ISO 8601; left out", ""
            mend = column_line(one.name, other) if other and one.name else ""
            self._verdict.warn(code, f"{message}.", None, one.shown, mend=mend)

    def _input(self, one: Series, kind: str) -> Input | None:
        if not one.name:
            self._verdict.refuse(
                "unnamed_column",
                "give the column a name.",
                None,
                one.shown,
                mend=self._named,
            )
            return None
        kind = kind.removeprefix("asked ")
        tell_faults(one, self._verdict)
        columns, gaps = self._columns(one, kind)
        self._check_gaps(one, kind, gaps)
        return Input(one.name, kind, gaps > 0, columns)

    def _columns(self, one: Series, kind: str) -> tuple[tuple[Column, ...], int]:
        """The input columns and how many cells are gaps."""
        if kind == "categorical":
            if one.overflow or len(one.words) > self._limits.categories:
                self._too_many(one)
            if one.overflow:
                return (), 0
            words = [None if is_gap(word) else word.strip() for word in one.words]
            gaps = sum(n for word, n in zip(words, one.counts, strict=True) if word is None)
            return (category(one.codes, words, one.counts),), gaps
        values = one.floats
        parts = values.T if values.ndim == 2 else [values]
        gaps = one.stats.rows - one.stats.cells["number"]
        if one.mode != "number":
            gaps = int(np.count_nonzero(np.isnan(parts[0])))
        return tuple(NumericColumn(np.ascontiguousarray(p)) for p in parts), gaps

    def _too_many(self, one: Series) -> None:
        self._verdict.refuse(
            "too_many_categories",
            f"more than {self._limits.categories:,} different texts. "
            "Leave the column out, or group its values.",
            None,
            one.shown,
            mend=column_line(one.name, "drop"),
        )

    def _check_gaps(self, one: Series, kind: str, gaps: int) -> None:
        rows = one.stats.rows or 1
        gaps -= sum(one.faults.values())
        if gaps <= self._limits.missing_share * rows:
            return
        told = f"{gaps} of {rows} cells are empty"
        if kind == "categorical" and gaps < rows:
            self._verdict.warn("missing_value", f"{told}.", None, one.shown)
            return
        self._verdict.refuse(
            "missing_value",
            f"{told}; more than {self._limits.missing_share:.0%} is too many to fill in. "
            "Drop the column.",
            None,
            one.shown,
            mend=column_line(one.name, "drop"),
        )


def is_id(name: str, values: Floats) -> bool:
    """Different whole numbers in every row that fill their range, or that an id's name announces.

    It does not matter how the rows are sorted: a file sorted by class would make a perfect leak.
    """
    rows = len(values)
    named = bool(_ID_NAME.fullmatch(name.casefold())) or not name
    head = values[:_HEAD]
    if rows < 2 or (head[~np.isnan(head)] % 1 != 0).any():
        return False
    low, high = values.min(), values.max()
    if np.isnan(low):  # a gap, such as that of a row of totals, does not make it a quantity
        return is_id(name, values[~np.isnan(values)])
    span = float(high - low) + 1
    if not span > 0.95 * rows or (not named and not rows / span >= ID_DENSITY):
        return False
    if (values != np.floor(values)).any():
        return False
    different = _different(values, low, span) / rows
    return different > 0.95 if named else different == 1 and rows >= MIN_ROWS_FOR_ID


def _different(values: Floats, low: float, span: float) -> int:
    """How many different ones there are among whole numbers."""
    if span > 4 * len(values):
        return len(np.unique(values))
    seen = np.zeros(int(span), np.bool_)
    seen[(values - low).astype(np.intp)] = True
    return int(np.count_nonzero(seen))


def in_order(inputs: list[Input], planner: Planner, rows: int, verdict: Verdict) -> list[Input]:
    """The inputs in the positional order of the schema in force; what it lacks is refused."""
    schema = planner.schema
    if schema is None:
        return inputs
    here = {key(one.name): one for one in inputs}
    asked = {
        name for name, kind in by_key(planner.configuration.columns).items() if kind in LEFT_OUT
    }
    held: list[Input] = []
    renamed: dict[str, str] = {}
    for feature in schema.features:
        if key(feature.name) in asked:
            verdict.warn(
                "schema_changed", "no longer a feature, as model.toml says", None, feature.name
            )
            continue
        found = here.pop(key(feature.name), None)
        if found is None and planner.older and planner.configuration.schema == "evolve":
            found = _gaps(feature, rows)
        if found is None:
            near = nearest(key(feature.name), sorted(here.keys() - planner.known))
            renamed |= {near: feature.name} if near else {}
            _refuse_missing(feature.name, near or "", verdict)
            continue
        if found.kind != feature.kind:
            message = f"{found.kind} from now on, {feature.kind} before, as model.toml says"
            verdict.warn("schema_changed", message, None, feature.name)
        nullable = feature.nullable or found.nullable
        held.append(Input(feature.name, found.kind, nullable, found.columns))
    return held if planner.older else held + _added(list(here.values()), renamed, planner, verdict)


def _gaps(feature: Feature, rows: int) -> Input:
    """A feature that an older file does not have yet."""
    column: Column = NumericColumn(np.full(rows, np.nan))
    if feature.kind == "categorical":
        column = CategoricalColumn(np.full(rows, -1, np.int32), ())
    width = len(DATE_PARTS) if feature.kind == "date" else 1
    return Input(feature.name, feature.kind, True, (column,) * width)


def _added(
    extra: list[Input], renamed: dict[str, str], planner: Planner, verdict: Verdict
) -> list[Input]:
    for one in extra:
        if key(one.name) in renamed:
            continue  # told where the old name is missing
        if planner.configuration.schema == "evolve":
            verdict.warn("schema_changed", "a new feature, behind all others", None, one.name)
        else:
            verdict.refuse(
                "schema_changed",
                "the live model has no such feature. Leave the column out, or let the schema grow.",
                None,
                one.name,
                mend='in model.toml: schema = "evolve"',
            )
    return extra if planner.configuration.schema == "evolve" else []


def _refuse_missing(name: str, near: str, verdict: Verdict) -> None:
    """near: the new column that it may have become, as names are compared, "" for none."""
    hint = f" Was it renamed to {near!r}?" if near else ""
    place = [key(other) for other in verdict.table.names].index(near) if near else 0
    verdict.refuse(
        "schema_changed",
        f"the live model has this feature, and the file has no such column.{hint} "
        "Put it back, or say that it is gone.",
        None,
        name,
        mend=remedy.Rename(place, name) if near else column_line(name, "drop"),
    )
