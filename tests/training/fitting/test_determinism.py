"""The same dataset gives the same bytes in another process, with another hash seed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

from threadpoolctl import threadpool_limits

from shared.artifacts.writing import dump
from shared.training.fitting.catalogue import BY_NAME, Choice
from shared.training.fitting.estimator import fit
from shared.training.fitting.portable import convert
from tests.training.fitting.dataset import made


def digest() -> str:
    """Of the model file and the portable copy of every estimator."""
    found = hashlib.sha256()
    with threadpool_limits(1):
        for name, entry in BY_NAME.items():
            dataset = made(120, regression=not entry.classifies, classes=3)
            fitted = fit(dataset, None, Choice(name))
            found.update(dump(fitted.estimator))
            found.update(convert(fitted, dataset, None).data or b"none")
    return found.hexdigest()


def test_bytes_are_equal_in_another_process() -> None:
    program = "from tests.training.fitting.test_determinism import digest; print(digest())"
    environment = {**os.environ, "PYTHONHASHSEED": "12345", "OMP_NUM_THREADS": "1"}
    told = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == digest()
