"""Cloud Logging's filter language, as far as clients of this project use it.

Comparisons (= != < <= > >= : =~ !~) of dotted fields, also with several values (`a=("b" OR "c")`),
plain words that may stand anywhere, AND, OR, NOT, a leading minus and parentheses. NOT binds
tightest, then OR, then AND; two conditions side by side mean AND.
Source: cloud.google.com/logging/docs/view/logging-query-language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from localcloud.logentry import SEVERITIES, normal_time

Entry = Mapping[str, Any]
Condition = Callable[[Entry], bool]

_TOKEN = re.compile(
    r"""\s*(?:--[^\n]*|(?P<token>"(?:[^"\\]|\\.)*"|!=|<=|>=|=~|!~|[=<>:()]"""
    r"""|[^\s()=<>:!"](?:[^\s()=<>:!"]|"[^"]*")*))"""
)
_TIMES = ("timestamp", "receiveTimestamp")


class BadFilter(ValueError):
    """The filter cannot be read; the message says where."""


def compile_filter(text: str) -> Condition:
    """The filter as a function of an entry. Raises BadFilter."""
    reader = _Reader(_tokens(text))
    if reader.ended:
        return lambda _: True
    condition = reader.all()
    if not reader.ended:
        raise BadFilter(f"unexpected {reader.take()!r}")
    return condition


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match:
            raise BadFilter(f"cannot read {text[at : at + 20]!r} at character {at + 1}")
        if match["token"]:
            tokens.append(match["token"])
        at = match.end()
    return tokens


class _Reader:
    """Recursive descent over the tokens."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def ended(self) -> bool:
        return self._at == len(self._tokens)

    def peek(self) -> str:
        return "" if self.ended else self._tokens[self._at]

    def take(self) -> str:
        if self.ended:
            raise BadFilter("the filter ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def all(self) -> Condition:
        conditions = [self.any()]
        while not self.ended and self.peek() != ")":
            if self.peek() == "AND":
                self.take()
            conditions.append(self.any())
        return lambda entry: all(condition(entry) for condition in conditions)

    def any(self) -> Condition:
        conditions = [self.one()]
        while self.peek() == "OR":
            self.take()
            conditions.append(self.one())
        return lambda entry: any(condition(entry) for condition in conditions)

    def one(self) -> Condition:
        token = self.take()
        if token == "NOT":
            return _negated(self.one())
        if token == "(":
            inner = self.all()
            if self.take() != ")":
                raise BadFilter("a parenthesis is not closed")
            return inner
        if token == "-":
            return _negated(self.one())
        if token.startswith("-"):
            return _negated(self._comparison(token[1:]))
        return self._comparison(token)

    def _comparison(self, field: str) -> Condition:
        if field in _OPERATORS or field in (")", "AND", "OR"):
            raise BadFilter(f"{field!r} stands where a field or a word is due")
        if self.peek() not in _OPERATORS:
            return _anywhere(_plain(field))
        operator = self.take()
        if self.peek() != "(":
            return _compared(field, operator, _plain(self.take()))
        self.take()
        conditions = [_compared(field, operator, _plain(self.take()))]
        while self.peek() == "OR":
            self.take()
            conditions.append(_compared(field, operator, _plain(self.take())))
        if self.take() != ")":
            raise BadFilter("after an operator, values in parentheses have OR between them")
        return lambda entry: any(condition(entry) for condition in conditions)


def _negated(condition: Condition) -> Condition:
    return lambda entry: not condition(entry)


def _plain(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1]) if token.startswith('"') else token


def _anywhere(text: str) -> Condition:
    def found(value: Any) -> bool:
        if isinstance(value, Mapping):
            return any(found(part) for part in value.values())
        return text.lower() in str(value).lower()

    return found


def _compared(field: str, operator: str, wanted: str) -> Condition:
    compare = _OPERATORS[operator]
    path = [part.strip('"') for part in re.findall(r'"[^"]*"|[^."]+', field)]
    target = _comparable(field, wanted)
    if operator in ("=~", "!~"):
        _check_pattern(wanted)

    def condition(entry: Entry) -> bool:
        value: Any = entry
        for part in path:
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is None:
            return operator in ("!=", "!~")
        return bool(compare(_comparable(field, str(value)), target))

    return condition


def _comparable(field: str, text: str) -> Any:
    """Times in one notation, severities by rank, numbers as numbers, other text in lower case."""
    try:
        if field in _TIMES:
            return (0.0, normal_time(text))
        if field == "severity" and text.upper() in SEVERITIES:
            return (float(SEVERITIES.index(text.upper())), "")
        return (float(text), "")
    except ValueError:
        if field in _TIMES:
            raise BadFilter(f"{field} is compared with {text!r}, which is no time") from None
        return (float("inf"), text)


def _check_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise BadFilter(f"{pattern!r} is no regular expression: {error}") from None


def _matches(value: Any, pattern: Any) -> bool:
    return re.search(pattern[1], value[1]) is not None


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda value, wanted: _folded(value) == _folded(wanted),
    "!=": lambda value, wanted: _folded(value) != _folded(wanted),
    ":": lambda value, wanted: _folded(wanted)[1] in _folded(value)[1],
    "<": lambda value, wanted: value < wanted,
    "<=": lambda value, wanted: value <= wanted,
    ">": lambda value, wanted: value > wanted,
    ">=": lambda value, wanted: value >= wanted,
    "=~": _matches,
    "!~": lambda value, wanted: not _matches(value, wanted),
}


def _folded(value: tuple[float, str]) -> tuple[float, str]:
    return (value[0], value[1].lower())
