"""The dashboard: calls, their time, what goes wrong, what is under way."""

from __future__ import annotations

from typing import Any

from deploy.alert import LOGGED, aligned, measured, metric_name
from deploy.configuration import Configuration

_COLUMNS = 48


def dashboard(made: Configuration) -> dict[str, Any]:
    """As Cloud Monitoring takes it."""
    charts = [
        _chart(
            "Calls of predict, a second", measured(made, "predict", "request_count"), "ALIGN_RATE"
        ),
        _chart(
            "Slowest of a hundred answers, ms",
            measured(made, "predict", "request_latencies"),
            "ALIGN_PERCENTILE_99",
            "REDUCE_MAX",
        ),
        _chart("Drops taken", measured(made, "retrain", "request_count"), "ALIGN_DELTA"),
        _chart("Releases", measured(made, "deploy-version", "request_count"), "ALIGN_DELTA"),
        _chart(
            "Events under way",
            'resource.type = "pubsub_subscription" AND metric.type = '
            '"pubsub.googleapis.com/subscription/num_undelivered_messages"',
            "ALIGN_MAX",
        ),
        *(
            _chart(
                alert.title,
                'resource.type = "cloud_run_job" AND metric.type = '
                f'"logging.googleapis.com/user/{metric_name(made, alert)}"',
                "ALIGN_DELTA",
            )
            for alert in LOGGED
        ),
    ]
    tiles = [_tile(number, chart) for number, chart in enumerate(charts)]
    return {
        "displayName": made.name,
        "mosaicLayout": {"columns": _COLUMNS, "tiles": tiles},
    }


def _tile(number: int, chart: dict[str, Any]) -> dict[str, Any]:
    width, height = _COLUMNS // 2, 16
    return {
        "xPos": (number % 2) * width,
        "yPos": (number // 2) * height,
        "width": width,
        "height": height,
        "widget": chart,
    }


def _chart(title: str, filters: str, aligner: str, reducer: str = "REDUCE_SUM") -> dict[str, Any]:
    query = {"timeSeriesFilter": {"filter": filters, "aggregation": aligned(aligner, reducer)[0]}}
    return {
        "title": title,
        "xyChart": {"dataSets": [{"plotType": "LINE", "timeSeriesQuery": query}]},
    }
