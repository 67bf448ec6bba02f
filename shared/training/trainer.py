"""From frozen inputs to a model, its card and what lies beside them: the same every time.

No store and no clock: the function and the training job call it with streams to read from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, BinaryIO, Protocol

from shared.artifacts.writing import dump
from shared.core.artifact import MODEL_FILE, portable_name, seen_name, version_name
from shared.core.card import Card, sha256
from shared.core.errors import DatasetRejected, Finding
from shared.core.source import Source
from shared.core.stopwatch import Stopwatch
from shared.training import lineage
from shared.training.dataset import Dataset
from shared.training.fitting.estimator import Fitted, fit
from shared.training.fitting.golden import golden
from shared.training.fitting.portable import Portable, convert
from shared.training.fitting.selection import Selection, select
from shared.training.fold import ANOTHER_DEAL, FIRST_DEAL
from shared.training.inputs import File, Inputs
from shared.training.judging import gate, split
from shared.training.judging.judgement import Judgement, judge
from shared.training.judging.rules import Rules
from shared.training.judging.split import Plan
from shared.training.reading import read as reading
from shared.training.rival import LoadRival, Rival

OpenSource = Callable[[Source], BinaryIO]
"""A forward-only stream over one CSV; ObjectNotFound may come at any read."""


class Progress(Protocol):
    """Told at the beginning of each stage. What it raises ends the training."""

    def __call__(self, stage: str, **facts: Any) -> None:
        """facts: rows and features, once they are known."""


@dataclass(frozen=True)
class Trained:
    """Everything of a model's directory but the card itself, by file name; and the card."""

    files: dict[str, bytes]
    card: Card


def _silent(stage: str, **facts: Any) -> None:
    """Tells nobody."""


def _nobody(_: Any) -> Rival:
    return Rival("", lacking="there is nowhere to load it from")


def train(
    inputs: Inputs,
    open_source: OpenSource,
    load_rival: LoadRival = _nobody,
    watch: Stopwatch | None = None,
    progress: Progress = _silent,
) -> Trained:
    """Read, choose, fit, judge, copy, card. Raises DatasetRejected, also where the gate refuses."""
    return _Training(inputs, open_source, load_rival, watch or Stopwatch(), progress).run()


