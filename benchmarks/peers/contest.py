"""Servers asked in turns, so that whatever else the machine does meets all of them alike."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.peers.load import Measured
from benchmarks.peers.peer import Server
from tests.serving.world import FLOWERS

Cell = tuple[int, int]
"""Connections, instances of a request."""

Row = list[float]

WARM_SHARE = 0.25
"""How long a cell is asked in the first round, which does not count."""


def rows(count: int) -> list[Row]:
    """So many instances."""
    return [[round(one + at // 2 % 7 * 0.1, 1) for one in FLOWERS[at % 2]] for at in range(count)]


def contest(
    servers: Sequence[Server], cells: Sequence[Cell], rounds: int, seconds: float
) -> dict[str, dict[Cell, Measured]]:
    """Medians of the rounds by server and cell. seconds: of each cell in each round.

    A server that breaks down is said, and left out.
    """
    loads = {(one.name, count): one.load(rows(count)) for one in servers for _, count in cells}
    runs: dict[str, dict[Cell, list[Measured]]] = {one.name: {} for one in servers}
    for number in range(rounds + 1):
        for cell in cells:
            for name in list(runs):
                load = loads[name, cell[1]]
                try:
                    measured = load.measure(cell[0], seconds if number else seconds * WARM_SHARE)
                except (OSError, ValueError) as error:
                    print(f"{name} is left out, with {cell}: {error}"[:500], flush=True)
                    del runs[name]
                    continue
                if number:
                    runs[name].setdefault(cell, []).append(measured)
    return {
        name: {cell: Measured.median(several) for cell, several in by_cell.items()}
        for name, by_cell in runs.items()
    }
