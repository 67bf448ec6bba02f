"""A campaign of generated CSVs: no uncaught exception, no merged label, one outcome for one table.

    ./run bench fuzz-csv --examples 10000 [--seed 0] [--trained 0.1]

Each example is a table in a random style, read row by row and through the fast parser in small
blocks. Both must agree, line numbers and messages included; labels must be those that were
written; shuffled rows in another style must give the same dataset. A share of the CSVs goes
through the whole trainer, and the model's file must answer as its card says.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from shared.core.errors import DatasetRejected
from shared.training.dataset import Dataset
from tests.training.reading.written import (
    SPLICES,
    STYLES,
    TINY,
    WHOLE,
    Style,
    alike,
    labels,
    outcome,
    same,
    shuffled,
    spliced,
    tables,
    write,
)
from tests.training.whole import check_trained, drops


def check(rows: list[list[str]], style: Style, chance: random.Random) -> str:
    """One example; what it got. Raises AssertionError."""
    data = write(rows, style)
    plain = outcome(data, WHOLE)
    assert alike(plain, outcome(data, TINY)), "the fast parser disagrees"
    if isinstance(plain, DatasetRejected):
        return plain.code
    if plain.is_classification:
        written = Counter(row[-1].strip() for row in rows[1:] if any(map(str.strip, row)))
        found = Counter(labels(plain))
        assert all(written[label] == count for label, count in found.items()), "a label changed"
    again = outcome(write(shuffled(rows, chance), Style()), TINY)
    assert isinstance(again, Dataset), again
    assert same(plain, again), "the order of the rows or the style matters"
    return "accepted"


def check_spliced(rows: list[list[str]], style: Style, splices: list[tuple[float, bytes]]) -> str:
    """The same file with stray bytes in it; what it got."""
    data = spliced(write(rows, style), splices)
    plain = outcome(data, WHOLE)
    assert alike(plain, outcome(data, TINY)), "the fast parser disagrees"
    return plain.code if isinstance(plain, DatasetRejected) else "accepted"


def main() -> int:
    """Run the campaign and print what the tables got."""
    parser = argparse.ArgumentParser(prog="./run bench fuzz-csv", description=__doc__)
    parser.add_argument("--examples", type=int, default=10_000, help="how many CSVs to generate")
    parser.add_argument("--trained", type=float, default=0.1, help="which share is trained on")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    got: Counter[str] = Counter()
    trained = round(options.examples * options.trained)

    @seed(options.seed)
    @_limits((options.examples - trained) // 2)  # each is two CSVs
    @given(tables(), STYLES, st.randoms(use_true_random=False), SPLICES)
    def read_all(
        rows: list[list[str]],
        style: Style,
        chance: random.Random,
        splices: list[tuple[float, bytes]],
    ) -> None:
        got[check(rows, style, chance)] += 1
        got[check_spliced(rows, style, splices)] += 1

    @seed(options.seed)
    @_limits(trained)
    @given(drops())
    def train_all(drop: tuple[list[list[str]], Style, str]) -> None:
        got[check_trained(*drop)] += 1

    began = time.perf_counter()
    read_all()
    if trained:
        train_all()
    for code, count in got.most_common():
        print(f"{count:8,} {code}")
    print(f"{got.total():8,} CSVs in {time.perf_counter() - began:.0f} s: none failed")
    return 0


def _limits(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )


if __name__ == "__main__":
    raise SystemExit(main())
