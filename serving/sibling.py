"""The processes that answer on one port tell each other what they count.

Each listens on a socket of its own in a folder that only they know, and tells whoever connects.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import orjson

from serving.measure import Measure

SECONDS = 2.0


@dataclass
class Siblings:
    """folder: of the sockets, None where this process is alone; number: this process's."""

    measure: Measure
    folder: Path | None = None
    number: int = 0
    _server: asyncio.Server | None = None

    async def open(self) -> None:
        """Begin to tell the others."""
        if self.folder:
            own = self.folder / str(self.number)
            own.unlink(missing_ok=True)  # of the process whose place this one took
            self._server = await asyncio.start_unix_server(self._tell, own)

    def close(self) -> None:
        """Tell nobody any more."""
        if self._server:
            self._server.close()

    async def sum(self) -> Measure:
        """What all of them have counted. One that does not answer is left out."""
        total = Measure()
        total.merge(self.measure.as_dict())
        if self.folder:
            others = [path for path in self.folder.iterdir() if path.name != str(self.number)]
            for told in await asyncio.gather(*map(_ask, others)):
                if told:
                    total.merge(orjson.loads(told))
        return total

    async def _tell(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(orjson.dumps(self.measure.as_dict()))
        writer.close()


async def _ask(path: Path) -> bytes:
    try:
        async with asyncio.timeout(SECONDS):
            reader, writer = await asyncio.open_unix_connection(path)
            told = await reader.read()
            writer.close()
            return told
    except (OSError, TimeoutError):
        return b""
