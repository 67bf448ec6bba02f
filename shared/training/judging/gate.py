"""May the new model replace the live one? One decision, with a reason that a person can read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from shared.core.text import number
from shared.training.judging.chance import Signal
from shared.training.judging.classes import ClassChange
from shared.training.judging.comparison import Comparison
from shared.training.judging.difference import Difference
from shared.training.judging.metric import rounded
from shared.training.judging.rules import Rules

ACCEPTED, FIRST, INCOMPARABLE, OVERRIDDEN = "accepted", "first_model", "incomparable", "overridden"
NO_SIGNAL, WORSE, FLOOR = "no_signal", "gate_worse", "gate_floor"
CLASS_VANISHED, DRIFT = "class_vanished", "drift"

OVERRIDE = "To release it all the same, drop it with --accept (object metadata: gate=accept)"


@dataclass(frozen=True)
class Objection:
    """One reason to refuse."""

    code: str
    message: str


@dataclass(frozen=True)
class Decision:
    """accepted, a stable code, the reason in words, and the facts it stands on."""

    accepted: bool
    code: str
    reason: str
    facts: dict[str, Any] = field(default_factory=dict)


def decide(
    signal: Signal,
    comparison: Comparison | None,
    rules: Rules,
    *,
    score: float | None = None,
    classes: ClassChange | None = None,
    drift: Mapping[str, Any] | None = None,
) -> Decision:
    """comparison: None for a first model. score: what the floor is held against."""
    objections = [
        *_no_signal(signal, rules),
        *_below_floor(signal, score, rules),
        *(_worse(comparison, rules) if comparison else ()),
        *_vanished(classes),
        *_drifted(drift, rules),
    ]
    facts = {
        "signal": _json(asdict(signal)),
        "rules": asdict(rules),
        "comparison": None if comparison is None else _json(asdict(comparison)),
        "classes": None if classes is None else classes.as_dict(),
        "objections": [asdict(objection) for objection in objections],
    }
    return _decision(objections, signal, comparison, rules, facts)


def _decision(
    objections: list[Objection],
    signal: Signal,
    comparison: Comparison | None,
    rules: Rules,
    facts: dict[str, Any],
) -> Decision:
    if objections:
        reason = " ".join(objection.message for objection in objections)
        if rules.enforced:
            return Decision(False, objections[0].code, f"{reason} {OVERRIDE}.", facts)
        return Decision(True, OVERRIDDEN, f"Released although: {reason}", facts)
    if comparison is None:
        name, value = _NAMES[signal.metric], number(signal.value)
        words = f"The first model: {name} {value}, and {number(signal.baseline)} without features."
        return Decision(True, FIRST, words, facts)
    if comparison.difference is None:
        reason = f"Not compared with the live version: {comparison.reason}."
        return Decision(True, INCOMPARABLE, reason, facts)
    words = _in_words(comparison)
    return Decision(True, ACCEPTED, words[0].upper() + words[1:], facts)


def _no_signal(signal: Signal, rules: Rules) -> list[Objection]:
    if signal.there or not rules.baseline:
        return []
    name = _NAMES[signal.metric]
    luck = "" if signal.chance == 1 else f" (by luck with a probability of {signal.chance:.0%})"
    message = (
        f"The model has learnt nothing that it can show: {name} {number(signal.value)}, and "
        f"{number(signal.baseline)} without looking at the features{luck}, on {signal.rows} rows."
    )
    return [Objection(NO_SIGNAL, message + _HINT.get(signal.metric, ""))]


def _below_floor(signal: Signal, score: float | None, rules: Rules) -> list[Objection]:
    if rules.floor is None or (score is not None and score >= rules.floor):
        return []
    name = "R2" if signal.metric == "rmse" else _NAMES[signal.metric]
    shown = "unknown" if score is None else number(score)
    return [Objection(FLOOR, f"The {name} is {shown}; model.toml asks for {number(rules.floor)}.")]


def _worse(comparison: Comparison, rules: Rules) -> list[Objection]:
    difference = comparison.difference
    if difference is None:
        return []
    margin = rules.margin_of(difference.metric)
    if difference.at_least <= margin or _spared(comparison, margin):
        return []
    least = f"{difference.at_least:.1%}"
    message = f"It is worse than the live version: {_in_words(comparison)} With 95 % confidence"
    return [Objection(WORSE, f"{message} it is worse by at least {least} (allowed: {margin:.1%}).")]


def _spared(comparison: Comparison, margin: float) -> bool:
    """Worse on earlier rows, but not on those that came since: the rule may have changed."""
    return comparison.new is not None and comparison.new.by <= margin


def _vanished(classes: ClassChange | None) -> list[Objection]:
    """A class that vanishes is refused, unless it was so rare that chance may hide it."""
    if classes is None or not classes.unlikely:
        return []
    names = ", ".join(map(repr, classes.unlikely))
    message = f"No row has the class {names} any more; the live version can answer it."
    return [Objection(CLASS_VANISHED, message)]


def _drifted(drift: Mapping[str, Any] | None, rules: Rules) -> list[Objection]:
    if drift is None or rules.drift != "refuse" or drift["level"] != "high":
        return []
    words = " ".join(drift["words"])
    return [Objection(DRIFT, f"The data has drifted, and model.toml refuses that: {words}")]


def _in_words(comparison: Comparison) -> str:
    difference = comparison.difference
    assert difference is not None
    new = comparison.new
    more = f" On the {new.rows} that came since: {_against(new)}." if new else ""
    name = _NAMES[difference.metric]
    return f"{name} {_against(difference)} on {difference.rows} rows ({comparison.on}).{more}"


def _against(difference: Difference) -> str:
    return (
        f"{number(difference.challenger)} against {number(difference.champion)} of the live version"
    )


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _json(part) for key, part in value.items()}
    return rounded(value) if isinstance(value, float) else value


_NAMES = {"balanced_accuracy": "balanced accuracy", "rmse": "RMSE"}
_HINT = {
    "balanced_accuracy": ' If a class is rare, class_weight = "balanced" in model.toml may help.',
    "rmse": " A few values of the target far from all others may hide the rest: look at those.",
}
