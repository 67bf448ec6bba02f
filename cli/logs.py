"""Show what the functions and services log, in time order."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

from cli.failure import Failure, UsageFailure
from cli.target import is_deployed, resolve, target_arguments
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
    log = CloudLog(target.logging, target.settings.google_cloud_project, target.name)
    lines = options.lines or LINES
    return log.follow(lines) if options.follow else log.newest(lines)


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
