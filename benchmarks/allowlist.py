"""Collects the allow-list of the pinned scikit-learn: every global that honest pickles name.

`python -m benchmarks.allowlist` rewrites shared/artifacts/allowlist.py. Read the difference before
you commit it: each function in it may be called by whoever writes a model file.
"""

from __future__ import annotations

import io
import pickle
import textwrap
from collections import defaultdict
from pathlib import Path
from typing import Any

import joblib
import sklearn
from joblib.numpy_pickle import NumpyUnpickler

from benchmarks.zoo import zoo

FILE = Path(__file__).resolve().parent.parent / "shared" / "artifacts" / "allowlist.py"
HEAD = '''"""The globals that a model file may name: exact (module, name) pairs, nothing by prefix.

Collected by `python -m benchmarks.allowlist` from fitted estimators of scikit-learn {version};
do not edit by hand. It stands in code, never in an artifact. The text vectorizers are left out on
purpose: with input='filename' they open the files that a request names.
"""

from __future__ import annotations

SCIKIT_LEARN = "{version}"
"""The one version that these names, and the artifacts, belong to."""

_NAMES: dict[str, str] = {{
'''
TAIL = """}

ALLOWED: frozenset[tuple[str, str]] = frozenset(
    (module, name) for module, names in _NAMES.items() for name in names.split()
)
"""


class _Recorder(NumpyUnpickler):
    """Unpickles while writing down every global."""

    dispatch = NumpyUnpickler.dispatch.copy()

    def __init__(self, data: bytes, found: set[tuple[str, str]]) -> None:
        super().__init__("", io.BytesIO(data), True)
        self.found = found

    def find_class(self, module: str, name: str) -> Any:
        self.found.add((module, name))
        return super().find_class(module, name)


def globals_of(estimator: Any) -> set[tuple[str, str]]:
    """The (module, name) pairs of an estimator's pickles, as joblib and as pickle write them."""
    found: set[tuple[str, str]] = set()
    buffer = io.BytesIO()
    joblib.dump(estimator, buffer)
    for data in (buffer.getvalue(), pickle.dumps(estimator, 4), pickle.dumps(estimator, 5)):
        _Recorder(data, found).load()
    return found


def collect() -> set[tuple[str, str]]:
    """The globals of the whole zoo. Raises where one reaches outside of numpy, scipy, sklearn."""
    found: set[tuple[str, str]] = set()
    for name, estimator in zoo():
        for module, attribute in globals_of(estimator):
            if module.split(".")[0] not in ("numpy", "scipy", "sklearn", "_loss"):
                assert (module, attribute) in EXPECTED, f"{name} needs {module}.{attribute}"
            found.add((module, attribute))
    return found


EXPECTED = {
    ("builtins", "slice"),
    ("builtins", "object"),
    ("builtins", "int"),
    ("builtins", "float"),
    ("builtins", "str"),
    ("builtins", "set"),
    ("builtins", "bytearray"),
    ("_codecs", "encode"),
    ("collections", "OrderedDict"),
    ("collections", "defaultdict"),
    ("copyreg", "_reconstructor"),
    ("joblib.numpy_pickle", "NumpyArrayWrapper"),
}
"""Names outside of the scientific libraries that were read and found harmless."""


def source(found: set[tuple[str, str]]) -> str:
    """The text of shared/artifacts/allowlist.py."""
    modules: dict[str, list[str]] = defaultdict(list)
    for module, name in sorted(found):
        modules[module].append(name)
    lines = [_line(module, " ".join(names)) for module, names in modules.items()]
    return HEAD.format(version=sklearn.__version__) + "".join(lines) + TAIL


def _line(module: str, names: str) -> str:
    line = f'    "{module}": "{names}",\n'
    if len(line) <= 101:
        return line
    parts = [names] if len(names) <= 90 else textwrap.wrap(names, 84)
    quoted = [f'        "{part} "\n' for part in parts[:-1]] + [f'        "{parts[-1]}"\n']
    return f'    "{module}": (\n{"".join(quoted)}    ),\n'


if __name__ == "__main__":
    FILE.write_text(source(collect()), encoding="utf-8")
