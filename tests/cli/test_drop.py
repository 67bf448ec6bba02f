"""The everyday verbs against a running local cloud, as a person types them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli import drop
from cli.client import call, call_json
from cli.place import ROOT
from localcloud import logfile
from localcloud.child import ChildCloud
from shared.core.ledger import Entry
from tests.cli.typed import Output, Type

IRIS = ROOT / "examples" / "iris.csv"


def test_a_drop_is_followed_until_it_is_live(type_: Type, capsys: Output) -> None:
    assert type_("drop", str(IRIS), "--model", "followed") == 0
    lines = capsys.readouterr().out.splitlines()
    words = ["uploaded gs://", "received", "trained", "version created", "live"]
    places = [next(i for i, line in enumerate(lines) if word in line) for word in words]
    assert places == sorted(places)


def test_a_drop_as_json_is_the_folded_ledger(type_: Type, capsys: Output) -> None:
    assert type_("drop", str(IRIS), "--model", "as_json", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["state"], told["settled"], told["model"]) == ("live", True, "as_json")
    assert [step["step"] for step in told["steps"]][-1] == "live"


def test_a_drop_has_the_name_that_was_asked_for(
    type_: Type, local_cloud: ChildCloud, capsys: Output
) -> None:
    assert type_("drop", str(IRIS), "--model", "named", "--as", "a b/ü.csv") == 0
    bucket = local_cloud.configuration.buckets["data"]
    assert f"gs://{bucket}/data/named/a b/ü.csv#" in capsys.readouterr().out


def test_a_bad_csv_is_refused_with_line_and_column(
    type_: Type, tmp_path: Path, capsys: Output
) -> None:
    bad = tmp_path / "bad.csv"
    rows = [f"{i},{'a' if i % 2 else 'b'}" for i in range(20)]
    bad.write_text("\n".join(["x,label", *rows[:7], "3,a,9", *rows[7:]]), encoding="utf-8")
    assert type_("drop", str(bad), "--model", "bad") == drop.REFUSED
    assert "(line 9" in capsys.readouterr().err


def test_the_target_column_goes_with_the_drop(type_: Type, tmp_path: Path, capsys: Output) -> None:
    odd = tmp_path / "odd.csv"
    rows = [f"{i % 7},{'yes' if i % 7 > 3 else 'no'},{i % 3}" for i in range(42)]
    odd.write_text("\n".join(["a,outcome,b", *rows]), encoding="utf-8")
    assert type_("drop", str(odd), "--model", "odd") == drop.REFUSED
    assert "outcome" in capsys.readouterr().err
    assert type_("drop", str(odd), "--model", "odd", "--target", "outcome") == drop.LIVE


def test_a_drop_that_a_pin_holds_back_says_what_to_type(
    type_: Type, local_cloud: ChildCloud, capsys: Output
) -> None:
    assert type_("drop", str(IRIS), "--model", "pinned", "--json") == 0
    version = json.loads(capsys.readouterr().out)["version"]
    name = f"projects/{local_cloud.configuration.project}/models/pinned/versions/{version}"
    call_json("POST", f"{local_cloud.url('serving')}/v1/{name}:setDefault", {})
    assert type_("drop", str(IRIS), "--model", "pinned") == drop.NOT_DEFAULT
    told = capsys.readouterr().err
    assert "(pinned)" in told
    assert "./run promote pinned v" in told


def test_a_drop_that_takes_too_long_is_told_as_running(type_: Type, capsys: Output) -> None:
    assert type_("drop", str(IRIS), "--model", "slow", "--timeout", "0.000001") == drop.RUNNING
    assert "./run logs" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("step", "facts", "code"),
    [
        ("live", {}, 0),
        ("refused", {}, 1),
        ("exhausted", {}, 1),
        ("failed", {}, 1),
        ("ready", {"reason": "pinned"}, 3),
        ("superseded", {}, 4),
        ("ready", {"reason": "superseded_by_newer"}, 4),
    ],
)
def test_every_end_has_its_exit_code(step: str, facts: dict[str, str], code: int) -> None:
    assert drop.exit_code(Entry("iris", "d", step, "2026-01-01T00:00:00.000Z", facts)) == code


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["no_such_file.csv"], "no readable file"),
        ([str(IRIS), "--model", "Bad Name"], "data/bad_name/"),
        ([str(IRIS), "--as", "iris.parquet"], "does not end in .csv"),
        ([str(IRIS), "--model", ""], "cannot be a model's name"),
    ],
)
def test_what_retrain_would_not_take_is_a_usage_error(
    type_: Type, capsys: Output, words: list[str], told: str
) -> None:
    assert type_("drop", *words) == 2
    assert told in capsys.readouterr().err


def test_predict_takes_json_a_file_and_a_csv(type_: Type, tmp_path: Path, capsys: Output) -> None:
    assert type_("drop", str(IRIS), "--model", "asked") == 0
    (tmp_path / "rows.json").write_text('{"instances": [[6.8, 2.8, 4.8, 1.4]]}', encoding="utf-8")
    columns = "petal_width,petal_length,sepal_width,sepal_length"  # not the model's order
    (tmp_path / "rows.csv").write_text(f"{columns}\n1.4,4.8,2.8,6.8\n", encoding="utf-8")
    capsys.readouterr()
    for given in ("[[6.8, 2.8, 4.8, 1.4]]", f"{tmp_path}/rows.json", f"{tmp_path}/rows.csv"):
        assert type_("predict", "asked", given) == 0
        assert capsys.readouterr().out.startswith('["versicolor"]\nmodel version v')


def test_a_csv_to_predict_for_is_read_as_it_was_trained_on(
    type_: Type, tmp_path: Path, capsys: Output
) -> None:
    """Texts of digits stay texts, truth values are some, and the target may be there."""
    rows = [
        f"{i};{['01067', '80331', '20095'][i % 3]};{str(i % 2 == 0).lower()};{i % 7};"
        f"{'ja' if i % 3 else 'nein'}"
        for i in range(60)
    ]
    mixed, toml = tmp_path / "mixed.csv", tmp_path / "model.toml"
    mixed.write_text("\n".join(["id;zip;active;x;churn", *rows]), encoding="utf-8")
    toml.write_text('[columns]\nzip = "categorical"', encoding="utf-8")
    assert type_("configure", "mixed", str(toml)) == 0
    assert type_("drop", str(mixed), "--model", "mixed", "--target", "churn", "--accept") == 0
    capsys.readouterr()
    assert type_("predict", "mixed", str(mixed)) == 0
    answers = json.loads(capsys.readouterr().out.splitlines()[0])
    assert answers == ["ja" if i % 3 else "nein" for i in range(60)]
    mixed.write_text("zip;active;x\n01067;true;1\n01067;maybe;\n", encoding="utf-8")
    assert type_("predict", "mixed", str(mixed)) == 1
    assert "line 3: active is not a truth value; x is missing" in capsys.readouterr().err


@pytest.mark.parametrize("given", ["no_such.json", "[1,", '"text"'])
def test_predict_refuses_what_holds_no_instances(type_: Type, given: str, capsys: Output) -> None:
    assert type_("predict", "iris", given) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_versions_marks_the_default(type_: Type, capsys: Output) -> None:
    for _ in range(2):
        assert type_("drop", str(IRIS), "--model", "listed") == 0
    capsys.readouterr()
    assert type_("versions", "listed") == 0
    newest, older = capsys.readouterr().out.splitlines()
    assert newest.startswith("* v")
    assert older.startswith("  v")
    assert type_("versions", "listed", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)) == 2


def test_a_mistyped_model_is_told_the_nearest(type_: Type, capsys: Output) -> None:
    assert type_("drop", str(IRIS), "--model", "orchids") == 0
    assert type_("versions", "orchid") == 1
    assert "did you mean orchids?" in capsys.readouterr().err


def test_the_lines_of_env_make_a_shell_that_works(type_: Type, capsys: Output) -> None:
    assert type_("drop", str(IRIS), "--model", "shell") == 0
    capsys.readouterr()
    assert type_("env") == 0
    lines = capsys.readouterr().out
    shown = subprocess.run(
        ["sh", "-c", f"{lines}\nenv"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"]},
    ).stdout
    exported = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    project = exported["GOOGLE_CLOUD_PROJECT"]
    body, headers = call(
        "POST",
        f"{exported['PREDICT_URL']}/v1/projects/{project}/models/shell:predict",
        json.dumps({"instances": [[6.8, 2.8, 4.8, 1.4]]}).encode(),
        {"Authorization": f"Bearer {exported['PREDICT_TOKEN']}"},
    )
    answer = json.loads(body)
    assert answer["predictions"] == ["versicolor"]
    assert {name.lower(): value for name, value in headers.items()}["x-model-version"] == (
        answer["model_version"]
    )
    assert exported["CLOUDSDK_API_ENDPOINT_OVERRIDES_ML"] == f"{exported['STORAGE_EMULATOR_HOST']}/"


def test_logs_tell_who_did_what(type_: Type, local_cloud: ChildCloud, capsys: Output) -> None:
    assert type_("drop", str(IRIS), "--model", "logged") == 0
    until_logged(local_cloud, "deploy_version", "logged: live")
    capsys.readouterr()
    assert type_("logs", "--service", "deploy_version") == 0
    lines = capsys.readouterr().out.splitlines()
    assert any("logged: live" in line for line in lines)
    assert all(" deploy_version " in line for line in lines)


def until_logged(cloud: ChildCloud, service: str, message: str) -> None:
    """A function logs what it did once its workflow is over: a moment after the ledger has it."""
    deadline = time.monotonic() + 30
    entries = logfile.follow(
        cloud.state / "logs", last=sys.maxsize, stopped=lambda: time.monotonic() > deadline
    )
    assert any((entry.service, entry.message) == (service, message) for entry in entries)


def test_logs_of_an_unknown_service_name_the_nearest(type_: Type, capsys: Output) -> None:
    assert type_("logs", "--service", "retrian") == 2
    assert "did you mean retrain?" in capsys.readouterr().err
