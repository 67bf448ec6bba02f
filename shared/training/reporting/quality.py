"""How good the model is on rows that it was not fitted on."""

from __future__ import annotations

from itertools import pairwise

from shared.core.page.chart import bar
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
from shared.core.page.table import Head, scrolling, table
from shared.core.text import NAME_LENGTH, count, number, percent, shown
from shared.training.reporting import plot
from shared.training.reporting.metric import METRICS

MOST_CLASSES = 20


def figures(card: Facts) -> list[Markup]:
    """Each figure beside that of a model which does not look at the features."""
    metrics = card.part("metrics")
    rows: list[list[Content]] = []
    for metric in METRICS:
        if (value := metrics.number(metric.key)) is not None:
            baseline = metrics.number(metric.baseline)
            rows.append(
                [
                    metric.title,
                    joined(value, _interval(metrics, metric.key)),
                    "" if baseline is None else baseline,
                    metric.says,
                ]
            )
    if not rows:
        return []
    heads = [
        Head("Figure"),
        Head("This model", "figure"),
        Head("Without features", "figure"),
        Head("What it says", wide=True),
    ]
    return [_how(metrics), table(None, heads, rows)]


def classes(card: Facts) -> list[Markup]:
    """Confusion matrix or commonest mistakes, and each class by itself."""
    metrics = card.part("metrics")
    return [*_matrix(metrics.part("confusion")), *_mistakes(metrics), *_each(card)]


def residuals(card: Facts) -> list[Markup]:
    """By how much a regression misses, and whether it does so evenly."""
    facts = card.part("metrics", "residuals")
    edges, amounts = (
        facts.part("histogram").numbers("edges"),
        facts.part("histogram").numbers("rows"),
    )
    made: list[Markup] = []
    if len(edges) == len(amounts) + 1 > 2 and all(a < b for a, b in pairwise(edges)):
        made.append(
            paragraph(
                "Truth minus answer: right of 0 the answer was too low. The outermost bars hold "
                "the tails too."
            )
        )
        made.append(
            plot.histogram(edges, amounts, "Histogram of the residuals", "truth minus answer")
        )
    return [*made, *_quantiles(facts.part("quantiles")), *_by_prediction(facts)]


def _how(metrics: Facts) -> Markup:
    evaluated, trained = metrics.number("evaluated_rows"), metrics.number("trained_rows")
    return paragraph(
        "Judged by ",
        metrics.text("method") or "rows that it was not fitted on",
        f" on {count(evaluated, 'row')}" if evaluated is not None else None,
        f"; the version itself is fitted on {count(trained, 'row')}" if trained else None,
        ". ",
        shown(metrics.text("why"), 400),
    )


def _interval(metrics: Facts, key: str) -> Markup | None:
    ends = metrics.numbers(f"{key}_interval")
    if len(ends) != 2:
        return None
    return element("small", f" ({number(ends[0])} to {number(ends[1])})", class_="soft")


def _matrix(confusion: Facts) -> list[Markup]:
    names, counts = confusion.texts("classes"), confusion.table("counts")
    square = len(names) == len(counts) == len(counts[0] if counts else ())
    if not square or not 0 < len(names) <= MOST_CLASSES:
        return []
    top = element(
        "tr",
        element("th", "was \\ answered", scope="col", class_="corner"),
        *(element("th", datum(name), scope="col") for name in names),
    )
    body = (_matrix_row(names, at, row) for at, row in enumerate(counts))
    caption = element("caption", "Confusion matrix")
    matrix = element(
        "table", caption, element("thead", top), element("tbody", *body), class_="matrix"
    )
    return [scrolling("Confusion matrix", matrix)]


def _matrix_row(names: list[str], at: int, row: list[float]) -> Markup:
    whole = sum(row) or 1
    cells = (
        element("td", amount, class_=_shade(amount / whole, "hit" if place == at else "miss"))
        for place, amount in enumerate(row)
    )
    return element("tr", element("th", datum(names[at]), scope="row"), *cells)


def _shade(share: float, kind: str) -> str:
    step = min(round(share * 9 + 0.49), 9)
    return f"{kind}{step}" if step > 0 else "soft"


def _mistakes(metrics: Facts) -> list[Markup]:
    rows: list[list[Content]] = [
        [datum(one.text("class")), datum(one.text("answered")), one.number("rows")]
        for one in metrics.part("confusion").objects("mistakes")[:MOST_CLASSES]
    ]
    heads = [Head("It was"), Head("Answered"), Head("Rows", "figure")]
    return [table("The commonest mistakes", heads, rows)] if rows else []


def _each(card: Facts) -> list[Markup]:
    """Recall and precision of each class, the one that is found worst first where they are many."""
    every = card.part("metrics", "per_class")
    found = [(name, every.part(name)) for name in card.part("schema").texts("classes")]
    if not every or not found:
        return []
    if len(found) > MOST_CLASSES:
        found.sort(key=lambda item: (item[1].number("recall") or 0.0, item[0]))
    rows = [_class(name, facts) for name, facts in found[:MOST_CLASSES]]
    heads = [
        Head("Class"),
        Head("Rows", "figure"),
        Head("Found", "figure"),
        Head("Right when said", "figure"),
        Head("0 to 100 %", "chart", wide=True),
    ]
    more = len(found) - MOST_CLASSES
    caption = (
        "Each class: how much of it was found (recall), and how often it was right (precision)"
    )
    note = f"And {number(more)} more classes, each found better than these."
    return [table(caption, heads, rows), *([paragraph(note, class_="soft")] if more > 0 else [])]


def _class(name: str, facts: Facts) -> list[Content]:
    recall, precision = facts.number("recall"), facts.number("precision")
    return [
        datum(name, NAME_LENGTH),
        facts.number("rows"),
        "" if recall is None else percent(recall),
        "never said" if precision is None else percent(precision),
        None if recall is None else bar(recall),
    ]


def _quantiles(quantiles: Facts) -> list[Markup]:
    middle, low, high = (quantiles.number(name) for name in ("0.5", "0.05", "0.95"))
    if middle is None or low is None or high is None:
        return []
    words = f"Half of the residuals are below {number(middle)}; nine in ten lie between "
    return [paragraph(f"{words}{number(low)} and {number(high)}.")]


def _by_prediction(facts: Facts) -> list[Markup]:
    points = [
        (predicted, actual, part.number("rows") or 0)
        for part in facts.objects("by_prediction")
        if (predicted := part.number("predicted")) is not None
        and (actual := part.number("actual")) is not None
    ]
    if len(points) < 2:
        return []
    rows: list[list[Content]] = [[p, a, number(n)] for p, a, n in points]
    heads = [Head("Mean answer", "figure"), Head("Mean truth", "figure"), Head("Rows", "figure")]
    return [
        element("h3", "Answer against truth"),
        beside(
            plot.agreement(points, "Mean truth by mean answer; on the dashed line they are equal"),
            table("Rows in equal parts, by what was answered", heads, rows),
        ),
    ]
