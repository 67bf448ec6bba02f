"""Ask a model for predictions.

INSTANCES is a JSON array, a file that holds one, or a CSV: its columns are found by name and read
as in training, others do not matter. Examples:
  ./run predict iris '[[6.8, 2.8, 4.8, 1.4]]'
  ./run predict iris instances.json
  ./run predict iris flowers.csv
"""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cli.failure import Failure, UsageFailure
from cli.target import Target, resolve, target_arguments
from shared.core.errors import DatasetRejected
from shared.core.schema import Schema

_TOLD = 20
"""Faults of a CSV that are told."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `predict` takes."""
    target_arguments(parser)
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("instances", metavar="INSTANCES", help="JSON, a JSON file or a CSV")
    parser.add_argument("--version", help="ask this version (default: the model's default)")
    parser.add_argument("--json", action="store_true", help="print the whole answer")


def run(options: argparse.Namespace) -> int:
    """Ask and print."""
    target = resolve(options)
    rows = instances(options.instances, lambda: schema(target, options.model, options.version))
    answer = ask(target, options.model, rows, options.version)
    if options.json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        print(json.dumps(answer["predictions"], ensure_ascii=False))
        if answer.get("model_version"):
            print(f"model version {answer['model_version']}")
    return 0


def ask(target: Target, model: str, rows: list[Any], version: str | None = None) -> dict[str, Any]:
    """Post instances to the predict function as an allowed caller; its answer."""
    answer: dict[str, Any] = target.predict.call_json(
        "POST", f"{_path(target, model, version)}:predict", {"instances": rows}
    )
    return answer


def schema(target: Target, model: str, version: str | None = None) -> Schema | None:
    """What the version takes, or None where nobody knows."""
    found = target.predict.call_json("GET", _path(target, model, version))
    told = found.get("defaultVersion", found).get("schema")
    return Schema.from_dict(told) if told else None


def _path(target: Target, model: str, version: str | None) -> str:
    path = f"/v1/projects/{target.settings.google_cloud_project}/models/{model}"
    return f"{path}/versions/{version}" if version else path


def instances(text: str, known: Callable[[], Schema | None] = lambda: None) -> list[Any]:
    """The rows to predict, from what was typed. known: gives the schema that a CSV is read by."""
    if text.lstrip().startswith(("[", "{")):
        return rows_of(text, "the argument")
    path = Path(text)
    if not path.is_file():
        raise UsageFailure(f"{text!r} is neither a JSON array nor a file")
    if path.suffix.lower() == ".csv":
        found = known()
        return rows_of_table(path, found) if found else rows_of_csv(_text(path))
    return rows_of(_text(path), text)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageFailure(f"{str(path)!r} is not UTF-8 at byte {error.start}") from None


def rows_of_table(path: Path, found: Schema) -> list[Any]:
    """A CSV's rows as the model takes them. Raises Failure naming the lines that are none."""
    from shared.batch.instance import Reading
    from shared.batch.table import opened

    rows: list[Any] = []
    faults: list[str] = []
    try:
        for piece in Reading(opened(io.BytesIO(path.read_bytes())), found, "").pieces():
            rows += piece.instances
            faults += [f"line {row.line}: {row.error}" for row in piece.answered if row.error]
    except DatasetRejected as rejected:
        raise Failure("\n  ".join(map(str, rejected.findings))) from None
    if faults:
        more = [f"and {len(faults) - _TOLD:,} more"] if len(faults) > _TOLD else []
        said = "\n  ".join([*faults[:_TOLD], *more])
        raise Failure(f"{path} has rows that the model does not take:\n  {said}")
    return rows


def rows_of(text: str, where: str) -> list[Any]:
    """The instances in a JSON array or in a request body."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise UsageFailure(f"{where} is no JSON: {error}") from error
    if isinstance(value, dict):
        value = value.get("instances", [value])
    if not isinstance(value, list):
        raise UsageFailure(f"{where} holds no array of instances")
    return value


def rows_of_csv(text: str) -> list[Any]:
    """Each line as one instance, by the names in the header, so that any order of columns does."""
    lines = csv.DictReader(text.splitlines(), restkey="(beyond the header)")
    return [{name: cell(value) for name, value in line.items()} for line in lines]


def cell(text: str | None) -> float | str | None:
    """A number where it is one; nothing where the cell is empty or missing."""
    if text is None or not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        return text
