"""Where a verb works and as whom: a local cloud by its folder, or what ./deploy.sh made.

The only place that tells the two apart. Everything else goes by the addresses found here.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.client import Service
from cli.failure import UsageFailure
from cli.place import STATE, running_cloud, state_argument
from localcloud.configuration import DEVELOPER
from shared.core.settings import Settings

if TYPE_CHECKING:
    from localcloud.configuration import Configuration
    from shared.wiring import Caller


@dataclass(frozen=True)
class Target:
    """One place. email: the person's, who signs what they choose; caller: their credentials.

    name: what the names of its functions and services begin with, "" for a local cloud; denied:
    gives what to do about a right that is missing, from the refusal, to stand behind it.
    """

    settings: Settings
    email: str
    caller: Caller
    storage: Service
    predict: Service
    logging: Service
    vertex: Service
    name: str = ""
    denied: Callable[[str], str] = lambda _: ""

    @property
    def buckets(self) -> tuple[str, ...]:
        """Its buckets, each once."""
        known = self.settings
        return tuple(
            dict.fromkeys((known.data_bucket, known.models_bucket, known.state_bucket)),
        )


def target_arguments(parser: argparse.ArgumentParser) -> None:
    """What every verb takes that works on either."""
    state_argument(parser)
    group = parser.add_argument_group("on Google Cloud (docs/33-operations.md#verbs)")
    group.add_argument("--cloud", action="store_true", help="what ./deploy.sh made")
    group.add_argument("--env", metavar="ENV", help="as deploy.ENV.toml says")
    group.add_argument("--project", metavar="PROJECT", help="default: gcloud's")
    group.add_argument("--name", dest="installation", help="the installation (dropserve)")
    group.add_argument("--region", metavar="R", help="default: where it is found")


def is_deployed(options: argparse.Namespace) -> bool:
    """Whether a deployment is meant. Raises UsageFailure for what cannot be meant."""
    given = [f"--{name}" for name in ("env", "project", "region") if getattr(options, name)]
    given += ["--name"] if options.installation else []
    if not options.cloud and given:
        raise UsageFailure(f"{given[0]} is about Google Cloud: add --cloud")
    if options.cloud and options.state != STATE:
        raise UsageFailure("--state is about a local cloud: leave it out, or leave --cloud out")
    return bool(options.cloud)


def resolve(options: argparse.Namespace) -> Target:
    """What was meant. Raises Failure with what to type where it cannot be reached."""
    if not is_deployed(options):
        return local_target(running_cloud(options.state))
    from cli.deployment import deployed_target

    return deployed_target(options)


def local_target(cloud: Configuration) -> Target:
    """A local cloud, which takes calls without a token for those of the person at the keyboard."""
    from cli.env import token

    def proof() -> Mapping[str, str]:
        return {"Authorization": f"Bearer {token(cloud)}"}

    return Target(
        settings=Settings.from_environment(cloud.settings()),
        email=DEVELOPER,
        caller=Keyboard(),
        storage=Service(cloud.url("googleapis")),
        predict=Service(cloud.url("predict"), proof),
        logging=Service(cloud.url("googleapis")),
        vertex=Service(cloud.url("googleapis")),
    )


class Keyboard:
    """The person at the keyboard of a local cloud: no credentials of either kind."""

    def access(self) -> Any:
        """None are needed."""
        from shared.gcp.credentials import anonymous_credentials

        return anonymous_credentials()

    def identity(self, audience: str) -> Any:  # noqa: ARG002 - as the other callers
        """None are needed."""
        return self.access()
