"""How each column is to be kept, decided from a file's first rows, a person and the schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.core.configuration import ModelConfiguration
from shared.core.schema import Schema
from shared.training.reading.gather import Head
from shared.training.reading.kind import FEW, MOSTLY, Stats, decide
from shared.training.reading.number import plain
from shared.training.reading.series import MODES, MOST_WORDS, Series
from shared.training.reading.target import key
from shared.training.reading.word import Words, is_gap, number

LEFT_OUT = ("id", "text", "drop")
UNBOUND = 1 << 40


@dataclass
class Planner:
    """Makes the series of a file. learnt: kinds that a whole pass has shown, by position.

    older: the file is read beside a newer one, whose columns it need not have all.
    """

    configuration: ModelConfiguration
    schema: Schema | None
    older: bool = False
    learnt: dict[int, str] = field(default_factory=dict)

    def series(self, head: Head, target: int) -> list[Series]:
        """One series a column."""
        return [
            self._target(head, place) if place == target else self._feature(head, place)
            for place in range(len(head.names))
        ]

    def forced_kind(self, name: str) -> str:
        """The kind that a person or the schema in force gives a column, or ""."""
        asked = by_key(self.configuration.columns).get(key(name), "")
        if asked or self.schema is None:
            return asked
        known = {key(feature.name): feature.kind for feature in self.schema.features}
        left = {key(left): "drop" for left in self.schema.left_out}
        return (left | known).get(key(name), "") if name else ""

    @property
    def known(self) -> set[str]:
        """The features of the schema in force, as names are compared."""
        return {key(one.name) for one in self.schema.features} if self.schema else set()

    def is_group(self, name: str) -> bool:
        """Whether the column says which rows belong together."""
        return self._splits_by("group", name)

    def is_time(self, name: str) -> bool:
        """Whether the column says when a row came to be."""
        return self._splits_by("time", name)

    @property
    def task(self) -> str:
        """What a person or the schema says of the task, or ""."""
        if self.configuration.task or self.schema is None:
            return self.configuration.task
        return "regression" if self.schema.classes is None else "classification"

    def _feature(self, head: Head, place: int) -> Series:
        name, cells = head.names[place], head.sample[place]
        forced = self.forced_kind(name)
        split = self._split_kind(name, cells)
        if forced in LEFT_OUT and not split:
            return Series(name, place, "skip", forced=True)
        kind = split or forced or self.learnt.get(place) or _decided(cells)
        bound = UNBOUND if split == "categorical" else self._bound
        return Series(name, place, MODES.get(kind, "token"), bool(split or forced), bound)

    def _splits_by(self, split: str, name: str) -> bool:
        configuration = self.configuration
        return configuration.split == split and key(configuration.split_column) == key(name)

    def _split_kind(self, name: str, cells: tuple[str, ...]) -> str:
        if self.is_group(name):
            return "categorical"
        if self.is_time(name):
            return "date" if _decided(cells) == "date" else "numeric"
        return ""

    @property
    def _bound(self) -> int:
        return max(MOST_WORDS, self.configuration.limits.categories + 1)

    def _target(self, head: Head, place: int) -> Series:
        known = {"regression": "number", "classification": "token"}.get(self.task)
        learnt = self.learnt.get(place)
        mode = known or learnt or ("number" if is_measured(_words(head.sample[place])) else "token")
        return Series(head.names[place], place, mode, bool(known), UNBOUND, is_target=True)


def is_measured(words: Mapping[str, int]) -> bool:
    """Whether labels with their counts are mostly numbers, more than FEW or not all whole."""
    filled = {word: count for word, count in words.items() if not is_gap(word)}
    numbers = {word: value for word in filled if (value := number(word)) is not None}
    if sum(filled[word] for word in numbers) < MOSTLY * sum(filled.values()) or not numbers:
        return False
    values = set(numbers.values())
    return len(values) > FEW or any(not value.is_integer() for value in values)


def by_key(columns: Mapping[str, str]) -> dict[str, str]:
    """A mapping by column name, by the names as they are compared."""
    return {key(name): value for name, value in columns.items()}


def _words(cells: tuple[str, ...]) -> dict[str, int]:
    words = Words.of(cells)
    return dict(zip(words.words, words.counts, strict=True))


def _decided(cells: tuple[str, ...]) -> str:
    if cells and plain(cells) is not None:
        return "numeric"
    stats = Stats()
    words = _words(cells)
    stats.add(words, words.values())
    return decide(stats, len(cells))
