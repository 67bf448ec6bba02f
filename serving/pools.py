"""The threads of one process, by what they are for, so that none waits behind another's work."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

PREDICTING = 4
PROVING = 10
"""Versions that are created at once: as many as AI Platform allowed."""


class Pools:
    """loading: one model at a time. predicting: long predictions. proving: creators that wait."""

    def __init__(self) -> None:
        self.loading = ThreadPoolExecutor(1, "loading")
        self.predicting = ThreadPoolExecutor(PREDICTING, "predicting")
        self.proving = ThreadPoolExecutor(PROVING, "proving")

    def shutdown(self) -> None:
        """Start nothing more. Does not wait: their work may wait for the event loop."""
        for pool in (self.loading, self.predicting, self.proving):
            pool.shutdown(wait=False, cancel_futures=True)
