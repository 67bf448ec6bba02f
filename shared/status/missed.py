"""The section of objects that were ignored although they looked like drops."""

from __future__ import annotations

from shared.core.page.facts import Facts
from shared.core.page.markup import Content, Markup, datum
from shared.core.page.table import Head, table
from shared.core.text import moment


def ignored(facts: Facts) -> list[Markup]:
    """Each with the reason and what mends it; [] where there is none."""
    rows: list[list[Content]] = [
        [datum(one.text("name"), 300), datum(one.text("reason"), 400), moment(one.text("at"))]
        for one in facts.objects("ignored")
    ]
    heads = [Head("Object"), Head("Why it was not trained on"), Head("When", wide=True)]
    return [table(None, heads, rows)] if rows else []
