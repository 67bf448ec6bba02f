"""The images that services and jobs run from: one short recipe over a staged folder."""

from __future__ import annotations

COMMAND = {"serving": ["python", "-m", "serving"]}
"""What an image starts by itself; jobs say their own command."""


def dockerfile(runtime: str, thing: str) -> str:
    """Locked requirements first, since they change least; then the code, compiled; no root."""
    version = f"3.{runtime.removeprefix('python3')}"
    command = "".join(f'"{word}", ' for word in COMMAND.get(thing, ["python", "--version"]))
    return f"""\
FROM python:{version}-slim
ENV PYTHONUNBUFFERED=1 PYTHONPATH=/app
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --no-deps --require-hashes --only-binary=:all: -r requirements.txt
COPY . .
RUN python -m compileall -q --invalidation-mode unchecked-hash /app
USER 65532
CMD [{command.rstrip(", ")}]
"""
