"""The door of the room: from a CSV to a Dataset, or to a refusal that says all there is to mend."""

from __future__ import annotations

import io
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO

import numpy as np

from shared.core.configuration import ModelConfiguration
from shared.core.errors import DatasetRejected
from shared.core.schema import Feature, Schema
from shared.core.suggestion import nearest
from shared.training.dataset import CategoricalColumn, Dataset, Floats
from shared.training.reading import classes, fault, features, header, remedy, target
from shared.training.reading import numbering as numberings
from shared.training.reading.assemble import assemble
from shared.training.reading.features import Features
from shared.training.reading.gather import Gathered, Head, Sizes, gather
from shared.training.reading.merge import merged
from shared.training.reading.plan import LEFT_OUT, Planner
from shared.training.reading.series import Series
from shared.training.reading.target import key
from shared.training.reading.typed import Input, Typed, category
from shared.training.reading.verdict import Verdict, column_line, toml

Open = Callable[[], BinaryIO]
"""Opens a CSV from its start. Called once, and again where its first rows misled."""

MOST_PASSES = 2


@dataclass(frozen=True)
class File:
    """A CSV to read. name: what findings and counts call it."""

    name: str
    open: Open
    sizes: Sizes = field(default_factory=Sizes)


@dataclass(frozen=True)
class Wanted:
    """What the reading depends on besides the files."""

    configuration: ModelConfiguration
    target: str
    target_names: Sequence[str]
    schema: Schema | None


def read(
    source: bytes | Open,
    configuration: ModelConfiguration | None = None,
    *,
    wanted_target: str = "",
    target_names: Sequence[str] = (),
    schema_in_force: Schema | None = None,
    sizes: Sizes | None = None,
) -> Dataset:
    """Check a CSV and take it apart. Raises DatasetRejected with all findings.

    source: the bytes, or what opens a stream of them. wanted_target: the column that the drop
    names ("": none); target_names: names that mean the target where nothing else says it.
    schema_in_force: of the live version; the file is held to it by name.
    """
    file = File("", _opener(source), sizes or Sizes())
    wanted = Wanted(
        configuration or ModelConfiguration(), wanted_target, target_names, schema_in_force
    )
    return read_all([file], wanted)


def read_all(files: Sequence[File], wanted: Wanted) -> Dataset:
    """Several CSVs as one Dataset, the newest first: the others are held to its columns.

    An older file that can no longer be read under them is left out with a warning.
    """
    verdict = Verdict()
    newest = typed(files[0], wanted, verdict)
    older = [found for one in files[1:] if (found := _older(one, newest, wanted, verdict))]
    whole = merged([newest.typed, *older])
    limits = wanted.configuration.limits
    return assemble(whole, newest.target, limits, verdict)


@dataclass(frozen=True)
class Read:
    """One file's typed columns. schema: what an older file is held to."""

    typed: Typed
    target: str
    schema: Schema


def _opener(source: bytes | Open) -> Open:
    return (lambda: io.BytesIO(source)) if isinstance(source, bytes) else source


def typed(file: File, wanted: Wanted, verdict: Verdict, *, older: bool = False) -> Read:
    """One file's typed columns. Raises DatasetRejected.

    Read again where the first rows misled about a column's kind.
    """
    planner = Planner(wanted.configuration, wanted.schema, older)
    for _ in range(MOST_PASSES):
        attempt = _Pass(file, wanted, planner, Verdict())
        found = attempt.typed()
        if not attempt.learnt:
            break
        planner.learnt.update(attempt.learnt)
    verdict.warnings += attempt.verdict.warnings
    attempt.verdict.settle()
    if found is None:
        raise AssertionError("a file without typed columns was not refused")
    return found


def _older(file: File, newest: Read, wanted: Wanted, verdict: Verdict) -> Typed | None:
    held = replace(wanted, target=newest.target, schema=newest.schema)
    try:
        return typed(file, held, Verdict(), older=True).typed
    except DatasetRejected as rejected:
        first = rejected.findings[0]
        verdict.warn("file_left_out", f"{file.name} can no longer be trained on: {first}")
        return None


