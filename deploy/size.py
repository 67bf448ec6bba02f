"""How much each thing that runs gets, and what Cloud Run would refuse of it, told beforehand.

Bounds: cloud.google.com/run/docs/configuring, the pages about memory, CPU, timeouts, concurrency.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

SIZES: dict[str, dict[str, Any]] = {
    "retrain": {"memory": "2Gi", "cpu": "1", "timeout": 540, "concurrency": 1, "max": 10},
    "deploy-version": {"memory": "512Mi", "cpu": "1", "timeout": 540, "concurrency": 1, "max": 10},
    "batch-predict": {"memory": "1Gi", "cpu": "1", "timeout": 540, "concurrency": 1, "max": 4},
    "predict": {"memory": "512Mi", "cpu": "1", "timeout": 60, "concurrency": 80, "max": 20},
    "serving-data": {"memory": "2Gi", "cpu": "1", "timeout": 60, "concurrency": 40, "max": 20},
    "serving-control": {"memory": "1Gi", "cpu": "1", "timeout": 60, "concurrency": 40, "max": 4},
    "batch": {"memory": "1Gi", "cpu": "1", "timeout": 86400},
    "reconcile": {"memory": "512Mi", "cpu": "1", "timeout": 900},
    "train": {"memory": "16Gi", "cpu": "4", "timeout": 21600, "machine": "e2-highmem-4"},
}
"""What each thing that runs gets; `[sizes.<thing>]` of the settings file changes it. `machine` is
that of a custom job, with platform vertex-ai; memory and cpu are those of a Cloud Run job."""

WOKEN = ("retrain", "deploy-version", "batch-predict")
"""They must have answered an event before Pub/Sub sends it again."""
_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
_GIB = 2**30
_LEAST_GIB = {"4": 2, "6": 4, "8": 4}
"""CPUs -> the least memory that they go with; the most is 4 GiB for each."""


def size_in_bytes(text: str) -> int:
    """Bytes of an amount such as 512Mi or 2Gi. Raises ValueError."""
    found = re.fullmatch(r"(\d+)(k|M|G|Ki|Mi|Gi)?B?", str(text))
    if not found:
        raise ValueError(f"{text!r} is no amount of memory, such as 512Mi or 2Gi")
    return int(found[1]) * _UNITS[found[2] or ""]


def known_keys(thing: str) -> tuple[str, ...]:
    """What `[sizes.<thing>]` may hold."""
    return (*SIZES[thing], *(("min",) if "max" in SIZES[thing] else ()))


def size_problems(thing: str, given: Mapping[str, Any]) -> Iterator[str]:
    """What cannot be meant by `[sizes.<thing>]`."""
    where = f"sizes.{thing}"
    for key in given:
        if key not in known_keys(thing):
            yield f"{where}.{key} is unknown; there are: {', '.join(known_keys(thing))}"
    size = {"min": 0, **SIZES[thing], **given}
    for key, bounds in _bounds(thing).items():
        if key in size and not _is_whole(size[key], bounds):
            yield f"{where}.{key} {size[key]!r}: a whole number from {bounds[0]} to {bounds[1]}"
    counts = size["min"], size.get("max")
    if all(_is_whole(count, (0, 1000)) for count in counts) and counts[0] > counts[1]:
        yield f"{where}: min {counts[0]} is more than max {counts[1]}"
    yield from _capacity_problems(where, size)


def _bounds(thing: str) -> dict[str, tuple[int, int]]:
    longest = 540 if thing in WOKEN else 3600 if "max" in SIZES[thing] else 604800
    return {"timeout": (1, longest), "concurrency": (1, 1000), "min": (0, 1000), "max": (1, 1000)}


def _is_whole(value: Any, bounds: tuple[int, int]) -> bool:
    return type(value) is int and bounds[0] <= value <= bounds[1]


def _capacity_problems(where: str, size: Mapping[str, Any]) -> Iterator[str]:
    cpu = str(size["cpu"])
    if re.fullmatch(r"0\.\d+", cpu) and size.get("concurrency") == 1:
        cpu = "1"  # a part of one, which answers one request at a time
    if cpu not in ("1", "2", "4", "6", "8"):
        yield f"{where}.cpu {size['cpu']!r}: 1, 2, 4, 6 or 8; less than 1 with concurrency 1"
        return
    try:
        memory = size_in_bytes(size["memory"])
    except ValueError as error:
        yield f"{where}.memory: {error}"
        return
    if memory > 4 * int(cpu) * _GIB:
        yield f"{where}.memory {size['memory']}: at most 4Gi for each cpu, which is {cpu}"
    if memory < (least := _LEAST_GIB.get(cpu, 0)) * _GIB:
        yield f"{where}.memory {size['memory']}: at least {least}Gi with cpu {cpu}"
