"""Cards for reports: with every fact there is, and with names as bad as one likes."""

from __future__ import annotations

from typing import Any

HOSTILE = (
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    '"><script>alert(1)</script>',
    "'><script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "javascript:alert(1)",
    "<a href=javascript:alert(1)>x</a>",
    "<iframe src=javascript:alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href=//evil.example/>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<object data=//evil.example>",
    "<form action=//evil.example><button autofocus>x",
    "<!--<script>alert(1)</script>-->",
    "--><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "'; touch /tmp/owned; '",
    "$(touch /tmp/owned)`touch /tmp/owned`",
    "price\u202egnp.exe\u2066\u2069",
    "nul\x00esc\x1b[31mred\x07\r\nSet-Cookie: a=b",
    "half\ud800pair\ufeff\u200b\u2028\ufffe",
    "Z" + "\u0301\u0327\u0489" * 200,
    "x" * 5_000,
)
"""Names that a CSV, or a stranger's card, could have."""


def full(names: list[str], classes: list[str], *, task: str = "classification") -> dict[str, Any]:
    """A card with every fact. names: of the features; classes: of the target."""
    metrics = _labels(classes) if task == "classification" else _numbers()
    first = names[0]
    return {
        "format": 1,
        "model": "sample",
        "version": "v20261122_130000_1a2b3c4d",
        "source": {
            "bucket": "data",
            "name": f"data/sample/{first}.csv",
            "generation": "7",
            "time_created": "2026-11-22T13:00:00.250Z",
        },
        "schema": {
            "features": [_feature(name, i) for i, name in enumerate(names)],
            "target": names[-1],
            "classes": classes if task == "classification" else None,
        },
        "estimator": {"name": "SVC", "parameters": {"gamma": first, "random_state": 0}},
        "metrics": {"rows": 150, "task": task, "method": first, "why": first, **metrics},
        "golden": {
            "instances": [[1.5 if i % 3 else first for i in range(len(names))]],
            "predictions": [classes[0]],
            "tolerance": 1e-6,
        },
        "files": {"model.joblib": {"sha256": "0" * 64, "size": 4_321}, first: {"size": 3}},
        "libraries": {"scikit-learn": "1.6.1", first: first},
        "code_digest": "a" * 64,
        "warnings": [{"code": first, "message": name, "line": 7, "column": name} for name in names],
        "facts": _facts(names, classes),
    }


def _feature(name: str, place: int) -> dict[str, Any]:
    kind = ("categorical", "numeric", "boolean")[place % 3]
    numeric = kind == "numeric"
    return {
        "name": name,
        "kind": kind,
        "minimum": 0.5 if numeric else None,
        "maximum": 9.5 if numeric else None,
        "categories": [name] if kind == "categorical" else [],
        "nullable": place % 2 == 0,
    }


def _labels(classes: list[str]) -> dict[str, Any]:
    size = len(classes)
    return {
        "classes": {name: 50 + i for i, name in enumerate(classes)},
        "accuracy": 0.97,
        "balanced_accuracy": 0.96,
        "balanced_accuracy_interval": [0.93, 0.98],
        "baseline_accuracy": 0.34,
        "baseline_balanced_accuracy": 1 / size,
        "log_loss": 0.08,
        "roc_auc": 0.99,
        "evaluated_rows": 150,
        "trained_rows": 120,
        "per_class": {
            name: {"rows": 50, "recall": 0.9, "precision": None if i % 5 == 4 else 0.8}
            for i, name in enumerate(classes)
        },
        "confusion": (
            {
                "classes": classes,
                "counts": [[48 if i == j else 1 for j in range(size)] for i in range(size)],
            }
            if size <= 20
            else {"mistakes": [{"class": c, "answered": classes[0], "rows": 3} for c in classes]}
        ),
        "calibration": {
            "class": classes[0],
            "bins": [
                {"from": i / 10, "to": i / 10 + 0.1, "rows": 9, "probability": p, "share": p * 0.9}
                for i in range(10)
                for p in [i / 10 + 0.05]
            ],
            "mean_gap": 0.05,
        },
    }


def _numbers() -> dict[str, Any]:
    return {
        "rmse": 54.2,
        "mae": 43.1,
        "r2": 0.49,
        "baseline_rmse": 77.0,
        "baseline_mae": 65.9,
        "residuals": {
            "quantiles": {"0.05": -90.0, "0.25": -35.0, "0.5": 1.5, "0.75": 37.0, "0.95": 88.0},
            "histogram": {"edges": [-100.0, -50.0, 0.0, 50.0, 100.0], "rows": [9, 40, 38, 11]},
            "by_prediction": [
                {"rows": 44, "predicted": 80.0 + 20 * i, "actual": 75.0 + 21 * i} for i in range(10)
            ],
        },
    }


def _facts(names: list[str], classes: list[str]) -> dict[str, Any]:
    first = names[0]
    inputs = {
        name: {"edges": [1.0, 2.0, 4.0], "counts": [9, 20, 30, 9, 2]}
        if i % 3
        else {"names": [name, first], "counts": [40, 20, 8, 2]}
        for i, name in enumerate(names)
    }
    return {
        "champion": {"version": "v20261101_130000_00000000", "lacking": ""},
        "files": {f"data/sample/{first}.csv": 100, "data/sample/b.csv": 50},
        "split": first,
        "decision": {
            "accepted": True,
            "code": "accepted",
            "reason": f"balanced accuracy 0.96 against 0.95 of the live version ({first}).",
            "signal": {
                "metric": "balanced_accuracy",
                "value": 0.96,
                "baseline": 0.33,
                "chance": 0.001,
                "level": 0.05,
                "rows": 150,
            },
            "rules": {
                "margin": 0.05,
                "floor": 0.5,
                "baseline": True,
                "enforced": True,
                "drift": "refuse",
            },
            "comparison": {
                "on": first,
                "difference": {
                    "metric": "balanced_accuracy",
                    "champion": 0.95,
                    "challenger": 0.96,
                    "by": -0.01,
                    "at_least": -0.04,
                    "rows": 60,
                },
                "reason": "",
                "new": {"metric": "rmse", "champion": 0.9, "challenger": 0.91, "rows": 21},
            },
            "classes": {"added": classes[:2], "vanished": names[:2], "unlikely": []},
            "objections": [],
        },
        "importance": {
            "metric": "balanced_accuracy",
            "features": [{"name": name, "loss": 0.3 - i / 1000} for i, name in enumerate(names)],
            "not_asked": 3,
        },
        "profile": {
            "rows": 70,
            "inputs": inputs,
            "target": {"edges": [10.0, 20.0, 40.0], "counts": [5, 20, 30, 15, 0]},
        },
        "drift": {
            "level": "warn",
            "rows": [140, 150],
            "inputs": [
                {"name": name, "psi": 0.3 - i / 5000, "level": "warn", "new_share": 0.1}
                for i, name in enumerate(names)
            ],
            "target": {"psi": 0.01, "level": "none"},
            "gone": names[:2],
            "added": classes[:2],
            "words": [f"{first} has moved."],
        },
        "selection": {
            "why": f"SVC was chosen among {first}.",
            "scores": [
                {"name": name, "fits": 5, "balanced_accuracy": 0.96, "note": name}
                for name in ("SVC", "LogisticRegression", first)
            ],
        },
        "portable": {"written": False, "why": first, "rows": 30, "largest_difference": 1e-7},
    }
