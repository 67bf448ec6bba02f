"""LitServe, one worker: `python litserve_server.py MODEL PORT`."""

import sys
from typing import Any

import joblib
import litserve


class Iris(litserve.LitAPI):
    """A scikit-learn model."""

    def setup(self, _: str) -> None:
        """Load it."""
        self.model = joblib.load(sys.argv[1])

    def decode_request(self, request: dict[str, Any], **_: Any) -> Any:
        """The instances."""
        return request["instances"]

    def predict(self, x: Any, **_: Any) -> Any:
        """The labels."""
        return self.model.predict(x)

    def encode_response(self, output: Any, **_: Any) -> dict[str, Any]:
        """The answer."""
        return {"predictions": output.tolist()}


if __name__ == "__main__":
    server = litserve.LitServer(Iris(), accelerator="cpu", workers_per_device=1)
    server.run(port=int(sys.argv[2]), generate_client_file=False, log_level="warning")
