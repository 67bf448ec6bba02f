"""What a model was made with: library versions and a digest of the code that decides."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import joblib
import numpy
import scipy
import sklearn

_ROOT = Path(__file__).resolve().parents[2]
_IMPORT = re.compile(r"^[ \t]*(?:from|import) (shared[\w.]*)(?: import (\([^)]*\)|.*))?", re.M)
BEGINNING = "shared.training.trainer"
"""What its imports lead to within `shared` determines a model: not its page, nor its release."""


def libraries() -> dict[str, str]:
    """Distribution -> version, for those that a pickle depends on."""
    return {
        "scikit-learn": sklearn.__version__,
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "joblib": joblib.__version__,
    }


@functools.cache
def covered() -> tuple[str, ...]:
    """The files that determine a model, as paths beside `shared/`, in order."""
    found: set[str] = set()
    todo = [BEGINNING]
    while todo:
        file = _file(todo.pop())
        if file is not None and file not in found:
            found.add(file)
            todo += _imported((_ROOT / file).read_text(encoding="utf-8"))
    return tuple(sorted(found))


def _file(module: str) -> str | None:
    """The file of a module of `shared`; None for any other, and for a name within a module."""
    path = Path(*module.split("."))
    files = (path.with_suffix(".py"), path / "__init__.py")
    ours = (file for file in files if module.startswith("shared.") and (_ROOT / file).is_file())
    return next((file.as_posix() for file in ours), None)


def _imported(code: str) -> Iterator[str]:
    """Modules of ours, and names in them, that a file asks for, within functions too.

    By its lines: a syntax tree of every file would cost a cold start a tenth of a second.
    """
    for module, names in _IMPORT.findall(code):
        yield module
        yield from (f"{module}.{name}" for name in re.findall(r"\w+", names))


@functools.cache
def code_digest() -> str:
    """Hex sha256 over the files that determine a model, each with its name."""
    digest = hashlib.sha256()
    for name in covered():
        digest.update(f"{name}\n".encode() + (_ROOT / name).read_bytes() + b"\0")
    return digest.hexdigest()
