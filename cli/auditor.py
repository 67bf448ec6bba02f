"""The auditors' own environment, `.venv-audit`.

Nobody needs their tools to use or to test dropserve. It is made on first use, from the hash-locked
requirements-audit.txt.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from cli import tool
from cli.failure import Failure
from cli.lock import AUDIT
from cli.place import ROOT

ENVIRONMENT = ROOT / ".venv-audit"
STAMP = "made-from"


def environment(folder: Path = ENVIRONMENT) -> Path:
    """Its `bin`, made first where it is not there or was made from another list. Raises Failure."""
    wanted = hashlib.sha256((ROOT / AUDIT).read_bytes()).hexdigest()
    stamp = folder / STAMP
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        print(f"setting up {folder.name} (once)", file=sys.stderr, flush=True)
        tool.output("uv", ["venv", "--quiet", "--python", sys.executable, str(folder)])
        into = ["--python", str(folder / "bin" / "python")]
        tool.output("uv", ["pip", "sync", "--quiet", "--require-hashes", *into, AUDIT])
        stamp.write_text(wanted, encoding="utf-8")
    return folder / "bin"


def answer(tools: Path, name: str, *words: str) -> Any:
    """The JSON that an auditor prints; its exit code is not asked, since a finding is an answer.

    Raises Failure with its last line where it prints none: nothing is known then.
    """
    done = subprocess.run(
        [str(tools / name), *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    try:
        return json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip() or "it said nothing").splitlines()[-1]
        raise Failure(f"{name} gave no answer, so nothing is known: {last}") from None
