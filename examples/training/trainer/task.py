"""Train on a CSV in a bucket and write model.joblib to another: the work of one training job.

The last column is the label. Runs wherever google-cloud-storage finds its credentials: on AI
Platform's successors, in a Cloud Run job, or on the local cloud (STORAGE_EMULATOR_HOST).
"""

from __future__ import annotations

import argparse
import io
import os
from datetime import UTC, datetime

import joblib
import pandas as pd
from google.cloud import storage
from sklearn import svm


def arguments() -> argparse.Namespace:
    """The words after `--` of `gcloud ai-platform jobs submit training`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--csv", required=True, help="gs://BUCKET/NAME.csv")
    parser.add_argument("--models", required=True, help="gs://BUCKET/models/MODEL")
    parser.add_argument("--job-dir", help="passed by the platform; unused")
    return parser.parse_args()


def train(csv: bytes) -> svm.SVC:
    """A classifier of the CSV's rows."""
    table = pd.read_csv(io.BytesIO(csv))
    features, label = table.iloc[:, :-1], table.iloc[:, -1]
    print(f"{len(table)} rows, {features.shape[1]} features, {label.nunique()} classes", flush=True)
    return svm.SVC(gamma="auto").fit(features.to_numpy(), label.to_numpy(dtype=object))


def main() -> None:
    """Read, train, write."""
    options = arguments()
    client = storage.Client(project=os.environ.get("GOOGLE_CLOUD_PROJECT"))
    model = train(storage.Blob.from_string(options.csv, client=client).download_as_bytes())
    directory = f"{options.models}/model_{datetime.now(UTC):%Y%m%d_%H%M%S}"
    data = io.BytesIO()
    joblib.dump(model, data)
    storage.Blob.from_string(f"{directory}/model.joblib", client=client).upload_from_string(
        data.getvalue(), "application/octet-stream", if_generation_match=0
    )
    print(f"wrote {directory}/model.joblib", flush=True)


if __name__ == "__main__":
    main()
