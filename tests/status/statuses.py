"""Statuses with everything there is, under names as bad as one likes."""

from __future__ import annotations

from typing import Any

from shared.status import data

FIRST = "20261122_130000_6303934b"


def full(name: str = "sepal_length", drops: int = 6) -> dict[str, Any]:
    """A status whose files, columns, people and reasons have this name."""
    made = [_drop(number, name) for number in range(drops)]
    live = {
        "version": f"v{FIRST}",
        "why": "pinned",
        "previous": name,
        "pinned_by": name,
        "pinned_at": "2026-11-22T13:00:05.000Z",
        "pinned_days": 40,
        "pin_is_old": True,
    }
    missed = [_missed(f"data/iris/{name}{number}.xlsx", name) for number in range(3)]
    status = data.status("iris", made, 812, live, missed)
    return {**status, "requests": _requests(name)}


def _requests(name: str) -> dict[str, Any]:
    moved = [
        {"name": f"{name}{n}", "psi": 0.4 / (n + 1), "chance": 0.01, "level": level, "outside": 0.2}
        for n, level in enumerate(("high", "warn", "none"))
    ]
    return {
        "version": f"v{FIRST}",
        "from": "2026-11-22T13:00:00.000Z",
        "to": "2026-11-22T14:00:00.000Z",
        "requests": 812,
        "instances": 5_000,
        "least": 200,
        "level": "high",
        "inputs": [*moved, {"name": name, "unknown": 0.004}],
        "answers": {"psi": 0.02, "chance": 0.01, "level": "none"},
        "words": [f"{name} has moved (PSI 0.40, high)."],
    }


def _missed(file: str, reason: str) -> dict[str, Any]:
    return {"model": "iris", "name": file, "reason": reason, "at": "2026-11-22T13:00:00.000Z"}


def _drop(number: int, name: str) -> dict[str, Any]:
    at = f"2026-11-22T13:00:0{number % 10}.250Z"
    stamp = f"20261122_13000{number % 10}_6303934b"
    story: dict[str, Any] = {
        "model": "iris",
        "drop": stamp,
        "source": {
            "bucket": name,
            "name": f"data/iris/{name}.csv",
            "generation": str(number),
            "time_created": at,
        },
        "times": {"received": at},
        "steps": [{"step": "received", "at": at}],
        "settled": True,
    }
    if number % 3 == 1:
        finding = {"code": name, "message": name, "line": 7, "column": name}
        return data.summary(
            {**story, "state": "refused", "findings": [finding] * 3, "counts": {name: 9}}, []
        )
    held = {"state": "ready", "reason": "held", "held": [name, name]}
    chosen = {"step": "pinned", "at": at, "by": name, "replaced": name}
    facts = {
        "version": f"v{stamp}",
        "directory": f"gs://models/models/iris/model_{stamp}/",
        "card": "card-b852b15828749bcf.json",
        "estimator": name,
        "metrics": {"balanced_accuracy": 0.9 + number / 100, "rows": 150, "method": name},
        "decision": {"code": name, "accepted": True, "reason": name},
        "warnings": [{"code": "drift", "message": name, "column": name}],
    }
    state = held if number % 3 == 2 else {"state": "live", "chosen": chosen}
    steps = [*story["steps"], *([] if number % 3 == 2 else [chosen])]
    return data.summary({**story, **facts, **state, "steps": steps}, [f"{name}.json"])
