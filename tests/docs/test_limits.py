"""The sums of docs/36-limits.md are made of what the code has and of what was measured."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from deploy import cost
from deploy.configuration import configure
from shared.core.capacity import CAPACITY
from shared.core.settings import SETTINGS

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "36-limits.md").read_text(encoding="utf-8")
MEASURED = (ROOT / "docs" / "43-benchmarks.md").read_text(encoding="utf-8")


def test_every_default_of_the_page_is_that_of_the_code() -> None:
    defaults = {setting.name: setting.default for setting in (*SETTINGS, *CAPACITY)}
    rows = re.findall(r"^\| `([A-Z_]+)` \| (\d+) \| (\d*)", PAGE, re.MULTILINE)
    assert len(rows) == 10
    assert {name: default for name, default, _ in rows}.items() <= defaults.items()
    configure({"project": "my-project", "settings": {name: new for name, _, new in rows if new}})


@pytest.mark.parametrize(
    ("drops", "gb", "rps", "dollars"),
    re.findall(
        r"^\| `--drops (\d+) --gb ([\d.]+) --rps (\d+)`.*\| ([\d,]+) \|$", PAGE, re.MULTILINE
    ),
)
def test_every_sum_is_what_deploy_cost_says(drops: str, gb: str, rps: str, dollars: str) -> None:
    load = cost.Load(int(drops), float(gb), float(rps))
    made = configure({"project": "my-project", "notify": "ops@example.com"})
    month = cost.total(cost.month(made, cost.Prices(), load))
    assert month == pytest.approx(float(dollars.replace(",", "")), rel=0.05)


@pytest.mark.parametrize("figure", ["0.75 ms", "45,450 rows/s", "0.41 MB", "1.58 s", "7.72 s"])
def test_every_unit_was_measured(figure: str) -> None:
    assert figure in MEASURED


def test_the_picture_says_in_words_what_it_shows() -> None:
    picture = ElementTree.parse(ROOT / "docs" / "overview.svg").getroot()
    space = "{http://www.w3.org/2000/svg}"
    told = picture.findtext(f"{space}desc") or ""
    shown = {text.text for text in picture.iter(f"{space}text")}
    for part in ("retrain", "deploy_version", "serving", "predict", "STATE bucket"):
        assert part in shown
        assert part in told
    assert "prefers-color-scheme: dark" in ElementTree.tostring(picture, encoding="unicode")


def test_every_page_is_on_the_way_through_them() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert {page for page in pages if f"({page})" not in index} == set()
