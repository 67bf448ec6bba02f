"""What one serving process is told by its environment, besides shared.core.settings.

Annotations are read here, so they are not put off (no `from __future__`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Self

from shared.core import value
from shared.core.capacity import CAPACITY, Capacity
from shared.core.setting import Setting, read_settings, settings_of
from shared.core.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Configuration(Capacity):
    """The settings of one serving process; `settings` are those that all parts share."""

    settings: Settings
    port: Annotated[int, value.count, "8080", "Port to listen on; 0: a free one, told in the log."]
    workers: Annotated[
        int, value.whole, "1", "Processes that answer on the port, each with own memory."
    ]
    host: Annotated[str, value.text, "127.0.0.1", "Address to listen on."]
    serving_plane: Annotated[
        str,
        value.one_of("both", "data", "control"),
        "both",
        "Which plane this process answers for.",
    ]
    serving_auth: Annotated[
        str,
        value.one_of("id_token", "iam"),
        "id_token",
        "id_token: verify it here. iam: Cloud Run has verified it; only read the e-mail.",
    ]
    serving_control_account: Annotated[
        str, value.text, "", "E-mail of the account that writes the registry."
    ]
    serving_operators: Annotated[
        tuple[str, ...], value.words, "", "E-mails of people who may do everything."
    ]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read every setting; SettingsError names all that is missing or wrong."""
        return cls(
            settings=Settings.from_environment(environment),
            **read_settings(SERVING_SETTINGS, environment),
        )


SERVING_SETTINGS: tuple[Setting, ...] = (*settings_of(Configuration), *CAPACITY)
