"""What `./run env` exports besides the addresses."""

from __future__ import annotations

from cli.env import past_the_proxy


def test_calls_to_this_machine_are_kept_off_a_proxy() -> None:
    exported = past_the_proxy({"HTTP_PROXY": "http://proxy:3128", "no_proxy": "intern.example"})
    assert exported["no_proxy"] == exported["NO_PROXY"] == "intern.example,127.0.0.1"


def test_without_a_proxy_nothing_of_it_is_touched() -> None:
    assert past_the_proxy({"NO_PROXY": "intern.example"}) == {}
