"""Checking and reading a large CSV beside plain readers, and what refusing one costs.

    ./run bench csv [--rows 1000000] [--kind numeric|mixed]

polars, duckdb, pandas and pyarrow read the same file without a check, each in a fresh process of an
environment of their own (`.venv-readers`, made here). Ours is measured to the typed columns, and on
to the dataset: rows in their canonical order, twins, leaks. Beside the seconds stand those of the
processor, in all threads: they tell more where other work is on the machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import table
from benchmarks.stage import Stages, here, measured, peak

ROOT = Path(__file__).resolve().parent.parent
READERS = ROOT / ".venv-readers"
PEERS = ("polars", "duckdb", "pyarrow", "pandas")
REPEATS = 3
TIMES, REFUSAL_SECONDS, REFUSED_BYTES = 2.0, 1.0, 100_000_000

FAULTS: dict[str, Callable[[bytes], bytes]] = {
    "text in a column of numbers": lambda row: b"x" + row,
    "a ragged row": lambda row: b"1," + row,
    "a NUL byte": lambda row: b"\0" + row,
    "latin-1": lambda row: b"\xe9" + row,
    "a quote that never closes": lambda row: b'"' + row,
}


def environment() -> Path | None:
    """The readers' Python; None, and why in words, where they cannot be installed."""
    python = READERS / "bin" / "python"
    try:
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(READERS)], check=True)
        found = subprocess.run([python, "-c", f"import {', '.join(PEERS)}"], check=False)
        if found.returncode:
            words = [python, "-m", "pip", "install", "--quiet", *PEERS]
            subprocess.run(words, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"the plain readers cannot be installed, nothing to compare with: {error}")
        return None
    return python


def ours(path: Path) -> dict[str, Any]:
    """Seconds to the typed columns and to the dataset, or to the refusal; passes; peak memory."""
    from shared.core.configuration import ModelConfiguration
    from shared.core.errors import DatasetRejected
    from shared.training.reading import fast, read  # noqa: F401

    opened = 0

    def open_it() -> Any:
        nonlocal opened
        opened += 1
        return path.open("rb")

    stages, told, processor = Stages(), "", 0.0
    wanted = read.Wanted(ModelConfiguration(), "", (table.TARGET,), None)
    file, verdict = read.File("", open_it), read.Verdict()
    try:
        with stages("typed"):
            began = time.process_time()
            found = read.typed(file, wanted, verdict)
            processor = time.process_time() - began
        with stages("dataset"):
            read.assemble(found.typed, found.target, wanted.configuration.limits, verdict)
    except DatasetRejected as rejected:
        told = rejected.code
    return {**stages.told(), "processor": processor, "refused": told, "passes": opened}


def plain(path: str, reader: str) -> None:
    """One reading by a plain reader, printed as JSON. Runs in the readers' environment."""
    import importlib

    module = importlib.import_module("pyarrow.csv" if reader == "pyarrow" else reader)
    began, worked = time.perf_counter(), time.process_time()
    data = module.read_csv(path)
    if reader == "duckdb":
        data = data.fetchnumpy()
    seconds, processor = time.perf_counter() - began, time.process_time() - worked
    assert data is not None
    print(json.dumps({"seconds": seconds, "processor": processor, "peak": peak("self")}))


def compare(path: Path, python: Path | None) -> bool:
    """Medians of every reader in turns; whether ours keeps within the goal."""
    runs: dict[str, list[tuple[float, ...]]] = {}
    for _ in range(REPEATS):
        told = here("benchmarks.csv", "--child", str(path))
        seconds, peaks = told["seconds"], told["peaks"]
        checked = seconds["typed"], peaks["typed"], told["processor"]
        runs.setdefault("check and read", []).append(checked)
        whole = seconds["typed"] + seconds["dataset"]
        runs.setdefault("whole dataset", []).append((whole, max(peaks.values())))
        for reader in PEERS if python else ():
            found = measured(str(python), "benchmarks.csv", "--plain", reader, str(path))
            figures = found["seconds"], found["peak"], found["processor"]
            runs.setdefault(reader, []).append(figures)
    medians = {
        name: [statistics.median(values) for values in zip(*found, strict=True)]
        for name, found in runs.items()
    }
    for name, (seconds, most, *more) in sorted(medians.items(), key=lambda pair: pair[1][0]):
        worked = "".join(f" {value:7.2f} s of processors" for value in more)
        print(f"  {name:<16} {seconds:7.2f} s {most / 1e6:8.0f} MB{worked}")
    if not python:
        return True
    fastest = min(PEERS, key=lambda reader: medians[reader][0])
    times = medians["check and read"][0] / medians[fastest][0]
    print(
        f"  check and read takes {times:.2f} times as long as {fastest} (goal {TIMES})", flush=True
    )
    return times <= TIMES


def refuse(folder: Path) -> bool:
    """The cost of refusing 100 MB with a fault in its first rows; whether all keep to the goals."""
    path, good = folder / "faulty.csv", True
    table.write(path, "numeric", size=REFUSED_BYTES)
    data = path.read_bytes()
    start = data.index(b"\n") + 1
    end = data.index(b"\n", start) + 1
    faults = {
        name: data[:start] + fault(data[start:end]) + data[end:] for name, fault in FAULTS.items()
    }
    faults["no header"] = data[start:]
    for name, content in faults.items():
        path.write_bytes(content)
        told = here("benchmarks.csv", "--child", str(path))
        seconds = sum(told["seconds"].values())
        good &= bool(told["refused"]) and seconds < REFUSAL_SECONDS and told["passes"] <= 2
        print(
            f"  {name:<28} {told['refused']:<15} {seconds:6.2f} s, passes: {told['passes']}, "
            f"{max(told['peaks'].values()) / 1e6:.0f} MB",
            flush=True,
        )
    return good


def main() -> int:
    """Measure and print; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="./run bench csv", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--kind", choices=table.KINDS, help="one of both only")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--plain", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(ours(Path(options.child))))
        return 0
    if options.plain:
        plain(options.plain[1], options.plain[0])
        return 0
    python, good = environment(), True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in [options.kind] if options.kind else table.KINDS:
            path = folder / f"{kind}.csv"
            table.write(path, kind, options.rows)
            size = path.stat().st_size / 1e6
            print(f"{options.rows:,} rows, {kind}, {size:,.0f} MB (medians of {REPEATS}):")
            good &= compare(path, python)
            path.unlink()
        print(f"refusing {REFUSED_BYTES / 1e6:.0f} MB with a fault in the first row:")
        good &= refuse(folder)
    print("every goal met" if good else "a goal was missed")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
