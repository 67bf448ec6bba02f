"""KServe's Python server with its small Model class: `python kserve_server.py MODEL PORT`.

Its own scikit-learn server is not on the package index.
"""

import sys
from typing import Any

import joblib
import kserve


class Iris(kserve.Model):
    """A scikit-learn model."""

    def load(self) -> bool:
        """Load it."""
        self.model = joblib.load(sys.argv[1])
        self.ready = True
        return True

    def predict(self, payload: Any, *_: Any, **__: Any) -> Any:
        """Predictions."""
        return {"predictions": self.model.predict(payload["instances"]).tolist()}


if __name__ == "__main__":
    iris = Iris("iris")
    iris.load()
    kserve.ModelServer(http_port=int(sys.argv[2]), workers=1, enable_grpc=False).start([iris])
