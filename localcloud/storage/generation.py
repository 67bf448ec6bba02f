"""Generation numbers: Google's kind, and the kinds that Google does not rule out."""

from __future__ import annotations

import sqlite3
import time

from localcloud.storage.switch import Switches

_CEILING = 1 << 62
_COLLISION = 1_700_000_000_000_000


class Generations:
    """Gives numbers that are never used twice for one name, in the way the switch says."""

    def __init__(self, database: sqlite3.Connection, switches: Switches) -> None:
        self._database = database
        self._switches = switches
        newest = database.execute("SELECT COALESCE(MAX(generation), 0) FROM objects")
        self._last = int(newest.fetchone()[0])
        if self._last > time.time() * 1e6 + 60e6:
            self._last = 0  # numbers of another kind, from an earlier test

    def next(self, bucket: str, name: str) -> int:
        """A number for a new generation of that name. Call inside the transaction."""
        kind = self._switches.generations
        if kind == "tiny":
            return self._count("tiny")
        if kind == "falling":
            return _CEILING - self._count("falling")
        if kind == "colliding":
            return _COLLISION + self._count(f"colliding {bucket}/{name}")
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return self._last

    def _count(self, key: str) -> int:
        (value,) = self._database.execute(
            "INSERT INTO counters VALUES (?,1) "
            "ON CONFLICT(key) DO UPDATE SET value=value+1 RETURNING value",
            (key,),
        ).fetchone()
        return int(value)