class _Pass:
    """One reading of one file. learnt: kinds of columns that the first rows did not show."""

    def __init__(self, file: File, wanted: Wanted, planner: Planner, verdict: Verdict) -> None:
        self._file = file
        self._wanted = wanted
        self._planner = planner
        self._target: int | None = None
        self.verdict = verdict
        self.learnt: dict[int, str] = {}

    def typed(self) -> Read | None:
        """The typed columns; None where something was refused, or learnt for another pass."""
        try:
            with self._file.open() as stream:
                most = self._wanted.configuration.limits.columns
                gathered = gather(stream, most, self._plan, self.verdict, self._file.sizes)
        except DatasetRejected as rejected:
            self.verdict.add(rejected)
            return None
        if not gathered.complete:
            fault.tell_sure_faults(gathered.series or [], self.verdict)
        elif not gathered.rows and not self.verdict.refused:
            self.verdict.refuse(
                "no_rows",
                "there is a header and no row below it. Add rows.",
                gathered.line,
                mend=remedy.FULLER,
            )
        elif gathered.series and gathered.rows:
            return self._finish(gathered, gathered.series)
        return None

    def _plan(self, head: Head) -> list[Series] | None:
        if not header.check(head.names, head.line, self.verdict):
            return None
        self._target = _choose(head.names, self._wanted, self.verdict)
        if self._target is None:
            return None
        if not self._planner.older:
            _check_names(head.names, self._wanted.configuration, self.verdict)
        return self._planner.series(head, self._target)

    def _finish(self, gathered: Gathered, series: list[Series]) -> Read | None:
        planner, verdict = self._planner, self.verdict
        label = next(one for one in series if one.is_target)
        others = [one for one in series if not one.is_target]
        label.finish()
        named = remedy.header(header.renamed(gathered.names), verdict.table)
        sorter = Features(planner, verdict, named)
        inputs = sorter.inputs(others)
        column, again = classes.typed(label, planner, verdict)
        self.learnt = sorter.learnt | ({label.position: again} if again else {})
        if self.learnt or column is None:
            return None
        split = _splits(others, inputs, planner, verdict)
        inputs, numbering = numberings.without(inputs, column, planner, verdict)
        inputs = features.in_order(inputs, planner, gathered.rows, verdict)
        if not inputs and not verdict.refused:
            _refuse_featureless(others, sorter.left_out, verdict)
        if verdict.refused:
            return None
        known = planner.schema.left_out if planner.schema else ()
        left = tuple(sorted({*sorter.left_out, *numbering, *known}))
        counted = {self._file.name: gathered.rows}
        typed = Typed(tuple(inputs), column, *split, left, counted)
        name = planner.schema.target if planner.schema else label.name
        return Read(typed, name, _schema(typed, name))


def _choose(names: Sequence[str], wanted: Wanted, verdict: Verdict) -> int | None:
    """The target: as the drop says, then model.toml, then the schema in force, then by name."""
    asked = wanted.target or wanted.configuration.target
    schema = wanted.schema
    named = {key(name) for name in names}
    if schema and asked and key(asked) != key(schema.target) and key(asked) in named:
        verdict.refuse(
            "schema_changed",
            f"the live model predicts {schema.target!r}, and this drop names {asked[:80]!r} as "
            "target. Make it a model of its own.",
            mend=f"./run drop FILE.csv --model NEW --target {shlex.quote(asked[:80])}",
        )
        return None
    if schema and (not asked or key(asked) in named):
        asked = schema.target
    return target.choose(names, asked, wanted.target_names, verdict)


def _check_names(names: Sequence[str], configuration: ModelConfiguration, verdict: Verdict) -> None:
    """Refuse a model.toml that names columns which the file does not have."""
    here = [key(name) for name in names]
    asked = [name for name, kind in configuration.columns.items() if kind not in LEFT_OUT]
    if configuration.split_column and configuration.split != "hash":
        asked.append(configuration.split_column)
    for name in asked:
        if key(name) not in here:
            near = nearest(key(name), here)
            right = names[here.index(near)] if near is not None else "NAME"
            verdict.refuse(
                "bad_configuration",
                f"model.toml names a column {name[:80]!r}, and the file has none of that name.",
                mend=f"in model.toml: {toml(right)} in place of {toml(name[:80])}",
            )


def _splits(
    series: list[Series], inputs: list[Input], planner: Planner, verdict: Verdict
) -> tuple[Floats | None, CategoricalColumn | None]:
    """The columns that rows are held out by: time, group."""
    order_by, group = None, None
    for one in series:
        if planner.is_time(one.name):
            # A copy: a column of the features may be the same, and is sorted in place.
            order_by = np.array(one.floats if one.mode == "number" else one.floats[:, 0])
            if one.name not in {found.name for found in inputs}:  # then it is not told elsewhere
                fault.tell_faults(one, verdict)
        elif planner.is_group(one.name):
            words = [word.strip() for word in one.words]
            group = category(one.codes, words, one.counts)
    return order_by, group


def _refuse_featureless(series: list[Series], left: Sequence[str], verdict: Verdict) -> None:
    name = next((one.name for one in series if one.name), "NAME")
    told = f" ({', '.join(repr(one[:40]) for one in left[:12])})" if left else ""
    verdict.refuse(
        "no_features",
        "no column is left to learn from: row numbers, texts, dates and empty columns do not "
        f"count{told}.",
        mend=column_line(name, "categorical"),
    )


def _schema(typed: Typed, name: str) -> Schema:
    """What an older file is held to."""
    fields = tuple(Feature(one.name, one.kind, nullable=one.nullable) for one in typed.inputs)
    labels = typed.target.categories if isinstance(typed.target, CategoricalColumn) else None
    return Schema(fields, name, labels, typed.left_out)
