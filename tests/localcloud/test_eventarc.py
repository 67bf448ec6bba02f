"""Eventarc's half of the bargain: at least once, at once, again until it is taken or too late."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.switch import Switches
from shared.core.event import FINALIZED, ObjectFinalized
from tests.localcloud.receiver import Outbox, Received, dispatching, receiving


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    outbox = Outbox(tmp_path)
    yield outbox
    outbox.database.close()


def test_an_event_arrives_as_a_binary_cloudevent_with_the_triggers_token(outbox: Outbox) -> None:
    async def run() -> Received:
        async with receiving() as receiver, dispatching(outbox, receiver) as eventarc:
            outbox.add("data/iris/über 100%.csv", generation=7)
            eventarc.notify()
            assert await eventarc.idle(5)
            assert receiver.received[0].headers["authorization"] == (
                f"Bearer token-for-{receiver.address}"
            )
            return receiver.received[0]

    received = asyncio.run(run())
    headers = received.headers
    assert {key: headers[key] for key in headers if key.startswith("ce-") and key != "ce-id"} == {
        "ce-bucket": "data",
        "ce-source": "//storage.googleapis.com/projects/_/buckets/data",
        "ce-specversion": "1.0",
        "ce-subject": "objects/data/iris/%C3%BCber%20100%25.csv",
        "ce-time": "2026-11-22T10:00:01.000Z",
        "ce-type": FINALIZED,
    }
    assert headers["ce-id"].isdigit()
    assert headers["content-type"] == "application/json"
    event = ObjectFinalized.parse(headers["ce-type"], received.data)
    assert event is not None
    assert event.source.name == "data/iris/über 100%.csv"
    assert event.source.generation == 7


def test_every_trigger_of_a_bucket_gets_the_event_and_other_buckets_events_go(
    outbox: Outbox,
) -> None:
    async def run() -> None:
        async with (
            receiving() as first,
            receiving() as second,
            dispatching(outbox, first, second) as eventarc,
        ):
            outbox.add("a.csv")
            outbox.add("ledger.json", bucket="state")
            eventarc.notify()
            assert await eventarc.idle(5)
            assert first.names == second.names == ["a.csv"]
            assert first.received[0].headers["ce-id"] == second.received[0].headers["ce-id"]
            assert eventarc.statistics()["delivered"] == 2

    asyncio.run(run())
    assert outbox.count() == outbox.count("delivery") == 0


def test_what_was_committed_while_nobody_ran_is_delivered_at_the_start(outbox: Outbox) -> None:
    outbox.add("a.csv")

    async def run() -> None:
        async with receiving() as receiver, dispatching(outbox, receiver) as eventarc:
            assert await eventarc.idle(5)
            assert receiver.names == ["a.csv"]

    asyncio.run(run())


@pytest.mark.parametrize("status", [500, 503, 404, 429, 302])
def test_anything_but_2xx_brings_the_event_again(outbox: Outbox, status: int) -> None:
    answers = iter([status, status, 204])

    async def answer(_: Received) -> int:
        return next(answers)

    async def run() -> None:
        async with receiving(answer) as receiver, dispatching(outbox, receiver) as eventarc:
            outbox.add("a.csv")
            eventarc.notify()
            assert await eventarc.idle(5)
            assert len(receiver.received) == 3
            assert len({received.headers["ce-id"] for received in receiver.received}) == 1
            statistics = eventarc.statistics()
            assert (statistics["delivered"], statistics["failed"]) == (1, 2)

    asyncio.run(run())


def test_an_event_for_a_function_that_is_not_up_yet_arrives_once_it_is(outbox: Outbox) -> None:
    async def run() -> None:
        async with receiving() as gone:
            pass
        port = int(gone.address.rsplit(":", 1)[1].strip("/"))
        async with dispatching(outbox, gone) as eventarc:
            outbox.add("a.csv")
            eventarc.notify()
            assert not await eventarc.idle(0.05)
            async with receiving(port=port) as receiver:
                assert await eventarc.idle(5)
                assert receiver.names == ["a.csv"]

    asyncio.run(run())


def test_a_connection_broken_in_the_middle_counts_as_not_taken(outbox: Outbox) -> None:
    async def run() -> None:
        taken: list[bytes] = []
        done = asyncio.Event()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            taken.append(await reader.readuntil(b"\r\n\r\n"))
            if len(taken) > 1:
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                await writer.drain()
                done.set()
            writer.close()

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with receiving() as unused, dispatching(outbox, unused) as eventarc:
            object.__setattr__(eventarc.triggers[0], "address", f"http://127.0.0.1:{port}/")
            outbox.add("a.csv")
            eventarc.notify()
            await asyncio.wait_for(done.wait(), 5)
            assert await eventarc.idle(5)
            assert eventarc.statistics()["failed"] == 1
        server.close()
        await server.wait_closed()

    asyncio.run(run())


def test_deliveries_run_side_by_side_and_a_slow_trigger_holds_up_no_other(outbox: Outbox) -> None:
    async def run() -> None:
        gate = asyncio.Event()

        async def slow(_: Received) -> int:
            await gate.wait()
            return 200

        async with (
            receiving(slow) as blocked,
            receiving() as free,
            dispatching(outbox, blocked, free) as eventarc,
        ):
            for number in range(40):
                outbox.add(f"{number}.csv")
            eventarc.notify()
            await asyncio.wait_for(free.wait_for(40), 5)
            await asyncio.wait_for(blocked.wait_for(16), 5)
            assert len(blocked.received) == 16, "no more than 16 at once"
            assert not await eventarc.idle(0)
            gate.set()
            assert await eventarc.idle(5)
            assert len(blocked.received) == 40

    asyncio.run(run())


def test_retries_back_off_twice_as_long_each_time(outbox: Outbox) -> None:
    async def never(_: Received) -> int:
        return 500

    async def run() -> list[float]:
        async with receiving(never) as receiver, dispatching(outbox, receiver) as eventarc:
            return [eventarc._back_off(attempt) / eventarc.time_scale for attempt in range(1, 12)]

    delays = asyncio.run(run())
    for attempt, delay in enumerate(delays):
        planned = min(600, 10 * 2**attempt)
        assert 0.8 * planned <= delay <= 1.2 * planned
    assert len(set(delays)) == len(delays), "without jitter all retries would come together"


def test_an_event_nobody_takes_becomes_a_dead_letter_and_can_be_driven_again(
    outbox: Outbox,
) -> None:
    status = 500

    async def answer(_: Received) -> int:
        return status

    async def run() -> None:
        nonlocal status
        async with (
            receiving(answer) as receiver,
            dispatching(outbox, receiver, time_scale=1e-6) as eventarc,
        ):
            outbox.add("a.csv", generation=5)
            eventarc.notify()
            assert await eventarc.idle(5)
            (letter,) = eventarc.queue.dead_letters()
            assert letter["object"] == "gs://data/a.csv#5"
            assert letter["reason"] == "HTTP 500"
            assert letter["attempts"] == len(receiver.received) > 1
            status = 200
            assert await eventarc.redrive([letter["id"] + 1]) == 0
            assert await eventarc.redrive([letter["id"]]) == 1
            assert await eventarc.idle(5)
            assert eventarc.queue.dead_letters() == []
            assert eventarc.statistics()["delivered"] == 1

    asyncio.run(run())


def test_a_dead_letter_stays_dead_over_a_restart(outbox: Outbox) -> None:
    async def never(_: Received) -> int:
        return 500

    async def run() -> None:
        async with receiving(never) as receiver:
            async with dispatching(outbox, receiver, time_scale=1e-7) as eventarc:
                outbox.add("a.csv")
                eventarc.notify()
                assert await eventarc.idle(5)
            seen = len(receiver.received)
            async with dispatching(outbox, receiver) as eventarc:
                assert await eventarc.idle(5)
                assert len(eventarc.queue.dead_letters()) == 1
                assert len(receiver.received) == seen

    asyncio.run(run())


def test_a_delivery_cut_off_by_a_stop_comes_again(outbox: Outbox) -> None:
    async def run() -> None:
        gate = asyncio.Event()

        async def slow(_: Received) -> int:
            await gate.wait()
            return 200

        async with receiving(slow) as receiver:
            async with dispatching(outbox, receiver) as eventarc:
                outbox.add("a.csv")
                eventarc.notify()
                await receiver.wait_for(1)
            gate.set()
            async with dispatching(outbox, receiver) as eventarc:
                assert await eventarc.idle(5)
                assert receiver.names == ["a.csv", "a.csv"]

    asyncio.run(run())


def test_a_lock_held_by_the_store_delays_and_breaks_nothing(outbox: Outbox) -> None:
    async def run() -> None:
        async with receiving() as receiver, dispatching(outbox, receiver) as eventarc:
            outbox.database.execute("BEGIN IMMEDIATE")
            outbox.add("a.csv")
            eventarc.notify()
            assert not await eventarc.idle(0.02)
            assert receiver.received == []
            outbox.database.execute("COMMIT")
            assert await eventarc.idle(5)
            assert receiver.names == ["a.csv"]

    asyncio.run(run())


def test_a_full_disk_delays_and_loses_nothing(
    outbox: Outbox, capsys: pytest.CaptureFixture[str]
) -> None:
    async def run() -> None:
        async with receiving() as receiver, dispatching(outbox, receiver) as eventarc:
            assert await eventarc.idle(5)
            queue = eventarc.queue._database
            (pages,) = queue.execute("PRAGMA page_count").fetchone()
            queue.execute(f"PRAGMA max_page_count = {pages}")
            for number in range(30):
                outbox.add(f"{number}.csv", bucket="data")
            eventarc.notify()
            assert not await eventarc.idle(0.05)
            queue.execute("PRAGMA max_page_count = 100000")
            assert await eventarc.idle(5)
            assert len(receiver.received) == 30

    asyncio.run(run())
    assert "full" in capsys.readouterr().out


def test_a_notification_from_another_thread_is_heard(outbox: Outbox) -> None:
    async def run() -> None:
        async with receiving() as receiver, dispatching(outbox, receiver) as eventarc:
            assert await eventarc.idle(5)
            outbox.add("a.csv")
            await asyncio.to_thread(eventarc.notify)
            await asyncio.wait_for(receiver.wait_for(1), 5)

    asyncio.run(run())


def test_duplicates_deliver_each_event_so_many_times_under_one_id(outbox: Outbox) -> None:
    async def run() -> None:
        async with receiving() as receiver:
            switches = Switches(duplicates=3)
            async with dispatching(outbox, receiver, switches=switches) as eventarc:
                outbox.add("a.csv")
                outbox.add("b.csv")
                eventarc.notify()
                assert await eventarc.idle(5)
                assert sorted(receiver.names) == ["a.csv"] * 3 + ["b.csv"] * 3
                ids = {received.headers["ce-id"] for received in receiver.received}
                assert len(ids) == 2

    asyncio.run(run())


def test_shuffle_changes_the_order_and_loses_nothing(outbox: Outbox) -> None:
    names = [f"{number:02d}.csv" for number in range(30)]

    async def run() -> list[str]:
        async with receiving() as receiver:
            switches = Switches(shuffle=7, shuffle_seconds=0.05)
            async with dispatching(outbox, receiver, switches=switches) as eventarc:
                for name in names:
                    outbox.add(name)
                eventarc.notify()
                assert await eventarc.idle(5)
                return receiver.names

    delivered = asyncio.run(run())
    assert sorted(delivered) == names
    assert delivered != names


def test_a_share_of_the_events_can_be_lost_and_is_counted(outbox: Outbox) -> None:
    async def run() -> None:
        async with receiving() as receiver:
            switches = Switches(drop_share=0.5)
            async with dispatching(outbox, receiver, switches=switches) as eventarc:
                for number in range(40):
                    outbox.add(f"{number}.csv")
                eventarc.notify()
                assert await eventarc.idle(5)
                lost = eventarc.statistics()["lost"]
                assert isinstance(lost, int)
                assert 5 < lost < 35
                assert len(receiver.received) == 40 - lost

    asyncio.run(run())
    assert outbox.count() == 0


def test_events_of_a_trigger_that_is_no_longer_there_are_kept_as_dead_letters(
    outbox: Outbox,
) -> None:
    async def never(_: Received) -> int:
        return 500

    async def run() -> None:
        async with receiving(never) as receiver:
            async with dispatching(outbox, receiver) as eventarc:
                outbox.add("a.csv")
                eventarc.notify()
                await receiver.wait_for(1)
            async with dispatching(outbox) as eventarc:
                assert await eventarc.idle(5)
                (letter,) = eventarc.queue.dead_letters()
                assert letter["reason"] == "there is no such trigger"

    asyncio.run(run())


def test_a_failing_collect_leaves_the_outbox_as_it_was(outbox: Outbox) -> None:
    async def run() -> None:
        async with receiving() as receiver, dispatching(outbox, receiver) as eventarc:
            outbox.add("a.csv")

            def lose() -> bool:
                raise sqlite3.DataError("broken off")

            with pytest.raises(sqlite3.DataError):
                eventarc.queue.collect({"data": ["trigger0"]}, lose=lose)
            assert outbox.count() == 1
            assert outbox.count("delivery") == 0
            eventarc.notify()
            assert await eventarc.idle(5)
            assert receiver.names == ["a.csv"]

    asyncio.run(run())
