"""The notebook of examples/, cell by cell, in the shell that it asks for."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.cloud import ROOT, Cloud

NOTEBOOK = ROOT / "examples" / "notebook.ipynb"

PLAY = """
import ast, json, sys
names = {}
for cell in json.load(open(sys.argv[1]))["cells"]:
    if cell["cell_type"] == "code":
        tree = ast.parse("".join(cell["source"]))
        last = tree.body.pop()
        exec(compile(tree, "cell", "exec"), names)
        assert isinstance(last, ast.Expr)
        shown = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
print(json.dumps(shown))
"""
"""What Jupyter does, without it: each cell in turn, in one namespace; the last value is shown."""


def test_the_notebooks_model_is_live_and_answers_when_its_last_cell_has_run(
    cloud: Cloud, environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PLAY, str(NOTEBOOK)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["predictions"] == ["versicolor", "versicolor"]
    (version,) = cloud.versions("notebook")
    assert version["name"].endswith(answer["model_version"])


def test_it_is_stored_without_what_somebody_once_saw() -> None:
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
