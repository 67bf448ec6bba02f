"""The buckets table: resources as clients set them, kept as JSON."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import orjson

from localcloud.storage.database import transaction
from localcloud.storage.error import conflict, no_bucket
from localcloud.storage.precondition import Preconditions
from localcloud.storage.resource import check_bucket_name, etag, merge, new_bucket, now


class BucketStore:
    """Buckets of one local cloud."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def find(self, name: str) -> dict[str, Any] | None:
        """The bucket's resource, None where there is none."""
        row = self._database.execute(
            "SELECT resource FROM buckets WHERE name=?", (name,)
        ).fetchone()
        return orjson.loads(row[0]) if row else None

    def get(self, name: str) -> dict[str, Any]:
        """The bucket's resource. Raises ApiError (404)."""
        found = self.find(name)
        if found is None:
            raise no_bucket()
        return found

    def all(self) -> Iterator[dict[str, Any]]:
        """All buckets by name."""
        for (resource,) in self._database.execute("SELECT resource FROM buckets ORDER BY name"):
            yield orjson.loads(resource)

    def create(self, name: object, fields: dict[str, Any]) -> dict[str, Any]:
        """Raises ApiError: 400 bad name, 409 taken."""
        text = check_bucket_name(name)
        if self.find(text) is not None:
            raise conflict(
                "Your previous request to create the named bucket succeeded and you already own it."
            )
        resource = new_bucket(text, fields)
        self._database.execute(
            "INSERT INTO buckets VALUES (?,1,?)", (text, orjson.dumps(resource).decode())
        )
        return resource

    def change(
        self, name: str, fields: dict[str, Any], preconditions: Preconditions
    ) -> dict[str, Any]:
        """Patch the bucket's resource. Raises ApiError: 404, 412."""
        resource = self.get(name)
        metageneration = int(resource["metageneration"])
        preconditions.check_write(1, metageneration)
        resource = merge(resource, fields) | {
            "metageneration": str(metageneration + 1),
            "etag": etag(1, metageneration + 1),
            "updated": now(),
        }
        self._database.execute(
            "UPDATE buckets SET metageneration=?, resource=? WHERE name=?",
            (metageneration + 1, orjson.dumps(resource).decode(), name),
        )
        return resource

    def delete(self, name: str, preconditions: Preconditions) -> None:
        """Raises ApiError: 404, 409 where it is not empty, 412."""
        preconditions.check_write(1, int(self.get(name)["metageneration"]))
        if self._database.execute("SELECT 1 FROM objects WHERE bucket=?", (name,)).fetchone():
            raise conflict("The bucket you tried to delete is not empty.")
        with transaction(self._database) as database:
            database.execute("DELETE FROM buckets WHERE name=?", (name,))
            database.execute("DELETE FROM notifications WHERE bucket=?", (name,))
