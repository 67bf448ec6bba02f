"""Whether a probability means what it says: of the rows called 80 %, are four fifths so?"""

from __future__ import annotations

from typing import Any

import numpy as np

from shared.training.judging.answer import Answers
from shared.training.judging.metric import rounded

BINS = 10
FEWEST = 5
"""A bin with fewer rows is not shown: it would tell of single rows."""


def table(answers: Answers, names: tuple[str, ...], one: int = 1) -> dict[str, Any]:
    """Bins of probability: rows, mean probability, share that was so; and the mean gap of all.

    Two classes: of the one at this place. More: of the class that was answered.
    """
    chances = answers.probabilities
    assert chances is not None
    truth = answers.truth
    if len(names) == 2:
        given, so, of = chances[:, one], truth == one, names[one]
    else:
        answered = answers.predicted.astype(np.intp)
        given, so, of = chances[np.arange(len(truth)), answered], answered == truth, ""
    place = np.minimum((given * BINS).astype(np.intp), BINS - 1)
    rows = np.bincount(place, minlength=BINS)
    means = np.bincount(place, weights=given, minlength=BINS) / np.maximum(rows, 1)
    shares = np.bincount(place, weights=so, minlength=BINS) / np.maximum(rows, 1)
    bins = [
        {
            "from": i / BINS,
            "to": (i + 1) / BINS,
            "rows": int(rows[i]),
            "probability": rounded(float(means[i]), 4),
            "share": rounded(float(shares[i]), 4),
        }
        for i in range(BINS)
        if rows[i] >= FEWEST
    ]
    gap = float((np.abs(means - shares) * rows).sum() / rows.sum())
    return {"class": of or None, "bins": bins, "mean_gap": rounded(gap, 4)}
