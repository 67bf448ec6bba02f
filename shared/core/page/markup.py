"""HTML and SVG elements: whatever is not markup already is made visible and escaped."""

from __future__ import annotations

import html

from shared.core.text import NAME_LENGTH, number, shown

VOID = frozenset({"meta", "rect", "line", "circle", "path", "br", "wbr"})


class Markup(str):
    """Text that is HTML already. Only this module makes one out of anything else."""

    __slots__ = ()


Content = str | float | None


def element(name: str, *content: Content, **attributes: Content) -> Markup:
    """`<name class="...">content</name>`, from `class_="..."`; None leaves an attribute out."""
    head = f"<{name}{_attributes(attributes)}"
    if name in VOID:
        return Markup(f"{head}/>")
    return Markup(f"{head}>{joined(*content)}</{name}>")


def joined(*content: Content) -> Markup:
    """Contents one behind the other; None is nothing, a number is written for people."""
    return Markup("".join(_escaped(part) for part in content if part is not None))


def lines(*content: Content) -> Markup:
    """Contents with a line end behind each, so that the page's source can be read."""
    return Markup("".join(f"{_escaped(part)}\n" for part in content if part is not None))


def datum(text: str, limit: int = NAME_LENGTH) -> Markup:
    """A name out of the data, in a direction of its own, so that it cannot turn its line round."""
    return element("bdi", shown(text, limit))


def whole(text: str) -> Markup:
    """A text to copy, which must not be cut."""
    return Markup(html.escape(shown(text, len(text))))


def code(text: str, limit: int = NAME_LENGTH) -> Markup:
    """Something that a program reads: a digest, an address."""
    return element("code", element("bdi", shown(text, limit)))


def paragraph(*content: Content, class_: str | None = None) -> Markup:
    """A paragraph."""
    return element("p", *content, class_=class_)


def beside(chart: Markup, *others: Markup) -> Markup:
    """A chart, and next to it where there is room, what explains it."""
    return element("div", chart, *others, class_="beside")


def _attributes(attributes: dict[str, Content]) -> str:
    return "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for name, value in attributes.items()
        if value is not None
    )


def _value(value: Content) -> str:
    return _escaped(value) if isinstance(value, str) else f"{round(value or 0, 2):g}"


def _escaped(part: Content) -> str:
    if isinstance(part, Markup):
        return part
    if isinstance(part, str):
        return html.escape(shown(part))
    return number(part) if part is not None else ""
