"""The rule by which a drop is trained in the function or in a job, without any I/O."""

from __future__ import annotations

import codecs

import pytest

from shared.core.errors import DatasetRejected
from shared.core.lease import FUNCTION, JOB
from shared.workflows.placement import SAMPLE_BYTES, Shape, by_look, by_size, shape_of
from tests.workflows.world import IRIS, settings

KNOWN = settings(MAX_CSV_BYTES="50000000")
JOB_BYTES = 3_000_000_000


@pytest.mark.parametrize(
    ("size", "job_bytes", "place"),
    [
        (1, JOB_BYTES, FUNCTION),
        (SAMPLE_BYTES, JOB_BYTES, FUNCTION),
        (SAMPLE_BYTES + 1, JOB_BYTES, None),
        (50_000_000, JOB_BYTES, None),
        (50_000_001, JOB_BYTES, JOB),
        (JOB_BYTES, JOB_BYTES, JOB),
        (SAMPLE_BYTES + 1, 0, FUNCTION),
        (50_000_000, 0, FUNCTION),
    ],
)
def test_the_size_alone_decides_where_it_can(size: int, job_bytes: int, place: str | None) -> None:
    assert by_size(size, KNOWN, job_bytes) == place


@pytest.mark.parametrize(("size", "job_bytes"), [(50_000_001, 0), (JOB_BYTES + 1, JOB_BYTES)])
def test_what_nothing_can_hold_is_refused(size: int, job_bytes: int) -> None:
    with pytest.raises(DatasetRejected, match="too_large"):
        by_size(size, KNOWN, job_bytes)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_rows_and_columns_are_guessed_from_how_a_file_begins(encoding: str) -> None:
    text = IRIS.decode() + IRIS.decode().partition("\n")[2] * 99
    data = text.encode(encoding)
    shape = shape_of(data[:100_001], len(data))
    assert shape.columns == 5
    assert shape.rows == pytest.approx(15_001, rel=0.05)


def test_a_table_of_few_cells_fits_the_function_and_one_of_many_does_not() -> None:
    assert Shape(150, 5).fits(KNOWN)
    assert Shape(100_000, 20).fits(KNOWN)
    assert not Shape(10_000_000, 20).fits(KNOWN)
    assert not Shape(100, 20).fits(settings(FUNCTION_MEMORY_BYTES="500000000"))
    assert not Shape(100, 20).fits(settings(FUNCTION_SECONDS="15"))


def test_a_look_decides_by_what_would_come() -> None:
    assert by_look(IRIS, len(IRIS), KNOWN) == FUNCTION
    assert by_look(IRIS, 10_000_000_000, KNOWN) == JOB


@pytest.mark.parametrize("data", [b"", b"\xff", codecs.BOM_UTF16_LE, b"\0" * 100, b"\n"])
def test_any_bytes_give_a_shape(data: bytes) -> None:
    assert shape_of(data, 1_000_000_000).rows >= 0
