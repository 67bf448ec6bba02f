"""A room is what it may import: the table of docs/41-architecture.md, enforced over every file."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

WEB = {"starlette", "uvicorn", "aiohttp", "orjson", "httptools", "uvloop"}
GOOGLE = {
    "google",
    "google_crc32c",
    "googleapiclient",
    "google_auth_httplib2",
    "httplib2",
    "requests",
    "urllib3",
}
ONNX = {"onnx", "onnxruntime"}
SCIENCE = {"numpy", "scipy", "sklearn", "threadpoolctl", "joblib"}

TELLING_WORKFLOWS = ("aftermath", "publish", "notify", "traffic")
TRAINING_WORKFLOWS = ("retrain", "train", "freeze", "accepted", "ending")

ROOMS: dict[str, set[str]] = {
    "functions/retrain": {
        "shared.workflows.retrain",
        "shared.workflows.aftermath",
        "shared.wiring",
        "shared.core",
        "shared.logs",
        "functions_framework",
        "cloudevents",
    },
    "functions/deploy_version": {
        "shared.workflows.deploy_version",
        "shared.workflows.aftermath",
        "shared.wiring",
        "shared.core",
        "shared.logs",
        "functions_framework",
        "cloudevents",
    },
    "functions/predict": {
        "shared.workflows.predict",
        "shared.workflows.discover",
        "shared.workflows.show",
        "shared.wiring",
        "shared.core",
        "shared.logs",
        "shared.web",
        "functions_framework",
        "starlette",
    },
    "shared/wiring.py": {"shared.gcp", "shared.webhook", "shared.core", "shared.logs"},
    "functions/batch_predict": {
        "shared.workflows.batch_predict",
        "shared.wiring",
        "shared.core",
        "shared.logs",
        "functions_framework",
        "cloudevents",
    },
    "shared/workflows/batch_predict.py": {"shared.workflows", "shared.core", "shared.batch"},
    "shared/batch_job.py": {
        "shared.workflows.batch_job",
        "shared.wiring",
        "shared.core",
        "shared.logs",
    },
    "shared/batch": {"shared.core", "shared.training.reading"},
    **{
        f"shared/workflows/{name}.py": {
            "shared.workflows",
            "shared.core",
            "shared.training",
            "shared.artifacts",
        }
        for name in TRAINING_WORKFLOWS
    },
    **{
        f"shared/workflows/{name}.py": {"shared.workflows", "shared.core", "shared.status"}
        for name in TELLING_WORKFLOWS
    },
    "shared/workflows": {"shared.core"},
    "shared/status": {"shared.core"},
    "shared/webhook.py": {"shared.core"},
    "shared/reconcile.py": {
        "shared.workflows.reconcile",
        "shared.workflows.aftermath",
        "shared.workflows.watch",
        "shared.workflows.traffic",
        "shared.wiring",
        "shared.core",
        "shared.logs",
    },
    "shared/job.py": {
        "shared.workflows.train",
        "shared.workflows.aftermath",
        "shared.wiring",
        "shared.core",
        "shared.logs",
    },
    "shared/gcp": {"shared.core", "shared.logs", "httptools", "orjson", "cryptography"} | GOOGLE,
    "shared/training": {"shared.core", "shared.artifacts", "pandas"} | ONNX | SCIENCE,
    "shared/training/reporting": {"shared.core"},
    "shared/artifacts": {"shared.core", "joblib", "numpy"},
    "shared/web": {"shared.core", "starlette", "orjson"},
    "shared/core": {"shared.core"},
    "shared/__init__.py": set(),
    "shared/logs.py": {"shared.core"},
    "serving": {
        "serving",
        "shared.core",
        "shared.artifacts",
        "shared.gcp",
        "shared.logs",
        "cryptography",
        "onnxruntime",
    }
    | WEB
    | SCIENCE,
    "localcloud": {
        "localcloud",
        "shared.core",
        "shared.logs",
        "deploy.stage",
        "cryptography",
        "google_crc32c",
    }
    | WEB,
    "cli": {"cli", "shared", "localcloud", "deploy"},
    "cli/view": {"cli", "shared", "yarl"} | WEB,
    "deploy": {"deploy", "shared.core"},
}
"""Room -> what it may import besides the standard library and itself. Longest prefix wins."""

SOURCES = sorted(
    path
    for room in ("functions", "shared", "serving", "localcloud", "cli", "deploy")
    for path in (ROOT / room).rglob("*.py")
)


def room_of(path: str) -> str:
    """The longest room that the file lies in."""
    return max((room for room in ROOMS if path.startswith(room)), key=len)


def imports(source: Path) -> set[str]:
    """Every module that the file imports, at its top or inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source}: relative imports hide the room"
            module = node.module or ""
            packages = (ROOT / module.replace(".", "/")).is_dir()
            found |= {f"{module}.{a.name}" for a in node.names} if packages else {module}
    return found


def within(module: str, allowed: set[str]) -> bool:
    """Whether the module is one of the allowed or lies below one."""
    return any(module == name or module.startswith(f"{name}.") for name in allowed)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_what_its_row_allows(source: Path) -> None:
    path = source.relative_to(ROOT).as_posix()
    room = room_of(path)
    own = room.removesuffix(".py").replace("/", ".")
    allowed = ROOMS[room] | set(sys.stdlib_module_names) | {own}
    outside = sorted(module for module in imports(source) if not within(module, allowed))
    assert not outside, f"{path} may not import {', '.join(outside)}"


def test_every_source_file_belongs_to_a_room() -> None:
    assert SOURCES
    for source in SOURCES:
        room_of(source.relative_to(ROOT).as_posix())


def test_shared_itself_is_empty() -> None:
    assert (ROOT / "shared" / "__init__.py").read_text(encoding="utf-8") == ""


@pytest.mark.parametrize("name", ["retrain", "deploy_version", "predict"])
def test_a_function_is_a_short_door_with_no_siblings(name: str) -> None:
    folder = ROOT / "functions" / name
    files = {path.name for path in folder.iterdir() if path.name != "__pycache__"}
    assert files == {"main.py", "requirements.txt"}
    assert len((folder / "main.py").read_text(encoding="utf-8").splitlines()) <= 60


HEAVY = ("pandas", "numpy", "sklearn", "joblib", "scipy", "google.cloud.storage", "googleapiclient")


def test_predict_loads_nothing_heavy() -> None:
    program = (
        "import sys, functions.predict.main;"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == "[]"


def test_nothing_outside_wiring_asks_which_platform_it_is() -> None:
    for source in SOURCES:
        if source.name in ("wiring.py", "settings.py"):
            continue
        text = source.read_text(encoding="utf-8")
        assert "if local" not in text, f"{source}: local is an endpoint, not a case"
        if source.is_relative_to(ROOT / "shared") or source.is_relative_to(ROOT / "functions"):
            assert "platform ==" not in text, f"{source}: only wiring chooses"


@pytest.mark.parametrize(
    "source",
    sorted((ROOT / "tests").rglob("*.py")),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_no_test_patches_the_code_under_test(source: Path) -> None:
    assert not any("mock" in module.split(".") for module in imports(source))
