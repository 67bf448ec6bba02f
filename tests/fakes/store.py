"""An object store in memory: generations, preconditions, events; and hooks for a simulation."""

from __future__ import annotations

import base64
import io
import itertools
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import BinaryIO, cast

import google_crc32c

from shared.core.errors import ObjectNotFound, PreconditionFailed
from shared.core.event import ObjectFinalized
from shared.core.ports import Fetched, ObjectMeta
from shared.core.source import Source

Hook = Callable[[str, str, str], None]
"""Called with (operation, bucket, name). What it raises, the operation raises."""


def utc_now() -> datetime:
    """The real time, aware, in UTC."""
    return datetime.now(UTC)


def crc32c(data: bytes) -> str:
    """The checksum as the store's metadata carries it."""
    return base64.b64encode(struct.pack(">I", google_crc32c.value(data))).decode()


def event_of(meta: ObjectMeta) -> ObjectFinalized:
    """The event that the store sends for a new generation."""
    source = Source(meta.bucket, meta.name, meta.generation, meta.time_created)
    return ObjectFinalized(source, meta.size, dict(meta.metadata))


@dataclass
class _Held:
    data: bytes
    meta: ObjectMeta


class FakeObjectStore:
    """`ObjectStore` in memory. Like the real one it keeps no overwritten generation.

    clock: gives `time_created`. generations: the next generation numbers (they may fall or
    collide). on_call: before every operation, outside the lock, so it may block, interleave or
    raise. on_answer: after the operation took effect, before its caller learns of it: raising
    there is a lost answer. on_finalized: gets an ObjectFinalized for every write. All four can
    be set at any time. Operations: stat, read, open, stream (each piece), write, delete, list;
    the reader's: fetch, metadata. `calls` holds all of them in order. page_size: how many objects
    a page of a listing holds; what happens between two pages shows in the second.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = utc_now,
        generations: Iterator[int] | None = None,
        on_call: Hook | None = None,
        on_answer: Hook | None = None,
        on_finalized: Callable[[ObjectFinalized], None] | None = None,
    ) -> None:
        self.clock = clock
        self.generations = generations or itertools.count(1_700_000_000_000_001)
        self.on_call = on_call
        self.on_answer = on_answer
        self.on_finalized = on_finalized
        self.page_size = 1000
        self.calls: list[tuple[str, str, str]] = []
        self._held: dict[tuple[str, str], _Held] = {}
        self._lock = threading.RLock()

    def stat(self, bucket: str, name: str, generation: int | None = None) -> ObjectMeta:
        """Metadata of the live object, or of that generation while it is live."""
        self._before("stat", bucket, name)
        meta = self.live(bucket, name, generation)[1]
        self._after("stat", bucket, name)
        return meta

    def read(
        self, bucket: str, name: str, generation: int | None = None
    ) -> tuple[bytes, ObjectMeta]:
        """Bytes and metadata of one generation."""
        self._before("read", bucket, name)
        found = self.live(bucket, name, generation)
        self._after("read", bucket, name)
        return found

    def open(self, bucket: str, name: str, generation: int) -> BinaryIO:
        """A forward-only stream that fails as soon as its generation is gone."""
        self._before("open", bucket, name)
        self.live(bucket, name, generation)
        stream = _Stream(self, bucket, name, generation)
        return cast("BinaryIO", io.BufferedReader(stream, 64 * 1024))

    def write(
        self,
        bucket: str,
        name: str,
        data: bytes,
        *,
        if_generation_match: int,
        content_type: str = "application/octet-stream",
        metadata: Mapping[str, str] | None = None,
    ) -> ObjectMeta:
        """Write under a generation precondition (0: there is none)."""
        self._before("write", bucket, name)
        with self._lock:
            self._expect(bucket, name, if_generation_match)
            meta = self._store(bucket, name, data, content_type, metadata)
        self._finalized(meta)
        self._after("write", bucket, name)
        return meta

    def write_stream(
        self,
        bucket: str,
        name: str,
        pieces: Iterator[bytes],
        *,
        if_generation_match: int,
        content_type: str = "application/octet-stream",
    ) -> ObjectMeta:
        """All pieces, then one write."""
        data = b"".join(pieces)
        given = {"if_generation_match": if_generation_match, "content_type": content_type}
        return self.write(bucket, name, data, **given)  # type: ignore[arg-type]

    def delete(self, bucket: str, name: str, *, if_generation_match: int) -> None:
        """Delete under a generation precondition."""
        self._before("delete", bucket, name)
        with self._lock:
            self.live(bucket, name)
            self._expect(bucket, name, if_generation_match)
            del self._held[bucket, name]
        self._after("delete", bucket, name)

    def put(self, bucket: str, name: str, data: bytes, **metadata: str) -> ObjectMeta:
        """Overwrite without a precondition, as a person does: no hook but on_finalized."""
        with self._lock:
            meta = self._store(bucket, name, data, "application/octet-stream", metadata)
        self._finalized(meta)
        return meta

    def set_metadata(self, bucket: str, name: str, metadata: Mapping[str, str]) -> ObjectMeta:
        """Change the metadata, which bumps the metageneration and keeps the generation."""
        with self._lock:
            held = self._held[bucket, name]
            held.meta = replace(
                held.meta,
                metageneration=held.meta.metageneration + 1,
                metadata=dict(metadata),
            )
            return held.meta

    def live(
        self, bucket: str, name: str, generation: int | None = None
    ) -> tuple[bytes, ObjectMeta]:
        """What is stored, without calling a hook."""
        with self._lock:
            held = self._held.get((bucket, name))
            if held is None or generation not in (None, held.meta.generation):
                raise ObjectNotFound(_missing(bucket, name, generation))
            return held.data, held.meta

    def names(self, bucket: str) -> list[str]:
        """Every object name of a bucket, sorted, without calling a hook."""
        with self._lock:
            return sorted(name for held, name in self._held if held == bucket)

    def _before(self, operation: str, bucket: str, name: str) -> None:
        self.calls.append((operation, bucket, name))
        if self.on_call:
            self.on_call(operation, bucket, name)

    def _after(self, operation: str, bucket: str, name: str) -> None:
        if self.on_answer:
            self.on_answer(operation, bucket, name)

    def _expect(self, bucket: str, name: str, wanted: int) -> None:
        held = self._held.get((bucket, name))
        live = held.meta.generation if held else 0
        if live != wanted:
            raise PreconditionFailed(
                f"gs://{bucket}/{name}: the live generation is {live}, not {wanted}"
            )

    def _store(
        self,
        bucket: str,
        name: str,
        data: bytes,
        content_type: str,
        metadata: Mapping[str, str] | None,
    ) -> ObjectMeta:
        meta = ObjectMeta(
            bucket=bucket,
            name=name,
            generation=next(self.generations),
            metageneration=1,
            size=len(data),
            time_created=self.clock().strftime("%Y-%m-%dT%H:%M:%S.%f")[:23] + "Z",
            crc32c=crc32c(data),
            content_type=content_type,
            metadata=dict(metadata or {}),
        )
        self._held[bucket, name] = _Held(bytes(data), meta)
        return meta

    def _finalized(self, meta: ObjectMeta) -> None:
        if self.on_finalized:
            self.on_finalized(event_of(meta))

    def list(self, bucket: str, prefix: str) -> Iterator[ObjectMeta]:
        """Live objects below a prefix, by name; each page as they were when it was asked for."""
        last = b""
        while True:
            self._before("list", bucket, prefix)
            found = [(key, meta) for key, meta in self._below(bucket, prefix) if key > last]
            page = found[: self.page_size]
            yield from (meta for _, meta in page)
            if len(page) == len(found):
                return
            last = page[-1][0]

    def _below(self, bucket: str, prefix: str) -> list[tuple[bytes, ObjectMeta]]:
        with self._lock:
            found = [
                (name.encode("utf-8", "surrogatepass"), held.meta)
                for (held_bucket, name), held in self._held.items()
                if held_bucket == bucket and name.startswith(prefix)
            ]
        return sorted(found, key=lambda one: one[0])


class FakeObjectReader:
    """`ObjectReader` over a FakeObjectStore, with the same hooks."""

    def __init__(self, store: FakeObjectStore) -> None:
        self.store = store

    async def fetch(
        self, bucket: str, name: str, *, if_generation_not_match: int | None = None
    ) -> Fetched:
        """The live object, or data=None where it still is that generation."""
        self.store._before("fetch", bucket, name)
        data, meta = self.store.live(bucket, name)
        self.store._after("fetch", bucket, name)
        if meta.generation == if_generation_not_match:
            return Fetched(None, meta.generation)
        return Fetched(data, meta.generation)

    async def metadata(self, bucket: str, name: str) -> Fetched:
        """Generation and custom metadata."""
        self.store._before("metadata", bucket, name)
        meta = self.store.live(bucket, name)[1]
        self.store._after("metadata", bucket, name)
        return Fetched(None, meta.generation, meta.metadata)

    async def names(self, bucket: str, prefix: str) -> list[str]:
        """Names below a prefix."""
        return [meta.name for meta in self.store.list(bucket, prefix)]

    async def close(self) -> None:
        """Nothing is open."""


class FakeObjectCreator:
    """`ObjectCreator` over a FakeObjectStore, with the same hooks (operation: create)."""

    def __init__(self, store: FakeObjectStore) -> None:
        self.store = store

    async def create(self, bucket: str, name: str, data: bytes, content_type: str) -> None:
        """Write an object unless there is one."""
        self.store._before("create", bucket, name)
        if name not in self.store.names(bucket):
            self.store.put(bucket, name, data)
        self.store._after("create", bucket, name)

    async def close(self) -> None:
        """Nothing is open."""


class _Stream(io.RawIOBase):
    """One generation, piece by piece."""

    def __init__(self, store: FakeObjectStore, bucket: str, name: str, generation: int) -> None:
        super().__init__()
        self._store, self._bucket, self._name = store, bucket, name
        self._generation, self._position = generation, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._store._before("stream", self._bucket, self._name)
        data, _ = self._store.live(self._bucket, self._name, self._generation)
        piece = data[self._position : self._position + len(buffer)]
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)


def _missing(bucket: str, name: str, generation: int | None = None) -> str:
    return f"gs://{bucket}/{name}{f'#{generation}' if generation is not None else ''} not found"
