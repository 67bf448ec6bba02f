"""What came: the file or files, their rows, and what was odd about them."""

from __future__ import annotations

from collections import Counter

from shared.core.page.facts import Facts
from shared.core.page.markup import Content, Markup, code, datum, element, paragraph
from shared.core.page.table import Head, pairs, table
from shared.core.text import count, moment, number, words

MOST_FILES = 20
MOST_FINDINGS = 30


def came(card: Facts) -> list[Markup]:
    """The source, the rows and columns, and the rows of each file where there were several."""
    source = card.part("source")
    rows: list[tuple[Content, Content]] = [
        ("File", datum(source.text("name"), 200)),
        ("Bucket", datum(source.text("bucket"))),
        ("Generation", code(source.text("generation"))),
        ("Uploaded", datum(moment(source.text("time_created")))),
    ]
    schema = card.part("schema")
    metrics = card.part("metrics")
    if amount := metrics.number("rows"):
        rows.append(("Rows", number(amount)))
    features = len(schema.objects("features"))
    rows.append(("Columns", f"{count(features, 'feature')} and the target"))
    rows.append(("Target", datum(schema.text("target"))))
    return [pairs(None, rows), *_files(card)]


def odd(card: Facts) -> list[Markup]:
    """Every warning, with its place."""
    found = card.objects("warnings")
    if not found:
        return [paragraph("Nothing. Every row and every column was taken as it is.")]
    some = [_finding(one) for one in found[:MOST_FINDINGS]]
    heads = [Head("Warning"), Head("Where"), Head("What it means")]
    return [table(None, heads, some), *_rest(found[MOST_FINDINGS:])]


def _finding(finding: Facts) -> list[Content]:
    line, column = finding.number("line"), finding.text("column")
    message = finding.text("message")
    return [
        words(finding.text("code")),
        element(
            "span",
            f"line {number(line)}" if line is not None else None,
            ", " if line is not None and column else None,
            datum(column) if column else None,
        ),
        datum(message[:1].upper() + message[1:], 1_000),
    ]


def _rest(more: list[Facts]) -> list[Markup]:
    if not more:
        return []
    kinds = Counter(words(finding.text("code")) for finding in more).most_common(10)
    listed = ", ".join(f"{kind} ({number(amount)})" for kind, amount in kinds)
    return [paragraph(f"And {number(len(more))} more: {listed}.", class_="soft")]


def _files(card: Facts) -> list[Markup]:
    """Rows that each file gave, after rows that are identical were counted once."""
    files = card.part("facts", "files").amounts()
    if len(files) < 2:
        return []
    rows: list[list[Content]] = [
        [datum(name, 200), number(amount)] for name, amount in sorted(files.items())[:MOST_FILES]
    ]
    caption = f"Rows of {count(len(files), 'file')}; identical rows count once"
    more = len(files) - MOST_FILES
    note = [paragraph(f"And {count(more, 'more file')}.", class_="soft")] if more > 0 else []
    return [table(caption, [Head("File"), Head("Rows", "figure")], rows), *note]
