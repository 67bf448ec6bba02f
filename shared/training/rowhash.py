"""Rows as 64-bit numbers: equal rows have equal ones on every machine, in any column order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from shared.training.dataset import CategoricalColumn, Codes, Column, Dataset, Floats

Hashes = npt.NDArray[np.uint64]

BLOCK = 1 << 15
"""Rows at a time, so that the work stays in the processor's cache."""

_GAP = np.uint64(0x9E3779B97F4A7C15)


def hashes(dataset: Dataset, inputs: Sequence[str] | None = None) -> Hashes:
    """One number a row, of what the model is told about it; the target takes no part.

    inputs: the names that count (all, if None), so that rows of a dataset with an added column can
    be recognised by the columns it had before. Raises KeyError for a name that is not there.
    """
    columns = dict(zip(dataset.schema.inputs, dataset.columns, strict=True))
    total = np.zeros(len(dataset), dtype=np.uint64)
    for name in columns if inputs is None else inputs:
        _add(total, columns[name], _text(name))
    return _mixed(total)


def target_hashes(dataset: Dataset) -> Hashes:
    """One number a row, of its target: a class by its name, a number by its value."""
    if dataset.schema.classes is None:
        bits = _bits(np.asarray(dataset.target, dtype=np.float64))
    else:
        bits = _table(dataset.schema.classes)[dataset.target.astype(np.int32)]
    return _mixed(bits + _text("target"))


def of_names(codes: Codes, names: Sequence[str]) -> Hashes:
    """One number a row, of the name that its code stands for."""
    return _mixed(_table(names)[codes])


def again(numbers: Hashes, salt: int) -> Hashes:
    """Other numbers for the same rows, just as stable: one salt, one order of the rows."""
    return _mixed(numbers + np.uint64(salt * int(_GAP) % 2**64))


def _add(total: Hashes, column: Column, seed: np.uint64) -> None:
    """Add a column's share to every row. Sums forget the order of the columns, not their names."""
    categories = column.categories if isinstance(column, CategoricalColumn) else ()
    table = _table(categories)
    for start in range(0, len(total), BLOCK):
        part = slice(start, start + BLOCK)
        if isinstance(column, CategoricalColumn):
            bits = table[column.codes[part]]
        else:
            bits = _bits(column.values[part])
        total[part] += _mixed(bits + seed)


def _bits(values: Floats) -> Hashes:
    """A number's bits; zero has one sign and a gap one pattern."""
    plain = values + 0.0
    bits: Hashes = plain.view(np.uint64)
    bits[np.isnan(plain)] = _GAP
    return bits


def _table(names: Sequence[str]) -> Hashes:
    """A number for each name, and last, where code -1 finds it, that of a gap."""
    return np.array([*map(_text, names), _GAP], dtype=np.uint64)


def _text(text: str) -> np.uint64:
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def _mixed(numbers: Hashes) -> Hashes:
    """The finalizer of splitmix64: every bit of the input moves half of the output's."""
    mixed = numbers ^ (numbers >> np.uint64(30))
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed
