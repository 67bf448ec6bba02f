"""Documents: JSON objects in one bucket, changed by compare-and-swap on their generation."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Generic, Protocol, Self, TypeVar

from serving.record import Stored
from shared.core.errors import ObjectNotFound, PreconditionFailed
from shared.core.ports import ObjectStore

Fetch = Callable[[str, str], tuple[bytes, int]]
"""(bucket, name) -> (bytes, generation). Raises ObjectNotFound."""

READERS = 8
"""Objects read at once for a listing."""


class Json(Protocol):
    """What can be stored as a document."""

    def to_json(self) -> bytes:
        """The stored bytes."""

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Reverse of `to_json`."""


T = TypeVar("T", bound=Json)


@dataclass(frozen=True)
class Held(Generic[T]):
    """A document as it was read: its value, where it lies, and the generation to swap against."""

    name: str
    value: T
    generation: int


@dataclass(frozen=True)
class Documents:
    """The documents of the STATE bucket. fetch: a quicker way to read one than the store's."""

    store: ObjectStore
    bucket: str
    fetch: Fetch | None = None

    def find(self, name: str, kind: type[T]) -> Held[T] | None:
        """The document, or None."""
        try:
            data, generation = self._read(name)
        except ObjectNotFound:
            return None
        return Held(name, kind.from_json(data), generation)

    def create(self, name: str, value: T) -> Held[T]:
        """Write a document that is not there. Raises PreconditionFailed."""
        return self._write(name, value, 0)

    def replace(self, held: Held[T], value: T) -> Held[T]:
        """Swap a document for the one that was read. Raises PreconditionFailed."""
        return self._write(held.name, value, held.generation)

    def delete(self, held: Held[T]) -> bool:
        """Delete the document that was read; False where it has changed since or is gone."""
        try:
            self.store.delete(self.bucket, held.name, if_generation_match=held.generation)
        except (PreconditionFailed, ObjectNotFound):
            return False
        return True

    def change(self, name: str, kind: type[T], step: Callable[[T], T | None]) -> Held[T] | None:
        """Apply `step` until nobody else wrote in between.

        None where the document is gone; what was read where `step` gives None.
        """
        while True:
            held = self.find(name, kind)
            if held is None:
                return None
            value = step(held.value)
            if value is None:
                return held
            try:
                return self.replace(held, value)
            except PreconditionFailed:
                continue

    def names(self, prefix: str) -> list[str]:
        """Names of the documents below a prefix, sorted."""
        return [meta.name for meta in self.store.list(self.bucket, prefix)]

    def read_all(self, names: list[str], kind: type[T]) -> Iterator[Held[T]]:
        """The named documents that are still there, in the order of the names."""
        if len(names) < 2:
            found = [self.find(name, kind) for name in names]
        else:
            with ThreadPoolExecutor(READERS) as pool:
                found = list(pool.map(lambda name: self.find(name, kind), names))
        yield from (held for held in found if held)

    def _write(self, name: str, value: T, generation: int) -> Held[T]:
        value = _stamped(value)
        data = value.to_json()
        try:
            meta = self.store.write(
                self.bucket,
                name,
                data,
                if_generation_match=generation,
                content_type="application/json",
            )
        except PreconditionFailed:
            written = self._read_back(name, data)
            if written is None:
                raise
            return Held(name, value, written)
        return Held(name, value, meta.generation)

    def _read_back(self, name: str, data: bytes) -> int | None:
        """The generation, where it was our own write whose answer got lost that came first."""
        try:
            found, generation = self._read(name)
        except ObjectNotFound:
            return None
        return generation if found == data else None

    def _read(self, name: str) -> tuple[bytes, int]:
        if self.fetch:
            return self.fetch(self.bucket, name)
        data, meta = self.store.read(self.bucket, name)
        return data, meta.generation


def _stamped(value: T) -> T:
    """The value with a revision of its own, so that no two writers write the same bytes."""
    if not isinstance(value, Stored):
        return value
    return replace(value, revision=secrets.token_hex(8))
