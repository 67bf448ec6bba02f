"""Runs tasks in threads of which exactly one runs at a time; a seeded dice says which, and when.

A task gives way only inside `pause`, which the fakes' hooks call at every call of a port. So a seed
gives the same interleaving again, whatever the machine does.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable


class Killed(BaseException):
    """The process of this task dies: nothing after it runs."""


class Task:
    """One invocation of a function, or one verb of a person. name: of its kind; skew: by how many
    seconds its clock is wrong."""

    def __init__(self, name: str, work: Callable[[], None], skew: float) -> None:
        self.name, self.skew = name, skew
        self.error: BaseException | None = None
        self.over = False
        self.gate = threading.Semaphore(0)
        self._work = work

    def run(self, ended: threading.Semaphore) -> None:
        """The thread."""
        self.gate.acquire()
        try:
            self._work()
        except BaseException as error:
            self.error = error
        self.over = True
        ended.release()


class Schedule:
    """The tasks that run. running: the one whose turn it is, None while none's is; skew: seconds
    that clocks may be wrong."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.tasks: list[Task] = []
        self.running: Task | None = None
        self.patience = dice.choice((0.0, 0.3, 0.6, 0.9))
        self.skew = dice.choice((0.0, 0.0, 2.0, 90.0))
        self._back = threading.Semaphore(0)

    def begin(self, name: str, work: Callable[[], None]) -> None:
        """Add a task; it runs when its turn comes."""
        task = Task(name, work, self.dice.uniform(-self.skew, self.skew))
        self.tasks.append(task)
        threading.Thread(target=task.run, args=(self._back,), daemon=True).start()

    def turn(self) -> Task | None:
        """Let one task run until it gives way; that task where it has ended, else None."""
        task = self.dice.choice(self.tasks)
        self.running = task
        task.gate.release()
        self._back.acquire()
        self.running = None
        if not task.over:
            return None
        self.tasks.remove(task)
        return task

    def pause(self) -> None:
        """Perhaps give way. Called by the running task."""
        task = self.running
        assert task is not None
        if self.dice.random() >= self.patience:
            self._back.release()
            task.gate.acquire()
