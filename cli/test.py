"""Run the tests. Words after `test` go to pytest: ./run test tests/cli -k drop."""

from __future__ import annotations

import argparse

from cli import tool

WHOLE = ("-n", "auto", "--maxprocesses", "4", "--dist", "loadfile")
"""All tests, side by side on the machine's cores. Each process starts a local cloud of its own, so
more than a few would be in each other's way."""


def run(options: argparse.Namespace) -> int:
    """pytest's exit code."""
    return whole() if not options.words else tool.python("-m", "pytest", *options.words)


def whole() -> int:
    """All tests; pytest's exit code."""
    return tool.python("-m", "pytest", *WHOLE)
