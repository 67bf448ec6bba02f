"""The queue of events to deliver, in the object store's own sqlite file.

The store writes a row into `outbox` in the same transaction as the object; `collect` moves it into
`delivery`, one row per trigger, in one transaction again. A row goes only when it was acknowledged,
so a process that is killed at any moment loses nothing and may deliver twice.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS delivery(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL,
    trigger TEXT NOT NULL,
    event TEXT NOT NULL,
    created REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    dead REAL,
    reason TEXT
)"""
_FIRST_EVENT_ID = 10**15
_PENDING = "SELECT id, event_id, trigger, event FROM delivery WHERE dead IS NULL"


@dataclass(frozen=True)
class Delivery:
    """One event on its way to one trigger. event: StorageObjectData as JSON."""

    id: int
    event_id: str
    trigger: str
    event: str


@dataclass(frozen=True)
class Collected:
    """What `Queue.collect` found. lost: events that a test switch threw away."""

    deliveries: list[Delivery]
    lost: int


class Queue:
    """The durable queue. Every method is one short transaction and never waits for a lock.

    Its connection is its own, so that it can never commit half of the store's transaction. A lock
    held by the store shows as sqlite3.OperationalError with SQLITE_BUSY: try again a moment later.
    """

    def __init__(self, file: Path) -> None:
        self._database = sqlite3.connect(file, timeout=0, isolation_level=None)
        self._database.execute("PRAGMA synchronous=NORMAL")

    def prepare(self) -> None:
        """Make the table where there is none yet."""
        self._database.execute(_SCHEMA)

    def collect(
        self,
        triggers: Mapping[str, list[str]],
        *,
        copies: int = 1,
        lose: Callable[[], bool] = lambda: False,
    ) -> Collected:
        """Move the outbox's rows here; triggers: bucket -> names. No trigger: the event goes.

        copies: how many deliveries one event makes; lose: asked for each event.
        """
        deliveries: list[Delivery] = []
        lost = 0
        with self._transaction() as database:
            rows = database.execute("SELECT id, bucket, event FROM outbox ORDER BY id").fetchall()
            for number, bucket, event in rows:
                names = triggers.get(bucket, [])
                if names and lose():
                    lost += 1
                    continue
                for name in names * copies:
                    deliveries.append(self._insert(number, name, event))
            if rows:
                database.execute("DELETE FROM outbox WHERE id <= ?", (rows[-1][0],))
        return Collected(deliveries, lost)

    def pending(self) -> list[Delivery]:
        """What was collected and not yet acknowledged, oldest first."""
        return [Delivery(*row) for row in self._database.execute(f"{_PENDING} ORDER BY id")]

    def acknowledge(self, delivery: Delivery) -> None:
        """The trigger took it: forget it."""
        self._database.execute("DELETE FROM delivery WHERE id = ?", (delivery.id,))

    def bury(self, delivery: Delivery, attempts: int, reason: str) -> None:
        """Give it up: it stays as a dead letter until it is re-driven."""
        self._database.execute(
            "UPDATE delivery SET dead = ?, attempts = ?, reason = ? WHERE id = ?",
            (time.time(), attempts, reason, delivery.id),
        )

    def dead_letters(self) -> list[dict[str, Any]]:
        """The dead letters as JSON, oldest first."""
        rows = self._database.execute(
            "SELECT id, event_id, trigger, event, created, attempts, dead, reason"
            " FROM delivery WHERE dead IS NOT NULL ORDER BY id"
        )
        return [_dead_letter(row) for row in rows]

    def revive(self, ids: list[int] | None = None) -> list[Delivery]:
        """Make dead letters pending again (None: all of them) and return them."""
        with self._transaction() as database:
            revived = [
                Delivery(*row)
                for row in database.execute(_PENDING.replace("IS NULL", "IS NOT NULL"))
                if ids is None or row[0] in ids
            ]
            database.executemany(
                "UPDATE delivery SET dead = NULL, reason = NULL WHERE id = ?",
                [(delivery.id,) for delivery in revived],
            )
        return revived

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    def _insert(self, number: int, trigger: str, event: str) -> Delivery:
        event_id = str(_FIRST_EVENT_ID + number)
        cursor = self._database.execute(
            "INSERT INTO delivery(event_id, trigger, event, created) VALUES (?, ?, ?, ?)",
            (event_id, trigger, event, time.time()),
        )
        assert cursor.lastrowid is not None
        return Delivery(cursor.lastrowid, event_id, trigger, event)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield self._database
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:  # a full disk ends it by itself
                self._database.execute("ROLLBACK")
            raise


def _dead_letter(row: tuple[Any, ...]) -> dict[str, Any]:
    number, event_id, trigger, event, created, attempts, dead, reason = row
    data = json.loads(event)
    return {
        "id": number,
        "event_id": event_id,
        "trigger": trigger,
        "object": f"gs://{data['bucket']}/{data['name']}#{data.get('generation', '')}",
        "created": created,
        "dead": dead,
        "attempts": attempts,
        "reason": reason,
    }
