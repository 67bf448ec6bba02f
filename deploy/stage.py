"""Copies one deployable thing into a folder, exactly as it will be deployed.

By copy, never by symbolic link: `gcloud functions deploy` drops a linked `shared/` silently. The
same checkout always gives the same files, whatever lies beside them.
"""

from __future__ import annotations

import compileall
import hashlib
import py_compile
import shutil
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = "requirements.txt"
DIGEST = ".digest"

_FUNCTION = ("__init__.py", "core", "logs.py", "wiring.py", "gcp", "workflows")
_READING = ("training/__init__.py", "training/reading")
_TELLING = ("status", "webhook.py")
ROOMS: dict[str, tuple[str, ...]] = {
    "retrain": (*_FUNCTION, *_TELLING, "training", "artifacts", "job.py"),
    "deploy_version": (*_FUNCTION, *_TELLING, "reconcile.py"),
    "predict": (*_FUNCTION, "web"),
    "batch_predict": (*_FUNCTION, *_READING, "batch", "batch_job.py"),
    "serving": ("__init__.py", "core", "logs.py", "gcp", "artifacts"),
}
"""What of shared/ each thing may import: the import table of docs/41-architecture.md, by name."""


def folder(name: str) -> str:
    """Where the thing lies in the checkout."""
    return "serving" if name == "serving" else f"functions/{name}"


def sources(name: str, root: Path = ROOT) -> Iterator[tuple[str, Path]]:
    """Every file of the thing: (path in the staged folder, path in the checkout), ordered."""
    own = root / folder(name)
    inside = "serving/" if name == "serving" else ""
    for path in _files(own):
        relative = path.relative_to(own).as_posix()
        yield (relative if relative == REQUIREMENTS else f"{inside}{relative}"), path
    for room in sorted(ROOMS[name]):
        for path in _files(root / "shared" / room):
            yield path.relative_to(root).as_posix(), path


def _files(place: Path) -> Iterator[Path]:
    """The files at or below a place, ordered, without bytecode and hidden files."""
    if place.is_file():
        yield place
        return
    for path in sorted(place.rglob("*")):
        parts = path.relative_to(place).parts
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in parts):
            yield path


def digest(name: str, root: Path = ROOT) -> str:
    """Hex sha256 over the names and contents of what would be staged."""
    total = hashlib.sha256()
    for inside, path in sources(name, root):
        content = path.read_bytes()
        total.update(f"{inside}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def stage(name: str, target: Path, root: Path = ROOT, *, bytecode: bool = False) -> str:
    """Make `target` hold exactly the thing's files; its digest. Whole or not at all.

    bytecode: compile for this Python too, unchecked, because nothing changes a staged folder. A
    folder that already holds this digest is left alone.
    """
    wanted = digest(name, root)
    if staged_digest(target) == wanted:
        return wanted
    aside = target.with_name(f"{target.name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    for inside, path in sources(name, root):
        place = aside / inside
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    if bytecode:
        _compile(aside, target)
    (aside / DIGEST).write_text(wanted, encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    aside.replace(target)
    return wanted


def staged_digest(target: Path) -> str | None:
    """The digest that a folder was staged from; None for one that was never finished."""
    try:
        return (target / DIGEST).read_text(encoding="utf-8")
    except OSError:
        return None


def _compile(aside: Path, target: Path) -> None:
    compileall.compile_dir(
        aside,
        quiet=1,
        stripdir=str(aside),
        prependdir=str(target),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
