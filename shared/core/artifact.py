"""Names and paths of everything dropserve stores: the format stands beside the parse.

Nothing else in the project builds an object name; which object wakes which function, and what its
name says, is told by shared.core.trigger. `docs/42-formats.md` shows the same for people; a test
keeps both equal.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from shared.core.errors import NewerFormat
from shared.core.source import Source

FORMAT = 1
"""Format number that every object we write carries; readers take FORMAT and FORMAT - 1."""

MODEL_NAME = re.compile(r"[a-z][a-z0-9_]{0,61}")
VERSION_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}")
"""What AI Platform v1 takes for models and versions. Source: its "Managing models" page."""

_SOURCE_VERSION = re.compile(r"v(\d{8}_\d{6})_([0-9a-f]{8})")
_DIRECTORY = re.compile(r"model_(\d{8}_\d{6})_([0-9a-f]{8})")
CARD_NAME = re.compile(r"card-[0-9a-f]{16}\.json")
_HEAVY = re.compile(r"model-[0-9a-f]{16}\.onnx|seen-[0-9a-f]{16}\.bin")

MODEL_FILE = "model.joblib"
INPUTS_FILE = "inputs.json"
DATA_PREFIX = "data/"
BATCH_PREFIX = "batch/"
PREDICTIONS_PREFIX = "predictions/"
MODELS_PREFIX = "models/"
LEDGER_PREFIX = "ledger/"
LEASES_PREFIX = "leases/"
DEFAULTS_PREFIX = "defaults/"
REGISTRY_PREFIX = "serving/"
STATUS_PREFIX = "status/"
NOTICES_PREFIX = "notices/"
SAMPLES_PREFIX = "samples/"
BATCH_LEASES_PREFIX = "batch-leases/"

CARD_METADATA = "dropserve-card"
CARD_SHA256_METADATA = "dropserve-card-sha256"
"""Metadata keys of model.joblib that name its card, so that neither can be paired with another."""


def without_format(body: dict[str, Any], what: str) -> dict[str, Any]:
    """A stored object's members but for its format number. Raises NewerFormat: what was written."""
    if body.pop("format") > FORMAT:
        raise NewerFormat(f"{what} was written by a newer dropserve; upgrade this one")
    return body


def directory(model: str, source: Source) -> str:
    """`models/<model>/model_YYYYMMDD_HHMMSS_<id>/`: the same source always gives the same name."""
    return f"{MODELS_PREFIX}{model}/model_{source.stamp}/"


def version_name(source: Source) -> str:
    """`vYYYYMMDD_HHMMSS_<id>`, legal on AI Platform v1."""
    return version_of_drop(drop_id(source))


def drop_id(source: Source) -> str:
    """Name of a drop in the ledger."""
    return source.stamp


def version_of_drop(drop: str) -> str:
    """The version that a drop becomes."""
    return f"v{drop}"


def drop_of_version(version: str) -> str | None:
    """The drop that a version comes from, or None where a person named the version."""
    found = _SOURCE_VERSION.fullmatch(version)
    return f"{found[1]}_{found[2]}" if found else None


def directory_of_version(model: str, version: str) -> str | None:
    """The directory of a version that `retrain` wrote, or None where a person named it."""
    drop = drop_of_version(version)
    return f"{MODELS_PREFIX}{model}/model_{drop}/" if drop else None


def version_of_directory(path: str) -> str | None:
    """`models/<model>/model_<stamp>/` -> `v<stamp>`; None for a hand-made directory."""
    found = _DIRECTORY.fullmatch(path.rstrip("/").rsplit("/", 1)[-1])
    return f"v{found[1]}_{found[2]}" if found else None


def card_name(sha256: str) -> str:
    """File name of a model card, by its content."""
    return f"card-{sha256[:16]}.json"


def report_name(card_file: str) -> str:
    """File name of a model's report: its card's, as a page."""
    return card_file.replace("card-", "report-").replace(".json", ".html")


def portable_name(sha256: str) -> str:
    """File name of the ONNX copy of a model, by its content."""
    return f"model-{sha256[:16]}.onnx"


