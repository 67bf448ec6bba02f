"""The person at the keyboard: their ports to a local cloud, and how a choice of theirs is told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.failure import Failure
from cli.place import running_cloud
from localcloud.configuration import DEVELOPER, Configuration
from shared.core.default import Default
from shared.core.errors import DropserveError
from shared.core.settings import Settings

if TYPE_CHECKING:
    from shared.core.ports import ModelPlatform, ObjectStore
    from shared.workflows.aftermath import Aftermath
    from shared.workflows.choice import Choice


@dataclass(frozen=True)
class Ports:
    """What a workflow needs of a local cloud, as a person reaches it."""

    settings: Settings
    store: ObjectStore
    platform: ModelPlatform


@contextmanager
def ports(cloud: Configuration) -> Iterator[Ports]:
    """The ports, closed afterwards. An error of the tree ends the verb with its sentence."""
    from shared.gcp.ai_platform import AiPlatform
    from shared.gcp.credentials import anonymous_credentials
    from shared.gcp.storage import GoogleObjectStore

    anybody = anonymous_credentials()
    with (
        closing(GoogleObjectStore(cloud.url("googleapis"), cloud.project, anybody)) as store,
        closing(AiPlatform(cloud.url("serving"), cloud.project, anybody)) as platform,
    ):
        try:
            yield Ports(Settings.from_environment(cloud.settings()), store, platform)
        except DropserveError as error:
            raise Failure(str(error)) from error


def now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)


def choose(state: Path, model: str, verb: Callable[[Choice], Default]) -> int:
    """Carry out one choice at one model, and tell what stands now."""
    from shared.workflows.choice import Choice

    cloud = running_cloud(state)
    with ports(cloud) as at:
        after = verb(Choice(model, DEVELOPER, at.settings, at.store, at.platform, now))
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
