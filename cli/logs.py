"""Show what the functions and services of a local cloud log, in time order."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from cli.failure import Failure, UsageFailure
from cli.place import state_argument
from localcloud.logentry import LogEntry
from shared.core.artifact import nearest


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `logs` takes."""
    state_argument(parser)
    parser.add_argument("-f", "--follow", action="store_true", help="go on as lines are written")
    parser.add_argument("--debug", action="store_true", help="also what is quiet otherwise")
    parser.add_argument("--service", metavar="NAME", help="only this one, such as retrain")


def run(options: argparse.Namespace) -> int:
    """Print the lines; the logs of a local cloud that was stopped can be read too."""
    from localcloud import logfile

    folder = logs_folder(options.state)
    check_service(folder, options.service)
    try:
        entries = logfile.follow(folder) if options.follow else logfile.read(folder)
        show(entries, options.service, quiet=() if options.debug else ("DEBUG",))
    except KeyboardInterrupt:
        return 0
    return 0


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
        near = nearest(service, known)
        hint = f"did you mean {near}?" if near else f"there are: {', '.join(known)}"
        raise UsageFailure(f"no service {service!r} logs here; {hint}")
