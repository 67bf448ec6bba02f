"""The whole loop once, on a local cloud of its own, which is gone afterwards.

Drops examples/iris.csv, waits until its version is live and asks it for two predictions.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from cli import drop, predict
from cli.failure import Failure
from cli.place import ROOT
from cli.progress import Progress
from cli.target import local_target
from localcloud.configuration import Configuration

CSV = ROOT / "examples" / "iris.csv"
MODEL = "iris"
INSTANCES = [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]
EXPECTED = ["versicolor", "versicolor"]
TIMEOUT = 60.0
LAST_LINES = 30


def arguments(parser: argparse.ArgumentParser) -> None:
    """`demo` takes nothing."""


def run(options: argparse.Namespace) -> int:  # noqa: ARG001 - every verb takes them
    """Start, drop, ask, stop; the exit code is 0 only where the answer is right."""
    from localcloud import child

    progress = Progress()
    print(f"a CSV becomes a prediction API: {CSV.relative_to(ROOT)}", flush=True)
    progress.waiting("starting a local cloud")
    with tempfile.TemporaryDirectory(prefix="dropserve-demo-") as folder:
        state = Path(folder).resolve()
        try:
            with child.start(state) as cloud:
                code = show(cloud.configuration, progress)
        except child.NotStarted as error:
            raise Failure(f"the local cloud did not start:\n{error}") from error
        except Failure:
            print_logs(state)
            raise
        if code:
            print_logs(state)
    progress.step("local cloud stopped")
    return code


def show(cloud: Configuration, progress: Progress) -> int:
    """The steps that a person would do, with the time of each."""
    progress.step(
        f"local cloud ready: predict {cloud.url('predict')}, storage {cloud.url('googleapis')}, "
        f"ml v1 {cloud.url('serving')}"
    )
    target = local_target(cloud)
    _, name = drop.object_name(target, CSV, MODEL, None)
    dropped = drop.upload(target, MODEL, name, CSV, {})
    progress.step(f"uploaded {dropped.uri}")
    code = drop.watch(target, dropped, TIMEOUT, progress)
    if code:
        drop.explain(dropped, code, TIMEOUT)
        return 1
    answer = predict.ask(target, MODEL, INSTANCES)
    progress.step(f"predicted by {answer.get('model_version', 'the default version')}")
    print(json.dumps(answer["predictions"]), flush=True)
    if answer["predictions"] != EXPECTED:
        print(f"expected {json.dumps(EXPECTED)}", file=sys.stderr)
        return 1
    return 0


def print_logs(state: Path) -> None:
    """The last lines of every service, for whoever has to find out."""
    from localcloud import logfile

    print("the last lines of the logs:", file=sys.stderr)
    for entry in list(logfile.read(state / "logs"))[-LAST_LINES:]:
        print(f"  {entry.text()}", file=sys.stderr)
