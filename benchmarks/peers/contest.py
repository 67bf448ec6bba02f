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
"""How long a cell is asked before it counts."""


def rows(count: int) -> list[Row]:
    """So many instances."""
    return [[round(one + at // 2 % 7 * 0.1, 1) for one in FLOWERS[at % 2]] for at in range(count)]


def contest(
    servers: Sequence[Server], cells: Sequence[Cell], rounds: int, seconds: float
) -> dict[str, dict[Cell, Measured]]:
    """Medians of the rounds by server and cell. seconds: of each cell in each round."""
    loads = {(one.name, count): one.load(rows(count)) for one in servers for _, count in cells}
    runs: dict[tuple[str, Cell], list[Measured]] = {}
    for number in range(rounds + 1):
        for cell in cells:
            connections, count = cell
            for one in servers:
                load = loads[one.name, count]
                if number == 0:
                    load.measure(connections, seconds * WARM_SHARE)
                else:
                    measured = load.measure(connections, seconds)
                    runs.setdefault((one.name, cell), []).append(measured)
    return {
        one.name: {cell: Measured.median(runs[one.name, cell]) for cell in cells} for one in servers
    }
