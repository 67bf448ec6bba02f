"""Wiring: what is imported when a process starts, and what is made only at an event."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from deploy.stage import ROOT

ADAPTERS = {
    "object_store": "shared.gcp.storage",
    "object_reader": "shared.gcp.reader",
    "platform": "shared.gcp.ai_platform",
    "predictor": "shared.gcp.predictor",
    "authenticator": "shared.gcp.id_token",
}
SCRIPT = """
import json, sys
from shared import wiring
wiring.load(*sys.argv[1:])
print(json.dumps([sorted(name for name in sys.modules if name.startswith("shared.gcp."))]))
assert not wiring._made
"""


def loaded(*ports: str) -> list[str]:
    """Modules of shared.gcp in a fresh process, whose environment holds no setting at all."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *ports],
        cwd=ROOT,
        env={},
        capture_output=True,
        text=True,
        check=True,
    )
    (modules,) = json.loads(done.stdout)
    return modules


def test_wiring_itself_loads_no_adapter() -> None:
    assert loaded() == []


@pytest.mark.parametrize("port", sorted(ADAPTERS))
def test_loading_a_port_imports_its_adapter_and_makes_nothing(port: str) -> None:
    assert ADAPTERS[port] in loaded(port)


def test_loading_one_port_leaves_the_others_alone() -> None:
    assert "shared.gcp.ai_platform" not in loaded("object_store", "object_reader")
