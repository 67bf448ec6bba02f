"""FastAPI with pydantic, one uvicorn worker: `python fastapi_server.py MODEL PORT`."""

import sys

import joblib
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

model = joblib.load(sys.argv[1])
app = FastAPI()


class Body(BaseModel):
    """The request."""

    instances: list[list[float]]


@app.post("/predict")
def predict(body: Body) -> dict[str, list[str]]:
    """Predictions."""
    return {"predictions": model.predict(body.instances).tolist()}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[2]), log_level="warning")
