"""A scikit-learn server that knows nothing of dropserve, as AI Platform's was: run as a script.

`python -I plain_server.py DIRECTORY` loads DIRECTORY/model.joblib with joblib, listens on a free
port of 127.0.0.1 and prints it. The raw JSON list goes to `predict`; further keys become its
keyword arguments; failures are {"error": "Prediction failed: ..."}.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import joblib


class Failed(Exception):
    """A prediction that failed, with AI Platform's error code."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(f"Prediction failed: {detail} (Error code: {code})")


def load(directory: Path) -> Any:
    """The model of a directory."""
    model = joblib.load(directory / "model.joblib")
    if "sklearn" not in type(model).__module__:
        raise TypeError(f"Invalid model type detected: {type(model)}")
    return model


def predict(model: Any, body: bytes) -> list[Any]:
    """What Google's server did with a request."""
    request = json.loads(body)
    if "instances" not in request:
        raise Failed(1, "Required field 'instances' missing in prediction server request")
    instances = request.pop("instances")
    request.pop("signature_name", None)
    try:
        found = model.predict(instances, **request)
    except Exception as error:
        raise Failed(2, f"Exception during sklearn prediction: {error}") from error
    if not hasattr(found, "tolist"):
        raise Failed(3, f"Bad output type returned: {type(found)}")
    return list(found.tolist())


class Handler(BaseHTTPRequestHandler):
    """POST anything."""

    model: Any = None

    def do_POST(self) -> None:
        """Predict."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            status, answer = 200, {"predictions": predict(self.model, body)}
        except Failed as error:
            status, answer = 400, {"error": str(error)}
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Silence."""


def main() -> None:
    """Serve until killed."""
    Handler.model = load(Path(sys.argv[1]))
    assert not {"shared", "serving", "pandas", "onnxruntime"} & set(sys.modules)
    server = HTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