def seen_name(sha256: str) -> str:
    """File name of the private list of rows that a model has seen, by its content."""
    return f"seen-{sha256[:16]}.bin"


def is_heavy(name: str) -> bool:
    """Whether a file of a model directory serves nobody once its version is gone: the model, its
    portable copy, the rows it has seen. Card, report and inputs tell the story on."""
    file = name.rpartition("/")[2]
    return file == MODEL_FILE or bool(_HEAVY.fullmatch(file))


def configuration_name(model: str) -> str:
    """Where a model's configuration lies in DATA."""
    return f"{DATA_PREFIX}{model}/model.toml"


def ledger_prefix(model: str, drop: str | None = None) -> str:
    """Where a model's ledger, or one drop's story, lies in STATE."""
    return f"{LEDGER_PREFIX}{model}/" + (f"{drop}/" if drop else "")


def lease_name(model: str, drop: str) -> str:
    """The lease of the training attempt of one drop."""
    return f"{LEASES_PREFIX}{model}/{drop}.json"


def default_name(model: str) -> str:
    """The object that says which version of a model is the default."""
    return f"{DEFAULTS_PREFIX}{model}.json"


def registry_model_name(model: str = "") -> str:
    """Where `serving` keeps a model; without a name, the prefix of all."""
    return f"{REGISTRY_PREFIX}models/" + (f"{model}.json" if model else "")


def registry_version_name(model: str = "", version: str = "") -> str:
    """Where `serving` keeps a version; with fewer names, the prefix of all of them."""
    folder = f"{model}/" if model else ""
    return f"{REGISTRY_PREFIX}versions/{folder}" + (f"{version}.json" if version else "")


def registry_operation_name(operation: str = "") -> str:
    """Where `serving` keeps an operation; without a name, the prefix of all."""
    return f"{REGISTRY_PREFIX}operations/" + (f"{operation}.json" if operation else "")


def registry_id(name: str) -> str:
    """The last part of a registry object's name: `serving/models/iris.json` -> `iris`."""
    return name.rpartition("/")[2].removesuffix(".json")


def status_name(model: str = "", kind: str = "html") -> str:
    """A model's status page, or ("json") what it is made from; without a model, those of all."""
    stem = {"": "index", "index": "index-model"}.get(model, model)
    return f"{STATUS_PREFIX}{stem}.{kind}"


def model_of_status(name: str) -> str:
    """The model of a status object, "" for those of all; reverse of `status_name`."""
    stem = name.removeprefix(STATUS_PREFIX).rpartition(".")[0]
    return {"index": "", "index-model": "index"}.get(stem, stem)


def notice_name(model: str, drop: str, fact: str, word: str = "") -> str:
    """What became of telling a fact (a ledger entry's file, without its ending): `sent`, or which
    attempt was begun; without a word, the prefix of all of these."""
    return f"{NOTICES_PREFIX}{model}/{drop}/{fact}." + (f"{word}.json" if word else "")


def sample_name(model: str, version: str, at: datetime, word: str) -> str:
    """Some sampled requests to one version, written together at a time; word: its own."""
    return f"{samples_prefix(model, version)}{at.astimezone(UTC):%Y%m%d/%H%M%S}_{word}.jsonl"


def day_of_sample(name: str) -> str:
    """The day (YYYYMMDD) of an object of sampled requests, "" for any other name."""
    parts = name.split("/")
    return parts[3] if len(parts) == 5 and f"{parts[0]}/" == SAMPLES_PREFIX else ""


def samples_prefix(model: str, version: str, day: str = "") -> str:
    """Where the sampled requests to a version lie, or those of one day (YYYYMMDD)."""
    return f"{SAMPLES_PREFIX}{model}/{version}/" + (f"{day}/" if day else "")


def split_uri(uri: str) -> tuple[str, str]:
    """`gs://bucket/name` -> (bucket, name). Raises ValueError for anything else."""
    if not uri.startswith("gs://") or len(uri) < 6:
        raise ValueError(f"not a gs:// address: {uri[:120]!r}")
    bucket, _, name = uri[5:].partition("/")
    return bucket, name
