"""Which objects wake a function, and what their names say: the model, and where the rest lies."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from shared.core.artifact import (
    BATCH_LEASES_PREFIX,
    BATCH_PREFIX,
    DATA_PREFIX,
    MODEL_FILE,
    MODEL_NAME,
    MODELS_PREFIX,
    PREDICTIONS_PREFIX,
    VERSION_NAME,
)
from shared.core.errors import DatasetRejected, Finding
from shared.core.source import Source

TARGET_METADATA = "target"
"""Metadata key of a dropped CSV that names its target column."""

GATE_METADATA = "gate"
"""Metadata key of a dropped CSV by which a person decides over the gate (judging/rules.py)."""

RETRAIN_OF_METADATA = "retrain_of"
"""Metadata key of a CSV that was copied onto itself: the source it is a copy of."""

ID_METADATA = "id"
"""Metadata key of a CSV to predict for that names its column to be passed through."""

VERSION_METADATA = "version"
"""Metadata key of a CSV to predict for that names the version to ask, if not the default."""


@dataclass(frozen=True)
class DataDrop:
    """An object of the DATA bucket that is a CSV to train on."""

    model: str


@dataclass(frozen=True)
class BatchDrop:
    """An object of the DATA bucket that is a CSV to predict for.

    path: below which, with an ending each, all that is written for it lies in STATE.
    """

    model: str
    path: str

    @property
    def request(self) -> str:
        """What was frozen at the first attempt: the version."""
        return f"{self.path}.request.json"

    @property
    def result(self) -> str:
        """The predictions."""
        return f"{self.path}.csv"

    @property
    def lease(self) -> str:
        """The lease of the job that is at work on it."""
        return f"{BATCH_LEASES_PREFIX}{self.path.removeprefix(PREDICTIONS_PREFIX)}.json"

    @property
    def outcome(self) -> str:
        """How it ended: written last."""
        return f"{self.path}.json"


@dataclass(frozen=True)
class ModelFile:
    """A `model.joblib` in the MODELS bucket: the trigger of `deploy_version`."""

    model: str
    directory: str


@dataclass(frozen=True)
class NotOurs:
    """An object that no function acts on, and why (for the log, and the page of near misses)."""

    reason: str


def parse_data_name(name: str, default_model: str) -> DataDrop | NotOurs:
    """What `retrain` does with an object name.

    `data/<model>/anything.csv` belongs to <model>, `data/x.csv` to the default model. Names are
    opaque otherwise: deeper folders, `..`, spaces, emoji have no meaning and are never joined to a
    local path. The ending counts in any case (`.CSV`). Raises DatasetRejected for a folder that is
    no legal model name.
    """
    if not name.startswith(DATA_PREFIX):
        return NotOurs(f"not below {DATA_PREFIX}")
    if name.endswith("/"):
        return NotOurs("a folder marker")
    if not name.lower().endswith(".csv"):
        return NotOurs("the name does not end in .csv")
    folder, slash, _ = name[len(DATA_PREFIX) :].partition("/")
    model = folder if slash else default_model
    if not MODEL_NAME.fullmatch(model):
        raise DatasetRejected(bad_model_name(model))
    return DataDrop(model)


def parse_batch_name(source: Source) -> BatchDrop | NotOurs:
    """What `batch_predict` does with an object: `batch/<model>/anything.csv` is one for <model>."""
    if not source.name.startswith(BATCH_PREFIX):
        return NotOurs(f"not below {BATCH_PREFIX}")
    if source.name.endswith("/"):
        return NotOurs("a folder marker")
    if not source.name.lower().endswith(".csv"):
        return NotOurs("the name does not end in .csv")
    model, slash, rest = source.name[len(BATCH_PREFIX) :].partition("/")
    if not slash or not VERSION_NAME.fullmatch(model):
        return NotOurs(f"no model's folder below {BATCH_PREFIX}")
    return BatchDrop(model, f"{PREDICTIONS_PREFIX}{model}/{rest[: -len('.csv')]}-{source.id}")


def parse_model_name(name: str) -> ModelFile | NotOurs:
    """What `deploy_version` does with an object name: only `models/<model>/.../model.joblib`."""
    if not name.startswith(MODELS_PREFIX):
        return NotOurs(f"not below {MODELS_PREFIX}")
    path, _, file = name.rpartition("/")
    if file != MODEL_FILE:
        return NotOurs(f"not a {MODEL_FILE}")
    model, _, rest = path[len(MODELS_PREFIX) :].partition("/")
    if not MODEL_NAME.fullmatch(model) or not rest:
        return NotOurs(f"not in a directory below {MODELS_PREFIX}<model>/")
    return ModelFile(model, f"{path}/")


def ledger_model(name: str, default_model: str) -> str:
    """The model whose ledger tells of an object of DATA: the nearest legal name of its folder."""
    folder, slash, _ = name.removeprefix(DATA_PREFIX).partition("/")
    return nearest_model_name(folder) if slash else default_model


def bad_model_name(model: str) -> Finding:
    """The finding for an illegal model name, with the nearest legal one."""
    return Finding(
        "bad_model_name",
        f"{model[:80]!r} cannot be a model's name: it takes a lower-case letter, then lower-case "
        f"letters, digits and underscores, 62 at the most. "
        f"Drop the file below {DATA_PREFIX}{nearest_model_name(model)}/ instead.",
    )


def nearest_model_name(text: str) -> str:
    """The legal model name nearest to `text`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    if not name or not name[0].isalpha():
        name = f"m_{name}".rstrip("_")
    return name[:62].rstrip("_")
