"""A real headless Chromium, driven over its own debugging protocol."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
ABSENT = "no Chromium on this machine; apt-get install chromium"
SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
READY = "DevTools listening on "


@contextmanager
def started(home: Path) -> Iterator[str]:
    """The address of a Chromium of our own, which ends with the block."""
    assert PROGRAM
    command = [PROGRAM, *SWITCHES, f"--user-data-dir={home}", "about:blank"]
    with subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "HOME": str(home)},
    ) as process:
        assert process.stderr
        try:
            yield next(line for line in process.stderr if READY in line).split(READY)[1].strip()
        finally:
            os.killpg(process.pid, signal.SIGKILL)


class Tab:
    """One page. seen: what the browser told of it: violations of its policy, requests."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self._session: str | None = None
        self.seen: list[dict[str, Any]] = []

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command and its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        await self._socket.send_json(message)
        while True:
            told = json.loads((await self._socket.receive()).data)
            if told.get("id") == self._number:
                assert "error" not in told, told
                return dict(told["result"])
            self.seen.append(told)

    async def attach(self) -> str:
        """Make the page; its target's id."""
        target = await self.call("Target.createTarget", url="about:blank")
        attached = await self.call(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Log", "Audits"):
            await self.call(f"{domain}.enable")
        return str(target["targetId"])

    async def screen(self, width: int, *, dark: bool = False, media: str = "") -> None:
        """A width in pixels, a colour scheme, and "print" or ""."""
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.call("Emulation.setEmulatedMedia", media=media, features=[scheme])

    async def open(self, address: str) -> None:
        """Load a page to its end."""
        self.seen.clear()
        await self.call("Page.navigate", url=address)
        while not any(told.get("method") == "Page.loadEventFired" for told in self.seen):
            self.seen.append(json.loads((await self._socket.receive()).data))

    async def value(self, expression: str) -> Any:
        """What an expression is on the page, or what it promises. The debugger is not held by the
        page's policy."""
        result = await self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    async def until(self, expression: str) -> None:
        """Wait until an expression holds; looked at whenever the page changes."""
        await self.value(
            f"""new Promise(done => {{
              const look = () => {{ if ({expression}) {{ watch.disconnect(); done(true); }} }};
              const watch = new MutationObserver(look);
              const every = {{ subtree: true, childList: true, attributes: true,
                               characterData: true }};
              watch.observe(document, every);
              look();
            }})"""
        )

    async def press(self, key: str, *, shift: bool = False) -> None:
        """One key: Tab, Enter, Escape, or a letter."""
        code = {"Tab": 9, "Enter": 13, "Escape": 27}.get(key, ord(key[0]))
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        facts = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": 8 * shift}
        await self.call("Input.dispatchKeyEvent", type="keyDown", **facts, text=text)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **facts)

    async def type(self, text: str) -> None:
        """Text where the focus is, in place of what is selected."""
        await self.call("Input.insertText", text=text)

    async def frame(self) -> Tab:
        """The frame of another origin in this page, which is loaded, to be asked as a page is."""
        await self.call("Target.setDiscoverTargets", discover=True)
        while not (found := [t for t in map(_made, self.seen) if t.get("type") == "iframe"]):
            self.seen.append(json.loads((await self._socket.receive()).data))
        attached = await self.call(
            "Target.attachToTarget", targetId=found[0]["targetId"], flatten=True
        )
        inner = Tab(self._socket)
        inner._session = attached["sessionId"]
        return inner

    async def picture(self) -> bytes:
        """The whole page as PNG."""
        size = (await self.call("Page.getLayoutMetrics"))["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        taken = await self.call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        return base64.b64decode(taken["data"])

    def told(self, method: str) -> list[dict[str, Any]]:
        """Parameters of every event of one kind since the page was opened."""
        return [event["params"] for event in self.seen if event.get("method") == method]


def _made(event: dict[str, Any]) -> dict[str, Any]:
    """What an event tells of a target that was made, or {}."""
    if event.get("method") != "Target.targetCreated":
        return {}
    return dict(event["params"]["targetInfo"])


@asynccontextmanager
async def tab(address: str) -> AsyncIterator[Tab]:
    """A page of the Chromium at an address."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(address, max_msg_size=0) as socket,
        asyncio.timeout(60),
    ):
        page = Tab(socket)
        target = await page.attach()
        yield page
        page._session = None
        await page.call("Target.closeTarget", targetId=target)
