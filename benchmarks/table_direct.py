"""A public table straight through the trainer, in this process: no cloud, no HTTP."""

from __future__ import annotations

import io
import time
import warnings
from typing import Any

import joblib

from shared.core.instances import accept
from shared.core.schema import Schema
from shared.core.source import Source
from shared.training.inputs import File, Inputs
from shared.training.trainer import train

SOURCE = Source("data", "data/table/table.csv", 1, "2026-11-22T13:00:00.250Z")


def trained(toml: str, csv: bytes) -> tuple[Any, Schema, str, float]:
    """The model as plain scikit-learn loads it, its schema, its estimator's name, and seconds."""
    began = time.perf_counter()
    inputs = Inputs("table", SOURCE, (File(SOURCE, len(csv)),), (), "", toml=toml)
    made = train(inputs, lambda _: io.BytesIO(csv))
    model = joblib.load(io.BytesIO(made.files["model.joblib"]))
    name = str(made.card.estimator["name"])
    return model, made.card.schema, name, time.perf_counter() - began


def answers(model: Any, schema: Schema, instances: list[dict[str, Any]]) -> list[Any]:
    """What the model says, of instances that are checked as predict checks them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given: list[Any] = model.predict(accept(instances, schema).rows).tolist()
    return given
