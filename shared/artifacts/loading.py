"""Unpickling a model file through the allow-list: the only way in which dropserve unpickles.

`find_class` answers exact names of `allowlist.ALLOWED` only. joblib (1.6 or newer) sends the
pickles nested in object arrays through the same `find_class`. Sizes are bounded before and while
unpacking.
"""

from __future__ import annotations

import importlib
import io
import pickle
from typing import Any

from joblib.numpy_pickle import NumpyUnpickler

from shared.artifacts.allowlist import ALLOWED, SCIKIT_LEARN
from shared.artifacts.reading import MAX_BYTES
from shared.artifacts.unpacking import unpack
from shared.core.errors import ArtifactRefused

MOVED = {"_loss": "sklearn._loss._loss", "numpy.core": "numpy._core"}
"""Modules that pickles name by another name: Cython's short one, and numpy's before 2.0."""


def load(data: bytes, max_bytes: int = MAX_BYTES) -> Any:
    """The object in a `model.joblib` or `model.pkl`, compressed or not.

    Raises ArtifactRefused: a global that is not allowed, another scikit-learn than the pinned one,
    too large, or damaged. Nothing of the file has run by then.
    """
    plain = unpack(data, max_bytes)
    try:
        return _Unpickler(plain).load()
    except ArtifactRefused:
        raise
    except MemoryError:
        raise ArtifactRefused("the model file asks for more memory than there is") from None
    except RecursionError:
        raise ArtifactRefused("the model file is nested too deeply") from None
    except Exception as error:
        raise ArtifactRefused(
            f"the model file cannot be read: {type(error).__name__}: {str(error)[:300]}"
        ) from error


def _not_allowed(module: str, name: str) -> ArtifactRefused:
    """Why a global is refused: another scikit-learn's place for one that is known, or none."""
    said = f"the model file names {module[:99]}.{name[:99]}, which "
    if module.startswith("sklearn.") and any(name == known for _, known in ALLOWED):
        return ArtifactRefused(
            f"{said}scikit-learn {SCIKIT_LEARN} keeps in another place: another version made it; "
            f"fit it again with scikit-learn=={SCIKIT_LEARN}"
        )
    return ArtifactRefused(
        f"{said}is not on the allow-list: a model may hold classes of scikit-learn, numpy and "
        "scipy only"
    )


class _Unpickler(NumpyUnpickler):  # type: ignore[misc]
    """joblib's unpickler, answering allowed globals only."""

    dispatch = NumpyUnpickler.dispatch.copy()

    def __init__(self, data: bytes) -> None:
        super().__init__("", io.BytesIO(data), ensure_native_byte_order=True)

    def find_class(self, module: str, name: str) -> Any:
        """The global, if the list has it; ArtifactRefused otherwise."""
        if module == "numpy.core" or module.startswith("numpy.core."):
            module = module.replace("numpy.core", MOVED["numpy.core"], 1)
        if (module, name) not in ALLOWED:
            raise _not_allowed(module, name)
        return getattr(importlib.import_module(MOVED.get(module, module)), name)

    def load_build(self) -> None:
        """Refuse an estimator of another scikit-learn before its state is set."""
        state = self.stack[-1]
        version = state.get("_sklearn_version") if isinstance(state, dict) else None
        if version not in (None, SCIKIT_LEARN):
            raise ArtifactRefused(
                f"the model was made with scikit-learn {str(version)[:40]}, and {SCIKIT_LEARN} "
                f"serves here: fit it again with scikit-learn=={SCIKIT_LEARN}"
            )
        super().load_build()

    dispatch[pickle.BUILD[0]] = load_build
