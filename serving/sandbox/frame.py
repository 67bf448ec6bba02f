"""What goes over the sockets between serving, its template and a model's process."""

from __future__ import annotations

import struct
from enum import IntEnum

HEAD = struct.Struct(">BI")

WORD = struct.Struct(">cQ")
"""What goes over the template's socket: a verb and a process id."""
SPAWN, KILL = b"+", b"-"


class Kind(IntEnum):
    """LOAD (a model file) and PREDICT (a request's body) go in; the others come back."""

    LOAD = 1
    PREDICT = 2
    DONE = 3
    FAILED = 4
    REFUSED = 5


def frame(kind: Kind, payload: bytes) -> bytes:
    """One message."""
    return HEAD.pack(kind, len(payload)) + payload
