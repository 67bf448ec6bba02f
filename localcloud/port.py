"""Chooses the ports of a local cloud.

Three are people's and follow from one number; the rest are any free ones, the same again after a
restart where nobody took them. They are chosen below the ranges that Linux and macOS hand out to
outgoing connections, so that a part that restarts finds its own port still free.
"""

from __future__ import annotations

import random
import socket
import time

PEOPLES = ("predict", "googleapis", "serving")
ACCOUNTS = ("retrain", "deploy-version", "predict", "batch-predict", "serving", "reconcile")
METADATA = tuple(f"metadata-{name}" for name in ACCOUNTS)
INNER = ("retrain", "deploy_version", "batch_predict", *METADATA)
QUIET = range(20_000, 32_000)


class PortTaken(Exception):
    """A port that was asked for belongs to somebody else."""


def free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True


def soon_free(port: int, patience: float = 1.0) -> bool:
    """The same within a moment: a killed process gives its ports back a little after it is gone."""
    deadline = time.monotonic() + patience
    while not free(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def choose(first: int, earlier: dict[str, int]) -> dict[str, int]:
    """A port for every part. first: the predict function's, or 0 for any.

    earlier: those of the last run on the same state. Raises PortTaken.
    """
    ports = dict(zip(PEOPLES, range(first, first + 3), strict=True)) if first else {}
    for name, port in ports.items():
        if not soon_free(port):
            raise PortTaken(
                f"port {port} ({name}) is taken by another program; "
                f"start with three free ones: ./run up --port {free_run(first + 10)}"
            )
    for name in (*PEOPLES, *INNER):
        if name not in ports:
            ports[name] = _keep_or_find(earlier.get(name), set(ports.values()))
    return ports


def free_run(first: int) -> int:
    """The first of three free ports in a row, from `first` on in steps of ten."""
    for start in range(first, 65_530, 10):
        if all(free(start + i) for i in range(len(PEOPLES))):
            return start
    return 0


def _keep_or_find(earlier: int | None, used: set[int]) -> int:
    if earlier and earlier not in used and soon_free(earlier):
        return earlier
    while True:
        port = random.choice(QUIET)
        if port not in used and free(port):
            return port
