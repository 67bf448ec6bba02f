"""One counted attempt at training a drop: its lease, its heartbeat, how it ends."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from shared.core.errors import (
    AttemptInProgress,
    DropserveError,
    ObjectNotFound,
    PermanentError,
    PreconditionFailed,
    RetryableError,
)
from shared.core.lease import FUNCTION, HELD, JOB, Lease, Place, claim
from shared.core.ports import Clock, ObjectStore

_BEATS_PER_LEASE = 3
_LAST_BEAT_SECONDS = 5
"""How long a beat that is under way is waited for; the thread dies with the process anyway."""


_LOOKS_PER_LEASE = 3
_LEASES_TO_WAIT = 3

Sleep = Callable[[float], None]
_Done = TypeVar("_Done")


class Exhausted(PermanentError):
    """Every attempt that a drop may have was begun and did not end."""

    code = "exhausted"

    def __init__(self, attempts: int, fault: str) -> None:
        seen = f"The last that told of its end said: {fault}" if fault else "None told why."
        super().__init__(
            f"{attempts} attempts were begun and none ended. {seen} Out of memory and a timeout "
            "leave no word: try a smaller file, or give the function more memory and time."
        )
        self.attempts = attempts


class GivenToJob(PermanentError):
    """A job has the drop, and it was heard of in its time: nothing is left for the function."""

    code = "given_to_job"


class Attempt:
    """A context: entering claims the lease (AttemptInProgress, Exhausted), leaving settles it.

    In the function entering raises GivenToJob for what a job has. beyond: one attempt more than
    those that count is entered and not refused, to hand the drop over.
    An end without an error leaves the lease to lapse, since the ledger has the result and GCS
    takes one write a second to an object. A retryable error gives the attempt back; any other
    error frees the lease at once and counts. What was handed over is left as it was handed.
    """

    def __init__(
        self,
        store: ObjectStore,
        bucket: str,
        name: str,
        clock: Clock,
        *,
        lease_seconds: float,
        max_attempts: int,
        place: Place = FUNCTION,
        beyond: bool = False,
    ) -> None:
        self._store, self._bucket, self._name, self._clock = store, bucket, name, clock
        self._seconds, self._max = lease_seconds, max_attempts
        self._place, self._beyond = place, beyond
        self._holder = uuid.uuid4().hex
        self._is_given = False
        self._ended = threading.Event()
        self._heart = threading.Thread(target=self._beat, name=f"lease {name}", daemon=True)
        self._lease, self._generation = Lease(0, self._holder, ""), 0

    @property
    def number(self) -> int:
        """Which attempt this is, from 1."""
        return self._lease.attempt

    @property
    def is_for_job(self) -> bool:
        """In the function: whether all that is left to do here is to hand the drop over."""
        lost = self._lease.place == JOB
        return self._place == FUNCTION and (lost or self.number > self._max)

    def hand_over(self, seconds: float) -> None:
        """A job was started: it has so many seconds to begin before the drop is taken for lost."""
        self._ended.set()
        self._heart.join(_LAST_BEAT_SECONDS)
        with contextlib.suppress(PreconditionFailed):  # it has begun already
            self._write(self._lease.handed_over(self._clock(), seconds))
        self._is_given = True

    def __enter__(self) -> Self:
        try:
            self._write(claim(None, self._holder, self._clock(), self._seconds, self._place))
        except PreconditionFailed:
            self._take_over()
        self._heart.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._heart.join(_LAST_BEAT_SECONDS)
        if isinstance(error, Exception) and not self._is_given:
            fault = error.code if isinstance(error, DropserveError) else type(error).__name__
            counts = not isinstance(error, RetryableError) or self._lease.place != self._place
            with contextlib.suppress(DropserveError):  # it lapses by itself
                self._write(self._lease.released(self._clock(), fault, counts=counts))

    def _take_over(self) -> None:
        current, self._generation = self._read()
        now = self._clock()
        if current and (self._place, current.place) == (FUNCTION, JOB) and current.alive(now):
            raise GivenToJob("a training job has this drop")
        lease = claim(current, self._holder, now, self._seconds, self._place)
        mine = lease.place == self._place
        if mine and lease.attempt > self._max and not self._beyond:
            raise Exhausted(self._max, lease.fault)
        try:
            self._write(lease)
        except PreconditionFailed as error:
            raise AttemptInProgress("another attempt at this drop took its lease first") from error

    def _read(self) -> tuple[Lease | None, int]:
        try:
            data, meta = self._store.read(self._bucket, self._name)
        except ObjectNotFound:
            return None, 0
        return Lease.from_json(data), meta.generation

    def _write(self, lease: Lease) -> None:
        """Change the lease. PreconditionFailed, unless what stands there is a write of our own
        whose answer was lost."""
        try:
            generation = self._replace(lease, self._generation)
        except PreconditionFailed:
            current, generation = self._read()
            if current != lease:
                if current is None or (current.holder, current.state) != (self._holder, HELD):
                    raise
                generation = self._replace(lease, generation)
        self._lease, self._generation = lease, generation

    def _replace(self, lease: Lease, generation: int) -> int:
        return self._store.write(
            self._bucket,
            self._name,
            lease.to_json(),
            if_generation_match=generation,
            content_type="application/json",
        ).generation

    def _beat(self) -> None:
        """Renew the lease until the attempt ends or somebody took it over."""
        while not self._ended.wait(self._seconds / _BEATS_PER_LEASE):
            try:
                self._write(self._lease.renewed(self._clock(), self._seconds))
            except PreconditionFailed:
                return
            except DropserveError:
                continue


def in_turn(
    begin: Callable[[], Attempt],
    work: Callable[[Attempt], _Done],
    lease_seconds: float,
    sleep: Sleep,
) -> _Done | None:
    """What a job does: wait until a dead attempt's lease has lapsed, and work; None where a living
    one is at work."""
    for _ in range(_LOOKS_PER_LEASE * _LEASES_TO_WAIT):
        try:
            with begin() as attempt:
                return work(attempt)
        except AttemptInProgress:
            sleep(lease_seconds / _LOOKS_PER_LEASE)
    return None