class _Training:
    def __init__(
        self,
        inputs: Inputs,
        open_source: OpenSource,
        load_rival: LoadRival,
        watch: Stopwatch,
        progress: Progress,
    ) -> None:
        self._inputs, self._open, self._load_rival = inputs, open_source, load_rival
        self._watch, self._progress = watch, progress
        self._configuration = inputs.configuration

    def run(self) -> Trained:
        """Every stage in turn."""
        self._progress("read")
        with self._watch("read"):
            dataset = self._read()
        self._progress("choose", rows=len(dataset), features=len(dataset.columns))
        with self._watch("split"):
            plan = self._plan(dataset)
        with self._watch("select"):
            selection = select(dataset, self._configuration, plan.train, plan.units)
        self._progress("fit", estimator=selection.choice.name)
        with self._watch("fit"):
            fitted = fit(dataset, plan.train, selection.choice)
        self._progress("judge")
        with self._watch("judge"):
            rival = self._rival()
            judgement = self._judge(dataset, plan, selection, fitted, rival)
        if not judgement.decision.accepted:
            raise _refused(judgement)
        if plan.refits:
            self._progress("refit")
            with self._watch("refit"):
                fitted = fit(dataset, plan.deployed, fitted.choice)
        self._progress("copy")
        with self._watch("onnx"):
            portable = convert(fitted, dataset, plan.test if plan.holds_out else None)
        with self._watch("card"):
            return self._carded(dataset, plan, selection, fitted, judgement, portable, rival)

    def _read(self) -> Dataset:
        """The drop's own file first: the older ones are held to its columns."""
        inputs = self._inputs
        wanted = reading.Wanted(
            self._configuration, inputs.target, inputs.target_names, inputs.schema
        )
        files = [reading.File(f.source.name, self._opener(f)) for f in reversed(inputs.files)]
        return reading.read_all(files, wanted)

    def _plan(self, dataset: Dataset) -> Plan:
        plan = split.plan(dataset, self._configuration.split)
        if not self._configuration.refit or not plan.holds_out:
            return plan
        why = plan.why.removesuffix(".") + "; the model that goes live is then fitted on all."
        return replace(plan, refit=True, why=why)

    def _opener(self, file: File) -> Callable[[], BinaryIO]:
        return lambda: self._open(file.source)

    def _rival(self) -> Rival | None:
        return self._load_rival(self._inputs.champion) if self._inputs.champion else None

    def _judge(
        self,
        dataset: Dataset,
        plan: Plan,
        selection: Selection,
        fitted: Fitted,
        rival: Rival | None,
    ) -> Judgement:
        known = {rows.tobytes(): before for rows, before in selection.fitted}
        judgement = judge(
            dataset,
            plan,
            fitted,
            lambda rows: known.get(rows.tobytes()) or fit(dataset, rows, fitted.choice, plan.train),
            champion=rival.champion(dataset, fitted.choice, plan.train) if rival else None,
            reference=rival.profile if rival else None,
            rules=Rules.of(self._configuration, self._inputs.gate),
            positive_class=self._configuration.positive_class,
            deal=FIRST_DEAL if selection.fitted else ANOTHER_DEAL,
        )
        return _without_rival(judgement, rival) if rival and rival.lacking else judgement

    def _carded(
        self,
        dataset: Dataset,
        plan: Plan,
        selection: Selection,
        fitted: Fitted,
        judgement: Judgement,
        portable: Portable,
        rival: Rival | None,
    ) -> Trained:
        files = {
            MODEL_FILE: dump(fitted.estimator),
            _named(seen_name, judgement.seen): judgement.seen,
        }
        if portable.data is not None:
            files[_named(portable_name, portable.data)] = portable.data
        card = Card(
            model=self._inputs.model,
            version=version_name(self._inputs.source),
            source=self._inputs.source,
            schema=dataset.schema,
            estimator=fitted.describe(),
            metrics=judgement.metrics,
            golden=golden(fitted, dataset),
            files={n: {"sha256": sha256(d), "size": len(d)} for n, d in sorted(files.items())},
            libraries=lineage.libraries(),
            code_digest=lineage.code_digest(),
            warnings=[f.as_dict() for f in (*dataset.warnings, *self._warnings(judgement))],
            facts={
                **judgement.facts,
                "split": plan.why,
                "selection": _selection(selection),
                "portable": portable.outcome,
                "champion": {"version": rival.version, "lacking": rival.lacking} if rival else None,
                "files": dataset.rows_by_file,
                **({"strict": True} if self._configuration.strict else {}),
            },
        )
        return Trained(files, card)

    def _warnings(self, judgement: Judgement) -> list[Finding]:
        """What is odd about the drop besides its cells."""
        left_out = [Finding("file_left_out", text) for text in self._inputs.left_out]
        return [*left_out, *judgement.warnings]


def _refused(judgement: Judgement) -> DatasetRejected:
    decision = judgement.decision
    facts = {"decision": judgement.facts["decision"], "metrics": judgement.metrics}
    return DatasetRejected(Finding(decision.code, decision.reason), facts=facts)


def _without_rival(judgement: Judgement, rival: Rival) -> Judgement:
    """A live version that cannot be loaded is no reason to call this one the first."""
    decision = judgement.decision
    if decision.code != gate.FIRST:
        return judgement
    reason = f"Not compared with the live version: {rival.lacking}"
    decision = replace(decision, code=gate.INCOMPARABLE, reason=reason)
    told = {**judgement.facts["decision"], "code": decision.code, "reason": reason}
    return replace(judgement, decision=decision, facts={**judgement.facts, "decision": told})


def _selection(selection: Selection) -> dict[str, Any]:
    return {"choice": asdict(selection.choice), "why": selection.why, "scores": selection.scores}


def _named(name: Callable[[str], str], data: bytes) -> str:
    return name(sha256(data))
