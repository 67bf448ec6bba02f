"""The CSV of predictions: one line for each row of the file, in its order."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

LINE, PREDICTION, VERSION, ERROR = "line", "prediction", "model_version", "error"


@dataclass(frozen=True)
class Answered:
    """One row's end. identity: its cell of the pass-through column; error: why there is no
    prediction; probabilities: by class, where the model has them."""

    line: int
    identity: str = ""
    prediction: Any = None
    probabilities: dict[str, float] | None = None
    error: str = ""


@dataclass(frozen=True)
class Result:
    """The shape of the file. identity: name of the pass-through column, "" for none; classes:
    those whose probabilities are told."""

    version: str
    identity: str = ""
    classes: Sequence[str] = ()

    @property
    def header(self) -> list[str]:
        """The names of the columns."""
        passed = [self.identity] if self.identity else []
        told = [f"probability_{name}" for name in self.classes]
        return [LINE, *passed, PREDICTION, *told, VERSION, ERROR]

    def head(self) -> bytes:
        """The first line."""
        return _written([self.header])

    def lines(self, answers: Sequence[Answered]) -> bytes:
        """Some lines."""
        return _written([self._line(answer) for answer in answers])

    def _line(self, answer: Answered) -> list[Any]:
        passed = [answer.identity] if self.identity else []
        shares = answer.probabilities or {}
        told = [shares.get(name, "") for name in self.classes]
        label = "" if answer.error else answer.prediction
        return [answer.line, *passed, label, *told, self.version, answer.error]


def _written(lines: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue().encode()
