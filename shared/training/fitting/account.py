"""What a contest of estimators tells: each one's figure, and in words who won and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.training.fitting.contest import Losses
from shared.training.fitting.trial import Questions, Trial

SEEDS = "SVC"
"""The estimator that ties go to."""


def scores(asks: Questions, trials: Sequence[Trial], chosen: Trial | None) -> list[dict[str, Any]]:
    """For every candidate its figure, or why there is none that could stand beside the others."""
    made: list[dict[str, Any]] = []
    for trial in trials:
        score: dict[str, Any] = {"name": trial.choice.name, "fits": len(trial.lost)}
        if trial is chosen or asks.answered(trial):
            score[asks.metric] = asks.figure(asks.losses(trial))
        elif trial.out:
            score["note"] = trial.out
        made.append(score)
    return made


def behind(asks: Questions, mine: Losses, leaders: Losses, folds: int) -> str:
    """Why one was stopped: a figure of some folds is no figure beside those of all."""
    on = f"the first {folds} of" if folds > 1 else "the first of"
    return (
        f"stopped: {asks.figure(mine):.4g} against the leader's {asks.figure(leaders):.4g} "
        f"on {on} {len(asks.folds)} folds"
    )


def chosen(
    asks: Questions, trials: Sequence[Trial], leader: Trial, forward: bool, grouped: bool
) -> str:
    """Who was chosen among whom, and how they were compared."""
    how = f"{len(asks.folds)}-fold cross-validation"
    if forward:
        how += " forward in time"
    elif grouped:
        how += ", each group in one fold,"
    names = ", ".join(trial.choice.name for trial in trials)
    return f"{leader.choice.name} was chosen among {names} by {how} on {asks.rows:,} rows"


def rule(
    asks: Questions, trials: Sequence[Trial], leader: Trial, *, enough: bool, sampled: bool
) -> str:
    """What decided."""
    if enough:
        return "No other was tried: even half its errors could not be told from chance here."
    if not asks.answered(leader):
        return f"After {len(leader.lost)} of the folds all others were clearly behind it."
    if sampled:
        return "A tie went to the later one, which gains more from the other rows."
    if any(trial.choice.name == SEEDS for trial in trials):
        return f"The best figure won; {SEEDS} had to be beaten by a standard error."
    return "The best figure won."
