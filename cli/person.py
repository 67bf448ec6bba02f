"""A person's ports to a target, and how a choice of theirs is told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from cli.client import reason
from cli.failure import Failure
from cli.target import Target
from shared.core.clock import now
from shared.core.default import Default
from shared.core.errors import DropserveError, PermissionDenied

if TYPE_CHECKING:
    from shared.core.ports import EventSender, ModelPlatform, ObjectStore
    from shared.workflows.aftermath import Aftermath
    from shared.workflows.choice import Choice

_Part = TypeVar("_Part")


class Ports:
    """What a workflow needs, as a person reaches it; each made, and its client imported, when it is
    first used. open_: closes them."""

    def __init__(self, target: Target, open_: ExitStack) -> None:
        self.settings = target.settings
        self._caller = target.caller
        self._open = open_

    @cached_property
    def store(self) -> ObjectStore:
        """The object store."""
        from shared.gcp.storage import GoogleObjectStore

        known = self.settings
        made = GoogleObjectStore(
            known.storage_url, known.google_cloud_project, self._caller.access()
        )
        self._open.callback(made.close)
        return made

    @cached_property
    def platform(self) -> ModelPlatform:
        """The prediction platform's control plane."""
        from shared.wiring import platform_of

        return self._closed(platform_of(self.settings, self._caller))

    @cached_property
    def sender(self) -> EventSender:
        """What sends events again."""
        from shared.wiring import event_sender_of

        return self._closed(event_sender_of(self.settings, self._caller))

    def _closed(self, part: _Part) -> _Part:
        self._open.callback(getattr(part, "close", lambda: None))
        return part


@contextmanager
def ports(target: Target) -> Iterator[Ports]:
    """The ports, closed afterwards. An error of the tree ends the verb with its sentence."""
    with ExitStack() as open_:
        made = Ports(target, open_)
        try:
            yield made
        except PermissionDenied as error:
            said = reason(str(error).encode())  # Cloud Run refuses with a page
            raise Failure(f"{said}{target.denied(str(error))}") from error
        except DropserveError as error:
            raise Failure(str(error)) from error


def choose(target: Target, model: str, verb: Callable[[Choice], Default]) -> int:
    """Carry out one choice at one model, and tell what stands now."""
    from shared.workflows.choice import Choice

    with ports(target) as at:
        after = verb(Choice(model, target.email, at.settings, at.store, at.platform, now))
        print(sentence(after), file=sys.stdout, flush=True)
        complain(aftermath(at).chosen(after))
    return 0


def aftermath(at: Ports) -> Aftermath:
    """Pages and notices, by a person's rights."""
    from shared.webhook import webhook
    from shared.workflows.aftermath import Aftermath

    return Aftermath(at.settings, at.store, webhook(at.settings), now)


def complain(lines: list[dict[str, Any]]) -> None:
    """What went wrong with pages and notices, for the person."""
    for line in lines:
        if line["severity"] == "ERROR" or "aftermath" in line:
            print(f"  {line.get('webhook') or line['message']}", file=sys.stderr)


def sentence(default: Default) -> str:
    """What the default is, and what keeps newer versions from replacing it."""
    words = [f"{default.version} is the default of {default.model}"]
    if default.pinned_by:
        words.append(f"pinned: newer versions wait until ./run rollback {default.model} --unpin")
    if default.frozen_by:
        words.append(f"frozen: promotions wait until ./run unfreeze {default.model}")
    return "; ".join(words)
