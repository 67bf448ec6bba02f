"""Alerts carry their part of the runbook, name the model, and know how often reconcile runs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from deploy.alert import LOGGED, alerts, patience
from deploy.runbook import LONGEST, part
from tests.deploy.conftest import Workshop


def content(workshop: Workshop, key: str, **values: str) -> str:
    _, plan = workshop.prepare(name="shop", region="europe-west1", **values)
    return str(json.loads(plan.files[f"alert-{key}.json"])["documentation"]["content"])


def test_every_alert_carries_its_part_with_the_names_filled_in(workshop: Workshop) -> None:
    made, _ = workshop.prepare(name="shop", region="europe-west1")
    for alert in alerts(made):
        text = content(workshop, alert.key)
        assert part(alert.key, made)
        assert len(text) < LONGEST + 500
        assert not re.search(r"(?<![A-Za-z_])(NAME|P|R)(?![A-Za-z_])", text), text
        assert "](" not in text


def test_the_commands_of_the_mail_can_be_typed_as_they_stand(workshop: Workshop) -> None:
    text = content(workshop, "reconcile-absent")
    line = "gcloud run jobs execute shop-reconcile --region=europe-west1 --project=my-project"
    assert line in text
    text = content(workshop, "pin-too-old")
    assert "gs://my-project-shop-state/defaults/${metric.label.model}.json" in text
    assert "./run rollback ${metric.label.model} --unpin --cloud" in text


def test_what_is_logged_is_told_apart_by_model(workshop: Workshop) -> None:
    _, plan = workshop.prepare()
    for alert in LOGGED:
        policy = json.loads(plan.files[f"alert-{alert.key}.json"])
        (condition,) = policy["conditions"]
        (figures,) = condition["conditionThreshold"]["aggregations"]
        assert figures["groupByFields"] == ["metric.label.model"]


def test_without_the_page_an_alert_links_it_still(workshop: Workshop, tmp_path: Path) -> None:
    made, _ = workshop.prepare()
    assert part("predict-5xx", made, page=tmp_path / "operations.md") == ""
    assert part("no-such-alert", made) == ""


@pytest.mark.parametrize(
    ("schedule", "seconds"),
    [
        ("*/10 * * * *", 3600),
        ("* * * * *", 3600),
        ("0,30 * * * *", 5400),
        ("*/30 * * * *", 5400),
        ("0 * * * *", 9000),
        ("17 * * * *", 9000),
        ("0 */6 * * *", 45000),
        ("0 3 * * *", 84600),
    ],
)
def test_reconcile_is_missed_after_two_periods_of_its_schedule(
    workshop: Workshop, schedule: str, seconds: int
) -> None:
    assert patience(schedule) == seconds
    _, plan = workshop.prepare(schedule=schedule)
    policy = json.loads(plan.files["alert-reconcile-absent.json"])
    assert policy["conditions"][0]["conditionAbsent"]["duration"] == f"{seconds}s"
