"""One JSON line per fact on standard output, in Cloud Logging's field names.

On Cloud Run a line of JSON on standard output becomes a structured entry; the local cloud's
logging reads the same lines. Facts carry names, ids, codes and numbers: never a row of data, never
a token.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from shared.core.clock import now, timestamp


def log(message: str, *, severity: str = "INFO", trace: str = "", **facts: Any) -> None:
    """Write one fact. trace: `projects/P/traces/ID` where known."""
    entry: dict[str, Any] = {
        "severity": severity,
        "message": message,
        "time": timestamp(now()),
        **facts,
    }
    if trace:
        entry["logging.googleapis.com/trace"] = trace
    line = json.dumps(entry, ensure_ascii=False, default=str)
    if not line.isascii():  # half a letter (a lone surrogate) cannot be written, but as an escape
        line = line.encode("utf-8", "backslashreplace").decode()
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
