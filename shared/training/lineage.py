"""What a model was made with: library versions and a digest of the code that decides."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

import joblib
import numpy
import scipy
import sklearn

ROOMS = ("training", "core", "artifacts")


def libraries() -> dict[str, str]:
    """Distribution -> version, for those that a pickle depends on."""
    return {
        "scikit-learn": sklearn.__version__,
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "joblib": joblib.__version__,
    }


@functools.cache
def code_digest() -> str:
    """Hex sha256 over the Python files of the rooms that training runs through."""
    digest = hashlib.sha256()
    shared = Path(__file__).resolve().parent.parent
    for file in sorted(file for room in ROOMS for file in (shared / room).rglob("*.py")):
        name = file.relative_to(shared).as_posix()
        digest.update(f"{name}\n".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()
