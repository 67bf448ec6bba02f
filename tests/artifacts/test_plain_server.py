"""A `model.joblib` serves from plain scikit-learn of the pinned version: nothing of ours there.

In an environment of its own, made from the locked versions; skipped where those cannot be had.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from shared.artifacts.writing import dump
from tests.asgi import Client, Reply
from tests.serving.trained import Trained, trained
from tests.serving.world import FLOWERS

ROOT = Path(__file__).resolve().parents[2]
SERVER = Path(__file__).with_name("plain_server.py")
WANTED = ("scikit-learn", "numpy", "scipy", "joblib", "threadpoolctl", "cloudpickle")


def locked() -> list[str]:
    """The wanted distributions at serving's versions."""
    text = (ROOT / "serving" / "requirements.txt").read_text(encoding="utf-8")
    found = [re.search(rf"^{name}==[^\s;]+", text, re.MULTILINE) for name in WANTED]
    return [match.group() for match in found if match]


@pytest.fixture(scope="module")
def plain_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An interpreter with scikit-learn and what that needs, and nothing else."""
    place = tmp_path_factory.mktemp("plain") / "venv"
    assert len(locked()) == len(WANTED)
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "-q", "--python", sys.executable, str(place)], check=True)
    python = str(place / "bin" / "python")
    installing = [*uv, "pip", "install", "-q", "--no-deps", "--python", python, *locked()]
    done = subprocess.run(installing, capture_output=True, text=True, timeout=100, check=False)
    if done.returncode:
        pytest.skip(f"the locked versions cannot be installed here: {done.stderr.strip()[-300:]}")
    return python


@contextmanager
def served(python: str, folder: Path, model: bytes) -> Iterator[Client]:
    """The plain server, isolated from our folder and our environment."""
    (folder / "model.joblib").write_bytes(model)
    process = subprocess.Popen(
        [python, "-I", "-W", "error", str(SERVER), str(folder)],
        cwd=folder,
        env={},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        yield Client(int(line))
    finally:
        process.kill()
        process.communicate()


def ask(client: Client, instances: Any, **more: Any) -> Reply:
    return client.send("POST", "/predict", {"instances": instances, **more})


@pytest.mark.parametrize(
    ("name", "example"),
    [
        ("SVC", "iris"),
        ("LogisticRegression", "mixed"),
        ("HistGradientBoostingClassifier", "mixed"),
        ("RandomForestRegressor", "mixed"),
    ],
)
def test_golden_requests_are_answered_as_by_the_fitted_model(
    plain_python: str, tmp_path: Path, name: str, example: str
) -> None:
    model: Trained = trained(name, example)
    with served(plain_python, tmp_path, dump(model.fitted.estimator)) as client:
        answer = ask(client, model.golden.instances)
        assert answer.status == 200
        assert model.golden.instances
        assert model.golden.agrees(answer.json["predictions"])


@pytest.fixture(scope="module")
def iris_server(plain_python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    model = dump(trained().fitted.estimator)
    with served(plain_python, tmp_path_factory.mktemp("iris"), model) as client:
        yield client


def test_the_seeds_instances_get_the_seeds_classes_by_name(iris_server: Client) -> None:
    expected = {"predictions": ["versicolor", "versicolor"]}
    assert ask(iris_server, FLOWERS).json == expected
    assert ask(iris_server, FLOWERS, signature_name="serving_default").json == expected


@pytest.mark.parametrize(
    "instances",
    [[[1, 2]], ["5.1,3.5,1.4,0.2"], {}, [], [1, 2, 3, 4], [[1, 2, 3, None]], [[1, 2, 3, 4], [1]]],
    ids=json.dumps,
)
def test_what_the_model_cannot_take_is_an_error_of_code_2(
    iris_server: Client, instances: Any
) -> None:
    answer = ask(iris_server, instances)
    assert answer.status == 400
    assert re.fullmatch(r"(?s)Prediction failed: .* \(Error code: 2\)", answer.json["error"])
