"""Everything that a change must pass: lint, format, types, locks, audit, tests.

The locks are compared with pyproject.toml and resolved to wheels for Linux and macOS on x86-64
and arm64, for each Python; that asks the package index. The audit asks a vulnerability service.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from cli import audit, lock, test, tool
from cli.failure import Failure


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `check` takes."""
    parser.add_argument(
        "--only", choices=sorted(STEPS), action="append", help="these steps only; may be repeated"
    )


def run(options: argparse.Namespace) -> int:
    """Do every step, also after one failed; 1 where any did."""
    failed = []
    for name in options.only or STEPS:
        print(f"== {name}", flush=True)
        if do(STEPS[name]):
            failed.append(name)
    print(f"failed: {', '.join(failed)}" if failed else "all checks passed", flush=True)
    return 1 if failed else 0


def do(action: Callable[[], int]) -> int:
    """One step; a failure is told and the next step goes on."""
    try:
        return action()
    except Failure as failure:
        print(failure, flush=True)
        return failure.exit_code


def _lint() -> int:
    return tool.run("ruff", "check", ".")


def _format() -> int:
    return tool.run("ruff", "format", "--check", ".")


def _types() -> int:
    return tool.run("mypy")


def _locks() -> int:
    different = lock.outdated()
    if different:
        raise Failure(f"not what pyproject.toml asks for: {', '.join(different)}; type ./run lock")
    for python in lock.PYTHONS:
        for platform in lock.PLATFORMS:
            for file in (lock.UNION, lock.AUDIT):  # the others are parts of the union
                lock.resolve_wheels(file, platform, python)
            print(f"wheels for Python {python} on {platform}", flush=True)
    return 0


def _audit() -> int:
    return audit.run(argparse.Namespace(only=None))


def _tests() -> int:
    return test.whole()


STEPS: dict[str, Callable[[], int]] = {
    "lint": _lint,
    "format": _format,
    "types": _types,
    "locks": _locks,
    "audit": _audit,
    "tests": _tests,
}
"""Name -> what it does; an exit code."""
