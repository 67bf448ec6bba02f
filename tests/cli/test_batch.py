"""./run batch against a running local cloud, as typed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from cli.command import main
from cli.place import ROOT
from localcloud.child import ChildCloud
from tests.cli.typed import Output, Type

IRIS = ROOT / "examples" / "iris.csv"


@pytest.fixture
def type_(local_cloud: ChildCloud, capsys: Output) -> Type:
    """Type a verb for the shared local cloud, which has a model `flowers`."""

    def typed(verb: str, *words: object) -> int:
        return main([verb, "--state", str(local_cloud.state), *map(str, words)])

    assert typed("drop", IRIS, "--model", "flowers", "--json") == 0
    capsys.readouterr()
    return typed


def test_each_row_of_a_file_gets_label_probabilities_and_version(
    type_: Type, tmp_path: Path, capsys: Output
) -> None:
    lines = IRIS.read_text(encoding="utf-8").splitlines()
    named = ["name," + lines[0], *(f"n{row},{line}" for row, line in enumerate(lines[1:]))]
    file = tmp_path / "flowers.csv"
    file.write_text("\n".join([*named, "odd,tall,1,2,3,x"]), encoding="utf-8")
    assert type_("batch", "flowers", file, "--id", "name") == 0
    assert "151 rows by v20" in capsys.readouterr().out
    with (tmp_path / "flowers.predictions.csv").open(encoding="utf-8", newline="") as found:
        rows = list(csv.DictReader(found))
    assert [row["name"] for row in rows] == [*(f"n{row}" for row in range(150)), "odd"]
    wanted = [line.rsplit(",", 1)[1] for line in lines[1:]]
    right = sum(row["prediction"] == label for row, label in zip(rows, wanted, strict=False))
    assert right >= 145
    for row in rows[:-1]:
        shares = {n: float(s) for n, s in row.items() if n.startswith("probability_")}
        assert len(shares) == 3
        assert abs(sum(shares.values()) - 1) < 1e-6
        assert max(shares, key=lambda name: shares[name]) == f"probability_{row['prediction']}"
    assert rows[-1]["error"] == "sepal_length is not a number"
    assert rows[-1]["prediction"] == ""


def test_a_file_without_the_model_s_columns_is_told_them(
    type_: Type, tmp_path: Path, capsys: Output
) -> None:
    file = tmp_path / "wrong.csv"
    file.write_text("sepal length,b\n1,2\n", encoding="utf-8")
    assert type_("batch", "flowers", file) == 1
    told = capsys.readouterr().err
    assert "the model takes 'sepal_length'" in told
    assert "Is it 'sepal length'?" in told


def test_the_outcome_can_be_had_as_json(type_: Type, tmp_path: Path, capsys: Output) -> None:
    assert type_("batch", "flowers", IRIS, "--out", tmp_path / "out.csv", "--json") == 0
    outcome = json.loads(capsys.readouterr().out)
    assert outcome["counts"] == {"rows": 150, "refused": 0, "odd": 0}
    assert outcome["state"] == "predicted"


def test_a_model_that_is_not_there_and_a_file_that_is_not(
    type_: Type, tmp_path: Path, capsys: Output
) -> None:
    assert type_("batch", "nothing", IRIS) == 1
    assert "no version of a model 'nothing' is live" in capsys.readouterr().err
    assert type_("batch", "flowers", tmp_path / "none.csv") == 2
    assert type_("batch", "no model", IRIS) == 2
