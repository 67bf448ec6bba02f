"""Rows of a CSV as instances of a schema; what keeps a row from being one is told in its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from shared.batch import cell
from shared.batch.result import Answered
from shared.batch.table import Row, Table
from shared.core.schema import Schema

ROWS = 2_000
CELLS = 40_000
"""Most rows, and cells, of one piece."""
_TOLD = 5
"""Faults of one row that are told."""


@dataclass(frozen=True)
class Piece:
    """Some rows. answered: those that were refused, and for the others their place in line;
    instances: of those others."""

    answered: list[Answered]
    instances: list[list[Any]]

    def answers(self, predictions: Sequence[Any]) -> list[Answered]:
        """Every row's end."""
        left = iter(predictions)
        return [one if one.error else _answered(one, next(left)) for one in self.answered]


def _answered(row: Answered, prediction: Any) -> Answered:
    if isinstance(prediction, dict):
        label, shares = prediction["label"], prediction["probabilities"]
        return Answered(row.line, row.identity, label, shares)
    return Answered(row.line, row.identity, prediction)


class Reading:
    """Rows as instances of a schema."""

    def __init__(self, found: Table, schema: Schema, identity: str) -> None:
        self._table, self._schema = found, schema
        self._width = len(found.names)
        self._places = found.places(schema.names)
        self._identity = found.places([identity], "the drop names")[0] if identity else None
        self._most = max(1, min(ROWS, CELLS // max(1, len(self._places))))

    def pieces(self) -> Iterator[Piece]:
        """Every row, some at a time. Raises DatasetRejected for what is no CSV further on."""
        for rows in self._table.pieces(self._most):
            yield self._piece(rows)

    def _piece(self, rows: Sequence[Row]) -> Piece:
        whole = [cells for _, cells in rows if len(cells) == self._width]
        columns = list(zip(*whole, strict=True)) or [()] * self._width
        features = self._schema.features
        read = [
            cell.values(feature, columns[place])
            for feature, place in zip(features, self._places, strict=True)
        ]
        values = iter(zip(*read, strict=True))
        answered, instances = [], []
        for line, cells in rows:
            if len(cells) != self._width:
                error = f"this row has {len(cells)} cells, the header {self._width}"
                answered.append(Answered(line, error=error))
                continue
            instance = list(next(values))
            identity = cells[self._identity] if self._identity is not None else ""
            error = self._error(instance)
            answered.append(Answered(line, identity, error=error))
            if not error:
                instances.append(instance)
        return Piece(answered, instances)

    def _error(self, instance: Sequence[Any]) -> str:
        """What keeps a row from being predicted, "" for nothing."""
        faults = []
        for feature, value in zip(self._schema.features, instance, strict=True):
            if value is cell.REFUSED:
                faults.append(f"{feature.name[:80]} is not {_WANTED[feature.kind]}")
            elif value is None and not feature.nullable:
                faults.append(f"{feature.name[:80]} is missing")
        return "; ".join(faults[:_TOLD])


_WANTED = {"numeric": "a number", "boolean": "a truth value", "date": "a date"}
