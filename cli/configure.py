"""Say what a model is to be like: puts a model.toml beside the model's CSVs, checked first.

./run configure iris model.toml     it counts from the next drop on
./run configure iris                prints the one that is there
./run retrain iris                  trains the last accepted CSV again under it
"""

from __future__ import annotations

import argparse
from pathlib import Path

from cli import storage
from cli.failure import Failure, UsageFailure
from cli.target import resolve, target_arguments
from shared.core.artifact import MODEL_NAME, configuration_name
from shared.core.configuration import MAX_BYTES, ModelConfiguration
from shared.core.errors import DatasetRejected
from shared.core.trigger import bad_model_name


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `configure` takes."""
    target_arguments(parser)
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument(
        "file", type=Path, nargs="?", metavar="FILE", help="a model.toml (docs/12-model-toml.md)"
    )


def run(options: argparse.Namespace) -> int:
    """Check and upload, or print."""
    target = resolve(options)
    if not MODEL_NAME.fullmatch(options.model):
        raise UsageFailure(bad_model_name(options.model).message)
    bucket, name = target.settings.data_bucket, configuration_name(options.model)
    if options.file is None:
        found = storage.read(target.storage, bucket, name)
        if found is None:
            raise Failure(f"there is no gs://{bucket}/{name}: the defaults count")
        print(found.decode(errors="replace"), end="")
        return 0
    check(options.file)
    storage.upload(target.storage, bucket, name, options.file, {}, "application/toml")
    print(
        f"gs://{bucket}/{name} counts from the next drop on; for the last accepted CSV: "
        f"./run retrain {options.model}"
    )
    return 0


def check(file: Path) -> None:
    """Refuse what `retrain` would refuse. Raises UsageFailure, and Failure with every problem."""
    if not storage.exists(file):
        raise UsageFailure(f"there is no readable file {str(file)!r}")
    if file.stat().st_size > MAX_BYTES:
        raise UsageFailure(f"{str(file)!r} is larger than {MAX_BYTES:,} bytes: is it a model.toml?")
    try:
        ModelConfiguration.from_toml(file.read_bytes())
    except DatasetRejected as rejected:
        raise Failure("\n  ".join(one.message for one in rejected.findings)) from None
