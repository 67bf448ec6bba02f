"""The order of the rows by hashes of what is in them: the same however a file was sorted.

A row's hash is a sum over its columns, each mixed with its name, so that neither the order of
the columns nor that of the rows matters. Equal rows become neighbours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from shared.training.dataset import CategoricalColumn, Column, Rows

Hashes = npt.NDArray[np.uint64]

_ONE = np.uint64(0xBF58476D1CE4E5B9)
_TWO = np.uint64(0x94D049BB133111EB)
_GAP = 0x9E3779B97F4A7C15
_BLOCK = 1 << 16


def text_hash(text: str) -> int:
    """64 bits of a text, the same on every machine."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def row_hashes(columns: Iterable[tuple[str, Column]], rows: int) -> Hashes:
    """One hash for each row over named columns."""
    total = np.zeros(rows, np.uint64)
    for name, column in columns:
        seed = np.uint64(text_hash(name))
        table = _table(column)
        for start in range(0, rows, _BLOCK):  # blocks that fit the processor's cache
            part = slice(start, start + _BLOCK)
            total[part] += _mixed(_bits(column, table, part) ^ seed)
    return total


def canonical(features: Hashes, rest: Hashes) -> Rows:
    """The rows sorted by `features`, then by `rest`."""
    order: Rows = np.argsort(features)
    ordered = features[order]
    again = np.flatnonzero(ordered[1:] == ordered[:-1])
    if len(again):
        tied = np.union1d(again, again + 1)
        rows = order[tied]
        order[tied] = rows[np.lexsort((rest[rows], features[rows]))]
    return order


def _table(column: Column) -> Hashes | None:
    if not isinstance(column, CategoricalColumn):
        return None
    return np.array([*map(text_hash, column.categories), _GAP], np.uint64)


def _bits(column: Column, table: Hashes | None, part: slice) -> Hashes:
    if isinstance(column, CategoricalColumn):
        assert table is not None
        return table[column.codes[part]]
    values = column.values[part] + 0.0  # -0.0 becomes 0.0
    values[np.isnan(values)] = np.nan  # one of the many
    return values.view(np.uint64)


def _mixed(bits: Hashes) -> Hashes:
    """Every bit of the result depends on every bit (the last steps of splitmix64)."""
    bits ^= bits >> np.uint64(30)
    bits *= _ONE
    bits ^= bits >> np.uint64(27)
    bits *= _TWO
    bits ^= bits >> np.uint64(31)
    return bits
