"""The instances of a predict request, held to a version's schema.

Faults name the place and the rule, never the value that was sent: error bodies and logs carry no
data. Right requests are checked column by column at the speed of C; only a request that fails
there is looked at value by value, to tell all that is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Any

from shared.core import date, fault, oddity
from shared.core.errors import Fault, InstancesRejected
from shared.core.fault import is_unicode, kind_of
from shared.core.schema import Feature, Schema

LISTED = 100
"""Faults, and warnings, that one answer lists; the last fault says so where there are more."""

MOST = 50_000
"""Instances of one request, unless the setting says otherwise."""

NUMBERS = {int, float}
TRUTHS = {bool, int, float}


@dataclass(frozen=True, slots=True)
class Accepted:
    """Instances as the model takes them. warnings: what is odd, and predicted all the same, up to
    LISTED of them; warned: how many there are."""

    rows: list[Any]
    warnings: tuple[Fault, ...] = ()
    warned: int = 0


def accept(
    instances: Any,
    schema: Schema | None = None,
    known: tuple[Fault, ...] = (),
    *,
    strict: bool = False,
    most: int = MOST,
) -> Accepted:
    """The rows in the model's order, or InstancesRejected with every fault at once.

    An instance is a list in the schema's order, or an object by feature name in any order. Without
    a schema (a version that a person made) instances pass as they are, if they are sound JSON.
    known: faults found before, by whoever read the body; they are told with the others. strict:
    what is odd is a fault too.
    """
    outside = _no_list(instances, most)
    if outside:
        raise rejected([*known, Fault("/instances", outside)])
    rows = None if known else _at_once(instances, schema)
    if rows is None:
        faults = list(islice(fault.faults(instances, schema), LISTED + 1))
        if known or faults:
            raise rejected([*known, *faults])
        rows = instances if schema is None else [_row(instance, schema) for instance in instances]
    if schema is None:
        return Accepted(rows)
    warnings, warned = _warnings(instances, rows, schema)
    if strict and warnings:
        raise rejected(warnings)
    return Accepted(
        rows if schema.is_plain else [_inputs(row, schema) for row in rows],
        tuple(warnings[:LISTED]),
        warned,
    )


def rejected(faults: Sequence[Fault]) -> InstancesRejected:
    """The error for these faults, cut to what one answer lists."""
    listed = list(faults[:LISTED])
    if len(faults) > LISTED:
        listed[-1] = Fault("", f"only the first {LISTED - 1} faults are listed")
    return InstancesRejected(*listed)


def _no_list(instances: Any, most: int) -> str:
    """Why this is no list of instances, "" where it is."""
    if type(instances) is not list:
        return f"must be a list of instances, not {kind_of(instances)}"
    if len(instances) > most:
        return (
            f"holds {len(instances)} instances, {most} at the most are taken: "
            "send them in several requests"
        )
    return "" if instances else "must hold at least one instance"


def _at_once(instances: list[Any], schema: Schema | None) -> list[Any] | None:
    """The rows where all is plainly right; None where that needs a closer look."""
    kinds = set(map(type, instances))
    if schema is None:
        return instances if kinds == {list} and all(map(_numbers, instances)) else None
    rows: list[Any] | None = instances if kinds == {list} else None
    if kinds == {dict} and set(map(len, instances)) == {len(schema.features)}:
        rows = _ordered(instances, schema.names)
    if rows is None or set(map(len, rows)) != {len(schema.features)}:
        return None
    fit = all(map(_column_fits, schema.features, zip(*rows, strict=True)))
    return rows if fit else None


def _ordered(instances: list[dict[str, Any]], names: tuple[str, ...]) -> list[Any] | None:
    try:
        if len(names) == 1:
            return [[instance[names[0]]] for instance in instances]
        return list(map(list, map(itemgetter(*names), instances)))
    except KeyError:
        return None


def _row(instance: Any, schema: Schema) -> list[Any]:
    return instance if type(instance) is list else [instance[name] for name in schema.names]


def _column_fits(feature: Feature, column: Sequence[Any]) -> bool:
    kinds = set(map(type, column))
    if type(None) in kinds:
        if not feature.nullable:
            return False
        column = [value for value in column if value is not None]
    if feature.kind == "numeric":
        return _numbers(column)
    if feature.kind == "boolean":
        return kinds <= {*TRUTHS, type(None)} and {0, 1}.issuperset(column)
    if not kinds <= {str, type(None)}:
        return False
    if feature.kind == "date":
        return all(map(date.numbers, column))
    return is_unicode("".join(column))


def _numbers(values: Sequence[Any]) -> bool:
    """Whether all are finite numbers; False also for a sum that overflows (then look closer)."""
    try:
        return NUMBERS.issuperset(map(type, values)) and math.isfinite(sum(values))
    except OverflowError:
        return False


def _warnings(instances: list[Any], rows: list[Any], schema: Schema) -> tuple[list[Fault], int]:
    """Those that can be listed and one more, and how many there are."""
    if not any(map(oddity.is_odd, schema.features, zip(*rows, strict=True))):
        return [], 0
    found = oddity.oddities(instances, schema)
    listed = list(islice(found, LISTED + 1))
    return listed, len(listed) + sum(1 for _ in found)


def _inputs(row: list[Any], schema: Schema) -> list[Any]:
    """What the fitted model takes for one row: `schema.inputs`."""
    made: list[Any] = []
    for feature, value in zip(schema.features, row, strict=True):
        if feature.kind == "date":
            made += (date.numbers(value) if value is not None else None) or (None, None, None)
        elif feature.kind == "boolean" and value is not None:
            made.append(float(value))
        else:
            made.append(value)
    return made
