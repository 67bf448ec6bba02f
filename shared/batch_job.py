"""The batch job: `python -m shared.batch_job gs://STATE/.../x.request.json`. Reads, calls, logs.

batch_predict's own folder, started by another command. Exit code 0: the file has its end, or
another attempt is at work; 1: to be started again.
"""

from __future__ import annotations

import sys

from shared import wiring
from shared.core.clock import now
from shared.core.errors import DropserveError
from shared.logs import log
from shared.workflows.batch_job import batch_job

STEP = "batch_job"


def main(words: list[str]) -> int:
    """Predict by one frozen request."""
    if len(words) != 1:
        log("one word is needed: the gs:// address of a request", severity="ERROR", step=STEP)
        return 0  # another start would not mend it
    (uri,) = words
    try:
        ports = wiring.settings(), wiring.object_store(), now, wiring.online
        log(**batch_job(uri, *ports).as_log(uri))
    except DropserveError as error:
        log(str(error), severity=error.severity, step=STEP, code=error.code, object=uri)
        return int(error.retryable)
    except ValueError as error:
        log(str(error), severity="ERROR", step=STEP, object=uri)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
