"""What one process counts: requests, latencies, loads, memory. Plain numbers, cheap to add to."""

from __future__ import annotations

import resource
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper bounds of the latency histogram, in seconds."""
MOST_VERSIONS = 1_000
"""Versions that are counted apart; those that come later are counted together, as `other`."""
OTHER = ("other", "other")


@dataclass
class Latency:
    """A histogram of seconds. counts: of each bound, and of what lies above the last."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    def merge(self, counts: list[int], total: float) -> None:
        """Count what another process counted."""
        self.counts = [one + other for one, other in zip(self.counts, counts, strict=True)]
        self.total += total


@dataclass
class Measure:
    """All numbers of one process, or the sum of several's.

    latencies: of answered predictions by (model, version). requests: by (model, version, HTTP
    status); model and version are "" where a request named none that exists. loads: by (how, how
    it ended). gauges: what is so now.
    """

    latencies: dict[tuple[str, str], Latency] = field(default_factory=dict)
    requests: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    loads: Counter[tuple[str, str]] = field(default_factory=Counter)
    load: Latency = field(default_factory=Latency)
    evictions: int = 0
    gauges: Counter[str] = field(default_factory=Counter)

    def answered(self, model: str, version: str, status: int, seconds: float) -> None:
        """One prediction was answered, or refused."""
        latency = self.latencies.get((model, version))
        if latency is None:
            if len(self.latencies) >= MOST_VERSIONS:
                model, version = OTHER
            latency = self.latencies.setdefault((model, version), Latency())
        latency.add(seconds)
        self.requests[model, version, status] += 1

    def loaded(self, how: str, outcome: str, seconds: float) -> None:
        """A model was loaded, or refused to. how: portable, process, or unread."""
        self.loads[how, outcome] += 1
        self.load.add(seconds)

    def merge(self, told: dict[str, Any]) -> None:
        """Add what another process told."""
        for model, version, counts, total in told["latencies"]:
            self.latencies.setdefault((model, version), Latency()).merge(counts, total)
        for model, version, status, count in told["requests"]:
            self.requests[model, version, status] += count
        for how, outcome, count in told["loads"]:
            self.loads[how, outcome] += count
        self.load.merge(*told["load"])
        self.evictions += told["evictions"]
        self.gauges.update(told["gauges"])

    def as_dict(self) -> dict[str, Any]:
        """For `merge`, as JSON."""
        return {
            "latencies": [[*k, seen.counts, seen.total] for k, seen in self.latencies.items()],
            "requests": [[*key, count] for key, count in self.requests.items()],
            "loads": [[*key, count] for key, count in self.loads.items()],
            "load": [self.load.counts, self.load.total],
            "evictions": self.evictions,
            "gauges": {**self.gauges, "process_resident_memory_bytes": _resident()},
        }


def _resident() -> int:
    """Bytes that this process has in memory; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * resource.getpagesize()


def openmetrics(measure: Measure) -> str:
    """The numbers in OpenMetrics' text format 1.0."""
    return "\n".join([*_lines(measure), "# EOF\n"])


CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def _lines(measure: Measure) -> Iterator[str]:
    yield from _head("serving_requests", "counter", "Predictions by version and HTTP status.")
    for (model, version, status), count in sorted(measure.requests.items()):
        labels = _labels(model=model, version=version, status=str(status))
        yield f"serving_requests_total{labels} {count}"
    name = "serving_request_seconds"
    yield from _head(name, "histogram", "Seconds from a prediction's first byte to its answer.")
    for (model, version), latency in sorted(measure.latencies.items()):
        yield from _histogram(name, latency, model=model, version=version)
    yield from _head("serving_loads", "counter", "Models loaded, by how and by how that ended.")
    for (how, outcome), count in sorted(measure.loads.items()):
        yield f"serving_loads_total{_labels(how=how, outcome=outcome)} {count}"
    yield from _head("serving_load_seconds", "histogram", "Seconds to load and prove a model.")
    yield from _histogram("serving_load_seconds", measure.load)
    yield from _head("serving_evictions", "counter", "Models forgotten to make room for others.")
    yield f"serving_evictions_total {measure.evictions}"
    for name, value in sorted(measure.gauges.items()):
        yield f"# TYPE {name} gauge"
        yield f"{name} {value}"


def _head(name: str, kind: str, help_text: str) -> Iterator[str]:
    yield f"# TYPE {name} {kind}"
    yield f"# HELP {name} {help_text}"


def _histogram(name: str, latency: Latency, **labels: str) -> Iterator[str]:
    seen = 0
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), latency.counts, strict=True):
        seen += count
        yield f"{name}_bucket{_labels(**labels, le=bound)} {seen}"
    yield f"{name}_count{_labels(**labels)} {seen}"
    yield f"{name}_sum{_labels(**labels)} {latency.total:.6f}"


def _labels(**labels: str) -> str:
    told = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{told}}}" if told else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
