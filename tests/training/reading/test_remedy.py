"""The line to copy mends the file: each is typed into a shell, and the file read again."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shared.core.configuration import ModelConfiguration
from shared.core.errors import DatasetRejected
from shared.training.dataset import Dataset
from shared.training.reading.read import read
from shared.training.reading.remedy import comma_of
from tests.training.reading.test_read import NAMES, table


def check(data: bytes, toml: str = "") -> Dataset:
    return read(data, ModelConfiguration.from_toml(toml.encode()), target_names=NAMES)


def typed(line: str, folder: Path) -> None:
    """A line typed into a shell, whose python3 has pandas."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    subprocess.run(line, shell=True, cwd=folder, check=True, env=environment)


def mended(data: bytes, folder: Path) -> Dataset:
    """The file after the lines of its refusal were copied, each different one once."""
    with pytest.raises(DatasetRejected) as caught:
        check(data)
    said = [finding.message.rpartition(" To mend it: ")[2] for finding in caught.value.findings]
    (folder / "FILE.csv").write_bytes(data)
    toml = ""
    for line in dict.fromkeys(said):
        if line.startswith("in model.toml"):
            toml += re.sub(r"in model.toml(?: below (\[\w+\]))?: ", r"\1\n", line) + "\n"
        else:
            typed(line, folder)
    there = folder / "mended.csv"
    return check((there if there.exists() else folder / "FILE.csv").read_bytes(), toml)


def lines(text: str, **changed: str) -> str:
    """A table with some lines changed, named by their numbers."""
    rows = text.splitlines()
    for number, line in changed.items():
        rows[int(number.removeprefix("line")) - 1] = line
    return "\n".join(rows) + "\n"


def with_semicolons(text: str) -> str:
    return text.replace(",", ";")


FAULTY = {
    "rows of three kinds of fault": lines(
        table(), line5="n.v.,1,yes", line9="1,yes", line20="1,alt,no", line30="2,3,,no"
    ),
    "no header": "\n".join(table().splitlines()[1:]),
    "no header, semicolons": with_semicolons("\n".join(table().splitlines()[1:])),
    "a title above the names": "Export of today,,\n,,\n" + table(),
    "a title of one cell": "Export of today\n\n" + with_semicolons(table()),
    "Excel's sep=": "sep=;\n" + with_semicolons(table()),
    "two names alike, semicolons and signs": with_semicolons(
        table(c=lambda i: i % 3).replace("a,b,c,y", "R&D/x,it's,IT'S ,y")
    ),
    "a column without a name": with_semicolons(table().replace("a,b,y", "a,,y")),
    "row names as R writes them": "\n".join(
        f"{i},{line}" if i else line for i, line in enumerate(table().splitlines())
    ),
    "a delimiter behind every row": "\n".join(
        ",".join(reversed(line.split(","))) + "," * (i > 0)
        for i, line in enumerate(table().splitlines())
    ),
    "a class with one row": table(y=lambda i: "yse" if i == 8 else ("yes" if i % 3 else "no")),
    "many empty labels": table(300, y=lambda i: "" if i % 10 == 3 else "ab"[i % 2]),
    "some empty labels": table(y=lambda i: "" if i % 10 == 3 else "ab"[i % 2]),
    "a quote that never closes": lines(table(), line9='"1,2,yes'),
}


@pytest.mark.parametrize("name", FAULTY)
def test_the_line_to_copy_mends_the_file(name: str, tmp_path: Path) -> None:
    found = mended(FAULTY[name].encode(), tmp_path)
    assert len(found.schema.features) >= 2
    assert set(found.schema.classes or ()) <= {"yes", "no", "a", "b"}
    assert len(found.target) >= 30


