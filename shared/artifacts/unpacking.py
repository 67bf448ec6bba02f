"""Decompressing a model file, never to more than a bound: joblib's own formats, by magic number."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from typing import IO

from shared.core.errors import ArtifactRefused


def _gzip(file: IO[bytes]) -> IO[bytes]:
    return gzip.open(file, "rb")  # type: ignore[return-value]


def _lzma(file: IO[bytes]) -> IO[bytes]:
    return lzma.open(file, "rb", format=lzma.FORMAT_AUTO)


_OPENERS: tuple[tuple[bytes, Callable[[IO[bytes]], IO[bytes]]], ...] = (
    (b"\x1f\x8b", _gzip),
    (b"BZ", bz2.BZ2File),
    (b"\xfd7zXZ", _lzma),
    (b"\x5d\x00", _lzma),
)
_REFUSED = {b"\x04\x22\x4d\x18": "lz4", b"ZF": "joblib older than 0.10"}


def unpack(data: bytes, max_bytes: int) -> bytes:
    """The pickle inside: as it is, or from zlib, gzip, bz2, lzma, xz. Raises ArtifactRefused."""
    if len(data) > max_bytes:
        raise _too_large(max_bytes)
    for magic, name in _REFUSED.items():
        if data.startswith(magic):
            raise ArtifactRefused(f"the model file is packed by {name}; write it with compress=3")
    try:
        return _unpacked(data, max_bytes)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise ArtifactRefused(f"the model file cannot be unpacked: {error}") from error


def _unpacked(data: bytes, max_bytes: int) -> bytes:
    if data[:1] == b"\x78":
        return _inflated(data, max_bytes)
    for magic, opened in _OPENERS:
        if data.startswith(magic):
            with opened(io.BytesIO(data)) as file:
                plain = file.read(max_bytes + 1)
            break
    else:
        return data
    if len(plain) > max_bytes:
        raise _too_large(max_bytes)
    return plain


def _inflated(data: bytes, max_bytes: int) -> bytes:
    stream = zlib.decompressobj()
    plain = stream.decompress(data, max_bytes + 1)
    if len(plain) > max_bytes:
        raise _too_large(max_bytes)
    if not stream.eof:
        raise EOFError("it ends before its end")
    return plain


def _too_large(max_bytes: int) -> ArtifactRefused:
    return ArtifactRefused(f"the model file is larger than {max_bytes:,} bytes")
