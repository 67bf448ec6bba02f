"""inputs.json: everything that a result depends on comes back as it was written."""

from __future__ import annotations

import pytest

from shared.core.errors import NewerFormat
from shared.core.schema import Feature, Schema
from shared.core.source import Source
from shared.training.inputs import File, Inputs, Reference

SOURCE = Source("data", "data/iris/iris.csv", 1_700_000_000_000_001, "2026-11-22T13:00:00.250Z")
OLDER = Source("data", "data/iris/é.csv", 7, "2026-11-22T12:00:00Z")
WHOLE = Inputs(
    model="iris",
    source=SOURCE,
    files=(File(OLDER, 10), File(SOURCE, 20)),
    target_names=("species", "y"),
    code_digest="0" * 64,
    metadata={"target": "species", "gate": "accept", "retrain_of": OLDER.uri},
    toml='estimator = "SVC"\n',
    toml_generation=2**53 + 1,
    left_out=("gs://data/x.csv#1: overwritten or deleted since",),
    champion=Reference("v1", "models/iris/model_1/", "card-0.json", "0" * 64, 2**60 + 1),
    schema=Schema((Feature("a", minimum=0.1), Feature("b", "categorical")), "species", ("x", "y")),
)


@pytest.mark.parametrize("inputs", [WHOLE, Inputs("m", SOURCE, (File(SOURCE, 1),), (), "")])
def test_inputs_survive_their_json_bit_by_bit(inputs: Inputs) -> None:
    assert Inputs.from_json(inputs.to_json()) == inputs
    assert Inputs.from_json(inputs.to_json()).to_json() == inputs.to_json()


def test_what_a_person_said_is_read_off_them() -> None:
    assert (WHOLE.target, WHOLE.gate, WHOLE.size) == ("species", "accept", 30)
    assert WHOLE.configuration.estimator == "SVC"


def test_a_newer_format_is_not_guessed_at() -> None:
    with pytest.raises(NewerFormat):
        Inputs.from_json(WHOLE.to_json().replace(b'"format": 1', b'"format": 2'))
