"""Model directories as `retrain` writes them, with the portable copy beside the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from shared.artifacts.writing import dump, read_card, write_directory
from shared.core import artifact
from shared.core.card import Card, Golden, sha256
from shared.core.ports import ObjectStore
from shared.core.source import Source
from shared.training.dataset import Dataset
from shared.training.fitting.catalogue import BY_NAME, Choice
from shared.training.fitting.estimator import Fitted, fit
from shared.training.fitting.golden import golden
from shared.training.fitting.portable import convert
from tests.training.fitting.dataset import iris, made


@dataclass(frozen=True)
class Trained:
    """A fitted model and its copy."""

    fitted: Fitted
    dataset: Dataset
    copy: bytes
    golden: Golden


@cache
def trained(name: str = "SVC", example: str = "iris") -> Trained:
    """example: iris, or a mixed table with gaps."""
    dataset = iris() if example == "iris" else made(regression=not BY_NAME[name].classifies)
    fitted = fit(dataset, None, Choice(name))
    copy = convert(fitted, dataset, None).data
    assert copy
    return Trained(fitted, dataset, copy, golden(fitted, dataset))


def unchanged(data: bytes) -> bytes:
    return data


def released(
    store: ObjectStore,
    model: Trained,
    stamp: int = 1,
    copy: Callable[[bytes], bytes] = unchanged,
    pickled: Callable[[bytes], bytes] = unchanged,
    bucket: str = "models",
    portable: bool = True,
) -> str:
    """Write the directory; its gs:// address. copy, pickled: spoil the files before the card.

    portable: False leaves the copy out.
    """
    source = Source("data", "data/iris/x.csv", 1000 + stamp, f"2026-11-22T10:00:{stamp:02}.5Z")
    path = artifact.directory("iris", source)
    onnx = copy(model.copy)
    files = {"model.joblib": pickled(dump(model.fitted.estimator))}
    if portable:
        files[artifact.portable_name(sha256(onnx))] = onnx
    card = Card(
        model="iris",
        version=artifact.version_name(source),
        source=source,
        schema=model.dataset.schema,
        estimator={},
        metrics={},
        golden=model.golden,
        files={name: {"sha256": sha256(d), "size": len(d)} for name, d in files.items()},
        libraries={},
        code_digest="",
        facts={"portable": {"written": portable, "why": ""}},
    )
    if not write_directory(store, bucket, path, card, files):
        assert read_card(store, bucket, path) == card, "another test wrote there"
    return f"gs://{bucket}/{path}"
