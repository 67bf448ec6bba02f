"""model.toml: every key, every mistake told at once, the nearest known word for a mistyped one."""

from __future__ import annotations

import contextlib
import re
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.configuration import KINDS, KNOWN, Gate, ModelConfiguration
from shared.core.errors import DatasetRejected

FULL = b"""
target = "label"
task = "classification"
estimator = "SVC"
train_on = "last:3"
class_weight = { yes = 2, no = 0.5 }
positive_class = "yes"
schema = "evolve"
split = "group"
split_column = "patient"
release = "manual"
strict = true
refit = true

parameters = { n_estimators = 50, bootstrap = true }

[columns]
zip = "categorical"
"a b" = "drop"

[gate]
margin = 0.05
floor = 0.7
baseline = false
decide = "accept"

[drift]
decide = "refuse"
threshold = 0.1

[limits]
missing_share = 0.9
missing_label_share = 0
min_class_rows = 5
rare_share = 0.01
classes = 500
columns = 2000
categories = 50
"""


def problems(text: str) -> str:
    with pytest.raises(DatasetRejected) as caught:
        ModelConfiguration.from_toml(text.encode())
    assert {finding.code for finding in caught.value.findings} == {"bad_configuration"}
    return str(caught.value)


def test_every_key_is_read() -> None:
    made = ModelConfiguration.from_toml(FULL)
    assert made.class_weight == {"yes": 2, "no": 0.5}
    assert made.parameters == {"n_estimators": 50, "bootstrap": True}
    assert made.columns == {"zip": "categorical", "a b": "drop"}
    assert made.gate == Gate(0.05, 0.7, False, "accept")
    assert (made.drift.decide, made.limits.categories) == ("refuse", 50)
    unset = ModelConfiguration()
    assert all(getattr(made, f.name) != getattr(unset, f.name) for f in fields(made))


def test_an_empty_file_is_the_defaults() -> None:
    assert ModelConfiguration.from_toml(b"\xef\xbb\xbf# nothing\n") == ModelConfiguration()


@pytest.mark.parametrize(("text", "files"), [("latest", 1), ("all", None), ("last:12", 12)])
def test_train_on_says_how_many_files(text: str, files: int | None) -> None:
    assert ModelConfiguration.from_toml(f'train_on = "{text}"'.encode()).files == files


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('tagret = "x"', "did you mean target?"),
        ("[gate]\nmargn = 1", "'margn' is no key of [gate]; did you mean margin?"),
        ("[limits]\nqqqq = 1", "there are: missing_share"),
        ('[columns]\na = "numerical"', "did you mean numeric?"),
        ("[columns]\na = 1", "has no such kind"),
        ("columns = 1", "[columns] on a line of its own"),
        ("gate = 1", "[gate] on a line of its own"),
        ('task = "clustering"', '"classification" or "regression"'),
        ('train_on = "last:0"', '"last:N"'),
        ('train_on = "last:\u0663"', '"last:N"'),
        ("strict = 1", "strict must be true or false"),
        ("[gate]\nmargin = true", "gate.margin must be a number"),
        ("[gate]\nmargin = nan", "gate.margin must be a number"),
        ("[limits]\nmissing_share = 1.5", "from 0 to 1"),
        ("class_weight = {}", "class_weight must be"),
        ("class_weight = { a = 0 }", "class_weight must be"),
        ('split = "time"', "needs split_column"),
        ('target = ""', "target must be"),
        ("target = [", "is no TOML"),
        ("a = 1\na = 2", "is no TOML"),
    ],
)
def test_a_mistake_is_told_with_what_is_meant(text: str, told: str) -> None:
    assert told in problems(text)


def test_all_mistakes_are_told_at_once() -> None:
    assert problems('a = 1\ntask = "x"\n[gate]\nb = 1').count("model.toml:") == 3


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(DatasetRejected, match="bad_configuration"):
        ModelConfiguration.from_toml(b"target = '\xff'")


@given(st.text(max_size=60))
def test_no_text_crashes_it(text: str) -> None:
    with contextlib.suppress(DatasetRejected):
        ModelConfiguration.from_toml(text.encode("utf-8", "surrogatepass"))


def test_the_page_describes_every_key_and_every_kind() -> None:
    page = (Path(__file__).parents[2] / "docs/12-model-toml.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `([a-z_.]+)`", page, re.MULTILINE))
    tables = {"gate": "Gate", "drift": "Drift", "limits": "Limits"}
    known = {key for key in KNOWN if key not in (*tables, "columns")} | set(KINDS)
    for table in tables:
        known |= {f"{table}.{f.name}" for f in fields(getattr(ModelConfiguration(), table))}
    assert told == known
