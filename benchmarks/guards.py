"""Every guard removed in turn, in a copy of the tree: each must turn a named test red.

`./run bench guards [--only WORD] [--part N/M]`. A guard whose text moved is a failure too, so that
none is skipped in silence.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.guarded import Guard
from benchmarks.guarded_release import RELEASE
from benchmarks.guarded_service import ARTIFACTS, CALLERS, SERVING

ROOT = Path(__file__).resolve().parent.parent
GUARDS = (*RELEASE, *ARTIFACTS, *SERVING, *CALLERS)
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "node_modules")
SECONDS = 90
FAILED = 1
"""pytest's exit code where tests ran and some failed; others mean that nothing was proven."""


def run_tests(root: Path, *tests: str) -> int:
    """pytest's exit code; a test that does not end counts as one that failed."""
    words = [sys.executable, "-B", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    try:
        done = subprocess.run(
            words, cwd=root, env=environment, capture_output=True, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return FAILED
    return done.returncode


def bites(guard: Guard, root: Path) -> bool:
    """Whether its test turns red without it. Raises Moved."""
    path = root / guard.file
    whole = path.read_text(encoding="utf-8")
    path.write_text(guard.removed(root), encoding="utf-8")
    try:
        return run_tests(root, guard.test) == FAILED
    finally:
        path.write_text(whole, encoding="utf-8")


def chosen(only: str, part: str) -> list[Guard]:
    """The guards that were asked for."""
    number, of = map(int, part.split("/"))
    found = [guard for guard in GUARDS if only in f"{guard.file} {guard.what}"]
    return found[number - 1 :: of]


def main() -> int:
    """Remove each; 1 where a test does not notice."""
    parser = argparse.ArgumentParser(prog="./run bench guards", description=__doc__)
    parser.add_argument("--only", default="", metavar="WORD", help="in its file or its promise")
    parser.add_argument("--part", default="1/1", metavar="N/M")
    options = parser.parse_args()
    guards = chosen(options.only, options.part)
    began, silent = time.perf_counter(), 0
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "tree"
        shutil.copytree(ROOT, root, ignore=LEFT_OUT)
        if run_tests(root, *dict.fromkeys(guard.test for guard in guards)):
            print("the tests are red with every guard in place")
            return 1
        for guard in guards:
            red = bites(guard, root)
            silent += not red
            print(f"{'red ' if red else 'GREEN'}  {guard.file}: {guard.what}", flush=True)
    seconds = time.perf_counter() - began
    print(f"{len(guards)} guards removed, {silent} not noticed; {seconds:.0f} s")
    return 1 if silent else 0


if __name__ == "__main__":
    raise SystemExit(main())
