"""retrain against a running local cloud, as typed, and the words that a drop is told in."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cloud import Cloud
from cli import drop, story
from cli.client import call
from cli.place import ROOT
from localcloud.child import ChildCloud
from shared.core.ledger import Entry
from tests.cli.typed import Output, Type

IRIS = ROOT / "examples" / "iris.csv"


def told(type_: Type, capsys: Output, *words: str) -> dict[str, Any]:
    """The folded ledger that a verb prints."""
    capsys.readouterr()
    assert type_(*words, "--json") == drop.LIVE
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_retrain_makes_a_version_under_today_s_model_toml(
    type_: Type, local_cloud: ChildCloud, capsys: Output
) -> None:
    first = told(type_, capsys, "drop", str(IRIS), "--model", "again", "--target", "species")
    cloud = Cloud(local_cloud.state)
    cloud.drop("data/again/model.toml", b'estimator = "LogisticRegression"\ntrain_on = "all"\n')
    second = told(type_, capsys, "retrain", "again")
    assert second["version"] != first["version"]
    assert (first["estimator"], second["estimator"]) == ("SVC", "LogisticRegression")
    assert second["metrics"]["rows"] == 150
    (dropped,) = cloud.objects("data", "data/again/iris.csv")
    assert dropped["metadata"] == {"target": "species", "retrain_of": uri(first)}
    assert [one["isDefault"] for one in cloud.versions("again") if one.get("isDefault")] == [True]


def uri(told: dict[str, Any]) -> str:
    source = told["source"]
    return f"gs://{source['bucket']}/{source['name']}#{source['generation']}"


def test_a_copy_of_a_copy_still_counts_once(
    type_: Type, local_cloud: ChildCloud, capsys: Output
) -> None:
    cloud = Cloud(local_cloud.state)
    cloud.drop("data/once/model.toml", b'train_on = "all"\n[gate]\ndecide = "accept"\n')
    lines = IRIS.read_bytes().splitlines(keepends=True)
    for name, rows in (("a", lines[1::2]), ("b", lines[2::2])):
        source = cloud.drop(f"data/once/{name}.csv", b"".join([lines[0], *rows]))
        assert cloud.settled("once", source)["state"] == "live"
    for _ in range(2):
        assert told(type_, capsys, "retrain", "once")["metrics"]["rows"] == 149


def test_a_copy_of_packed_bytes_is_told_that_they_are_packed(
    type_: Type, local_cloud: ChildCloud, capsys: Output
) -> None:
    packed = gzip.compress(IRIS.read_bytes())
    base, bucket = local_cloud.url("googleapis"), local_cloud.configuration.buckets["data"]
    query = "uploadType=media&name=data/packed/a.csv&contentEncoding=gzip"
    call("POST", f"{base}/upload/storage/v1/b/{bucket}/o?{query}", packed)
    cloud = Cloud(local_cloud.state)
    (source,) = cloud.sources("packed")
    assert cloud.settled("packed", source)["state"] == "live"
    assert type_("retrain", "packed") == drop.LIVE
    assert cloud.objects("data", "data/packed/")[0]["contentEncoding"] == "gzip"


def test_a_word_about_the_gate_was_about_one_drop(
    type_: Type, local_cloud: ChildCloud, capsys: Output
) -> None:
    told(type_, capsys, "drop", str(IRIS), "--model", "gated", "--accept")
    cloud = Cloud(local_cloud.state)
    assert cloud.objects("data", "data/gated/")[0]["metadata"] == {"gate": "accept"}
    told(type_, capsys, "retrain", "gated")
    assert set(cloud.objects("data", "data/gated/")[0]["metadata"]) == {"retrain_of"}


def test_what_cannot_be_trained_again_is_one_sentence(
    type_: Type, local_cloud: ChildCloud, capsys: Output
) -> None:
    assert type_("retrain", "nobody") == 1
    assert "no CSV of 'nobody' was ever accepted; ./run drop" in capsys.readouterr().err
    told(type_, capsys, "drop", str(IRIS), "--model", "gone")
    cloud = Cloud(local_cloud.state)
    last = cloud.drop("data/gone/iris.csv", b"a,b\n1,2\n")
    assert cloud.settled("gone", last)["state"] == "refused"
    assert type_("retrain", "gone") == 1
    assert "overwritten or deleted" in capsys.readouterr().err


def test_a_drop_tells_estimator_rows_decision_and_warnings_in_words(
    type_: Type, capsys: Output
) -> None:
    assert type_("drop", str(IRIS), "--model", "worded") == drop.LIVE
    assert type_("drop", str(IRIS), "--model", "worded") == drop.LIVE
    said = capsys.readouterr().out
    assert "trained SVC on 150 rows. The first model: balanced accuracy 0.98, and 0.3333" in said
    assert "trained SVC on 150 rows. Balanced accuracy 0.98 against 0.98 of the live" in said
    assert "warning: duplicate_rows: 1 row repeats another one exactly." in said


def test_a_model_that_knows_nothing_is_refused_in_words_and_accepted_on_demand(
    type_: Type, capsys: Output, tmp_path: Path
) -> None:
    noise = tmp_path / "noise.csv"
    rows = [f"{i % 7},{i % 5},{'ab'[i % 3 == 0]}" for i in range(210)]
    noise.write_text("\n".join(["u,v,label", *rows]), encoding="utf-8")
    assert type_("drop", str(noise), "--model", "noise") == drop.REFUSED
    said = capsys.readouterr()
    assert "refused: no_signal" in said.out
    assert "learnt nothing that it can show" in said.err
    assert type_("drop", str(noise), "--model", "noise", "--accept") == drop.LIVE
    assert "Released although: " in capsys.readouterr().out


def entry(step: str, **facts: Any) -> Entry:
    return Entry("iris", "d", step, "2026-01-01T00:00:00.000Z", facts)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (entry("training"), "training"),
        (entry("training", rows=12_345), "training on 12,345 rows"),
        (
            entry("training", place="job", execution="e", reason="it is large"),
            "handed to a training job: it is large",
        ),
        (
            entry("training", place="job", attempt=2, stage="choose", rows=9_000),
            "training job, attempt 2: choose (9,000 rows)",
        ),
        (
            entry("training", place="job", attempt=1, stage="fit", estimator="SVC"),
            "training job, attempt 1: fit SVC",
        ),
        (entry("trained"), "trained"),
        (entry("trained", estimator="SVC"), "trained SVC"),
        (entry("refused", counts={"ragged": 2}), "refused: ragged"),
        (entry("refused"), "refused"),
    ],
)
def test_an_entry_tells_what_it_knows_and_no_more(told: Entry, said: str) -> None:
    assert story.sentence(told) == said


def test_of_many_warnings_the_rest_is_counted() -> None:
    many = entry("trained", warnings=[{"code": "c", "message": f"m{i}"} for i in range(11)])
    lines = story.warnings(many)
    assert len(lines) == story.MOST_WARNINGS + 1
    assert lines[-1] == "and 3 more warnings in the report"
    assert story.warnings(entry("live")) == []
