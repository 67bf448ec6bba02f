"""Predict for every row of a CSV: uploads it, waits, and writes the predictions beside it.

Exit code 0: predicted (rows that could not be are counted and told); 1: refused, with the reasons;
2: usage; 5: still running after --timeout.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from cli import storage
from cli.client import Service
from cli.drop import REFUSED, RUNNING
from cli.failure import UsageFailure
from cli.progress import Progress
from cli.target import resolve, target_arguments
from shared.core.artifact import BATCH_PREFIX
from shared.core.errors import Finding
from shared.core.source import Source
from shared.core.trigger import ID_METADATA, VERSION_METADATA, NotOurs, parse_batch_name

PAUSE = 0.1


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `batch` takes."""
    target_arguments(parser)
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("file", type=Path, metavar="FILE", help="a CSV with the model's columns")
    parser.add_argument("--id", metavar="COLUMN", help="a column to pass through")
    parser.add_argument("--version", help="the version to ask (default: the default)")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="where the predictions go (default: beside FILE)"
    )
    parser.add_argument("--timeout", type=float, default=600.0, metavar="SECONDS")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")


def run(options: argparse.Namespace) -> int:
    """Upload, wait, fetch; the exit code says how it ended."""
    target = resolve(options)
    if not storage.exists(options.file):
        raise UsageFailure(f"there is no readable file {str(options.file)!r}")
    name = f"{BATCH_PREFIX}{options.model}/{options.file.name}"
    store, state = target.storage, target.settings.state_bucket
    named = {ID_METADATA: options.id, VERSION_METADATA: options.version}
    progress = Progress(quiet=options.json)
    drop = parse_batch_name(Source("", name, 0, ""))
    if isinstance(drop, NotOurs):
        raise UsageFailure(f"{name!r} would not be predicted for: {drop.reason}")
    metadata = {key: value for key, value in named.items() if value}
    answer = storage.upload(store, target.settings.data_bucket, name, options.file, metadata)
    source = Source(answer["bucket"], name, int(answer["generation"]), answer["timeCreated"])
    progress.step(f"uploaded {source.uri}")
    drop = parse_batch_name(source)
    assert not isinstance(drop, NotOurs)
    progress.waiting("predicting")
    outcome = wait(store, state, drop.outcome, options.timeout)
    if options.json:
        print(json.dumps(outcome, ensure_ascii=False, indent=1))
    if outcome is None:
        print(f"  no end after {options.timeout:g} s; it goes on, see ./run logs", file=sys.stderr)
        return RUNNING
    if outcome["state"] != "predicted":
        explain(outcome)
        return REFUSED
    place = options.out or options.file.with_suffix(".predictions.csv")
    storage.download(store, state, drop.result, place)
    progress.step(summary(outcome, place))
    return 0


def wait(store: Service, bucket: str, name: str, timeout: float) -> dict[str, Any] | None:
    """The outcome once it is there, None where it takes too long."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        data = storage.read(store, bucket, name)
        if data is not None:
            outcome: dict[str, Any] = json.loads(data)
            return outcome
        time.sleep(PAUSE)
    return None


def explain(outcome: dict[str, Any]) -> None:
    """Why there are no predictions."""
    print(f"  {outcome['state']}: {outcome.get('reason', '')}".rstrip(": "), file=sys.stderr)
    for finding in outcome.get("findings", []):
        print(f"  {Finding(**finding)}", file=sys.stderr)


def summary(outcome: dict[str, Any], place: Path) -> str:
    """The end in words."""
    counts = outcome["counts"]
    refused = f", {counts['refused']:,} of them without (see column error)"
    return (
        f"{counts['rows']:,} rows by {outcome['version']}"
        f"{refused if counts['refused'] else ''}: {place}"
    )
