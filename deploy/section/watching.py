"""Metrics from logs, who is told, alerts, and one dashboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from deploy.alert import Alert, alerts, metric, metric_name, policy
from deploy.configuration import Configuration
from deploy.dashboard import dashboard
from deploy.step import FOUNDATION, Step
from deploy.wording import DIGEST, JSON, LABEL, digest, joined, labels, project, staged

KEY = "dropserve-alert"
CHANNEL = "NOTIFICATION_CHANNEL"


def watching_steps(made: Configuration) -> Iterator[Step]:
    """Whom to tell first, then what to tell."""
    for alert in alerts(made):
        if alert.log:
            yield _metric(made, alert)
    if made.notify:
        yield _channel(made)
    for alert in alerts(made):
        yield _policy(made, alert)
    yield _dashboard(made)


def watching_files(made: Configuration) -> dict[str, Any]:
    """What the commands read, by its path in the prepared folder."""
    logged = {f"metric-{a.key}.json": metric(made, a) for a in alerts(made) if a.log}
    policies = {f"alert-{a.key}.json": policy(made, a, _labels(made, a)) for a in alerts(made)}
    shown = dashboard(made)
    return {
        **logged,
        **policies,
        "dashboard.json": {**shown, "labels": {**labels(made), DIGEST: digest(shown)}},
    }


def _metric(made: Configuration, alert: Alert) -> Step:
    words, name = ("logging", "metrics"), metric_name(made, alert)
    given = (name, f"--config-from-file={staged(made, f'metric-{alert.key}.json')}", project(made))
    wanted = metric(made, alert)
    return Step(
        name=f"metric {alert.key}",
        phase=FOUNDATION,
        read=(*words, "list", project(made), JSON),
        find={"name": name},
        wanted={key: wanted[key] for key in ("filter", "description", "labelExtractors")},
        create=(*words, "create", *given),
        update=(*words, "update", *given),
        remove=(*words, "delete", name, project(made), "--quiet"),
    )


def _channel(made: Configuration) -> Step:
    words = ("beta", "monitoring", "channels")
    return Step(
        name=f"tell {made.notify}",
        phase=FOUNDATION,
        read=(*words, "list", project(made), JSON),
        find={"type": "email", "userLabels": labels(made)},
        wanted={"labels": {"email_address": made.notify}},
        create=(
            *words,
            "create",
            "--type=email",
            f"--display-name={made.name}",
            f"--channel-labels=email_address={made.notify}",
            f"--user-labels={joined(labels(made))}",
            project(made),
        ),
        update=(
            *words,
            "update",
            CHANNEL,
            f"--update-channel-labels=email_address={made.notify}",
            project(made),
        ),
        remove=(*words, "delete", CHANNEL, project(made), "--quiet"),
        tells={CHANNEL: "name"},
    )


def _labels(made: Configuration, alert: Alert) -> dict[str, str]:
    value = digest(policy(made, alert, {}), made.notify)
    return {LABEL: made.name, KEY: alert.key, DIGEST: value}


def _policy(made: Configuration, alert: Alert) -> Step:
    words = ("alpha", "monitoring", "policies")
    name = f"POLICY_{alert.key.replace('-', '_').upper()}"
    file = f"--policy-from-file={staged(made, f'alert-{alert.key}.json')}"
    told = (f"--notification-channels={CHANNEL}",) if made.notify else ()
    set_told = (f"--set-notification-channels={CHANNEL}",) if made.notify else ()
    return Step(
        name=f"alert {alert.key}",
        phase=FOUNDATION,
        read=(*words, "list", project(made), JSON),
        find={"userLabels": {LABEL: made.name, KEY: alert.key}},
        wanted={"userLabels": _labels(made, alert)},
        create=(*words, "create", file, *told, project(made)),
        update=(*words, "update", name, file, *set_told, project(made)),
        remove=(*words, "delete", name, project(made), "--quiet"),
        tells={name: "name"},
    )


def _dashboard(made: Configuration) -> Step:
    words = ("monitoring", "dashboards")
    file = f"--config-from-file={staged(made, 'dashboard.json')}"
    return Step(
        name="dashboard",
        phase=FOUNDATION,
        read=(*words, "list", project(made), JSON),
        find={"labels": labels(made)},
        wanted={"labels": {DIGEST: digest(dashboard(made))}},
        create=(*words, "create", file, project(made)),
        update=(*words, "update", "DASHBOARD_NAME", file, project(made)),
        remove=(*words, "delete", "DASHBOARD_NAME", project(made), "--quiet"),
        tells={"DASHBOARD_NAME": "name"},
    )
