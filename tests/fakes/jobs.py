"""Training jobs in memory: what was started, and hooks for a simulation."""

from __future__ import annotations

from collections.abc import Callable

from shared.core.errors import PermissionDenied

Hook = Callable[[str, str, str], None]


class FakeJobs:
    """`TrainingJobs` that remembers. on_call, on_answer: as the fake store's."""

    def __init__(self, max_bytes: int = 0) -> None:
        self.max_bytes = max_bytes
        self.started: list[str] = []
        self.on_call: Hook | None = None
        self.on_answer: Hook | None = None
        self._denied = False

    def deny(self) -> None:
        """From now on the caller may start none."""
        self._denied = True

    def start(self, inputs_uri: str) -> str:
        """Remember it."""
        if self.on_call:
            self.on_call("start", "jobs", inputs_uri)
        if self._denied:
            raise PermissionDenied("Permission 'run.jobs.runWithOverrides' denied")
        self.started.append(inputs_uri)
        if self.on_answer:
            self.on_answer("start", "jobs", inputs_uri)
        return f"jobs/train/executions/{len(self.started)}"
