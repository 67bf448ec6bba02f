"""The front of this room: figures, comparison and decision for one fitted model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from shared.core.errors import Finding
from shared.training.dataset import Dataset
from shared.training.fold import FIRST_DEAL, Fold
from shared.training.judging import chance, figures, gate, profile, repeat
from shared.training.judging.answer import Answers, Fit, Fitted, answers
from shared.training.judging.champion import Champion
from shared.training.judging.classes import ClassChange
from shared.training.judging.comparison import Comparison, compare
from shared.training.judging.drift import drift
from shared.training.judging.gate import Decision
from shared.training.judging.importance import importance
from shared.training.judging.rules import Rules
from shared.training.judging.seen import Seen
from shared.training.judging.split import Plan


@dataclass(frozen=True)
class Judgement:
    """metrics: for `Card.metrics`. facts: for `Card.facts`. seen: the bytes of the private file of
    seen rows, to be stored as `artifact.seen_name` says. warnings: for the story and the card."""

    metrics: dict[str, Any]
    decision: Decision
    facts: dict[str, Any]
    seen: bytes
    warnings: tuple[Finding, ...] = ()


def judge(
    dataset: Dataset,
    plan: Plan,
    fitted: Fitted,
    fit: Fit,
    *,
    champion: Champion | None = None,
    reference: Mapping[str, Any] | None = None,
    rules: Rules | None = None,
    positive_class: str = "",
    deal: int = FIRST_DEAL,
) -> Judgement:
    """Judge the model that is to be deployed, or its recipe, `fitted` on `plan.train`.

    fit: the same recipe on other rows, for cross-validation. reference: the profile of the data
    that the live version was trained on. positive_class: of two, the one whose probabilities are
    looked at; the second, if not said. deal: of the folds; another one than that which the
    estimator was chosen by, since those would flatter it.
    """
    rules = rules or Rules()
    repeats = repeat.repeats(dataset, plan, deal)
    models = [[fitted]] if plan.holds_out else [[fit(f.train) for f in part] for part in repeats]
    given = answers(dataset, repeats, models)
    metrics = figures.figures(dataset, plan, given, positive_class)
    known = reference is not None and rules.drift != "off"
    moved = drift(reference, dataset, rules.threshold) if known and reference else None
    change = _class_change(dataset, champion)
    decision = gate.decide(
        chance.signal(
            given, None if dataset.schema.classes is None else len(dataset.schema.classes)
        ),
        None if champion is None else compare(dataset, repeats, given, champion, plan.hashes),
        rules,
        score=figures.score(metrics),
        classes=change,
        drift=moved,
    )
    facts = {
        "decision": {
            "accepted": decision.accepted,
            "code": decision.code,
            "reason": decision.reason,
            **decision.facts,
        },
        "importance": importance(dataset, repeats[0], models[0]),
        "drift": moved,
        "profile": profile.profile(dataset),
    }
    warnings = (*(change.warnings() if change else ()), *_drift_warning(moved))
    return Judgement(metrics, decision, facts, seen_rows(plan).to_bytes(), warnings)


def seen_rows(plan: Plan) -> Seen:
    """What this model has seen, and which of it was trained on."""
    trained = np.zeros(len(plan.hashes), dtype=bool)
    trained[plan.deployed] = True
    return Seen.of(plan.hashes, trained)


def _drift_warning(moved: Mapping[str, Any] | None) -> tuple[Finding, ...]:
    if moved is None or moved["level"] == "none":
        return ()
    return (Finding("drift", " ".join(moved["words"])),)


def _class_change(dataset: Dataset, champion: Champion | None) -> ClassChange | None:
    if champion is None or dataset.schema.classes is None or champion.schema.classes is None:
        return None
    occurring = np.unique(dataset.target.astype(np.int32))
    names = tuple(dataset.schema.classes[code] for code in occurring)
    return ClassChange.between(champion, names, len(dataset))


__all__ = ["Answers", "Champion", "Comparison", "Fold", "Judgement", "Rules", "judge", "seen_rows"]
