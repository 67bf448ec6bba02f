"""Look for weaknesses: bandit over our code, pip-audit over every locked package.

bandit's findings are mended, or waived one by one with a reason in cli/waivers.toml. pip-audit asks
a vulnerability service over the network; a package that it could not ask about is a failure, never
silently fine.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from cli import auditor, waiver
from cli.lock import AUDIT, UNION

CODE = ("shared", "serving", "localcloud", "cli", "deploy", "functions")
LISTS = (UNION, AUDIT)
"""The other locked files are parts of the union."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `audit` takes."""
    parser.add_argument("--only", choices=sorted(AUDITS), help="this one only")


def run(options: argparse.Namespace) -> int:
    """1 where anything was found, or could not be looked at."""
    tools = auditor.environment()
    wrong = 0
    for name in (options.only,) if options.only else AUDITS:
        problems = list(AUDITS[name](tools))
        wrong += len(problems)
        for problem in problems or ["nothing"]:
            print(f"{name}: {problem}", flush=True)
    return int(bool(wrong))


def code(tools: Path, rooms: tuple[str, ...] = CODE) -> Iterator[str]:
    """What bandit found and nobody answered."""
    report = auditor.answer(tools, "bandit", "--quiet", "--format", "json", "--recursive", *rooms)
    for error in report["errors"]:
        yield f"{error['filename']} could not be read: {error['reason']}"
    yield from waiver.unanswered(waiver.found(report), waiver.waived())


def packages(tools: Path, lists: tuple[str, ...] = LISTS) -> Iterator[str]:
    """What is known against the locked packages, and of how many nothing could be learned."""
    for file in lists:
        words = ("--require-hashes", "--disable-pip", "--format", "json", "--requirement", file)
        looked_at = auditor.answer(tools, "pip-audit", *words)["dependencies"]
        for package in looked_at:
            for known in package.get("vulns", ()):
                better = ", ".join(known["fix_versions"]) or "no version yet"
                yield f"{package['name']} {package['version']}: {known['id']}, mended in {better}"
        silent = [package for package in looked_at if "skip_reason" in package]
        if silent:
            yield (
                f"{len(silent)} of {len(looked_at)} packages of {file} were NOT looked at: "
                f"{silent[0]['skip_reason']}; is the vulnerability service reachable?"
            )


AUDITS: dict[str, Callable[[Path], Iterator[str]]] = {"code": code, "packages": packages}
"""Name -> problems."""
