"""The peers: how each is installed, started and asked."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.cloud import ROOT
from benchmarks.peers.load import Load, request

SCRIPTS = Path(__file__).parent
VENVS = ROOT / "build" / "peers"
"""Where their environments are kept between runs, unless another folder is named."""
MODEL_PACKAGES = ("scikit-learn==1.6.1", "joblib==1.6.0")
START_SECONDS = 90
INSTALL_SECONDS = 600


class Unavailable(Exception):
    """It cannot be installed or started here; the message says why."""


@dataclass(frozen=True)
class Server:
    """One that runs. start_seconds: until its first answer; load: its requests for such rows."""

    name: str
    process: int
    start_seconds: float
    load: Callable[[list[list[float]]], Load]

    @property
    def megabytes(self) -> float:
        """What it and the processes it started have in memory."""
        pages = 0
        for one in family(self.process):
            with suppress(OSError):  # just gone
                pages += int((Path("/proc") / str(one) / "statm").read_text().split()[1])
        return pages * resource.getpagesize() / 1e6


def _instances(rows: list[list[float]]) -> Any:
    return {"instances": rows}


def _tensor(rows: list[list[float]]) -> Any:
    values = [value for row in rows for value in row]
    shape = [len(rows), len(rows[0])]
    return {"inputs": [{"name": "x", "shape": shape, "datatype": "FP64", "data": values}]}


def _inputs(rows: list[list[float]]) -> Any:
    return {"inputs": rows}


@dataclass(frozen=True)
class Peer:
    """command: what is run in its venv; {python}, {bin}, {scripts}, {model}, {port}, {folder} are
    filled in. prepare: writes what it needs into its folder."""

    name: str
    packages: tuple[str, ...]
    command: tuple[str, ...]
    path: str
    body: Callable[[list[list[float]]], Any] = _instances
    prepare: Callable[[str, Path, Path, int], None] | None = None

    def install(self, venvs: Path) -> Path:
        """Its venv below that folder, made where it is not there yet. Raises Unavailable."""
        place = venvs / self.name
        if (place / "done").exists():
            return place
        uv = [sys.executable, "-m", "uv"]
        python = str(place / "bin" / "python")
        _run([*uv, "venv", "-q", "--clear", "--python", sys.executable, str(place)])
        _run([*uv, "pip", "install", "-q", "--python", python, *MODEL_PACKAGES, *self.packages])
        (place / "done").touch()
        return place

    @contextmanager
    def running(self, venvs: Path, model: Path, folder: Path) -> Iterator[Server]:
        """Started, and it has answered a request. Raises Unavailable."""
        place, port = self.install(venvs), free_port()
        python = str(place / "bin" / "python")
        if self.prepare:
            self.prepare(python, model, folder, port)
        words = {
            "python": python,
            "bin": str(place / "bin"),
            "scripts": str(SCRIPTS),
            "model": str(model),
            "port": str(port),
            "folder": str(folder),
        }
        log = (folder / "log").open("wb")
        began = time.monotonic()
        process = subprocess.Popen(
            [word.format(**words) for word in self.command],
            cwd=folder,
            env=_environment(place, model),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            self._wait(process, port, folder)
            took = time.monotonic() - began
            yield Server(self.name, process.pid, took, lambda rows: self.load(port, rows))
        finally:
            for one in family(process.pid):  # some start workers in sessions of their own
                with suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)
            process.wait()
            log.close()

    def version(self, venvs: Path) -> str:
        """The version of its first package, once it is installed."""
        name = self.packages[0].partition("[")[0]
        found = [*(venvs / self.name).glob(f"lib/*/site-packages/{name}-*.dist-info")]
        return found[0].name.split("-")[1].removesuffix(".dist") if found else ""

    def load(self, port: int, rows: list[list[float]]) -> Load:
        """Its requests."""
        return Load(port, request(self.path, json.dumps(self.body(rows)).encode()))

    def _wait(self, process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
        load = self.load(port, [[6.8, 2.8, 4.8, 1.4]])
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            try:
                load.once()
                return
            except (OSError, ValueError):
                time.sleep(0.02)
        tail = (folder / "log").read_text(errors="replace")[-400:]
        raise Unavailable(f"it does not answer: {tail}")


def free_port() -> int:
    """A port that nobody uses just now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def family(process: int) -> set[int]:
    """A process and all that it started, as long as the chain of parents holds."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):  # just gone
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                parents[int(folder.name)] = int(fields[1])
    found = {process}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _run(words: list[str]) -> None:
    try:
        subprocess.run(words, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"it cannot be installed: {error.stderr[-400:]}") from error
    except subprocess.TimeoutExpired as error:
        raise Unavailable("it cannot be installed in ten minutes") from error


def _environment(place: Path, model: Path) -> dict[str, str]:
    return {
        "PATH": f"{place / 'bin'}:{os.environ['PATH']}",
        "HOME": str(place),
        "LANG": "C.UTF-8",
        "MODEL": str(model),
        "OMP_NUM_THREADS": "1",
        "BENTOML_DO_NOT_TRACK": "true",
        "DO_NOT_TRACK": "1",
    }


def _mlserver(_: str, model: Path, folder: Path, port: int) -> None:
    ports = {"http_port": port, "grpc_port": free_port(), "metrics_port": free_port()}
    (folder / "settings.json").write_text(json.dumps({**ports, "host": "127.0.0.1"}))
    told = {
        "name": "iris",
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": str(model)},
    }
    (folder / "model-settings.json").write_text(json.dumps(told))


def _mlflow(python: str, model: Path, folder: Path, _: int) -> None:
    code = (
        "import joblib, sys, mlflow.sklearn;"
        "mlflow.sklearn.save_model(joblib.load(sys.argv[1]), sys.argv[2],"
        " serialization_format='cloudpickle')"
    )
    _run([python, "-W", "ignore", "-c", code, str(model), str(folder / "saved")])


def _script(name: str) -> tuple[str, ...]:
    return ("{python}", f"{{scripts}}/{name}_server.py", "{model}", "{port}")


HELLO = Peer("hello", ("uvicorn[standard]",), _script("hello"), "/")
PEERS = (
    Peer("fastapi", ("fastapi", "uvicorn[standard]"), _script("fastapi"), "/predict"),
    Peer("kserve", ("kserve",), _script("kserve"), "/v1/models/iris:predict"),
    Peer(
        "mlserver",
        ("mlserver", "mlserver-sklearn", "uvloop<0.22"),
        ("{bin}/mlserver", "start", "{folder}"),
        "/v2/models/iris/infer",
        _tensor,
        _mlserver,
    ),
    Peer("litserve", ("litserve",), _script("litserve"), "/predict"),
    Peer(
        "mlflow",
        ("mlflow",),
        (
            *("{bin}/mlflow", "models", "serve", "-m", "{folder}/saved", "-p", "{port}"),
            *("--env-manager", "local", "--workers", "1"),
        ),
        "/invocations",
        _inputs,
        _mlflow,
    ),
    Peer(
        "bentoml",
        ("bentoml",),
        (
            *("{bin}/bentoml", "serve", "bentoml_server:Iris", "--port", "{port}"),
            *("--working-dir", "{scripts}"),
        ),
        "/predict",
    ),
)
