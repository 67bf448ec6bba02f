"""One schedule: what people drop, delete and choose, and how events reach the functions."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.core import artifact
from shared.core.default import Default
from shared.core.errors import EventNotTaken, ModelNotFound, ObjectNotFound
from shared.core.event import ObjectFinalized
from shared.core.ports import VersionInfo
from shared.core.settings import Settings
from shared.workflows.choice import Choice, ChoiceRefused
from shared.workflows.deploy_version import deploy_version
from shared.workflows.forget import Forget, ForgetRefused
from shared.workflows.reconcile import Repairs, reconcile
from shared.workflows.retrain import retrain
from tests.fakes.jobs import FakeJobs
from tests.fakes.platform import FakePlatform
from tests.fakes.store import FakeObjectStore, event_of
from tests.simulation import quick
from tests.simulation.fault import Faults
from tests.simulation.schedule import Killed, Schedule, Task

DATA, MODELS, STATE = "data", "models", "state"
MODEL = "iris"
START = datetime(2026, 11, 22, 13, 0, 0, tzinfo=UTC)
MOST_STEPS = 60_000
LEASE = 20.0
VERBS = ("rollback", "rollback", "promote", "unpin", "freeze", "unfreeze", "forget")

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


class Play:
    """A world in which one seed decides everything. drop_share: of the events that get lost.

    broken: whether a person's verb died or failed half-way. collects: whether few versions stay.
    forgets: whether somebody had something forgotten. dead: defaults that did not serve when they
    were written.
    """

    def __init__(self, seed: int, drop_share: float = 0.0) -> None:
        self.dice = random.Random(seed)
        self.now = START
        self.drop_share = drop_share
        self.schedule = Schedule(self.dice)
        self.faults = Faults(self.dice)
        self.store = FakeObjectStore(clock=self.clock, on_finalized=self._finalized)
        self.store.on_call = lambda *call: self._before(call[0], platform=False)
        self.store.on_answer = lambda *call: self._after(call[0], platform=False)
        self.platform = FakePlatform(ready_at_once=self.dice.random() < 0.7)
        self.platform.on_call = lambda *call: self._before(call[0], platform=True)
        self.platform.on_answer = lambda *call: self._after(call[0], platform=True)
        self.steps = 0
        self.sources: list[ObjectFinalized] = []
        self.kinds: dict[str, bytes] = {}
        self.defaults: list[tuple[str, Default]] = []
        self.wrong: list[str] = []
        self.dead: list[Default] = []
        self.broken = self.forgets = False
        self.collects = self.dice.random() < 0.4
        few = self.dice.choice((2, 3)) if self.collects else SETTINGS.versions_ceiling
        failed = self.dice.choice(("keep", "remove"))
        self.settings = replace(
            SETTINGS,
            keep_versions=1 if self.collects else SETTINGS.keep_versions,
            versions_ceiling=few,
            failed_versions=failed,
        )
        self._queue: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._write()

    def clock(self) -> datetime:
        """The schedule's own time."""
        return self.now

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

    def repair(self) -> Repairs:
        """One reconcile, undisturbed; its own events get lost in the same share.

        It comes when the lease of whoever died last has lapsed, as one on a schedule does.
        """
        self.faults.left = 0
        self.now += timedelta(seconds=LEASE + 1)
        self._finish_creations()  # what a dead delivery had begun goes on without it
        return reconcile(self.settings, self.store, self.platform, _Sender(self), self.clock)

    def person(self) -> Choice:
        """Somebody at the model."""
        return Choice(MODEL, "ann", self.settings, self.store, self.platform, self.clock)

    def handle(self, event: ObjectFinalized) -> None:
        """What the function does that the event's bucket triggers."""
        if event.source.bucket == DATA:
            retrain(event, self.settings, self.store, FakeJobs(), self.clock, quick.train)
        else:
            deploy_version(event, self.settings, self.store, self.platform, self.clock, self._sleep)

    def _write(self) -> None:
        """Decide what people will do."""
        kinds = [quick.GOOD] * 8 + [quick.BAD, quick.LIAR]
        self.mixed = self.dice.random() < 0.3
        kinds += [quick.OTHER] * (4 if self.mixed else 0)
        for number in range(self.dice.randrange(1, 6)):
            data = self.dice.choice(kinds) + b":%d" % number
            name = f"data/{MODEL}/{self.dice.choice('abc')}.csv"
            self._later(3, lambda name=name, data=data: self._drop(name, data))
        for _ in range(self.dice.choice((0, 0, 0, 0, 1, 2))):
            self._later(3, lambda: self._put(MODELS, f"models/{MODEL}/mine/model.joblib", b"x"))
        if self.dice.random() < 0.25:
            self._later(4, lambda: self._delete(f"data/{MODEL}/a.csv"))
        self.chooses = self.dice.random() < 0.4
        for _ in range(self.dice.randrange(1, 4) if self.chooses else 0):
            verb = self.dice.choice(VERBS)
            self._later(6, lambda verb=verb: self.schedule.begin(verb, lambda: self._choose(verb)))
        if self.dice.random() < 0.3:
            self._later(5, lambda: self.schedule.begin("reconcile", self._reconcile))

    def _later(self, seconds: float, then: Callable[[], None]) -> None:
        at = self.now + timedelta(seconds=self.dice.uniform(0, seconds))
        heapq.heappush(self._queue, (at, next(self._numbers), then))

    def _drop(self, name: str, data: bytes) -> None:
        if (DATA, name) in [(e.source.bucket, e.source.name) for e in self.sources]:
            self.faults.count("overwritten")
        self._put(DATA, name, data)

    def _put(self, bucket: str, name: str, data: bytes) -> None:
        event = event_of(self.store.put(bucket, name, data))
        self.sources.append(event)
        self.kinds[artifact.drop_id(event.source)] = data.split(b":")[0]

    def _delete(self, name: str) -> None:
        try:
            generation = self.store.live(DATA, name)[1].generation
        except ObjectNotFound:
            return
        self.faults.count("deleted")
        self.store.on_call, kept = None, self.store.on_call
        self.store.on_answer, answer = None, self.store.on_answer
        self.store.delete(DATA, name, if_generation_match=generation)
        self.store.on_call, self.store.on_answer = kept, answer

    def _choose(self, verb: str) -> None:
        person = self.person()
        if verb == "forget":
            self._forget()
        elif verb == "promote":
            ready = [v.version for v in self.platform.list_versions(MODEL) if v.state == "READY"]
            if ready:
                person.promote(self.dice.choice(sorted(ready)))
        else:
            getattr(person, verb)()

    def _forget(self) -> None:
        """One drop, or the whole model."""
        drops = [artifact.drop_id(event.source) for event in self.sources]
        if not drops:
            return
        self.forgets = True
        ports = self.settings, self.store, self.platform, self.clock
        forget = Forget(MODEL, "ann", *ports)
        drop = self.dice.choice(drops) if self.dice.random() < 0.8 else ""
        forget.carry_out(forget.plan(drop))

    def _reconcile(self) -> None:
        reconcile(self.settings, self.store, self.platform, _Sender(self), self.clock)

    def _finalized(self, event: ObjectFinalized) -> None:
        if event.source.bucket == STATE:
            self._watch(event)
            return
        if self.dice.random() < self.drop_share:
            self.faults.count("event lost")
            return
        copies = self.dice.choice((1, 1, 1, 2, 3))
        if copies > 1:
            self.faults.count("duplicate")
        if self.dice.random() < 0.2:
            self.faults.count("late")
            self._later(60, lambda: self._deliver(event))
            copies -= 1
        for _ in range(copies):
            self._later(1, lambda: self._deliver(event))

    def _watch(self, event: ObjectFinalized) -> None:
        if event.source.name == artifact.default_name(MODEL):
            data, _ = self.store.live(STATE, event.source.name)
            task = self.schedule.running
            default = Default.from_json(data)
            self.defaults.append((task.name if task else "somebody", default))
            states = {v.version: v.state for v in self.versions()}
            if states.get(default.version) != "READY":
                self.dead.append(default)

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

    def _deliver(self, event: ObjectFinalized) -> None:
        self.schedule.begin("function", lambda: self._invoke(event))

    def _invoke(self, event: ObjectFinalized) -> None:
        """One delivery; what is not acknowledged comes again."""
        try:
            self.handle(event)
        except BaseException:
            self._later(LEASE, lambda: self._deliver(event))
            raise

    def _ended(self, task: Task) -> None:
        expected = (Exception, Killed)
        if task.error is not None and not isinstance(task.error, expected):
            raise task.error
        told = (ChoiceRefused, ForgetRefused, ModelNotFound)
        if task.name in VERBS and task.error is not None and not isinstance(task.error, told):
            self.broken = True

    def _before(self, _: str, *, platform: bool) -> None:
        if self.schedule.running is None:
            return
        self.now += timedelta(milliseconds=self.dice.randrange(4))
        self.schedule.pause()
        if self.faults.hangs():
            self.now += timedelta(seconds=LEASE + 1)
            self.schedule.pause()
        self.faults.before(platform=platform)

    def _after(self, operation: str, *, platform: bool) -> None:
        if self.schedule.running is not None:
            self.faults.after(platform=platform, write=operation == "write")

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


class _Sender:
    """Sends an event to the function again, and learns whether it took it."""

    def __init__(self, play: Play) -> None:
        self._play = play

    def send(self, event: ObjectFinalized) -> None:
        """Raises EventNotTaken for whatever the function raises."""
        try:
            self._play.handle(event)
        except Exception as error:
            raise EventNotTaken(str(error)) from error
