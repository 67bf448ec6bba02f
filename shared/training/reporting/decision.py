"""The decision: champion against challenger, and the reason in words."""

from __future__ import annotations

from shared.core.configuration import MARGINS
from shared.core.page.facts import Facts
from shared.core.page.markup import (
    Content,
    Markup,
    beside,
    datum,
    element,
    joined,
    paragraph,
)
from shared.core.page.table import Head, pairs, table
from shared.core.text import count, listed, number, percent, signed, words
from shared.training.reporting import plot
from shared.training.reporting.metric import TITLES

"""How much worse a challenger may surely be where the card names no margin."""

MEANING = {
    "accepted": "Accepted",
    "first_model": "Accepted",
    "incomparable": "Accepted without a comparison",
    "overridden": "Released by a person's word",
    "no_signal": "Refused: nothing was learnt",
    "gate_worse": "Refused: worse than the live version",
    "gate_floor": "Refused: below the floor",
    "class_vanished": "Refused: a class is gone",
    "drift": "Refused: the data has drifted",
}
CALM = frozenset({"accepted", "first_model"})


def verdict(card: Facts) -> list[Markup]:
    """The decision and its reason, in a box at the top."""
    facts = card.part("facts", "decision")
    code, reason = facts.text("code"), facts.text("reason")
    if not code:
        return []
    kind = "good" if code in CALM else "warn"
    if facts.flag("accepted") is False:
        kind = "bad"
    title = element("strong", MEANING.get(code, words(code)))
    told = datum(reason[:1].upper() + reason[1:], 1_500)
    return [paragraph(title, element("br"), told, class_=f"verdict {kind}")]


def decision(card: Facts) -> list[Markup]:
    """What the decision stands on."""
    facts = card.part("facts", "decision")
    if not facts:
        return []
    return [
        *_comparison(card, facts),
        *_signal(facts.part("signal")),
        *_classes(facts.part("classes")),
        *_rules(facts.part("rules")),
    ]


def _comparison(card: Facts, facts: Facts) -> list[Markup]:
    comparison = facts.part("comparison")
    champion = card.part("facts", "champion")
    if not comparison:
        lacking = champion.text("lacking")
        why = (
            joined("The live version could not be asked: ", datum(lacking, 500))
            if lacking
            else None
        )
        return [paragraph(why or "There was no live version to compare with.")]
    difference = comparison.part("difference")
    metric, title = difference.text("metric"), TITLES.get(difference.text("metric"), "Score")
    old, new = difference.number("champion"), difference.number("challenger")
    if old is None or new is None:
        return [paragraph("Not compared: ", datum(comparison.text("reason"), 500), ".")]
    by_rows = difference.number("rows")
    rows: list[list[Content]] = [
        ["This version (challenger)", new, signed(float(f"{new - old:.3g}"))],
        [joined("Live version (champion)", _named(champion.text("version"))), old, ""],
    ]
    heads = [Head("Version"), Head(title, "figure"), Head("Difference", "figure")]
    caption = joined("Judged by: ", datum(comparison.text("on"), 200))
    if by_rows is not None:
        caption = joined(caption, f", {count(by_rows, 'row')}")
    later = _on_new(comparison.part("new"))
    return [table(caption, heads, rows), *_bound(facts, difference, metric), *later]


def _named(version: str) -> Markup | None:
    return element("small", " ", datum(version, 130), class_="soft") if version else None


def _on_new(difference: Facts) -> list[Markup]:
    """What the few rows say that came since the champion, where they do not decide alone."""
    old, new = difference.number("champion"), difference.number("challenger")
    if old is None or new is None:
        return []
    words = f"On the {count(difference.number('rows') or 0, 'row')} that came since: "
    return [paragraph(f"{words}{number(new)}, and {number(old)} of the live version.")]


def _bound(facts: Facts, difference: Facts, metric: str) -> list[Markup]:
    """How much worse it is, and how much worse it surely is."""
    by, least = difference.number("by"), difference.number("at_least")
    if by is None or least is None:
        return []
    limit = facts.part("rules").number("margin")
    limit = MARGINS.get(metric) if limit is None else limit
    how = "worse" if by > 0 else "better"
    size = percent(abs(by)) if metric == "rmse" else f"{abs(by):.2g}"
    told = f"On these rows this version is {size} {how}. " if by else "Both did equally well. "
    sure = f"With 95 % confidence it is worse by {percent(least)} or more."
    if least <= 0:
        sure = "It is not surely worse."
    allowed = (
        ""
        if limit is None
        else f"A version that is surely worse by more than {percent(limit)} is refused."
    )
    title = "How much worse this version is, its 95 % bound, and the limit"
    words = element("div", paragraph(told, sure), paragraph(allowed) if allowed else None)
    return [beside(plot.bound(least, by, limit, title), words)]


def _signal(signal: Facts) -> list[Markup]:
    value, baseline = signal.number("value"), signal.number("baseline")
    if value is None or baseline is None:
        return []
    name = TITLES.get(signal.text("metric"), words(signal.text("metric")))
    chance = signal.number("chance")
    luck = ""
    if chance is not None:
        said = "less than 0.1 %" if chance < 0.001 else percent(chance)
        luck = f" Doing as well by luck has a probability of {said}."
    return [
        paragraph(
            f"{name} is {number(value)}, and {number(baseline)} for a model that does not look at "
            f"the features.{luck}"
        )
    ]


def _classes(classes: Facts) -> list[Markup]:
    made = []
    for key, text in (("added", "New classes"), ("vanished", "Classes without a row")):
        if names := classes.texts(key):
            made.append(paragraph(f"{text}: ", datum(listed(names, 10), 800), "."))
    return made


def _rules(rules: Facts) -> list[Markup]:
    """The rules that a person set, where they differ from the usual ones."""
    rows: list[tuple[Content, Content]] = []
    for key, title in (("margin", "Margin"), ("floor", "Floor")):
        if (value := rules.number(key)) is not None:
            rows.append((title, value))
    if rules.flag("baseline") is False:
        rows.append(("Must beat chance", "no"))
    if rules.flag("enforced") is False:
        rows.append(("Gate", "told, not enforced"))
    if rules.text("drift") == "refuse":
        rows.append(("High drift", "refused"))
    return [pairs("Rules of model.toml, or of the drop", rows)] if rows else []
