"""What is printed for a person: names that others gave cannot steer the terminal.

Columns, classes and objects may be called anything, a terminal's commands included: clear what
stands there, write another line over it, turn the text round. Only a terminal is protected: what
goes to a file or another program is left as it is.
"""

from __future__ import annotations

import sys
from typing import Any, TextIO

CLEAR = "\r\033[K"
"""The one command of our own: begin the line anew."""

_STEERING = (
    *(*range(9), *range(11, 32), *range(0x7F, 0xA0)),  # all controls but tab and the line's end
    *(0x200E, 0x200F, 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A)),
)
_SHOWN = {code: f"[U+{code:04X}]" for code in _STEERING}


class Plain:
    """A stream that shows such letters by their numbers."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text."""
        ours = CLEAR if text.startswith(CLEAR) else ""
        self._stream.write(ours + text[len(ours) :].translate(_SHOWN))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def protect() -> None:
    """From now on, where standard output or standard error is a terminal."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream.isatty() and not isinstance(stream, Plain):
            setattr(sys, name, Plain(stream))
