"""Lineage: what the version was made from and with, and what its files must hash to."""

from __future__ import annotations

from shared.core.page.facts import Facts
from shared.core.page.markup import Content, Markup, code, datum, joined
from shared.core.page.table import Head, pairs, table
from shared.core.text import number

MOST = 20


def lineage(card: Facts) -> list[Markup]:
    """Source, code, libraries and files, each by what identifies it."""
    source = card.part("source")
    uri = f"gs://{source.text('bucket')}/{source.text('name')}#{source.text('generation')}"
    rows: list[tuple[Content, Content]] = [
        ("Version", code(card.text("version"), 130)),
        ("Data", code(uri, 300)),
        ("Code digest (sha256)", code(card.text("code_digest"), 64)),
    ]
    libraries = card.part("libraries")
    for name in sorted(card.raw("libraries") or {} if libraries else {})[:MOST]:
        rows.append((datum(name), datum(libraries.text(name))))
    return [pairs(None, rows), *_files(card)]


def _files(card: Facts) -> list[Markup]:
    rows: list[list[Content]] = [
        [
            datum(name),
            joined(_size(file.number("size"))),
            code(file.text("sha256"), 64),
        ]
        for name, file in sorted(card.part("files").parts(), key=lambda item: item[0])[:MOST]
    ]
    heads = [Head("File"), Head("Size", "figure"), Head("sha256")]
    return [table("Files of the version", heads, rows)] if rows else []


def _size(size: float | None) -> str:
    """`812 bytes`, `3.5 KB`, `1.2 MB`."""
    if size is None:
        return ""
    if size < 1_000:
        return f"{number(size)} bytes"
    unit, over = ("KB", 1e3) if size < 1e6 else ("MB", 1e6)
    return f"{size / over:,.1f} {unit}"
