"""Bytes on their way to an object: a file below `uploads/`, with its running checksums."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
from collections.abc import Mapping
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any

import google_crc32c

from localcloud.storage.error import invalid

PIECE = 1 << 18
"""Bytes read from disk at a time."""


class Body:
    """A file being written. It is no object before `Storage.put` takes it.

    As a context manager it removes the file on the way out, unless it was taken.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self.busy = False
        self._copied: Mapping[str, Any] = {}
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._crc32c = 0
        self._file: FileIO | None = None

    @classmethod
    def reopened(cls, path: Path) -> Body:
        """Go on with what an earlier process wrote: reads it once for the checksums."""
        body = cls(path)
        if path.exists():
            with path.open("rb") as file:
                while piece := file.read(PIECE):
                    body._count(piece)
        return body

    def write(self, data: bytes) -> None:
        """Append."""
        if self._file is None:
            self._file = FileIO(self.path, "ab")
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
        self._count(data)

    def _count(self, data: bytes) -> None:
        self.size += len(data)
        self._md5.update(data)
        self._crc32c = google_crc32c.extend(self._crc32c, data)

    @property
    def md5(self) -> str:
        """Base64 of the MD5, as Google's `md5Hash`."""
        if "md5Hash" in self._copied:
            return str(self._copied["md5Hash"])
        return base64.b64encode(self._md5.digest()).decode()

    @property
    def crc32c(self) -> str:
        """Base64 of the CRC32C, big-endian, as Google's `crc32c`."""
        if self._copied:
            return str(self._copied["crc32c"])
        return base64.b64encode(self._crc32c.to_bytes(4, "big")).decode()

    def link(self, path: Path, resource: Mapping[str, Any]) -> None:
        """Be the bytes of an object that is there already, at no cost of copying."""
        try:
            os.link(path, self.path)
        except OSError:
            shutil.copyfile(path, self.path)
        self.size, self._copied = int(resource["size"]), resource

    def verify(self, md5: str | None, crc32c: str | None) -> None:
        """Hold the bytes against checksums that the caller sent. Raises ApiError (400)."""
        for kind, expected, actual in (
            ("MD5 hash", md5, self.md5),
            ("CRC32C", crc32c, self.crc32c),
        ):
            if expected and expected != actual:
                raise invalid(
                    f'Provided {kind} "{expected}" doesn\'t match calculated {kind} "{actual}".'
                )

    def close(self) -> None:
        """Close the file; `write` opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def move(self, target: Path) -> None:
        """Give the finished file its place among the objects."""
        self.close()
        if self.size == 0:
            self.path.touch()
        self.path.rename(target)

    def discard(self) -> None:
        """Close and remove the file."""
        self.close()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Body:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.discard()
