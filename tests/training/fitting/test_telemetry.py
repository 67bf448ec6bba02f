"""ONNX Runtime reports to its maker unless told not to: it is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def test_converting_a_model_leaves_nothing_in_the_home_folder(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="no ONNX Runtime for this machine")
    program = "from shared.training.fitting import portable; portable.warm()"
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, check=True)
    assert list(tmp_path.iterdir()) == []
