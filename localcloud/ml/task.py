"""Runs one job's package: `python -m localcloud.ml.task JOB_FILE FOLDER`.

Fetches the archives from the store, unpacks them, runs the module in a process of its own, and
writes each line that it prints as one JSON line with the time at which it came.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from urllib.parse import quote

from localcloud.ml.job import Job

BAD_PACKAGE = 120
"""Exit code where the packages cannot be had or read."""

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_writing = threading.Lock()


class BadPackage(Exception):
    """Why the module cannot be run."""


def tell(message: str, severity: str = "INFO") -> None:
    """One line of the job's log."""
    line = {"time": datetime.now(UTC).isoformat(), "severity": severity, "message": message}
    with _writing:
        print(json.dumps(line), flush=True)


def run(job: Job, folder: Path) -> int:
    """Fetch, unpack, run; the module's exit code."""
    shutil.rmtree(folder, ignore_errors=True)  # of an attempt that was killed
    places = folder / "packages"
    try:
        for number, uri in enumerate(job.packages):
            tell(f"fetching {uri}")
            archive = fetch(uri, folder / "archives" / str(number))
            unpack(archive, places)
    except BadPackage as error:
        tell(str(error), "ERROR")
        return BAD_PACKAGE
    for name in missing(places):
        tell(f"{name} is required by the package and not installed here", "WARNING")
    tell(f"running {job.module}")
    return execute(job, places)


def fetch(uri: str, folder: Path) -> Path:
    """Download one archive. Raises BadPackage."""
    bucket, _, name = uri.removeprefix("gs://").partition("/")
    store = os.environ["STORAGE_EMULATOR_HOST"]
    address = f"{store}/storage/v1/b/{quote(bucket)}/o/{quote(name, safe='')}?alt=media"
    folder.mkdir(parents=True)
    path = folder / name.rpartition("/")[2]
    try:
        with urllib.request.urlopen(address) as answer, path.open("wb") as file:
            shutil.copyfileobj(answer, file)
    except urllib.error.HTTPError as error:
        raise BadPackage(f"{uri} cannot be read: HTTP {error.code}") from error
    return path


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a source archive or a wheel so that its packages lie in `folder`. BadPackage."""
    folder.mkdir(exist_ok=True)
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as file:
                file.extractall(folder)
        else:
            with tarfile.open(archive) as file:
                file.extractall(folder, members=_below_the_top(file), filter="data")
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise BadPackage(f"{archive.name} cannot be unpacked: {error}") from error


def _below_the_top(file: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The members without the folder `<name>-<version>/` that every source archive has."""
    for member in file:
        _, _, rest = member.name.partition("/")
        if rest:
            yield member.replace(name=rest)


def missing(folder: Path) -> list[str]:
    """What the packages say they require and this Python does not have."""
    listed = [
        line
        for path in folder.glob("*/requires.txt")
        for line in path.read_text(encoding="utf-8").split("\n[")[0].splitlines()
    ]
    names = [match[1] for line in listed if (match := _REQUIREMENT.match(line))]
    return [name for name in names if not _is_installed(name)]


def _is_installed(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def execute(job: Job, places: Path) -> int:
    """Run the module; its exit code."""
    command = [sys.executable, "-m", job.module, *job.args]
    environment = {**os.environ, "PYTHONPATH": str(places), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command,
        cwd=places,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        errors = threading.Thread(target=_tell_all, args=(process.stderr, "ERROR"))
        errors.start()
        _tell_all(process.stdout, "INFO")
        errors.join()
        return process.wait()


def _tell_all(lines: IO[str], severity: str) -> None:
    for line in lines:
        if text := line.rstrip():
            tell(text, severity)


def main(words: list[str]) -> int:
    """Entry point."""
    file, folder = map(Path, words)
    code = run(Job.from_json(file.read_bytes()), folder)
    tell("the job succeeded" if code == 0 else f"the job ended with exit code {code}")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
