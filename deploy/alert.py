"""The alerts, as data: what each watches, and its place in docs/33-operations.md."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.configuration import Configuration
from deploy.runbook import part
from deploy.wording import owner

Filter = Mapping[str, str]
MODEL = "model"
"""Label of the metrics behind alerts on what is logged."""


@dataclass(frozen=True)
class Alert:
    """One alert. key: also its anchor in the runbook. log: the word that the logs carry for it."""

    key: str
    title: str
    says: str
    log: str = ""
    condition: Mapping[str, Any] = field(default_factory=dict)


def threshold(filters: str, above: float, minutes: int, **more: Any) -> dict[str, Any]:
    """A condition: a figure stays above a bound."""
    return {
        "conditionThreshold": {
            "filter": filters,
            "comparison": "COMPARISON_GT",
            "thresholdValue": above,
            "duration": f"{minutes * 60}s",
            "trigger": {"count": 1},
            **more,
        }
    }


def aligned(
    aligner: str, reducer: str = "REDUCE_SUM", seconds: int = 60, by: str = ""
) -> list[dict[str, Any]]:
    """How a figure is made from single measurements. by: a label whose values count apart."""
    return [
        {
            "alignmentPeriod": f"{seconds}s",
            "perSeriesAligner": aligner,
            "crossSeriesReducer": reducer,
            **({"groupByFields": [by]} if by else {}),
        }
    ]


def period(schedule: str) -> int:
    """About how many seconds pass between two runs of a schedule of cron."""
    minute, hour = schedule.split()[:2]
    step = re.fullmatch(r"\*/(\d+)", hour if hour != "*" else minute)
    if hour != "*":
        return int(step[1]) * 3600 if step else 24 * 3600
    if step:
        return int(step[1]) * 60
    return 60 if minute == "*" else 3600 // len(minute.split(","))


def patience(schedule: str) -> int:
    """Seconds without a good run of reconcile from which it is missed: two periods of its schedule
    and half an hour, from an hour to what Cloud Monitoring takes at the most."""
    return min(23 * 3600 + 1800, max(3600, 2 * period(schedule) + 1800))


def measured(made: Configuration, thing: str, metric: str) -> str:
    """The filter of what Cloud Run measures of one service."""
    return (
        f'resource.type = "cloud_run_revision" AND resource.labels.service_name = '
        f'"{made.named(thing)}" AND metric.type = "run.googleapis.com/{metric}"'
    )


LOGGED = (
    Alert(
        "drop-not-settled",
        "A drop has no end after 15 minutes",
        "reconcile met a CSV or a model whose story did not end within 15 minutes.",
        "drop_not_settled",
    ),
    Alert(
        "default-not-ready",
        "A default version does not serve",
        "The version that callers should get is missing on the platform or not READY.",
        "default_not_ready",
    ),
    Alert(
        "pin-too-old",
        "A pin keeps newer versions away",
        "A person pinned or froze a model, and newer versions have waited for a week.",
        "pin_too_old",
    ),
    Alert(
        "refused-twice",
        "The last two drops of a model were refused",
        "Two drops running were refused, exhausted or failed: the live version grows old.",
        "refused_twice",
    ),
    Alert(
        "requests-drifted",
        "Requests lie far from the training data",
        "Sampled requests, or their answers, differ much from what the live version learnt from.",
        "requests_drifted",
    ),
)
"""Alerts on what reconcile logs, by the word in `jsonPayload.alert`."""


def alerts(made: Configuration) -> tuple[Alert, ...]:
    """Every alert of an installation."""
    requests = measured(made, "predict", "request_count")
    failed = f'{requests} AND metric.labels.response_code_class = "5xx"'
    latency = measured(made, "predict", "request_latencies")
    letters = (
        'resource.type = "pubsub_subscription" AND resource.labels.subscription_id = '
        f'"{made.named("dead-letters")}" AND metric.type = '
        '"pubsub.googleapis.com/subscription/num_undelivered_messages"'
    )
    job = made.named("reconcile")
    runs = (
        f'resource.type = "cloud_run_job" AND resource.labels.job_name = "{job}"'
        ' AND metric.type = "run.googleapis.com/job/completed_execution_count"'
        ' AND metric.labels.result = "succeeded"'
    )
    seconds = patience(made.schedule)
    absent = {"filter": runs, "duration": f"{seconds}s", "aggregations": aligned("ALIGN_DELTA")}
    ratio = {
        "aggregations": aligned("ALIGN_RATE"),
        "denominatorFilter": requests,
        "denominatorAggregations": aligned("ALIGN_RATE"),
    }
    return (
        Alert(
            "predict-5xx",
            "predict fails",
            "More than 1 % of the answers of predict were 5xx for five minutes.",
            condition=threshold(failed, 0.01, 5, **ratio),
        ),
        Alert(
            "predict-latency",
            "predict is slow",
            "One request in a hundred took longer than a second, for five minutes.",
            condition=threshold(
                latency,
                1000,
                5,
                aggregations=aligned("ALIGN_PERCENTILE_99", "REDUCE_MAX"),
            ),
        ),
        Alert(
            "dead-letters",
            "Events were given up",
            "An event was delivered 100 times and never acknowledged.",
            condition=threshold(letters, 0, 0, aggregations=aligned("ALIGN_MAX")),
        ),
        Alert(
            "reconcile-absent",
            "reconcile does not run",
            f"No run of reconcile succeeded for {seconds // 60} minutes: lost events stay lost.",
            condition={"conditionAbsent": absent},
        ),
        *(_logged(made, alert) for alert in LOGGED),
    )


def metric_name(made: Configuration, alert: Alert) -> str:
    """The log-based metric behind an alert."""
    return made.named(alert.key)


def _logged(made: Configuration, alert: Alert) -> Alert:
    name = metric_name(made, alert)
    metric = f'metric.type = "logging.googleapis.com/user/{name}"'
    condition = threshold(
        f'{metric} AND resource.type = "cloud_run_job"',
        0,
        0,
        aggregations=aligned("ALIGN_DELTA", seconds=600, by=f"metric.label.{MODEL}"),
    )
    return Alert(alert.key, alert.title, alert.says, alert.log, condition)


def metric(made: Configuration, alert: Alert) -> dict[str, Any]:
    """The log-based metric, as Cloud Logging takes it."""
    return {
        "name": metric_name(made, alert),
        "description": f"{owner(made)}: {alert.says}",
        "filter": 'resource.type="cloud_run_job" AND resource.labels.job_name='
        f'"{made.named("reconcile")}" AND jsonPayload.alert="{alert.log}"',
        "metricDescriptor": {
            "metricKind": "DELTA",
            "valueType": "INT64",
            "labels": [{"key": MODEL, "valueType": "STRING"}],
        },
        "labelExtractors": {MODEL: "EXTRACT(jsonPayload.model)"},
    }


def policy(made: Configuration, alert: Alert, labels: Mapping[str, str]) -> dict[str, Any]:
    """The alerting policy, as Cloud Monitoring takes it. It carries its part of the runbook."""
    page = f"{made.runbook}#{alert.key}"
    model = f"${{metric.label.{MODEL}}}" if alert.log else "M"
    content = f"{alert.says}\n\nWhat to do: {page}\n\n{part(alert.key, made, model)}"
    return {
        "displayName": f"{made.name}: {alert.title}",
        "documentation": {
            "content": content.rstrip(),
            "mimeType": "text/markdown",
        },
        "userLabels": dict(labels),
        "combiner": "OR",
        "conditions": [{"displayName": alert.title, **alert.condition}],
    }
