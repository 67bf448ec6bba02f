"""The public tables: what is predicted, what a person would configure, and would leave out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Spec:
    """toml: what the model's model.toml says besides the target. useless: columns that a person
    takes out by hand before fitting (row numbers, names of rows, free text); dates: columns that
    the person turns into numbers. by_time: the latest rows are asked about, not a random part.
    """

    target: str
    regression: bool = False
    toml: str = ""
    useless: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    by_time: str = ""


def _forward(column: str) -> str:
    """What a person writes who will ask about what comes next."""
    return f'split = "time"\nsplit_column = "{column}"\nrefit = true\n'


CLEAN = {
    "wine": Spec("target"),
    "breast_cancer": Spec("target"),
    "digits": Spec("target"),
    "diabetes": Spec("target", regression=True),
}
ROW = "Unnamed: 0"
MESSY = {
    "penguins": Spec(
        "Species",
        useless=("studyName", "Sample Number", "Region", "Stage", "Individual ID", "Comments"),
        dates=("Date Egg",),
        toml='[columns]\n"Date Egg" = "date"\n',
    ),
    "survey": Spec("Sex", useless=(ROW,)),
    "hdma": Spec("deny", useless=(ROW,)),
    "chile": Spec("vote", useless=(ROW,), toml="[limits]\nmissing_label_share = 0.1\n"),
    "mpg": Spec("class", useless=(ROW,)),
    "weather": Spec("weather", dates=("date",), toml='[columns]\ndate = "date"\n'),
    "weather_forward": Spec(
        "weather",
        dates=("date",),
        by_time="date",
        toml=_forward("date") + '[columns]\ndate = "date"\n',
    ),
    "flights": Spec(
        "late",
        useless=("tailnum", "flight"),
        dates=("time_hour",),
        toml='[columns]\ntime_hour = "date"\n',
    ),
    "cars": Spec(
        "Miles_per_Gallon",
        regression=True,
        useless=("Name",),
        dates=("Year",),
        toml='[columns]\nYear = "date"\n',
    ),
    "computers": Spec("price", regression=True, useless=(ROW,)),
    "slid": Spec("wages", regression=True, useless=(ROW,)),
    "forbes": Spec("marketvalue", regression=True, useless=(ROW, "name", "rank")),
    "movies": Spec(
        "rating",
        regression=True,
        useless=(ROW, "title", "budget"),
        toml='[columns]\nbudget = "drop"\n',
    ),
    "diamonds": Spec("price", regression=True, useless=(ROW,)),
}
FRESH = {
    "liver": Spec("status", useless=(ROW, "id")),
    "chains": Spec("death", useless=(ROW,)),
    "benefits": Spec("ui", useless=(ROW,)),
    "parkinson": Spec("pd", useless=(ROW, "lab")),
    "juice": Spec("Purchase"),
    "matches_forward": Spec(
        "won",
        useless=(ROW,),
        dates=("Date",),
        by_time="Date",
        toml=_forward("Date") + '[columns]\nDate = "date"\n',
    ),
    "housing": Spec("price", regression=True, useless=(ROW,)),
    "schooling": Spec("wage76", regression=True, useless=(ROW,)),
    "hitters": Spec("Salary", regression=True),
    "bikes_forward": Spec("bikers", regression=True, by_time="day", toml=_forward("day")),
}
"""Tables that nothing was tuned on: taken once the selection was as it is."""
SPECS = CLEAN | MESSY | FRESH
