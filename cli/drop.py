"""Upload a CSV and follow it until its version is live.

Exit code 0: live; 1: refused, with the reasons; 2: usage; 3: ready but not the default;
4: superseded by a newer drop; 5: still running after --timeout.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli import refusal, storage, story
from cli.failure import UsageFailure
from cli.progress import Progress
from cli.target import Target, resolve, target_arguments
from shared.core import ledger
from shared.core.artifact import DATA_PREFIX, default_name, drop_id
from shared.core.default import FROZEN, HELD, PINNED, SUPERSEDED_BY_NEWER, Default
from shared.core.errors import DatasetRejected
from shared.core.source import Source
from shared.core.trigger import GATE_METADATA, TARGET_METADATA, NotOurs, parse_data_name

LIVE, REFUSED, NOT_DEFAULT, SUPERSEDED, RUNNING = 0, 1, 3, 4, 5
EXIT_CODES = {
    "live": LIVE,
    "refused": REFUSED,
    "exhausted": REFUSED,
    "failed": REFUSED,
    "ready": NOT_DEFAULT,
    "superseded": SUPERSEDED,
}
NEXT = {"training": "training", "received": "training", "trained": "creating the version"}


@dataclass
class Drop:
    """A CSV that was uploaded, and what the ledger says of it so far. file: the person's own;
    target: the column that they named."""

    model: str
    id: str
    uri: str
    file: Path | None = None
    target: str = ""
    entries: list[ledger.Entry] = field(default_factory=list)
    live: Default | None = None

    @property
    def told(self) -> dict[str, Any]:
        """The folded ledger."""
        return ledger.fold(self.entries, self.live) | {"model": self.model, "drop": self.id}


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `drop` takes."""
    target_arguments(parser)
    parser.add_argument("file", type=Path, metavar="FILE", help="a CSV with a header line")
    parser.add_argument("--model", help="the model it belongs to (default: the default model)")
    parser.add_argument("--target", metavar="COLUMN", help="the column to predict")
    parser.add_argument(
        "--as", dest="name", help="the object's name below data/<model>/ (default: FILE's)"
    )
    following_arguments(parser)


def following_arguments(parser: argparse.ArgumentParser) -> None:
    """What verbs that follow a drop take."""
    parser.add_argument("--accept", action="store_true", help="live whatever the gate finds")
    parser.add_argument("--timeout", type=float, default=300.0, metavar="SECONDS")
    parser.add_argument("--json", action="store_true", help="print the folded ledger as JSON")


def run(options: argparse.Namespace) -> int:
    """Upload, follow, explain; the exit code says how it ended."""
    target = resolve(options)
    model, name = object_name(target, options.file, options.model, options.name)
    progress = Progress(quiet=options.json)
    metadata = {TARGET_METADATA: options.target} if options.target else {}
    drop = upload(target, model, name, options.file, metadata | words(options))
    progress.step(f"uploaded {drop.uri}")
    return follow(target, drop, options, progress)


def words(options: argparse.Namespace) -> dict[str, str]:
    """The metadata by which a person decides over the gate."""
    return {GATE_METADATA: "accept"} if options.accept else {}


def follow(target: Target, drop: Drop, options: argparse.Namespace, progress: Progress) -> int:
    """Follow a drop and say how it ended; the exit code."""
    code = watch(target, drop, options.timeout, progress)
    if options.json:
        drop.live = default_of(target, drop.model)
        print(json.dumps(drop.told, ensure_ascii=False, indent=1))
    else:
        explain(drop, code, options.timeout)
    return code


def default_of(target: Target, model: str) -> Default | None:
    """The model's desired default."""
    data = storage.read(target.storage, target.settings.state_bucket, default_name(model))
    return Default.from_json(data) if data else None


def object_name(target: Target, file: Path, model: str | None, name: str | None) -> tuple[str, str]:
    """The model and the object's name. Raises UsageFailure for what `retrain` would not take."""
    if not storage.exists(file):
        raise UsageFailure(f"there is no readable file {str(file)!r}")
    default = target.settings.model_name
    whole = f"{DATA_PREFIX}{default if model is None else model}/{name or file.name}"
    try:
        parsed = parse_data_name(whole, default)
    except DatasetRejected as rejected:
        raise UsageFailure(rejected.findings[0].message) from rejected
    if isinstance(parsed, NotOurs):
        raise UsageFailure(f"{whole!r} would not be trained on: {parsed.reason}")
    return parsed.model, whole


def upload(target: Target, model: str, name: str, file: Path, metadata: dict[str, str]) -> Drop:
    """Upload the file; the store's answer says which drop it is."""
    bucket = target.settings.data_bucket
    answer = storage.upload(target.storage, bucket, name, file, metadata)
    source = Source(bucket, name, int(answer["generation"]), answer["timeCreated"])
    return Drop(model, drop_id(source), source.uri, file, metadata.get("target", ""))


def watch(target: Target, drop: Drop, timeout: float, progress: Progress) -> int:
    """Show each step as the ledger tells it; the exit code."""
    progress.waiting("waiting for retrain")
    try:
        for entry in story.follow(target, drop.model, drop.id, timeout):
            drop.entries.append(entry)
            progress.step(story.sentence(entry))
            for line in story.warnings(entry):
                progress.note(line)
            progress.waiting(NEXT.get(entry.step, "releasing"))
    except story.StillRunning:
        return RUNNING
    return exit_code(drop.entries[-1])


def exit_code(last: ledger.Entry) -> int:
    """How a settled drop ended."""
    if last.step == "ready" and last.facts.get("reason") == SUPERSEDED_BY_NEWER:
        return SUPERSEDED
    return EXIT_CODES[last.step]


def explain(drop: Drop, code: int, timeout: float) -> None:
    """What it means and what to type, where the drop is not live."""
    told = drop.told
    if code == REFUSED:
        for line in refusal.lines(told, drop.file, drop.model, drop.target):
            print(f"  {line}", file=sys.stderr)
    elif code == NOT_DEFAULT:
        for line in waiting(told):
            print(f"  {line}", file=sys.stderr)
    elif code == SUPERSEDED:
        newer = f" ({told['default']})" if told.get("default") else ""
        print(f"  a newer drop took its place{newer}; nothing is left to do", file=sys.stderr)
    elif code == RUNNING:
        print(
            f"  not settled after {timeout:g} s (last: {told['state']}); ./run logs shows why, "
            "and it may still become live",
            file=sys.stderr,
        )


def waiting(told: dict[str, Any]) -> list[str]:
    """Why a version that is ready is not the default, and what to type."""
    model, version = told["model"], told.get("version", "the version")
    why = str(told.get("reason") or "")
    lines = [f"{version} is ready but not the default{f' ({why})' if why else ''}."]
    lines += [f"It {sentence}." for sentence in told.get(HELD, [])]
    lines.append(f"To make it so: ./run promote {model} {version}")
    if why == PINNED:
        lines.append(f"To let the newest be live from now on: ./run rollback {model} --unpin")
    elif why == FROZEN:
        lines.append(f"To let promotions go on: ./run unfreeze {model}")
    return lines
