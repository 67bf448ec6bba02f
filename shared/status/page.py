"""A model's status page, made from its status data alone: equal data give equal bytes."""

from __future__ import annotations

from typing import Any

from shared.core.artifact import status_name
from shared.core.page.document import Section, page
from shared.core.page.facts import Facts
from shared.core.page.markup import Content, Markup, code, datum, element, joined, paragraph
from shared.core.page.table import Head, table
from shared.core.text import moment, number, words
from shared.status import asked, missed, version, word

FOOTER = (
    "Made by dropserve from the ledger, which ",
    "keeps every step of every drop. No row of the data is on this page.",
)
MOST_CHOICES = 30
CHOICES = {
    "pinned": "pinned",
    "unpinned": "released from its pin",
    "promoted": "made the default",
    "frozen": "frozen as the default",
    "unfrozen": "no longer frozen",
}


def render(status: dict[str, Any]) -> bytes:
    """The page, in UTF-8."""
    facts = Facts(status)
    drops = facts.objects("drops")
    live = facts.part("live").text("version")
    made = (
        ("figures", "Over time", version.over_time(drops, live)),
        ("versions", "Versions", version.versions(drops, live)),
        ("requests", "Requests", asked.requests(facts)),
        ("waiting", "Waiting", _waiting(facts, drops, live)),
        ("refusals", "Refused", _refusals(drops)),
        ("warnings", "Drift and other warnings", _warnings(drops)),
        ("choices", "What people chose", _choices(drops)),
        ("ignored", "Ignored", missed.ignored(facts)),
    )
    sections = [Section(anchor, title, content) for anchor, title, content in made if content]
    name = facts.text("model")
    return page(f"{name}: status", _header(facts, drops), sections, joined(*FOOTER))


def _header(facts: Facts, drops: list[Facts]) -> list[Markup]:
    up = element("a", "All models", href=status_name().rpartition("/")[2])
    title = element("h1", "Model ", datum(facts.text("model")))
    return [
        title,
        paragraph(up, class_="small"),
        _verdict(facts.part("live")),
        *_tiles(facts, drops),
    ]


def _verdict(live: Facts) -> Markup:
    if not live:
        return paragraph(element("strong", "Nothing is live yet."), class_="verdict warn")
    old = word.is_old_pin(live)
    kept = live.text("why") != "newest"
    forgotten = " The pin is old: is it still wanted?" if old else None
    return paragraph(
        element("strong", "Live: ", code(live.text("version"), 130)),
        element("br"),
        datum(word.why_live(live), 400),
        forgotten,
        class_=f"verdict {'bad' if old else 'warn' if kept else 'good'}",
    )


def _tiles(facts: Facts, drops: list[Facts]) -> list[Markup]:
    made: list[tuple[str, str, str]] = [("Drops", number(facts.number("total") or 0), "")]
    refused = sum(drop.text("state") in ("refused", "exhausted", "failed") for drop in drops)
    made.append(("Refused", number(refused), f"of the newest {number(len(drops))}"))
    if drops:
        last = drops[0]
        at = max((t for t in last.part("times").strings()), default="")
        told = word.state(last, facts.part("live").text("version"))[1]
        made.append(("Last drop", told, moment(at)))
    return [element("dl", *(_tile(*one) for one in made), class_="tiles")]


def _tile(name: str, value: str, note: str) -> Markup:
    small = element("small", note) if note else None
    return element("div", element("dt", name), element("dd", datum(value), small))


def _waiting(facts: Facts, drops: list[Facts], live: str) -> list[Markup]:
    """Versions that are ready and that only a person's word, or the end of a pin, makes live."""
    rows: list[list[Content]] = []
    for drop in drops:
        reason = drop.text("reason")
        chosen = drop.part("chosen").text("step") in ("pinned", "promoted")
        waits = drop.text("state") == "ready" and reason in ("held", "pinned", "frozen")
        if not waits or chosen or drop.text("version") == live or drop.part("collected"):
            continue
        if reason != "held" and facts.part("live").text("why") not in ("pinned", "frozen"):
            continue
        told = "; ".join([word.WAITING[reason], *(f"it {t}" for t in drop.texts("held"))])
        promote = f"./run promote {facts.text('model')} {drop.text('version')}"
        rows.append([version.named(drop), datum(told, 800), code(promote, 200)])
    heads = [Head("Version"), Head("Why"), Head("To make it live")]
    return [table(None, heads, rows)] if rows else []


def _refusals(drops: list[Facts]) -> list[Markup]:
    rows: list[list[Content]] = []
    for drop in drops:
        if drop.text("state") in ("refused", "exhausted", "failed"):
            rows.append([_file(drop), _findings(drop)])
    return [table(None, [Head("File"), Head("Why")], rows)] if rows else []


def _file(drop: Facts) -> Markup:
    kind, told = word.state(drop, "")
    at = max(drop.part("times").strings(), default="")
    return joined(
        datum(drop.part("source").text("name"), 200),
        element("br"),
        element("span", told, class_=f"tag {kind}".strip()),
        element("small", " ", moment(at), class_="soft"),
    )


def _findings(drop: Facts) -> Markup:
    found = drop.objects("findings")
    if not found:
        return datum(drop.text("reason") or drop.text("code") or "no reason was told", 600)
    lines: list[Content] = []
    for one in found:
        line, column = one.number("line"), one.text("column")
        lines += [
            element("strong", words(one.text("code"))),
            f", line {number(line)}" if line is not None else None,
            joined(", column ", datum(column)) if column else None,
            ": ",
            datum(one.text("message"), 800),
            element("br"),
        ]
    every = sum(drop.part("counts").amounts().values())
    more = every - len(found)
    return joined(*lines, f"And {number(more)} more." if more > 0 else None)


def _warnings(drops: list[Facts]) -> list[Markup]:
    """Of the versions that were accepted; drift comes first."""
    rows: list[list[Content]] = []
    for drop in drops[:20]:
        for one in drop.objects("warnings"):
            drifted = one.text("code") == "drift"
            tag = element("span", words(one.text("code")), class_="tag warn" if drifted else "tag")
            where = datum(one.text("column")) if one.text("column") else None
            told = joined(where, ": " if where else None, datum(one.text("message"), 400))
            rows.append([tag, told, version.named(drop)])
    rows.sort(key=lambda row: "tag warn" not in str(row[0]))
    heads = [Head("Warning"), Head("What it means"), Head("Version", wide=True)]
    return [table(None, heads, rows[:40])] if rows else []


def _choices(drops: list[Facts]) -> list[Markup]:
    told = [
        (step.text("at"), step, drop)
        for drop in drops
        for step in drop.objects("steps")
        if step.text("step") in CHOICES
    ]
    rows: list[list[Content]] = [
        [
            moment(at),
            joined(version.named(drop), " ", CHOICES[step.text("step")]),
            datum(step.text("by"), 120),
        ]
        for at, step, drop in sorted(told, key=lambda one: one[0], reverse=True)[:MOST_CHOICES]
    ]
    return [table(None, [Head("When"), Head("What"), Head("Who")], rows)] if rows else []
