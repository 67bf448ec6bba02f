"""The command line: what a person who mistypes is told, and how fast."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cli import command
from cli.command import main
from cli.place import ROOT
from tests.cli.typed import Output

SLOW = {"asyncio", "numpy", "pandas", "sklearn", "google.auth", "starlette", "aiohttp", "ctypes"}


def test_without_a_verb_the_verbs_are_listed(capsys: Output) -> None:
    assert main([]) == 2
    shown = capsys.readouterr().err
    assert all(f"  {verb} " in shown for verb in command.VERBS)


@pytest.mark.parametrize("word", ["--help", "-h", "help"])
def test_help_is_no_error(word: str, capsys: Output) -> None:
    assert main([word]) == 0
    assert "usage: ./run VERB" in capsys.readouterr().out


def test_a_mistyped_verb_is_told_the_nearest(capsys: Output) -> None:
    assert main(["dorp", "x.csv"]) == 2
    assert "Did you mean ./run drop?" in capsys.readouterr().err


def test_a_strange_verb_is_told_where_the_verbs_are(capsys: Output) -> None:
    assert main(["xyzzy"]) == 2
    assert "./run --help" in capsys.readouterr().err


@pytest.mark.parametrize("verb", sorted(set(command.VERBS) - command.PASS_THROUGH))
def test_every_verb_explains_itself(verb: str, capsys: Output) -> None:
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"])
    assert ended.value.code == 0
    assert f"usage: ./run {verb}" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["env", "predict", "versions", "drop"])
def test_without_a_local_cloud_a_verb_says_how_to_start_one(
    verb: str, tmp_path: Path, capsys: Output
) -> None:
    csv = tmp_path / "x.csv"
    csv.write_text("a,b\n1,2\n", encoding="utf-8")
    words = {"predict": ["iris", "[[1]]"], "versions": ["iris"], "drop": [str(csv)]}.get(verb, [])
    assert main([verb, "--state", str(tmp_path / "state"), *words]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: no local cloud runs on ")
    assert f"./run up --state {tmp_path / 'state'}" in error


def test_logs_of_a_local_cloud_that_never_ran_are_told_missing(
    tmp_path: Path, capsys: Output
) -> None:
    assert main(["logs", "--state", str(tmp_path)]) == 1
    assert "there are no logs" in capsys.readouterr().err


def test_an_unknown_option_is_a_usage_error(capsys: Output) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["env", "--sate", "x"])
    assert ended.value.code == 2


def test_an_unknown_benchmark_names_what_there_is(capsys: Output) -> None:
    assert main(["bench", "no_such_benchmark"]) == 2
    assert "there is no benchmark" in capsys.readouterr().err


def test_a_port_that_is_none_is_a_usage_error(capsys: Output) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["up", "--port", "65535"])
    assert ended.value.code == 2
    assert "0 (any) to 65533" in capsys.readouterr().err


@pytest.mark.parametrize("verb", sorted(set(command.VERBS) - {"logs"}))
def test_a_verb_loads_nothing_that_is_slow_before_it_runs(verb: str) -> None:
    """Measured in modules, not in seconds: what the verb's own import pulls in."""
    script = f"import sys, cli.command, cli.{verb}; print(*{SLOW} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
