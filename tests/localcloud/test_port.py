"""The choice of ports."""

from __future__ import annotations

import socket

import pytest

from localcloud.port import INNER, PEOPLES, PortTaken, choose, free, free_run


def test_the_peoples_ports_follow_from_one_number() -> None:
    first = free_run(23_000)
    ports = choose(first, {})
    assert [ports[name] for name in PEOPLES] == [first, first + 1, first + 2]


def test_all_ports_differ_and_are_free() -> None:
    ports = choose(0, {})
    assert set(ports) == {*PEOPLES, *INNER}
    assert len(set(ports.values())) == len(ports)
    assert all(free(port) for port in ports.values())


def test_a_restart_keeps_its_ports() -> None:
    ports = choose(0, {})
    assert choose(0, ports) == ports


def test_a_port_that_somebody_took_meanwhile_is_replaced_alone() -> None:
    ports = choose(0, {})
    with socket.create_server(("127.0.0.1", ports["retrain"])):
        again = choose(0, ports)
    assert again.pop("retrain") != ports.pop("retrain")
    assert again == ports


@pytest.mark.parametrize("place", range(len(PEOPLES)))
def test_a_busy_port_is_named_with_what_to_type(place: int) -> None:
    first = free_run(24_000)
    with (
        socket.create_server(("127.0.0.1", first + place)),
        pytest.raises(PortTaken, match=rf"port {first + place} .* \./run up --port \d+"),
    ):
        choose(first, {})
