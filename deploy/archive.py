"""Packs a staged folder into one archive: the same files give the same bytes."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path


def pack(folder: Path, target: Path) -> None:
    """Write `folder` as .tar.gz: names in order, no times, owners or modes of this machine."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            content = path.read_bytes()
            entry = tarfile.TarInfo(path.relative_to(folder).as_posix())
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    with target.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as squeezed:
        squeezed.write(packed.getvalue())
