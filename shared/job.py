"""The training job: `python -m shared.job gs://MODELS/.../inputs.json`. Reads, calls, logs.

Exit code 0: the drop has its end, or another attempt is at work; 1: to be started again.
"""

from __future__ import annotations

import sys

from shared import wiring
from shared.core.clock import now
from shared.core.errors import DropserveError
from shared.logs import log
from shared.workflows.aftermath import Aftermath
from shared.workflows.train import train


def main(words: list[str]) -> int:
    """Train by one `inputs.json`."""
    if len(words) != 1:
        log("one word is needed: the gs:// address of inputs.json", severity="ERROR", step="job")
        return 0  # another start would not mend it
    (uri,) = words
    try:
        done = train(uri, wiring.settings(), wiring.object_store(), now)
        log(**done.as_log(uri))
        ports = wiring.object_store(), wiring.notifier()
        for line in Aftermath(wiring.settings(), *ports, now).of(done):
            log(**line)
    except DropserveError as error:
        log(str(error), severity=error.severity, step="job", code=error.code, object=uri)
        return int(error.retryable)
    except ValueError as error:
        log(str(error), severity="ERROR", step="job", object=uri)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
