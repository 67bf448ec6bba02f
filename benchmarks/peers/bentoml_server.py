"""BentoML, one worker: `bentoml serve bentoml_server:Iris`, with MODEL in the environment."""

import os

import bentoml
import joblib


@bentoml.service(workers=1)
class Iris:
    """A scikit-learn model."""

    def __init__(self) -> None:
        self.model = joblib.load(os.environ["MODEL"])

    @bentoml.api
    def predict(self, instances: list[list[float]]) -> dict[str, list[str]]:
        """Predictions."""
        return {"predictions": self.model.predict(instances).tolist()}
