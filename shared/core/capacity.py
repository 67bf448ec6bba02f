"""How much one installation of `serving` takes: its settings that a person may want to change.

Apart from those that say how it is started, so that `deploy` knows their names too. Annotations are
read here, so they are not put off (no `from __future__`).
"""

from dataclasses import dataclass
from typing import Annotated

from shared.core import value
from shared.core.setting import Setting, settings_of


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """The settings, written as those of shared.core.settings are."""

    max_models: Annotated[int, value.whole, "100", "Models of the project."]
    max_versions: Annotated[int, value.whole, "200", "Versions of the project."]
    max_predict_bytes: Annotated[int, value.whole, "1572864", "Largest body of a predict request."]
    max_model_bytes: Annotated[int, value.whole, "500000000", "Largest model file, also unpacked."]
    model_process_bytes: Annotated[
        int,
        value.whole,
        "2000000000",
        "Memory that a model without a portable copy may take in its own process.",
    ]
    cache_models: Annotated[int, value.whole, "64", "Models kept in memory."]
    cache_bytes: Annotated[
        int,
        value.whole,
        "1000000000",
        "Bytes of models kept in memory: their files, and 15 MB for each own process.",
    ]
    max_age_seconds: Annotated[
        float, value.from_zero, "1", "Oldest registry entry that is answered by."
    ]
    answer_seconds: Annotated[
        float,
        value.from_zero,
        "25",
        "How long the creation of a version may keep its request waiting.",
    ]


CAPACITY: tuple[Setting, ...] = settings_of(Capacity)
"""Told on docs/24-serving.md; sums on docs/36-limits.md."""
