"""How much one installation of `serving` takes: its settings that a person may want to change.

Apart from those that say how it is started, so that `deploy` knows their names too.
"""

from __future__ import annotations

from shared.core import value
from shared.core.setting import Setting


def _from_zero(raw: str) -> float:
    number = float(raw)
    if not number >= 0:
        raise ValueError("must be 0 or more")
    return number


CAPACITY: tuple[Setting, ...] = (
    Setting("MAX_MODELS", value.whole, "100", "Models of the project."),
    Setting("MAX_VERSIONS", value.whole, "200", "Versions of the project."),
    Setting("MAX_PREDICT_BYTES", value.whole, "1572864", "Largest body of a predict request."),
    Setting("MAX_MODEL_BYTES", value.whole, "500000000", "Largest model file, also unpacked."),
    Setting(
        "MODEL_PROCESS_BYTES",
        value.whole,
        "2000000000",
        "Memory that a model without a portable copy may take in its own process.",
    ),
    Setting("CACHE_MODELS", value.whole, "64", "Models kept in memory."),
    Setting(
        "CACHE_BYTES",
        value.whole,
        "1000000000",
        "Bytes of models kept in memory: their files, and 15 MB for each own process.",
    ),
    Setting("MAX_AGE_SECONDS", _from_zero, "1", "Oldest registry entry that is answered by."),
    Setting(
        "ANSWER_SECONDS",
        _from_zero,
        "25",
        "How long the creation of a version may keep its request waiting.",
    ),
)
"""Told on docs/serving.md; sums on docs/limits.md."""
