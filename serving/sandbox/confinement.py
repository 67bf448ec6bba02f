"""What a model's process may take: memory, and neither files, sockets, processes nor threads."""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path

_STATM = Path("/proc/self/statm")


def confine(memory_bytes: int) -> None:
    """Bound this process, for good. memory_bytes: on top of what it has already.

    No file descriptor can be had any more, so nothing can be opened, created or connected to, and
    no program can be started: all that scikit-learn needs has been imported before.
    """
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    if _STATM.exists():  # elsewhere than on Linux the bound on memory does not hold
        pages = int(_STATM.read_text().split()[0])
        _limit(resource.RLIMIT_AS, pages * resource.getpagesize() + memory_bytes)
    _limit(resource.RLIMIT_NPROC, 0)
    _limit(resource.RLIMIT_NOFILE, 0)


def allow_cpu(seconds: int | None) -> None:
    """Let it use so many more seconds of CPU before it is killed; None: no bound."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    soft = resource.RLIM_INFINITY if seconds is None else int(used) + seconds + 1
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (soft if hard < 0 else min(soft, hard), hard))


def _limit(kind: int, value: int) -> None:
    """Lower a bound; one that is lower already stays."""
    _, hard = resource.getrlimit(kind)
    lowest = value if hard < 0 else min(value, hard)
    with suppress(ValueError, OSError):  # macOS refuses some
        resource.setrlimit(kind, (lowest, lowest))