def test_dates_and_numbers_of_one_file_are_mended_by_one_line(tmp_path: Path) -> None:
    data = with_semicolons(table(c=lambda i: f"{1 + i % 28}.{1 + i % 12:02}.2026"))
    rows = data.replace(".5;", ",5;").encode()
    (tmp_path / "FILE.csv").write_bytes(rows)
    with pytest.raises(DatasetRejected) as caught:
        check(rows, '[columns]\nc = "date"')
    found = caught.value.findings
    assert {one.code for one in found} == {"decimal_comma", "not_date"}
    (line,) = {one.message.rpartition(" To mend it: ")[2] for one in found}
    typed(line, tmp_path)
    again = check((tmp_path / "mended.csv").read_bytes(), '[columns]\nc = "date"')
    assert [feature.kind for feature in again.schema.features] == ["numeric", "numeric", "date"]


def test_only_the_rows_that_are_wrong_are_left_out(tmp_path: Path) -> None:
    """Each line is the same, since a row moves up once another before it is gone."""
    found = mended(FAULTY["rows of three kinds of fault"].encode(), tmp_path)
    assert len(found.target) == 40 - 4


AMOUNTS = {
    "German, as Excel writes it": ("1.234,50;999,00;12.000,25", ";", [1234.5, 999, 12000.25]),
    "German with a sign": ("1.234,50 €;- 999,00 €;0,25 €", ";", [1234.5, -999, 0.25]),
    "quoted between commas": ('"3,5","12,25","0,5"', ",", [3.5, 12.25, 0.5]),
    "thousands between commas": ('"12,345","999","1,000"', ",", [12345, 999, 1000]),
    "American": ('"$1,234.50","$7.00","$12"', ",", [1234.5, 7, 12]),
    "Swiss": ("1'234.50;12.25;7", ";", [1234.5, 12.25, 7]),
    "with a code": ("12.50 EUR,7 EUR,1 250.25 EUR", ",", [12.5, 7, 1250.25]),
    "percent": ("12.5%,7 %,0.25%", ",", [12.5, 7, 0.25]),
}


def test_numbers_written_for_people_are_refused_and_mended(tmp_path: Path) -> None:
    """Of each way to write them, in one shell, for pandas is slow to start."""
    commands, folders = [], []
    for name, (cells, delimiter, _) in AMOUNTS.items():
        folder = tmp_path / name
        folder.mkdir()
        three = re.findall(r'"[^"]*"', cells) if '"' in cells else cells.split(delimiter)
        rows = [[three[i % 3], f"{i % 7}.5", "yes" if i % 2 else "no"] for i in range(30)]
        head = ["its amount", "b", "y"]
        text = "".join(delimiter.join(row) + "\n" for row in [head, *rows])
        (folder / "FILE.csv").write_text(text, encoding="utf-8")
        with pytest.raises(DatasetRejected) as caught:
            check(text.encode())
        (line,) = {one.message.rpartition(" To mend it: ")[2] for one in caught.value.findings}
        (program,) = re.findall(r"python3 -c '(.*)'$", line)
        commands.append(f"import os; os.chdir({str(folder)!r}); {program}")
        folders.append(folder)
    subprocess.run([sys.executable, "-c", "\n".join(commands)], check=True)
    for folder, (_, _, wanted) in zip(folders, AMOUNTS.values(), strict=True):
        mended_rows = (folder / "mended.csv").read_text(encoding="utf-8").splitlines()[1:4]
        assert [float(row.split(",")[0]) for row in mended_rows] == wanted, folder.name
        assert len(check((folder / "mended.csv").read_bytes()).target) == 30


@pytest.mark.parametrize(
    ("cell", "comma"),
    [
        ("1.234,56", "decimal"),
        ("3,5", "decimal"),
        ("0,125", "decimal"),
        ("1,234.5", "thousands"),
        ("1,234,567", "thousands"),
        ("1'234.50", "thousands"),
        ("1.234.567", "decimal"),
        ("12,345", ""),
        ("12.345 €", ""),
        ("1 234", ""),
    ],
)
def test_a_comma_is_known_where_the_number_tells(cell: str, comma: str) -> None:
    assert comma_of(cell) == comma
