"""The services' output on disk: `<state>/logs/<service>.log`, read in time order or followed."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from operator import attrgetter
from pathlib import Path

from localcloud.logentry import LogEntry, parse, stamp

_PAUSE = 0.1


@dataclass
class LogFile:
    """One service's file, read from where the last reading ended.

    A last line without its end is left for the next reading. A file that became shorter was
    started anew and is read from its beginning.
    """

    path: Path
    _offset: int = 0
    _time: str = field(default="", repr=False)

    @property
    def service(self) -> str:
        """The service's name: the file's without its ending."""
        return self.path.stem

    def entries(self) -> Iterator[LogEntry]:
        """What was written since the last reading. A line without a time has its forerunner's."""
        for line in self._lines():
            entry = parse(line, self.service, self._time or self._written())
            self._time = entry.time
            yield entry

    def _lines(self) -> Iterator[str]:
        try:
            size = self.path.stat().st_size
        except FileNotFoundError:
            return
        if size < self._offset:
            self._offset = 0
        if size == self._offset:
            return
        with self.path.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._offset += len(line)
                text = line.decode("utf-8", "replace").rstrip("\r\n")
                if text:
                    yield text

    def _written(self) -> str:
        return stamp(datetime.fromtimestamp(self.path.stat().st_mtime, UTC))


def read(folder: Path) -> Iterator[LogEntry]:
    """Every entry of every service in time order; lines of equal time keep their order."""
    return _merged([LogFile(path) for path in _paths(folder)])


def follow(
    folder: Path, *, last: int = 10, stopped: Callable[[], bool] = lambda: False
) -> Iterator[LogEntry]:
    """The last few entries of now, then each new one as it is written, until `stopped`.

    Looks ten times a second whether a file grew; services that start later are found.
    """
    files = {path: LogFile(path) for path in _paths(folder)}
    earlier = list(_merged(list(files.values())))
    return chain(earlier[len(earlier) - min(last, len(earlier)) :], _grown(folder, files, stopped))


def _grown(
    folder: Path, files: dict[Path, LogFile], stopped: Callable[[], bool]
) -> Iterator[LogEntry]:
    while not stopped():
        time.sleep(_PAUSE)
        for path in _paths(folder):
            files.setdefault(path, LogFile(path))
        yield from _merged(list(files.values()))


def _paths(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.log"))


def _merged(files: list[LogFile]) -> Iterator[LogEntry]:
    entries = [sorted(file.entries(), key=attrgetter("time")) for file in files]
    return heapq.merge(*entries, key=attrgetter("time"))
