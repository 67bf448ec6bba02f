"""The runbook's parts, for alerts to carry: whoever is woken has the commands in the mail."""

from __future__ import annotations

import re
from pathlib import Path

from deploy.configuration import Configuration
from deploy.stage import ROOT

PAGE = ROOT / "docs" / "33-operations.md"
LONGEST = 7_000
"""An alert's documentation has 8,192 characters and 10,240 bytes at the most."""


def part(key: str, made: Configuration, model: str = "M", page: Path = PAGE) -> str:
    """What the page says about an alert, with this installation's names; "" without the page."""
    try:
        text = page.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    found = re.search(rf"^### {re.escape(key)}\n+(.*?)\s*(?=^##)", text, re.MULTILINE | re.DOTALL)
    if not found:
        return ""
    names = {"NAME": made.name, "P": made.project, "R": made.region, "M": model}
    letters = rf"(?<![A-Za-z_$])(?:{'|'.join(names)})(?![A-Za-z_%])"
    named = re.sub(letters, lambda hit: names[hit[0]], found[1])
    return _without_links(named)[:LONGEST]


def _without_links(text: str) -> str:
    """Links within the page, and to its neighbours, lead nowhere in a mail."""
    return re.sub(r"\[([^\]]+)\]\((?!https:)[^)]*\)", r"\1", text)
