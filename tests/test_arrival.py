"""The open loop of the benchmarks: what is due is sent, whatever became of the earlier ones."""

from __future__ import annotations

import asyncio

from benchmarks.arrival import Stream, quantile, run
from shared.gcp.connection import Reply

COUNT = 20
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Model-Version: v1\r\n\r\n{}"


def right(reply: Reply) -> bool:
    return reply.status == 200


def test_a_stall_costs_every_request_that_fell_due_during_it() -> None:
    seen: list[Stream] = []

    async def story() -> None:
        arrived, all_here = 0, asyncio.Event()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal arrived
            await reader.readuntil(b"\r\n\r\n")
            arrived += 1
            if arrived == COUNT:
                all_here.set()
            await all_here.wait()  # nobody gets an answer before the last has asked
            writer.write(ANSWER)
            await writer.drain()
            writer.close()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            stream = Stream(f"http://127.0.0.1:{port}/", b"", right, rate=200)
            await stream.offer(COUNT / 200)
            seen.append(stream)

    run(story())
    (stream,) = seen
    assert stream.failed == 0
    assert stream.versions == {"v1": COUNT}
    assert dict(zip(stream.due, stream.took, strict=True))[0.0] == max(stream.took)


def test_what_is_refused_or_not_answered_is_counted() -> None:
    seen: list[Stream] = []

    async def story() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.close()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            stream = Stream(f"http://127.0.0.1:{port}/", b"", right, rate=200)
            await stream.offer(3 / 200)
            seen.append(stream)

    run(story())
    assert (seen[0].failed, len(seen[0].took)) == (3, 0)


def test_a_quantile_of_nothing_is_no_number() -> None:
    assert quantile([], 0.5) != quantile([], 0.5)
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([3.0, 1.0, 2.0], 1.0) == 3.0
