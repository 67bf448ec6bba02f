"""Show what the functions and services log, in time order."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from pathlib import Path

from cli.client import Refused
from cli.failure import Failure, UsageFailure
from cli.target import Target, is_deployed, resolve, target_arguments
from localcloud.logentry import LogEntry
from shared.core.suggestion import suggestion

LINES = 200


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `logs` takes."""
    target_arguments(parser)
    parser.add_argument("-f", "--follow", action="store_true", help="go on as lines are written")
    parser.add_argument("--debug", action="store_true", help="also what is quiet otherwise")
    parser.add_argument("--service", metavar="NAME", help="only this one, such as retrain")
    parser.add_argument(
        "--lines",
        type=int,
        metavar="N",
        help=f"how many to begin with (default: all; with --cloud {LINES})",
    )


def run(options: argparse.Namespace) -> int:
    """Print the lines; the logs of a local cloud that was stopped can be read too."""
    found = deployed(options) if is_deployed(options) else local(options)
    try:
        show(found, options.service, quiet=() if options.debug else ("DEBUG",))
    except KeyboardInterrupt:
        return 0
    return 0


def deployed(options: argparse.Namespace) -> Iterable[LogEntry]:
    """Lines of an installation on Google Cloud."""
    from cli.cloudlog import CloudLog

    target = resolve(options)
    known = target.settings
    log = CloudLog(
        target.logging, known.google_cloud_project, target.name, jobs=TrainingJobs(target)
    )
    lines = options.lines or LINES
    return log.follow(lines) if options.follow else log.newest(lines)


class TrainingJobs:
    """The ids of the target's jobs on Vertex AI. Who may not list them is told so, once."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._may = True

    def __call__(self) -> list[str]:
        """Raises Failure."""
        from cli.trainer import job_ids

        try:
            return job_ids(self._target.vertex, self._target.settings) if self._may else []
        except Refused as refused:
            if refused.status != HTTPStatus.FORBIDDEN:
                raise
            self._may = False
            print(f"the lines of training jobs are left out: {refused}", file=sys.stderr)
            return []


def local(options: argparse.Namespace) -> Iterator[LogEntry]:
    """Lines in the folder of a local cloud."""
    from localcloud import logfile

    folder = logs_folder(options.state)
    check_service(folder, options.service)
    if options.follow:
        return logfile.follow(folder)
    entries = list(logfile.read(folder))
    return iter(entries[-options.lines :] if options.lines else entries)


def show(entries: Iterable[LogEntry], service: str | None, quiet: tuple[str, ...] = ()) -> None:
    """Print each entry of the service, or of all, without those of the quiet severities."""
    for entry in entries:
        if service in (None, entry.service) and entry.severity not in quiet:
            print(entry.text(), flush=True)


def logs_folder(state: Path) -> Path:
    """Where the logs lie. Raises Failure where no local cloud ever ran."""
    folder = state.expanduser().resolve() / "logs"
    if not folder.is_dir():
        raise Failure(f"there are no logs in {folder.parent}; start a local cloud with ./run up")
    return folder


def check_service(folder: Path, service: str | None) -> None:
    """Raise UsageFailure for a service that never logged."""
    known = sorted(path.stem for path in folder.glob("*.log"))
    if service is not None and service not in known:
        raise UsageFailure(f"no service {service!r} logs here; {suggestion(service, known)}")
