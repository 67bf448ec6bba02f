"""Requests by hand: what people send, what is meant badly, and what each is to be told."""

from __future__ import annotations

import json
from typing import Any

from shared.core.schema import Feature, Schema

SCHEMA = Schema(
    (
        Feature("size", "numeric", 0.0, 10.0),
        Feature("weight", "numeric", 0.0, 100.0, nullable=True),
        Feature("colour", "categorical", categories=("red", "blue")),
        Feature("paid", "boolean"),
        Feature("on", "date"),
    ),
    "price",
    ("cheap", "dear"),
)
ROW: dict[str, Any] = {"size": 1, "weight": 2, "colour": "red", "paid": True, "on": "2026-11-22"}
LIST = list(ROW.values())


def by_name(**changes: Any) -> bytes:
    """One instance by name."""
    return json.dumps({"instances": [ROW | changes]}).encode()


def by_place(place: int, value: Any) -> bytes:
    """One instance by position, one value changed."""
    return json.dumps({"instances": [[*LIST[:place], value, *LIST[place + 1 :]]]}).encode()


def without(name: str) -> bytes:
    """One instance that lacks a feature."""
    return json.dumps({"instances": [{k: v for k, v in ROW.items() if k != name}]}).encode()


def with_parameters(parameters: Any, instance: Any = LIST) -> bytes:
    """One instance and how to answer."""
    return json.dumps({"instances": [instance], "parameters": parameters}).encode()


def raw(text: str) -> bytes:
    """A body with the instance's text as it stands."""
    return f'{{"instances": [{text}]}}'.encode()


GOOD = json.dumps({"instances": [LIST]}).encode()
AT = "/instances/0"

PREDICTED: list[tuple[str, bytes, list[str]]] = [
    # what, body, pointers of the warnings
    ("a list", GOOD, []),
    ("an object", by_name(), []),
    ("both", json.dumps({"instances": [LIST, ROW]}).encode(), []),
    ("backwards", json.dumps({"instances": [dict(reversed(ROW.items()))]}).encode(), []),
    ("a thousand", json.dumps({"instances": [LIST] * 1000}).encode(), []),
    ("whitespace", b" \r\n\t" + GOOD + b"\n\n", []),
    ("a byte order mark", b"\xef\xbb\xbf" + GOOD, []),
    ("escapes in names", GOOD.replace(b"instances", b"inst\\u0061nces"), []),
    ("empty parameters", with_parameters({}), []),
    ("parameters false", with_parameters({"probabilities": False, "strict": False}), []),
    ("probabilities", with_parameters({"probabilities": True}), []),
    ("strict and right", with_parameters({"strict": True}), []),
    ("a signature's name", GOOD[:-1] + b', "signature_name": "x"}', []),
    ("an exponent", raw('[1e0, 2E+1, "red", true, "2026-11-22"]'), []),
    ("minus zero", raw('[-0.0, 2, "red", true, "2026-11-22"]'), []),
    ("many digits", raw('[1.%s, 2, "red", true, "2026-11-22"]' % ("1" * 900)), []),
    ("a tiny number", raw('[5e-324, 2, "red", true, "2026-11-22"]'), []),
    ("at the lower end", by_name(size=0), []),
    ("at the upper end", by_name(size=10.0), []),
    ("above the range", by_name(size=10.001), [f"{AT}/size"]),
    ("below the range", by_place(0, -0.001), [f"{AT}/0"]),
    ("far above", by_name(size=1e308), [f"{AT}/size"]),
    ("beyond 64 bits", by_name(size=2**64), [f"{AT}/size"]),
    ("a gap", by_name(weight=None), [f"{AT}/weight"]),
    ("an unknown category", by_name(colour="green"), [f"{AT}/colour"]),
    ("a category in capitals", by_name(colour="RED"), [f"{AT}/colour"]),
    ("an empty category", by_name(colour=""), [f"{AT}/colour"]),
    ("a category in Greek", by_name(colour="κόκκινο"), [f"{AT}/colour"]),
    ("a category of emoji", by_place(2, "🌸"), [f"{AT}/2"]),
    ("a category like a script", by_name(colour="<script>"), [f"{AT}/colour"]),
    ("a category like SQL", by_name(colour="'; DROP TABLE x; --"), [f"{AT}/colour"]),
    ("a category with NUL", by_name(colour="a\0b"), [f"{AT}/colour"]),
    ("a long category", by_name(colour="x" * 100_000), [f"{AT}/colour"]),
    ("all odd", json.dumps({"instances": [[-1, None, "x", 0, "1999-01-01"]]}).encode(),
     [f"{AT}/0", f"{AT}/1", f"{AT}/2"]),
    ("false", by_name(paid=False), []),
    ("zero for false", by_name(paid=0), []),
    ("one for true", by_name(paid=1), []),
    ("1.0 for true", by_name(paid=1.0), []),
    ("a time", by_name(on="2026-11-22T13:05:00Z"), []),
    ("a time with an offset", by_name(on="2026-11-22T13:05:00+01:00"), []),
    ("a time with a blank", by_name(on="2026-11-22 13:05"), []),
    ("a time with fractions", by_name(on="2026-11-22T13:05:07.123456Z"), []),
    ("a leap day", by_name(on="2024-02-29"), []),
    ("long ago", by_name(on="0001-01-01"), []),
]  # fmt: skip

