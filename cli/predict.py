"""Ask a model for predictions.

INSTANCES is a JSON array, a file that holds one, or a CSV without the target column. Examples:
  ./run predict iris '[[6.8, 2.8, 4.8, 1.4]]'
  ./run predict iris instances.json
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any

from cli.failure import UsageFailure
from cli.target import Target, resolve, target_arguments


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
    answer = ask(target, options.model, instances(options.instances), options.version)
    if options.json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        print(json.dumps(answer["predictions"], ensure_ascii=False))
        if answer.get("model_version"):
            print(f"model version {answer['model_version']}")
    return 0


def ask(target: Target, model: str, rows: list[Any], version: str | None = None) -> dict[str, Any]:
    """Post instances to the predict function as an allowed caller; its answer."""
    name = f"projects/{target.settings.google_cloud_project}/models/{model}"
    if version:
        name += f"/versions/{version}"
    answer: dict[str, Any] = target.predict.call_json(
        "POST", f"/v1/{name}:predict", {"instances": rows}
    )
    return answer


def instances(text: str) -> list[Any]:
    """The rows to predict, from what was typed."""
    if text.lstrip().startswith(("[", "{")):
        return rows_of(text, "the argument")
    path = Path(text)
    if not path.is_file():
        raise UsageFailure(f"{text!r} is neither a JSON array nor a file")
    content = path.read_text(encoding="utf-8-sig")
    if path.suffix.lower() == ".csv":
        return rows_of_csv(content)
    return rows_of(content, text)


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
