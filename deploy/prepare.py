"""Prepares the folder that the plan's commands read: staged code, images, files of JSON."""

from __future__ import annotations

import sys
from pathlib import Path

from deploy.archive import pack
from deploy.configuration import Configuration
from deploy.image import dockerfile
from deploy.plan import Plan, plan
from deploy.section.running import FUNCTIONS, images
from deploy.stage import ROOT, digest, stage


def sources(made: Configuration, root: Path = ROOT) -> dict[str, str]:
    """Staged thing -> digest of its files in the checkout."""
    things = {function.replace("-", "_") for function in FUNCTIONS} | set(images(made))
    return {thing: digest(thing, root) for thing in sorted(things)}


def prepared(made: Configuration, root: Path = ROOT) -> Plan:
    """The plan, with everything that its commands read in `.deploy/<name>/` of the checkout."""
    wanted = plan(made, sources(made, root))
    folder = root / ".deploy" / made.name
    folder.mkdir(parents=True, exist_ok=True)
    compiles = made.runtime == f"python3{sys.version_info.minor}"  # another's would be ignored
    for function in FUNCTIONS:
        thing = function.replace("-", "_")
        stage(thing, folder / thing, root, bytecode=compiles)
    for thing in images(made):
        context = folder / "images" / thing
        context.parent.mkdir(exist_ok=True)
        stage(thing, context, root)
        (context / "Dockerfile").write_text(dockerfile(made.runtime, thing), encoding="utf-8")
        pack(context, folder / "images" / f"{thing}.tar.gz")
    for name, content in wanted.files.items():
        (folder / name).write_text(content, encoding="utf-8")
    return wanted
