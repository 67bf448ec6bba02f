"""The page's scripts: types that hold, and no way of making markup out of text."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from shared.web.shell import FOLDER
from tests.npm import installed

SOURCE = Path(__file__).resolve().parent
SCRIPTS = sorted(FOLDER.glob("*.js"))


def test_the_types_in_the_comments_hold_strictly_but_for_a_planted_fault(tmp_path: Path) -> None:
    packages = installed(SOURCE)
    for path in SCRIPTS:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with (tmp_path / "curl.js").open("a", encoding="utf-8") as file:
        file.write("quoted(7);\n")
    made = tmp_path / "tsconfig.json"
    inside = f'{{"extends": "{packages}/tsconfig.json", "include": ["{tmp_path}/*.js"]}}'
    made.write_text(inside, encoding="utf-8")
    command = ["npx", "tsc", "-p", str(made)]
    done = subprocess.run(command, cwd=packages, capture_output=True, text=True)
    (fault,) = done.stdout.splitlines()
    assert "curl.js" in fault
    assert "'number' is not assignable" in fault


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_makes_markup_stores_anything_or_reaches_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for word in (
        *("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "srcdoc"),
        *("eval(", "Function(", "localStorage", "sessionStorage", "indexedDB", "document.cookie"),
    ):
        assert word not in text
    assert set(re.findall(r"https?://[^\s\"'`]+", text)) <= {"http://www.w3.org/2000/svg"}


def test_the_shell_has_no_inline_script_or_style_and_names_files_that_are_there() -> None:
    html = (FOLDER / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", html) == []
    named = re.findall(r'(?:src|href)="page/([^"]+)"', html)
    assert len(named) >= 6
    assert all((FOLDER / name).exists() for name in named)
