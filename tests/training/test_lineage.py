"""The code digest covers the code that determines a model, and no other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from shared.training import lineage

ROOT = Path(__file__).parents[2]
LOADED = """
import sys
import shared.training.trainer
print(*(m.__file__ for n, m in sys.modules.items() if n.startswith("shared.")), sep="\\n")
"""


def test_whatever_training_loads_of_ours_is_covered() -> None:
    told = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {Path(line).relative_to(ROOT).as_posix() for line in told.stdout.split()}
    missing = {name for name in loaded - set(lineage.covered()) if "__init__" not in name}
    assert not missing
    assert "shared/training/fitting/graph/tree.py" in lineage.covered()  # imported late


def test_neither_the_page_nor_the_release_is() -> None:
    rooms = ("shared/training/reporting", "shared/core/page", "shared/workflows", "shared/gcp")
    assert [name for name in lineage.covered() if name.startswith(rooms)] == []
    assert "shared/training/warm.py" not in lineage.covered()
