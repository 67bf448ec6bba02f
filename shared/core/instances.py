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

from shared.core import fault
from shared.core.errors import Fault, InstancesRejected
from shared.core.fault import is_unicode, kind_of
from shared.core.schema import Feature, Schema

LISTED_FAULTS = 100
"""Faults that one answer lists; the last says so where there are more."""

NUMBERS = {int, float}


@dataclass(frozen=True, slots=True)
class Accepted:
    """Instances as the model takes them. warnings: what is odd, and predicted all the same."""

    rows: list[Any]
    warnings: tuple[Fault, ...] = ()


def accept(instances: Any, schema: Schema | None = None, known: tuple[Fault, ...] = ()) -> Accepted:
    """The rows in the model's order, or InstancesRejected with every fault at once.

    An instance is a list in the schema's order, or an object by feature name in any order. Without
    a schema (a version that a person made) instances pass as they are, if they are sound JSON.
    known: faults found before, by whoever read the body; they are told with the others.
    """
    if type(instances) is not list:
        kind = kind_of(instances)
        raise rejected([*known, Fault("/instances", f"must be a list of instances, not {kind}")])
    if not instances:
        raise rejected([*known, Fault("/instances", "must hold at least one instance")])
    rows = None if known else _at_once(instances, schema)
    if rows is None:
        faults = list(islice(fault.faults(instances, schema), LISTED_FAULTS + 1))
        if known or faults:
            raise rejected([*known, *faults])
        rows = instances if schema is None else [_row(instance, schema) for instance in instances]
    return Accepted(rows)


def rejected(faults: Sequence[Fault]) -> InstancesRejected:
    """The error for these faults, cut to what one answer lists."""
    listed = list(faults[:LISTED_FAULTS])
    if len(faults) > LISTED_FAULTS:
        listed[-1] = Fault("", f"only the first {LISTED_FAULTS - 1} faults are listed")
    return InstancesRejected(*listed)


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
    return kinds <= {str, type(None)} and is_unicode("".join(column))


def _numbers(values: Sequence[Any]) -> bool:
    """Whether all are finite numbers; False also for a sum that overflows (then look closer)."""
    try:
        return NUMBERS.issuperset(map(type, values)) and math.isfinite(sum(values))
    except OverflowError:
        return False
