"""The machine room of a schedule: stores, platform, jobs and functions under one dice."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from shared.core import artifact
from shared.core.default import Default
from shared.core.errors import EventNotTaken, ModelNotFound, PermanentError, RetryableError
from shared.core.event import ObjectFinalized
from shared.core.ports import VersionInfo
from shared.core.settings import Settings
from shared.workflows import accepted, chronicle
from shared.workflows.choice import ChoiceRefused
from shared.workflows.deploy_version import deploy_version
from shared.workflows.forget import ForgetRefused
from shared.workflows.publish import Publisher
from shared.workflows.retrain import SECONDS_TO_BEGIN, retrain
from shared.workflows.train import train
from tests.fakes.jobs import FakeJobs
from tests.fakes.platform import FakePlatform
from tests.fakes.store import FakeObjectStore
from tests.simulation import quick
from tests.simulation.fault import Bug, Faults
from tests.simulation.platform import Shared
from tests.simulation.schedule import Killed, Schedule, Task

DATA, MODELS, STATE = "data", "models", "state"
MODEL = "iris"
START = datetime(2026, 11, 22, 13, 0, 0, tzinfo=UTC)
MOST_STEPS = 60_000
LEASE = 20.0
FUNCTION_BYTES = 20
VERBS = ("rollback", "rollback", "promote", "unpin", "freeze", "unfreeze", "forget")
EXPECTED = (RetryableError, Killed, Bug)
"""How a task may end that is no person's. A permanent error is acknowledged: lost, if it came."""

SETTINGS = Settings.from_environment(
    {
        "GOOGLE_CLOUD_PROJECT": "project",
        "DATA_BUCKET": DATA,
        "MODELS_BUCKET": MODELS,
        "STATE_BUCKET": STATE,
        "LEASE_SECONDS": str(LEASE),
        "MAX_ATTEMPTS": "1000",
    }
)


