"""Whether a process answers yet."""

from __future__ import annotations

import asyncio

PAUSE = 0.02


async def answers(port: int, path: str) -> bool:
    """One HTTP GET: whether any answer below 500 came. It waits as long as the server thinks."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    try:
        request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
        writer.write(request.encode())
        status = await reader.readline()
    except OSError:
        return False
    finally:
        writer.close()
    words = status.split()
    return len(words) > 1 and words[1].isdigit() and int(words[1]) < 500


async def until_it_answers(port: int, path: str) -> None:
    """Return when the server on the port answers.

    Asking is one refused connection on the loopback every 20 ms while nobody listens yet; then
    the connection itself waits.
    """
    while not await answers(port, path):
        await asyncio.sleep(PAUSE)
