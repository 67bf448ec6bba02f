"""The audits find what is there, and are not green where they could not look."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli import audit, auditor, sbom, waiver
from cli.failure import Failure
from cli.lock import AUDIT, UNION
from cli.waiver import Finding
from tests.cli.test_lock import hashes, pins


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The auditors' environment, made from nothing."""
    try:
        return auditor.environment(tmp_path_factory.mktemp("audit") / "venv")
    except Failure as failure:
        pytest.skip(f"the package index cannot be reached: {failure}")


def test_every_waiver_has_a_reason_and_a_place_in_the_code() -> None:
    waivers = list(waiver.waived())
    assert len(waivers) == len(set(waivers)) > 30
    for each in waivers:
        assert (audit.auditor.ROOT / each.file).exists(), each
    reasons = [w["why"].strip() for w in waiver.tomllib.loads(waiver.FILE.read_text())["waiver"]]
    assert all(len(reason) > 20 for reason in reasons)


def test_a_finding_without_a_waiver_and_a_waiver_without_a_finding_are_both_told() -> None:
    new, known, gone = (Finding(f"{name}.py", "assert x", "B101") for name in "abc")
    told = waiver.unanswered([new, known], [known, gone])
    assert len(told) == 2
    assert told[0].startswith("B101 a.py: assert x: mend it")
    assert told[1].startswith("B101 c.py: assert x: not there any more")


def test_bandit_finds_what_nobody_answered(tools: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import os\n\nos.system(input())\n", encoding="utf-8")
    problems = list(audit.code(tools, (str(tmp_path),)))
    assert any("B605" in problem and "mend it" in problem for problem in problems)


def test_packages_that_could_not_be_asked_about_are_not_fine(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))  # what was asked before is no answer
    with pytest.raises(Failure, match="gave no answer, so nothing is known"):
        list(audit.packages(tools, (sbom.DEPLOYED["predict"],)))


def test_packages_that_the_service_does_not_know_are_not_fine(tmp_path: Path) -> None:
    program = tmp_path / "pip-audit"
    answer = {
        "dependencies": [
            {"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]},
            {"name": "b", "version": "1", "vulns": []},
            {"name": "c", "skip_reason": "not found"},
        ]
    }
    program.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n", encoding="utf-8")
    program.chmod(0o755)
    told = list(audit.packages(tmp_path, (UNION,)))
    assert told[0] == "a 1: CVE-1, mended in 2"
    assert told[1].startswith("1 of 3 packages of requirements.txt were NOT looked at: not found")
    assert len(told) == 2


def test_a_bill_of_materials_names_every_locked_package_and_is_the_same_each_time(
    tools: Path, tmp_path: Path
) -> None:
    first = sbom.write(tools, tmp_path / "one", "predict").read_bytes()
    assert sbom.write(tools, tmp_path / "two", "predict").read_bytes() == first
    bill = json.loads(first)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["name"] == "dropserve"
    lock = sbom.DEPLOYED["predict"]
    assert {c["name"]: c["version"] for c in bill["components"]} == pins(lock)
    for component in bill["components"]:
        (source,) = component["externalReferences"]
        known = {f"--hash=sha256:{each['content']}" for each in source["hashes"]}
        assert known == set(hashes(lock)[component["name"]])


def test_everything_that_is_deployed_has_a_bill_of_materials() -> None:
    from deploy.stage import ROOMS

    assert set(sbom.DEPLOYED) == set(ROOMS)


def test_the_auditors_list_is_no_part_of_what_everybody_installs() -> None:
    assert {"bandit", "pip-audit", "cyclonedx-bom"} & set(pins(UNION)) == set()
    assert {"bandit", "pip-audit", "cyclonedx-bom"} <= set(pins(AUDIT))
