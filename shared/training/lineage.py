"""What a model was made with: library versions and a digest of the code that decides."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

import joblib
import numpy
import scipy
import sklearn

ROOM = "training"
NOT_THE_MODEL = ("training/reporting", "training/warm.py")
"""Of that room, what makes no model: the page about one, and what only warms up."""
BESIDE = (
    "artifacts/allowlist.py",
    "artifacts/loading.py",
    "artifacts/unpacking.py",
    "artifacts/writing.py",
    "core/artifact.py",
    "core/card.py",
    "core/configuration.py",
    "core/date.py",
    "core/errors.py",
    "core/event.py",
    "core/ports.py",
    "core/schema.py",
    "core/stopwatch.py",
)
"""What the trainer uses of other rooms. A test follows its imports and holds this to them."""


def libraries() -> dict[str, str]:
    """Distribution -> version, for those that a pickle depends on."""
    return {
        "scikit-learn": sklearn.__version__,
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "joblib": joblib.__version__,
    }


def covered() -> list[str]:
    """The files that determine a model, as paths below `shared/`, in order."""
    shared = Path(__file__).resolve().parent.parent
    room = (file.relative_to(shared).as_posix() for file in (shared / ROOM).rglob("*.py"))
    return sorted([*BESIDE, *(name for name in room if not name.startswith(NOT_THE_MODEL))])


@functools.cache
def code_digest() -> str:
    """Hex sha256 over the files that determine a model, each with its name."""
    digest = hashlib.sha256()
    shared = Path(__file__).resolve().parent.parent
    for name in covered():
        digest.update(f"{name}\n".encode() + (shared / name).read_bytes() + b"\0")
    return digest.hexdigest()
