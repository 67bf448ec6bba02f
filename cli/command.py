"""Takes the command line apart and calls one verb. A verb's module is imported only when called.

Each verb is a module of this room with `arguments(parser)`, which declares what it takes, and
`run(options) -> int`, which does it and gives the exit code.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys

from cli.failure import Failure, UsageFailure
from cli.terminal import protect

VERBS = {
    "demo": "the whole loop once: a CSV dropped, a version live, two predictions",
    "up": "start a local cloud here, until Ctrl-C",
    "env": "export lines for the running local cloud",
    "drop": "upload a CSV and follow it until its version is live",
    "configure": "say what a model is to be like: check and upload its model.toml",
    "retrain": "train the last accepted CSV again, under today's code and model.toml",
    "predict": "ask a model for predictions",
    "batch": "predict for every row of a CSV",
    "versions": "list a model's versions",
    "status": "who is live and why, what waits, what was refused",
    "rollback": "take a model back to an earlier version, and keep it there",
    "promote": "make a version live, a held one too",
    "freeze": "stop promotions of a model",
    "unfreeze": "let promotions of a model go on",
    "forget": "remove all that is there of a drop, or of a model",
    "reconcile": "do what lost events left undone",
    "keys": "make, list and revoke API keys of predict",
    "open": "the page, status and reports in a browser, with your token",
    "logs": "show what the functions and services log",
    "test": "run the tests",
    "check": "lint, types, locks, audit, tests",
    "audit": "look for weaknesses in our code and in the locked packages",
    "sbom": "write a bill of materials for each thing that is deployed",
    "bench": "run a benchmark",
    "simulate": "play one seed of the simulation again",
    "lock": "write the locked requirements anew from pyproject.toml",
}
PASS_THROUGH = {"test"}
"""Verbs that hand their whole command line to another program."""


def usage() -> str:
    """What `./run` prints without a verb."""
    verbs = "\n".join(f"  {name:<10} {purpose}" for name, purpose in VERBS.items())
    return f"usage: ./run VERB ...\n\n{verbs}\n\n./run VERB --help tells more."


def unknown_verb(verb: str) -> UsageFailure:
    """Names the nearest verb."""
    from shared.core.suggestion import nearest

    near = nearest(verb, list(VERBS))
    hint = f"Did you mean ./run {near}?" if near else "./run --help lists the verbs."
    return UsageFailure(f"there is no verb {verb!r}. {hint}")


def parse(verb: str, words: list[str]) -> argparse.Namespace:
    """The verb's options; argparse ends the process with 2 for those it does not know."""
    module = importlib.import_module(f"cli.{verb}")
    parser = argparse.ArgumentParser(
        prog=f"./run {verb}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    if verb in PASS_THROUGH:
        return argparse.Namespace(words=words)
    module.arguments(parser)
    return parser.parse_args(words)


def call(words: list[str]) -> int:
    """Find the verb and run it."""
    if not words:
        print(usage(), file=sys.stderr)
        return 2
    verb, *rest = words
    if verb in ("-h", "--help", "help"):
        print(usage())
        return 0
    if verb not in VERBS:
        raise unknown_verb(verb)
    options = parse(verb, rest)
    return int(importlib.import_module(f"cli.{verb}").run(options))


def main(words: list[str]) -> int:
    """The exit code of one command line."""
    protect()
    os.environ.pop("PYTHONPATH", None)  # `run` set it for this process, not for its children
    try:
        return call(words)
    except Failure as failure:
        print(f"error: {failure}", file=sys.stderr)
        return failure.exit_code
    except BrokenPipeError:  # the reader, such as head, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
