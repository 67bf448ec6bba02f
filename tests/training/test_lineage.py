"""The code digest covers the code that determines a model, and no other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from shared.training import lineage

ROOT = Path(__file__).parents[2]


def file_of(module: str) -> str | None:
    """The file of one of our modules, below the root; None for a name within a module."""
    path = Path(*module.split("."))
    files = (path.with_suffix(".py"), path / "__init__.py")
    return next((f.as_posix() for f in files if (ROOT / f).is_file()), None)


def imported(file: str) -> Iterator[str]:
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield str(node.module)


def reached(start: str) -> set[str]:
    """Files that a module's imports lead to, those within functions too."""
    found: set[str] = set()
    todo = [start]
    while todo:
        file = file_of(todo.pop())
        if file is not None and file.startswith("shared/") and file not in found:
            found.add(file)
            todo += imported(file)
    return found


def test_the_digest_covers_what_the_trainer_imports_and_nothing_else() -> None:
    covered = {f"shared/{name}" for name in lineage.covered()}
    packages = {name for name in covered | reached("shared.training.trainer") if "__init__" in name}
    assert covered - packages == reached("shared.training.trainer") - packages
    assert all(len((ROOT / name).read_text(encoding="utf-8").split()) < 60 for name in packages)
