"""Mutations of model directories after their versions were proven: how many are loaded (none).

`./run bench mutation [--count N] [--seed S]`: bytes flipped, cut, added and swapped, files deleted
and exchanged, cards edited and re-pointed, with and without a portable copy.
"""

from __future__ import annotations

import argparse

from serving.sandbox.nursery import Nursery
from tests.artifacts.mutation import run


def main() -> int:
    """Try them; 1 where anything was loaded."""
    parser = argparse.ArgumentParser(prog="./run bench mutation", description=__doc__)
    parser.add_argument("--count", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    nursery = Nursery()
    try:
        tried, loaded = run(options.count, options.seed, nursery)
    finally:
        nursery.close()
    for name, count in sorted(tried.items()):
        print(f"{name:10} {count:6}")
    print(f"{sum(tried.values()):,} mutations, {len(loaded)} loaded", *loaded, sep="\n  ")
    return 1 if loaded else 0


if __name__ == "__main__":
    raise SystemExit(main())
