"""Where a drop is trained: in the function, or in a training job. A rule, without any I/O.

The size alone decides where it can, so that a file which the function cannot hold is not read
there. In between the first megabyte tells columns and rows, and those tell time and memory.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.core.errors import DatasetRejected, Finding
from shared.core.lease import FUNCTION, JOB, Place
from shared.core.settings import Settings

SAMPLE_BYTES = 1_000_000
"""How much of a file is looked at; a file that is no larger always fits the function."""

BYTES_AT_REST = 400_000_000
BYTES_A_CELL = 20.0
SECONDS_AT_REST = 10.0
SECONDS_A_CELL = 4e-6
"""What a training takes, at the most: by `./run bench training` (docs/43-benchmarks.md)."""


@dataclass(frozen=True)
class Shape:
    """A table as it is trained on. Rows of an estimate are not whole."""

    rows: float
    columns: int

    @property
    def memory(self) -> float:
        """Bytes that its training takes at its peak."""
        return BYTES_AT_REST + BYTES_A_CELL * self.rows * self.columns

    @property
    def seconds(self) -> float:
        """How long it takes on one processor."""
        return SECONDS_AT_REST + SECONDS_A_CELL * self.rows * self.columns

    def fits(self, settings: Settings) -> bool:
        """Whether it keeps within the function's share of its deadline and memory."""
        share = settings.function_share
        return (
            self.memory <= share * settings.function_memory_bytes
            and self.seconds <= share * settings.function_seconds
        )


def by_size(size: int, settings: Settings, job_bytes: int) -> Place | None:
    """Where a file of this size goes, or None where a look at it decides.

    job_bytes: what a job may be given, 0 where there is none. Raises DatasetRejected (too_large).
    """
    if size > max(settings.max_csv_bytes, job_bytes):
        raise too_large(max(settings.max_csv_bytes, job_bytes))
    if size > settings.max_csv_bytes:
        return JOB
    return FUNCTION if size <= SAMPLE_BYTES or not job_bytes else None


def by_look(sample: bytes, size: int, settings: Settings) -> Place:
    """Where a file goes that begins with `sample`."""
    return FUNCTION if shape_of(sample, size).fits(settings) else JOB


def shape_of(sample: bytes, size: int) -> Shape:
    """Rows and columns of a file of `size` bytes, from how it begins."""
    text = sample.decode(
        "utf-16" if sample[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1", "replace"
    )
    lines = text.splitlines() or [""]
    columns = 1 + max(lines[0].count(mark) for mark in ",;\t|")
    return Shape(len(lines) * size / max(1, len(sample)), columns)


def too_large(most: int) -> DatasetRejected:
    """The refusal of a file that nothing here can hold."""
    message = f"more than {most:,} bytes is more than is trained on here. Drop a sample."
    return DatasetRejected(Finding("too_large", message))
