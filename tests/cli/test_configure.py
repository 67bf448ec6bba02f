"""What a person decides about a model, put in its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli import drop
from cli.command import main
from localcloud.child import ChildCloud
from tests.cli.typed import Output, Type

ROWS = [f"{i % 17 + i / 100:.2f},{i * 7 % 23},{(i % 17) * 3 + i % 5}.5" for i in range(120)]
FLATS = "\n".join(["size,rooms,price", *ROWS])


def test_a_number_is_predicted_once_the_line_to_copy_is_configured(
    type_: Type, tmp_path: Path, capsys: Output
) -> None:
    flats, toml = tmp_path / "flats.csv", tmp_path / "model.toml"
    flats.write_text(FLATS, encoding="utf-8")
    words = ("drop", str(flats), "--model", "flats", "--target", "price")
    assert type_(*words) == drop.REFUSED
    told = capsys.readouterr().err
    assert "./run configure flats model.toml" in told
    toml.write_text(told.partition("in model.toml: ")[2].splitlines()[0], encoding="utf-8")
    assert type_("configure", "flats", str(toml)) == 0
    assert "./run retrain flats" in capsys.readouterr().out
    assert type_("configure", "flats") == 0
    assert capsys.readouterr().out == 'task = "regression"'
    assert type_(*words, "--json") == drop.LIVE
    assert "rmse" in json.loads(capsys.readouterr().out)["metrics"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('tsak = "regression"', "did you mean task?"),
        ('[columns]\nzip = "categorical"\ntask = "regression"', "move it to the top of the file"),
        ("[limits]\nclasses = 5\nstrict = true", "move it to the top of the file"),
        ("task = ", "is no TOML"),
    ],
)
def test_what_retrain_would_refuse_is_refused_at_once(
    type_: Type, tmp_path: Path, capsys: Output, text: str, told: str
) -> None:
    (tmp_path / "model.toml").write_text(text, encoding="utf-8")
    assert type_("configure", "unsaid", str(tmp_path / "model.toml")) == 1
    assert told in capsys.readouterr().err
    assert type_("configure", "unsaid") == 1
    assert "the defaults count" in capsys.readouterr().err


def test_a_wrong_name_or_file_is_a_usage_error(
    local_cloud: ChildCloud, tmp_path: Path, capsys: Output
) -> None:
    state = ("--state", str(local_cloud.state))
    assert main(["configure", *state, "No Model"]) == 2
    assert "data/no_model/" in capsys.readouterr().err
    assert main(["configure", *state, "flats", str(tmp_path / "none.toml")]) == 2
    assert "no readable file" in capsys.readouterr().err