class World:
    """Everything but the people. One seed decides all. drop_share: of the events that get lost.

    events: every one that was ever sent; broken: whether a person's verb, or a job, died or failed
    half-way; collects: whether few versions stay; hands_over: whether there are training jobs;
    publishes: whether deliveries bring the status pages up to date, too;
    dead: defaults that did not serve when they were written.
    """

    def __init__(self, seed: int, drop_share: float = 0.0) -> None:
        accepted._AT_ONCE, chronicle._AT_ONCE = 1, 1_000_000  # no threads but the schedule's
        self.dice = random.Random(seed)
        self.now = START
        self.drop_share = drop_share
        self.schedule = Schedule(self.dice)
        self.faults = Faults(self.dice)
        self.steps = 0
        self.events: list[ObjectFinalized] = []
        self.defaults: list[tuple[str, Default]] = []
        self.wrong: list[str] = []
        self.dead: list[Default] = []
        self.broken = False
        self.collects = self.dice.random() < 0.4
        self.hands_over = self.dice.random() < 0.25
        self.publishes = self.dice.random() < 0.1
        self.settings = self._settings()
        self.store = FakeObjectStore(clock=lambda: self.now, on_finalized=self._finalized)
        self.store.page_size = self.dice.choice((2, 5, 1000))
        self.platform = self._platform()
        self.jobs = FakeJobs(1000 if self.hands_over else 0)
        self._wire()
        self._queue: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    def clock(self) -> datetime:
        """The time, as the running task's machine has it."""
        task = self.schedule.running
        return self.now + timedelta(seconds=task.skew if task else 0)

    def run(self) -> None:
        """Until nothing is under way and nothing will come."""
        while self.schedule.tasks or self._queue:
            self.steps += 1
            if self.steps > MOST_STEPS:
                self.wrong.append("it never ends")
                return
            if not self.schedule.tasks and self._queue[0][0] > self.now:
                self.now = self._queue[0][0]
            due = self._queue and self._queue[0][0] <= self.now
            if due and (not self.schedule.tasks or self.dice.random() < 0.3):
                heapq.heappop(self._queue)[2]()
            elif ended := self.schedule.turn() if self.schedule.tasks else None:
                self._ended(ended)
            if not self.platform.ready_at_once and self.dice.random() < 0.05:
                self._finish_creations()

    def handle(self, event: ObjectFinalized) -> None:
        """What the function does that the event's bucket triggers."""
        if event.source.bucket == DATA:
            retrain(event, self.settings, self.store, self.jobs, self.clock, quick.train)
        else:
            deploy_version(event, self.settings, self.store, self.platform, self.clock, self._sleep)

    def send(self, event: ObjectFinalized) -> None:
        """To the function again, which may take it or not: an `EventSender`."""
        try:
            self.handle(event)
        except Exception as error:
            raise EventNotTaken(str(error)) from error

    def calm(self) -> None:
        """Nothing fails any more, what died has lapsed, and what it had begun went on."""
        self.faults.left = 0
        lapse = SECONDS_TO_BEGIN if self.hands_over else LEASE
        self.now += timedelta(seconds=lapse + 1 + 2 * self.schedule.skew)
        self._finish_creations()

    def versions(self) -> list[VersionInfo]:
        """As the platform has them, without a call that anybody notices."""
        self.platform.on_call, kept = None, self.platform.on_call
        self.platform.on_answer, answer = None, self.platform.on_answer
        try:
            return self.platform.list_versions(MODEL)
        except ModelNotFound:
            return []
        finally:
            self.platform.on_call, self.platform.on_answer = kept, answer

    def later(self, seconds: float, then: Callable[[], None]) -> None:
        """Do it some time within so many seconds."""
        at = self.now + timedelta(seconds=self.dice.uniform(0, seconds))
        heapq.heappush(self._queue, (at, next(self._numbers), then))

    def deliver(self, event: ObjectFinalized) -> None:
        """Begin one delivery."""
        self.schedule.begin("function", lambda: self._invoke(event))

    def _settings(self) -> Settings:
        few = self.dice.choice((2, 3)) if self.collects else SETTINGS.versions_ceiling
        return replace(
            SETTINGS,
            keep_versions=1 if self.collects else SETTINGS.keep_versions,
            versions_ceiling=few,
            failed_versions=self.dice.choice(("keep", "remove")),
            max_csv_bytes=FUNCTION_BYTES if self.hands_over else SETTINGS.max_csv_bytes,
            max_attempts=2 if self.hands_over else SETTINGS.max_attempts,
        )

    def _platform(self) -> FakePlatform:
        at_once = self.dice.random() < 0.7
        if self.dice.random() < 0.3:
            return Shared(self.store, STATE, ready_at_once=at_once)
        return FakePlatform(ready_at_once=at_once)

    def _wire(self) -> None:
        ports = {"store": self.store, "platform": self.platform, "jobs": self.jobs}
        for wire, port in ports.items():
            port.on_call = partial(self._before, wire)
            port.on_answer = partial(self._after, wire)

    def _finalized(self, event: ObjectFinalized) -> None:
        if event.source.bucket == STATE:
            self._watch(event)
            return
        self.events.append(event)
        if self.dice.random() < self.drop_share:
            self.faults.count("event lost")
            return
        copies = self.dice.choice((1, 1, 1, 2, 3))
        if copies > 1:
            self.faults.count("duplicate")
        if self.dice.random() < 0.2:
            self.faults.count("late")
            self.later(60, lambda: self.deliver(event))
            copies -= 1
        for _ in range(copies):
            self.later(1, lambda: self.deliver(event))

    def _watch(self, event: ObjectFinalized) -> None:
        if event.source.name == artifact.default_name(MODEL):
            data, _ = self.store.live(STATE, event.source.name)
            task = self.schedule.running
            default = Default.from_json(data)
            self.defaults.append((task.name if task else "somebody", default))
            states = {v.version: v.state for v in self.versions()}
            if states.get(default.version) != "READY":
                self.dead.append(default)

    def _invoke(self, event: ObjectFinalized) -> None:
        """One delivery; what is not acknowledged comes again."""
        try:
            self.handle(event)
            if self.publishes:
                self.publish()
        except PermanentError:  # acknowledged, and told nowhere
            raise
        except BaseException:
            self.later(LEASE, lambda: self.deliver(event))
            raise

    def publish(self) -> None:
        """Bring the status pages up to date, or fail to: that holds nothing up."""
        publisher = Publisher(self.settings, self.store, self.clock, self._sleep)
        with contextlib.suppress(Exception):
            publisher.refresh(MODEL)

    def _execute(self, uri: str) -> None:
        """Begin one execution of a training job."""
        self.schedule.begin("job", lambda: self._train(uri))

    def _train(self, uri: str) -> None:
        """One execution; some services begin a failed one again."""
        try:
            train(uri, self.settings, self.store, self.clock, self._sleep, quick.train)
        except BaseException:
            if self.dice.random() < 0.5:
                self.later(LEASE, lambda: self._execute(uri))
            else:
                self.broken = True
            raise

    def _ended(self, task: Task) -> None:
        error = task.error
        if task.name not in VERBS:
            if error is not None and not isinstance(error, EXPECTED):
                self.wrong.append(f"{task.name} ended with {error!r}")
        elif isinstance(error, EXPECTED):
            self.broken = True
        elif error is not None and not isinstance(
            error, ChoiceRefused | ForgetRefused | ModelNotFound
        ):
            self.wrong.append(f"{task.name} ended with {error!r}")

    def _before(self, wire: str, *_: str) -> None:
        if self.schedule.running is None:
            return
        self.now += timedelta(milliseconds=self.dice.randrange(4))
        self.schedule.pause()
        if self.faults.hangs():
            self.now += timedelta(seconds=LEASE + 1)
            self.schedule.pause()
        self.faults.before(wire)

    def _after(self, wire: str, operation: str, *names: str) -> None:
        if wire == "jobs":
            self.later(3, lambda: self._execute(names[-1]))
        if self.schedule.running is not None:
            self.faults.after(wire, operation)

    def _sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        if self.schedule.running is None:
            self._finish_creations()
        else:
            self.schedule.pause()

    def _finish_creations(self) -> None:
        for info in self.versions():
            if info.state == "CREATING":
                self.platform.finish(info.model, info.version)