REFUSED: list[tuple[str, bytes, list[str]]] = [
    # what, body, pointers of the faults
    *((f"{kind} for a number", by_name(size=value), [f"{AT}/size"]) for kind, value in (
        ("true", True), ("text", "one"), ("digits in quotes", "1"), ("a list", [1]),
        ("an object", {"a": 1}), ("null", None), ("an empty text", ""), ("NaN in quotes", "NaN"),
        ("a comma number", "1,5"), ("a currency", "$1"), ("hexadecimal text", "0x1"),
    )),
    *((f"{kind} for a category", by_name(colour=value), [f"{AT}/colour"]) for kind, value in (
        ("a number", 1), ("true", True), ("null", None), ("a list", ["red"]), ("an object", {}),
        ("a lone surrogate", "\ud800"),
    )),
    *((f"{kind} for a truth value", by_name(paid=value), [f"{AT}/paid"]) for kind, value in (
        ("yes", "yes"), ("true in quotes", "true"), ("two", 2), ("a half", 0.5), ("null", None),
        ("minus one", -1), ("a list", [True]), ("digits in quotes", "1"),
    )),
    *((f"{kind} for a date", by_name(on=value), [f"{AT}/on"]) for kind, value in (
        ("a number", 20261122), ("a German date", "22.11.2026"), ("an American one", "11/22/2026"),
        ("the 30th of February", "2026-02-30"), ("month 13", "2026-13-01"), ("null", None),
        ("hour 25", "2026-11-22T25:00:00"), ("a week date", "2026-W47-7"), ("empty", ""),
        ("Arabic digits", "٢٠٢٦-١١-٢٢"), ("true", True), ("a list", ["2026-11-22"]),
        ("year zero", "0000-01-01"), ("words", "tomorrow"),
    )),
    *((f"{name} missing", without(name), [AT]) for name in ROW),
    *((f"value {place} true by position", by_place(place, []), [f"{AT}/{place}"])
      for place in range(5)),
    ("a feature mistyped", by_name(sise=1), [f"{AT}/sise"]),
    ("a feature in capitals", by_name(SIZE=1), [f"{AT}/SIZE"]),
    ("the target sent too", by_name(price="dear"), [f"{AT}/price"]),
    ("an empty name", by_name(**{"": 1}), [f"{AT}/"]),
    ("__proto__", by_name(__proto__=1), [f"{AT}/__proto__"]),
    ("a value too many", json.dumps({"instances": [[*LIST, 1]]}).encode(), [AT]),
    ("a value too few", json.dumps({"instances": [LIST[:4]]}).encode(), [AT]),
    ("the second wrong", json.dumps({"instances": [LIST, {**ROW, "size": "x"}]}).encode(),
     ["/instances/1/size"]),
    ("NaN", raw('[NaN, 2, "red", true, "2026-11-22"]'), [f"{AT}/0"]),
    ("Infinity", raw('[1, -Infinity, "red", true, "2026-11-22"]'), [f"{AT}/1"]),
    ("1e999", raw('[1e999, 2, "red", true, "2026-11-22"]'), [f"{AT}/0"]),
    ("a number of a thousand digits", raw('[%s, 2, "red", true, "2026-11-22"]' % ("7" * 1000)),
     [f"{AT}/0"]),
    ("a feature twice", b'{"instances": [{"size": 1, %s]}' % json.dumps(ROW).encode()[1:],
     [f"{AT}/size"]),
    ("parameters twice", GOOD[:-1] + b', "parameters": {}, "parameters": {}}', ["/parameters"]),
    ("a parameter twice", GOOD[:-1] + b', "parameters": {"strict": true, "strict": true}}',
     ["/parameters/strict"]),
    ("parameters null", with_parameters(None), ["/parameters"]),
    ("parameters a list", with_parameters(["strict"]), ["/parameters"]),
    ("an unknown parameter", with_parameters({"probability": True}), ["/parameters/probability"]),
    ("a parameter as text", with_parameters({"strict": "true"}), ["/parameters/strict"]),
    ("a parameter as a number", with_parameters({"probabilities": 1}),
     ["/parameters/probabilities"]),
    ("dates by position swapped", by_place(3, "2026-11-22"), [f"{AT}/3"]),
    ("a nested list", json.dumps({"instances": [[LIST]]}).encode(), [AT, f"{AT}/0"]),
    ("a row as text", by_name(size="1;2;3"), [f"{AT}/size"]),
    ("an object by place", json.dumps({"instances": [{"0": 1, "1": 2}]}).encode(),
     [AT, f"{AT}/0", f"{AT}/1"]),
    ("an unknown member", GOOD[:-1] + b', "instance": []}', ["/instance"]),
    ("strict and above the range", with_parameters({"strict": True}, {**ROW, "size": 11}),
     [f"{AT}/size"]),
    ("strict and a gap", with_parameters({"strict": True}, {**ROW, "weight": None}),
     [f"{AT}/weight"]),
    ("strict and an unknown category", with_parameters({"strict": True}, {**ROW, "colour": "x"}),
     [f"{AT}/colour"]),
    ("everything at once", json.dumps({
        "x": 1, "parameters": {"y": 2},
        "instances": [{**ROW, "size": "x", "paid": 3, "on": "x", "z": 1}, [], 7],
     }).encode(),
     ["/x", "/parameters/y", f"{AT}/size", f"{AT}/paid", f"{AT}/on", f"{AT}/z", "/instances/1",
      "/instances/2"]),
    ("50,001 instances", b'{"instances": [%s0]}' % (b"0," * 50_000), ["/instances"]),
]  # fmt: skip
