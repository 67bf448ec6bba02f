"""What a competent person writes in ten minutes: pandas and scikit-learn, nothing checked.

A measure for `./run bench training`; started by it as a process of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.stage import Stages


def run(path: Path, target: str, dropped: tuple[str, ...], stages: Stages) -> dict[str, Any]:
    """Read, split, fit, judge, write; the score on the hold-out."""
    with stages("imports"):
        import joblib
        import pandas as pd
        from sklearn.compose import make_column_selector, make_column_transformer
        from sklearn.ensemble import HistGradientBoostingClassifier
        from sklearn.metrics import balanced_accuracy_score, classification_report, log_loss
        from sklearn.model_selection import train_test_split
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OrdinalEncoder
    with stages("read"):
        frame = pd.read_csv(path).drop(columns=list(dropped))
        labels = frame.pop(target)
    with stages("split"):
        train, test, train_labels, test_labels = train_test_split(
            frame, labels, test_size=0.2, random_state=0, stratify=labels
        )
    with stages("fit"):
        encoder = OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=-1, max_categories=250
        )
        texts = make_column_selector(dtype_include=["object", "string"])
        model = make_pipeline(
            make_column_transformer((encoder, texts), remainder="passthrough"),
            HistGradientBoostingClassifier(random_state=0),
        )
        model.fit(train, train_labels)
    with stages("judge"):
        answers = model.predict(test)
        classification_report(test_labels, answers)
        log_loss(test_labels, model.predict_proba(test), labels=model.classes_)
        score = balanced_accuracy_score(test_labels, answers)
    with stages("write"):
        joblib.dump(model, path.with_suffix(".plain.joblib"))
    return {"estimator": type(model[-1]).__name__, "score": round(float(score), 4)}
