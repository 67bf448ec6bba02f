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
from deploy.size import SIZES
from localcloud.logentry import SEVERITIES, LogEntry
from shared.core.suggestion import suggestion

LINES = 200


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `logs` takes."""
    target_arguments(parser)
    parser.add_argument("-f", "--follow", action="store_true", help="go on as lines are written")
    parser.add_argument("--debug", action="store_true", help="also what is quiet otherwise")
    parser.add_argument("--service", metavar="NAME", help="only this one, such as retrain")
    parser.add_argument(
        "--severity",
        metavar="S",
        type=str.upper,
        default="",
        help="only this and worse, as WARNING",
    )
    parser.add_argument(
        "--lines",
        type=int,
        metavar="N",
        help=f"how many to begin with (default: all; with --cloud {LINES})",
    )


def run(options: argparse.Namespace) -> int:
    """Print the lines; the logs of a local cloud that was stopped can be read too."""
    least = options.severity or ("DEFAULT" if options.debug else "INFO")
    if least not in SEVERITIES:
        raise UsageFailure(f"--severity {least}: {suggestion(least, SEVERITIES)}")
    found = deployed(options) if is_deployed(options) else local(options)
    try:
        show(found, options.service, least)
    except KeyboardInterrupt:
        return 0
    return 0


def deployed(options: argparse.Namespace) -> Iterable[LogEntry]:
    """Lines of an installation on Google Cloud."""
    from cli.cloudlog import CloudLog

    options.service = deployed_service(options.service)
    target = resolve(options)
    known = target.settings
    log = CloudLog(
        target.logging,
        known.google_cloud_project,
        target.name,
        jobs=TrainingJobs(target),
        service_name=options.service or "",
        least=options.severity,
    )
    lines = options.lines or LINES
    return log.follow(lines) if options.follow else log.newest(lines)


def deployed_service(name: str | None) -> str | None:
    """A service's name as lines have it, of one that is deployed. Raises UsageFailure."""
    known = [thing.replace("-", "_") for thing in SIZES]
    wanted = name.replace("-", "_") if name else None
    if wanted is not None and wanted not in known:
        raise UsageFailure(f"no service {name!r} is deployed; {suggestion(wanted, known)}")
    return wanted


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
    if options.service and not (folder / f"{options.service}.log").exists():
        options.service = options.service.replace("-", "_")  # as Google Cloud has it
    check_service(folder, options.service)
    if options.follow:
        return logfile.follow(folder)
    entries = list(logfile.read(folder))
    return iter(entries[-options.lines :] if options.lines else entries)


def show(entries: Iterable[LogEntry], service: str | None, least: str) -> None:
    """Print each entry of the service, or of all, of that severity and worse. Lines that tell no
    severity are not quiet."""
    for entry in entries:
        if service in (None, entry.service) and _counts(entry.severity, least):
            print(entry.text(), flush=True)


def _counts(severity: str, least: str) -> bool:
    untold = severity == SEVERITIES[0] and least == "INFO"
    return untold or SEVERITIES.index(severity) >= SEVERITIES.index(least)


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
