"""The socket to a model's process, whatever comes out of it."""

from __future__ import annotations

import asyncio
import socket

import pytest

from serving.sandbox.channel import MOST_BYTES, Channel, Died
from serving.sandbox.frame import HEAD, Kind, frame


def test_an_answer_without_measure_ends_the_process_and_is_not_collected() -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        killed = asyncio.Event()

        def kill() -> None:
            loop.call_soon_threadsafe(killed.set)

        _, channel = await loop.create_unix_connection(lambda: Channel(loop, kill), sock=ours)
        with theirs:
            asked = asyncio.create_task(channel.ask(Kind.PREDICT, b"{}", 30.0))
            await asyncio.sleep(0)
            theirs.sendall(frame(Kind.DONE, b"[]"))
            assert await asked == (Kind.DONE, b"[]")
            asked = asyncio.create_task(channel.ask(Kind.PREDICT, b"{}", 30.0))
            await asyncio.sleep(0)
            theirs.sendall(HEAD.pack(Kind.DONE, MOST_BYTES + 1))
            async with asyncio.timeout(10):
                with pytest.raises(Died):
                    await asked
                await killed.wait()
            assert not channel.alive

    asyncio.run(story())
