"""Train a model's last accepted CSV again: a changed model.toml or a new dropserve takes effect.

The CSV is copied onto itself in the bucket: a new generation, so a version of its own. Exit codes
are those of `drop`.
"""

from __future__ import annotations

import argparse
from typing import Any

from cli import storage
from cli.drop import Drop, follow, following_arguments, words
from cli.failure import Failure
from cli.progress import Progress
from cli.target import Target, resolve, target_arguments
from shared.core import ledger
from shared.core.artifact import drop_id, ledger_prefix
from shared.core.source import Source
from shared.core.trigger import GATE_METADATA, RETRAIN_OF_METADATA

OF_ONE_DROP = (GATE_METADATA,)
"""What a person said about one drop only. The rest of the metadata is about the CSV, and stays."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `retrain` takes."""
    target_arguments(parser)
    parser.add_argument("model", metavar="MODEL")
    following_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Copy, follow, explain; the exit code says how it ended."""
    target = resolve(options)
    progress = Progress(quiet=options.json)
    found, source = last_accepted(target, options.model)
    told = found.get("metadata", {})
    kept = {key: value for key, value in told.items() if key not in OF_ONE_DROP}
    metadata = kept | {RETRAIN_OF_METADATA: source.uri} | words(options)
    made = storage.copy_onto_itself(target.storage, found, metadata)
    copy = Source(source.bucket, source.name, int(made["generation"]), made["timeCreated"])
    progress.step(f"copied {source.uri} onto itself: #{copy.generation}")
    return follow(target, Drop(options.model, drop_id(copy), copy.uri), options, progress)


def last_accepted(target: Target, model: str) -> tuple[dict[str, Any], Source]:
    """The newest CSV that was trained on and is still there: its resource, its source."""
    accepted = sources(target, model)
    for source in accepted:
        found = storage.resource(target.storage, source.bucket, source.name)
        if found and int(found["generation"]) == source.generation:
            return found, source
    if accepted:
        raise Failure(f"every accepted CSV of {model} was overwritten or deleted; drop one again")
    raise Failure(f"no CSV of {model!r} was ever accepted; ./run drop FILE --model {model}")


def sources(target: Target, model: str) -> list[Source]:
    """Every CSV that a model was trained on, the newest first."""
    store, bucket = target.storage, target.settings.state_bucket
    found = []
    for name in storage.names(store, bucket, ledger_prefix(model)):
        if name == ledger.entry_name(model, name.split("/")[2], "trained"):
            content = storage.read(store, bucket, name)
            if content:
                facts = ledger.Entry.from_json(name, content).facts
                found.append(Source.from_dict(facts["source"]))
    return sorted(found, key=lambda source: source.order, reverse=True)
