"""One schedule: what people drop, delete and choose; and what repairs it afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from shared.core import artifact
from shared.core.errors import ObjectNotFound
from shared.core.event import ObjectFinalized
from shared.workflows.choice import Choice
from shared.workflows.forget import Forget
from shared.workflows.reconcile import Repairs, reconcile
from tests.fakes.store import event_of
from tests.simulation import quick
from tests.simulation.world import DATA, FUNCTION_BYTES, MODEL, MODELS, STATE, VERBS, World

__all__ = ["DATA", "MODEL", "MODELS", "STATE", "Play"]


class Play(World):
    """A world, and the people in it. mixed: whether schemas differ; forgets: whether somebody had
    something forgotten; replays: whether every event comes again a day later."""

    def __init__(self, seed: int, drop_share: float = 0.0) -> None:
        super().__init__(seed, drop_share)
        self.sources: list[ObjectFinalized] = []
        self.kinds: dict[str, bytes] = {}
        self.forgets = False
        self.mixed = self.dice.random() < 0.3
        self.replays = self.dice.random() < 0.3
        self._write()

    @property
    def needs_repair(self) -> bool:
        """Whether something got lost, died half-way, or was deleted while calls were under way."""
        return bool(self.drop_share or self.broken or self.forgets or self.collects)

    def repair(self) -> Repairs:
        """One reconcile, undisturbed; its own events get lost in the same share.

        It comes when the lease of whoever died last has lapsed, as one on a schedule does. What it
        has trained by jobs is done when they are, so another one follows.
        """
        while True:
            self.calm()
            before = len(self.jobs.started)
            repairs = self._reconcile()
            if len(self.jobs.started) == before:
                return repairs
            self.run()

    def day_later(self) -> None:
        """Every event that was ever sent comes once more."""
        self.calm()
        self.now += timedelta(days=1)
        self.faults.count("a day late")
        events = [*self.events]
        self.dice.shuffle(events)
        for event in events:
            self.later(60, lambda event=event: self.deliver(event))
        self.run()

    def person(self) -> Choice:
        """Somebody at the model."""
        return Choice(MODEL, "ann", self.settings, self.store, self.platform, self.clock)

    def _write(self) -> None:
        """Decide what people will do."""
        if self.dice.random() < 0.3:
            self.store.put(DATA, artifact.configuration_name(MODEL), b'train_on = "all"\n')
        for number, data in enumerate(self._contents()):
            name = f"data/{MODEL}/{self.dice.choice('abc')}.csv"
            content = data + b":%d" % number
            self.later(3, lambda name=name, content=content: self._drop(name, content))
        for _ in range(self.dice.choice((0, 0, 0, 0, 1, 2))):
            self.later(3, lambda: self._put(MODELS, f"models/{MODEL}/mine/model.joblib", b"x"))
        if self.dice.random() < 0.25:
            self.later(4, lambda: self._delete(f"data/{MODEL}/a.csv"))
        for _ in range(self.dice.randrange(1, 4) if self.dice.random() < 0.4 else 0):
            verb = self.dice.choice(VERBS)
            self.later(6, lambda verb=verb: self.schedule.begin(verb, lambda: self._choose(verb)))
        for _ in range(self.dice.choice((0, 0, 0, 1, 2))):
            self.later(5, lambda: self.schedule.begin("reconcile", self._reconcile))

    def _contents(self) -> Iterator[bytes]:
        kinds = [quick.GOOD] * 8 + [quick.BAD, quick.LIAR]
        kinds += [quick.OTHER] * (4 if self.mixed else 0)
        for _ in range(self.dice.randrange(1, 6)):
            large = self.hands_over and self.dice.random() < 0.5
            yield self.dice.choice(kinds) + (b":" + b"x" * FUNCTION_BYTES if large else b"")

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

    def _reconcile(self) -> Repairs:
        return reconcile(self.settings, self.store, self.platform, self, self.clock)
