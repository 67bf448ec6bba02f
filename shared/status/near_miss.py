"""Objects that nobody acts on and that somebody may have meant as a drop, with what mends it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from shared.core.artifact import DATA_PREFIX, MODEL_NAME
from shared.core.errors import DatasetRejected
from shared.core.source import Source
from shared.core.trigger import NotOurs, parse_data_name

_OTHER_TABLES = (
    ".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers", ".tsv", ".tab", ".txt", ".psv", ".dat",
    ".parquet", ".feather", ".arrow", ".orc", ".avro", ".json", ".jsonl", ".ndjson", ".sqlite",
    ".zip", ".gz", ".bz2", ".xz", ".zst", ".7z", ".tar", ".tgz",
)  # fmt: skip
_SHEETS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers")
_PACKED = (".zip", ".gz", ".bz2", ".xz", ".zst", ".7z", ".tar", ".tgz")
NAME_LENGTH = 300


@dataclass(frozen=True)
class NearMiss:
    """An object that was ignored. model: "" where its name says none; at: its time of creation."""

    model: str
    name: str
    reason: str
    at: str

    def as_dict(self) -> dict[str, str]:
        """The near miss as JSON."""
        return asdict(self)


def near_miss(source: Source, size: int, default_model: str) -> NearMiss | None:
    """Why this object of DATA was ignored, if it looks like a drop; None otherwise."""
    reason = _reason(source.name, size, default_model)
    if not reason:
        return None
    model = _model(source.name, default_model)
    return NearMiss(model, source.name[:NAME_LENGTH], reason, source.time_created)


def _reason(name: str, size: int, default_model: str) -> str:
    try:
        found = parse_data_name(name, default_model)
    except DatasetRejected:
        return "" if size else "an empty object"
    if not isinstance(found, NotOurs):
        return "" if size else "an empty object: nothing was uploaded yet, or nothing was in it"
    file = name.rpartition("/")[2].lower()
    if not name.startswith(DATA_PREFIX):
        wrong = file.endswith(".csv") and name.count("/") < 2
        return f"{found.reason}: drop it below {DATA_PREFIX}<model>/" if wrong else ""
    if not file or file.startswith("."):
        return ""
    return f"{found.reason}: {_mend(file)}" if _is_table(file) else ""


def _is_table(file: str) -> bool:
    return ".csv" in file or file.endswith(("csv", *_OTHER_TABLES))


def _mend(file: str) -> str:
    if file.endswith(_SHEETS):
        return "save the sheet as CSV (UTF-8) and drop that"
    if file.endswith(_PACKED):
        return "unpack it and drop the CSV"
    if ".csv" in file:
        return "give it a name that ends in .csv"
    return "export it as CSV and drop that"


def _model(name: str, default_model: str) -> str:
    if not name.startswith(DATA_PREFIX):
        return ""
    folder, slash, _ = name.removeprefix(DATA_PREFIX).partition("/")
    model = folder if slash else default_model
    return model if MODEL_NAME.fullmatch(model) else ""
