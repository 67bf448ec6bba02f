"""Run the tests. Words after `test` go to pytest: ./run test tests/cli -k drop."""

from __future__ import annotations

import argparse

from cli import tool


def run(options: argparse.Namespace) -> int:
    """pytest's exit code."""
    return tool.python("-m", "pytest", *options.words)
