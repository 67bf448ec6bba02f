"""Model files that try to run something when they are loaded: each would leave a canary file."""

from __future__ import annotations

import builtins
import functools
import importlib
import io
import operator
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import joblib
import numpy as np
from sklearn.datasets import dump_svmlight_file
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC


class Call:
    """Pickles as a call of `function` with `arguments`."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.function, self.arguments


class Built:
    """Pickles as an honest SVC whose state holds a call."""

    def __init__(self, call: Call) -> None:
        self.call = call

    def __reduce__(self) -> tuple[Any, ...]:
        return SVC, (), {"kernel": "rbf", "support_": self.call}


def joblibbed(value: Any, **options: Any) -> bytes:
    """As joblib writes it."""
    buffer = io.BytesIO()
    joblib.dump(value, buffer, **options)
    return buffer.getvalue()


def boxed(value: Any) -> np.ndarray[Any, Any]:
    """An object array that holds the value: joblib pickles it on its own."""
    box = np.empty(1, dtype=object)
    box[0] = value
    return box


def calls(canary: str) -> Iterator[tuple[str, Call]]:
    """Calls that write the canary, by many roads."""
    command = f"touch {canary}"
    script = f"open({canary!r}, 'w').close()"
    yield "os.system", Call(os.system, command)
    yield "os.popen", Call(os.popen, command)
    yield "subprocess", Call(subprocess.call, ["touch", canary])
    yield "popen", Call(subprocess.Popen, ["touch", canary])
    yield "exec", Call(exec, script)
    yield "eval", Call(eval, f"__import__('os').system({command!r})")
    yield "open", Call(open, canary, "w")
    yield "import", Call(builtins.__import__, "this")
    yield "import_module", Call(importlib.import_module, "this")
    yield "partial", Call(functools.partial(os.system, command))
    yield "getattr", Call(getattr, Call(importlib.import_module, "os"), "getcwd")
    yield "methodcaller", Call(operator.methodcaller("touch"), canary)
    yield "copy", Call(shutil.copy, sys.executable, canary)
    yield "mkdir", Call(os.mkdir, canary)
    yield "np.save", Call(np.save, canary, np.zeros(1))
    yield "np.fromfile", Call(np.fromfile, sys.executable)
    yield "np.memmap", Call(np.memmap, canary, "uint8", "w+", 0, (1,))
    yield "np.load", Call(np.load, sys.executable)
    yield "joblib.load", Call(joblib.load, canary)
    yield "svmlight", Call(dump_svmlight_file, np.zeros((1, 1)), np.zeros(1), canary)


def files(canary: str) -> Iterator[tuple[str, bytes]]:
    """Whole model files: every call bare, nested, and packed in every way."""
    for name, call in calls(canary):
        yield name, pickle.dumps(call)
        yield f"{name} in an object array", joblibbed(boxed(call))
    bomb = Call(os.system, f"touch {canary}")
    for compress in (("zlib", 3), ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)):
        yield f"packed by {compress[0]}", joblibbed(bomb, compress=compress)
        yield f"array packed by {compress[0]}", joblibbed(boxed(bomb), compress=compress)
    for protocol in range(6):
        yield f"protocol {protocol}", pickle.dumps(bomb, protocol)
    yield "two boxes deep", joblibbed(boxed(boxed(bomb)))
    yield "in an estimator's state", joblibbed(Built(bomb))
    yield (
        "in a pipeline",
        joblibbed(make_pipeline(StandardScaler(), FunctionTransformer(os.system))),
    )
    yield "as a kernel", joblibbed(SVC(kernel=os.system))
    yield "in a dict of an honest one", joblibbed({"model": SVC(), "more": [bomb]})
    yield (
        "reads files on request",
        joblibbed(make_pipeline(TfidfVectorizer(input="filename"), SVC())),
    )
    yield "opcode INST", b"(S'touch " + canary.encode() + b"'\nios\nsystem\n."
    yield "opcode GLOBAL", b"cos\nsystem\n(S'touch " + canary.encode() + b"'\ntR."
    yield "dotted STACK_GLOBAL", b"\x80\x04\x8c\x05numpy\x8c\x11f2py.os.system\x93."
    yield "dotted into a list entry", b"\x80\x04\x8c\x05numpy\x8c\x0adtype.type\x93."
    yield "extension code", b"\x80\x02\x82\x01."
    yield "persistent id", b"Pos.system\n."
