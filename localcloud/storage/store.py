"""Buckets and objects: rows in sqlite, bytes in files with random names, events in the outbox.

A file is whole and in its place before the row that names it is committed, and files that no row
names are swept at the start; so `kill -9` loses nothing that was acknowledged, and leaves nothing.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson

from localcloud.storage.body import Body
from localcloud.storage.bucketstore import BucketStore
from localcloud.storage.database import connect, transaction
from localcloud.storage.error import no_object
from localcloud.storage.generation import Generations
from localcloud.storage.precondition import Preconditions
from localcloud.storage.resource import (
    Stored,
    check_object_name,
    etag,
    event,
    merge,
    new_object,
    now,
    writable,
)
from localcloud.storage.switch import Switches

ALWAYS = Preconditions()
UPLOAD_SECONDS = 7 * 24 * 3600
"""How long a resumable session lives, as on Google Cloud."""

_COLUMNS = "bucket, name, generation, metageneration, file, resource"


def _stored(row: tuple[str, str, int, int, str, str]) -> Stored:
    return Stored(*row[:5], orjson.loads(row[5]))


class Storage:
    """The store of one local cloud. All calls belong to one event loop (or one thread).

    on_finalized is called after each commit that wrote to the outbox. `database` is open to the
    other local services, which may keep tables of their own in it.
    """

    def __init__(
        self,
        root: Path,
        *,
        on_finalized: Callable[[], None] = lambda: None,
        switches: Switches | None = None,
    ) -> None:
        self.objects = root / "objects"
        self.uploads = root / "uploads"
        self.objects.mkdir(parents=True, exist_ok=True)
        self.uploads.mkdir(exist_ok=True)
        self.database = connect(root / "storage.sqlite")
        self.buckets = BucketStore(self.database)
        self.on_finalized = on_finalized
        self.switches = switches or Switches()
        self.unfinished: dict[str, Body] = {}
        self._generations = Generations(self.database, self.switches)
        self._sweep()

    def _sweep(self) -> None:
        """Remove what a crash or a week left behind."""
        self.database.execute(
            "DELETE FROM uploads WHERE started<?", (time.time() - UPLOAD_SECONDS,)
        )
        known = {file for (file,) in self.database.execute("SELECT file FROM objects")}
        for path in self.objects.iterdir():
            if path.name not in known:
                path.unlink()
        open_uploads = self.database.execute("SELECT id FROM uploads WHERE answer IS NULL")
        going_on = {upload for (upload,) in open_uploads}
        for path in self.uploads.iterdir():
            if path.name not in going_on:
                path.unlink()

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """One transaction on `database`; never await inside."""
        return transaction(self.database)

    def new_body(self, name: str | None = None) -> Body:
        """A file to write an upload's bytes to."""
        return Body(self.uploads / (name or uuid4().hex))

    def path(self, stored: Stored) -> Path:
        """Where the bytes of a generation lie."""
        return self.objects / stored.file

    def ensure_bucket(self, name: str) -> None:
        """Create the bucket unless it exists."""
        if self.buckets.find(name) is None:
            self.buckets.create(name, {})

    def find(self, bucket: str, name: str) -> Stored | None:
        """The live object, None where there is none. Raises ApiError (404) without the bucket."""
        row = self.database.execute(
            f"SELECT {_COLUMNS} FROM objects WHERE bucket=? AND name=?", (bucket, name)
        ).fetchone()
        if row is None:
            self.buckets.get(bucket)
            return None
        return _stored(row)

    def get(self, bucket: str, name: str, generation: int | None = None) -> Stored:
        """The object. Raises ApiError (404), also where that generation is gone."""
        found = self.find(bucket, name)
        if found is None or generation not in (None, found.generation):
            raise no_object(bucket, name)
        return found

    def scan(self, bucket: str, start: str, limit: int) -> list[Stored]:
        """Up to `limit` objects by name (bytewise, as Google), from `start` on."""
        rows = self.database.execute(
            f"SELECT {_COLUMNS} FROM objects WHERE bucket=? AND name>=? ORDER BY name LIMIT ?",
            (bucket, start, limit),
        )
        return [_stored(row) for row in rows.fetchall()]

    def put(
        self,
        bucket: str,
        name: str,
        body: Body,
        fields: dict[str, Any],
        *,
        preconditions: Preconditions = ALWAYS,
        may_overwrite: Callable[[], None] = lambda: None,
        within: Callable[[Stored], None] = lambda _: None,
    ) -> Stored:
        """Make the body a new generation, with its event. Raises ApiError: 400, 404, 412, 429.

        may_overwrite raises where the caller may not replace what is there; it is asked after the
        preconditions, so that "create only" (ifGenerationMatch=0) meets 412 and not 403.
        within: done in the same transaction (ends a resumable session, removes what was moved).
        """
        check_object_name(name)
        live = self.find(bucket, name)
        preconditions.check_write(*_generations(live))
        if live is not None:
            may_overwrite()
        self.switches.count_write(bucket, name)
        file = uuid4().hex
        body.move(self.objects / file)
        with self.transaction():
            generation = self._generations.next(bucket, name)
            resource = new_object(bucket, name, generation, body, fields)
            stored = Stored(bucket, name, generation, 1, file, resource)
            self._insert(stored)
            self.database.execute(
                "INSERT INTO outbox(bucket, event) VALUES (?,?)", (bucket, event(resource))
            )
            within(stored)
        if live is not None:
            self.path(live).unlink(missing_ok=True)
        self.on_finalized()
        return stored

    def _insert(self, stored: Stored) -> None:
        self.database.execute(
            f"INSERT OR REPLACE INTO objects({_COLUMNS}) VALUES (?,?,?,?,?,?)",
            (
                stored.bucket,
                stored.name,
                stored.generation,
                stored.metageneration,
                stored.file,
                orjson.dumps(stored.resource).decode(),
            ),
        )

    def change(self, found: Stored, fields: dict[str, Any], preconditions: Preconditions) -> Stored:
        """Patch an object's metadata: a new metageneration, no event. ApiError: 400, 412, 429."""
        preconditions.check_write(found.generation, found.metageneration)
        self.switches.count_write(found.bucket, found.name)
        metageneration = found.metageneration + 1
        resource = merge(found.resource, writable(fields)) | {
            "metageneration": str(metageneration),
            "etag": etag(found.generation, metageneration),
            "updated": now(),
        }
        changed = Stored(
            found.bucket, found.name, found.generation, metageneration, found.file, resource
        )
        self._insert(changed)
        return changed

    def delete(self, found: Stored, preconditions: Preconditions) -> None:
        """Delete that object. Raises ApiError: 412, 429."""
        preconditions.check_write(found.generation, found.metageneration)
        self.switches.count_write(found.bucket, found.name)
        self.drop(found)
        self.path(found).unlink(missing_ok=True)

    def drop(self, found: Stored) -> None:
        """Remove the row only."""
        self.database.execute(
            "DELETE FROM objects WHERE bucket=? AND name=?", (found.bucket, found.name)
        )


def _generations(live: Stored | None) -> tuple[int, int]:
    return (live.generation, live.metageneration) if live else (0, 0)
