"""The allow-list: what honest estimators need, all of it and nothing else."""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import sklearn

from benchmarks.allowlist import FILE, globals_of, source
from benchmarks.zoo import READS_FILES, data, zoo
from shared.artifacts import allowlist
from shared.artifacts.loading import load

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def estimators() -> list[tuple[str, Any]]:
    """Every kind of estimator there is, fitted."""
    return list(zoo())


def test_the_zoo_has_every_public_kind(estimators) -> None:
    kinds = {type(estimator).__name__ for _, estimator in estimators}
    assert len(kinds) > 180


def test_every_honest_estimator_loads_and_predicts_as_before(estimators) -> None:
    features, _ = data()
    for name, estimator in estimators:
        buffer = io.BytesIO()
        joblib.dump(estimator, buffer)
        for stored in (buffer.getvalue(), pickle.dumps(estimator, 4), pickle.dumps(estimator, 5)):
            loaded = load(stored)
            assert type(loaded) is type(estimator), name
        if name.endswith("Classifier") and "Dummy" not in name and hasattr(estimator, "predict"):
            np.testing.assert_array_equal(loaded.predict(features), estimator.predict(features))


def test_the_list_is_what_the_zoo_needs(estimators) -> None:
    found = set().union(*(globals_of(estimator) for _, estimator in estimators))
    if sklearn.__version__ != allowlist.SCIKIT_LEARN:
        pytest.skip(f"the list belongs to scikit-learn {allowlist.SCIKIT_LEARN}")
    assert found == allowlist.ALLOWED
    assert source(found) == FILE.read_text(encoding="utf-8")


def test_nothing_that_opens_files_is_on_the_list() -> None:
    names = {name for _, name in allowlist.ALLOWED}
    assert not names & (READS_FILES | {"load", "fromfile", "memmap", "open", "dump_svmlight_file"})


def test_a_model_loads_in_a_process_that_has_imported_nothing(tmp_path) -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    features, classes = data()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = HistGradientBoostingClassifier(max_iter=2).fit(features, classes)
    joblib.dump(model, tmp_path / "model.joblib")
    code = (
        "import sys, pathlib; from shared.artifacts.loading import load; "
        "print(type(load(pathlib.Path(sys.argv[1]).read_bytes())).__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "model.joblib")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "HistGradientBoostingClassifier"
