"""The whole path on a local cloud: sign in by the link, open a model that was trained, ask it, copy
the curl line and run it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from localcloud.link import sign_in_link
from tests.browser import ABSENT, PROGRAM, started, tab
from tests.functions.test_predict_on_local_cloud import MODEL, Live, live
from tests.page.test_browser import ANSWER, FORM, HEADING, SPOKEN

__all__ = ["live"]
pytestmark = [
    pytest.mark.skipif(PROGRAM is None, reason=ABSENT),
    pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed"),
]
BARS = f"[...{ANSWER}.querySelectorAll('.bars li')].map(li => li.textContent)"
COPIED = """
(() => {
  navigator.clipboard.writeText = async text => { window.copied = text; };
  [...document.querySelectorAll('button')].find(b => b.textContent.startsWith('Copy')).click();
})()
"""


def test_sign_in_open_a_model_predict_see_bars_and_run_the_curl_line(
    live: Live, tmp_path: Path
) -> None:
    cloud = live.cloud.configuration

    async def look(chromium: str) -> tuple[str, list[str], str]:
        async with tab(chromium) as at:
            await at.screen(360)
            await at.open(sign_in_link(cloud))
            await at.until(f"{HEADING} === 'Models'")
            assert await at.value("location.href") == f"{cloud.url('predict')}/#/"
            await at.value(f"document.querySelector(\"a[href='#/models/{MODEL}']\").click()")
            await at.until(f"{HEADING} === '{MODEL}'")
            table = await at.value("document.querySelector('#versions').textContent")
            assert live.version in table
            await at.value(f"{FORM}.querySelector('button.quiet').click()")
            await at.value("document.getElementById('spoken').textContent = ''")
            await at.value(f"{FORM}.querySelector('button[type=submit]').click()")
            await at.until(f"{SPOKEN} !== ''")
            bars, verdict = await at.value(BARS), f"{ANSWER}.querySelector('.verdict').textContent"
            await at.value(COPIED)
            await at.until(
                "[...document.querySelectorAll('button')].some(b => b.textContent === 'Copied')"
            )
            assert await at.value("document.documentElement.scrollWidth") <= 360
            return await at.value("copied"), bars, await at.value(verdict)

    with started(tmp_path) as chromium:
        line, bars, verdict = asyncio.run(look(chromium))
    assert len(bars) == 3
    assert bars[0].startswith(verdict)
    assert live.token not in line
    environment = {**os.environ, "PREDICT_TOKEN": live.token}
    command = line.replace("curl ", "curl --silent --fail ", 1)
    done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["predictions"][0]["label"] == verdict
    assert answer["model_version"] == live.version
