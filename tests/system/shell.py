"""A shell after `eval "$(./run env)"`."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

from benchmarks.cloud import ROOT

SHOW = "import json, os; print(json.dumps(dict(os.environ)))"


def shell_environment(state: Path) -> dict[str, str]:
    """Exactly what a shell holds after `eval "$(./run env)"`, besides PATH, HOME and LANG."""
    run = shlex.join([sys.executable, "-m", "cli", "env", "--state", str(state)])
    show = shlex.join([sys.executable, "-c", SHOW])
    shell = subprocess.run(
        ["sh", "-e", "-c", f'lines=$({run}); eval "$lines"; {show}'],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(state), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
    )
    environment: dict[str, str] = json.loads(shell.stdout)
    return environment
