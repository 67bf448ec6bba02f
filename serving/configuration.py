"""What one serving process is told by its environment, besides shared.core.settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.core.capacity import CAPACITY
from shared.core.setting import Setting, read_settings
from shared.core.settings import Settings

PLANES = ("both", "data", "control")
AUTHENTICATIONS = ("id_token", "iam")


def _text(value: str) -> str:
    return value


def _words(value: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())


def _number(lowest: float, kind: type[int] | type[float] = int) -> Callable[[str], Any]:
    def read(value: str) -> Any:
        number = kind(value)
        if not number >= lowest:
            raise ValueError(f"must be {lowest:g} or more")
        return number

    return read


def _one_of(known: tuple[str, ...]) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in known:
            raise ValueError(f"must be one of {', '.join(known)}")
        return value

    return read


SERVING_SETTINGS: tuple[Setting, ...] = (
    Setting("PORT", _number(0), "8080", "Port to listen on; 0: a free one, told in the log."),
    Setting("WORKERS", _number(1), "1", "Processes that answer on the port, each with own memory."),
    Setting("HOST", _text, "127.0.0.1", "Address to listen on."),
    Setting("SERVING_PLANE", _one_of(PLANES), "both", "Which plane this process answers for."),
    Setting(
        "SERVING_AUTH",
        _one_of(AUTHENTICATIONS),
        "id_token",
        "id_token: verify it here. iam: Cloud Run has verified it; only read the e-mail.",
    ),
    Setting(
        "SERVING_CONTROL_ACCOUNT", _text, "", "E-mail of the account that writes the registry."
    ),
    Setting("SERVING_OPERATORS", _words, "", "E-mails of people who may do everything."),
    *CAPACITY,
)


@dataclass(frozen=True)
class Configuration:
    """The settings of one serving process; `settings` are those that all parts share."""

    settings: Settings
    port: int
    workers: int
    host: str
    serving_plane: str
    serving_auth: str
    serving_control_account: str
    serving_operators: tuple[str, ...]
    max_models: int
    max_versions: int
    max_predict_bytes: int
    max_model_bytes: int
    model_process_bytes: int
    cache_models: int
    cache_bytes: int
    max_age_seconds: float
    answer_seconds: float

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Configuration:
        """Read every setting; SettingsError names all that is missing or wrong."""
        return cls(
            settings=Settings.from_environment(environment),
            **read_settings(SERVING_SETTINGS, environment),
        )
