"""One setting: its name in the environment, how its text is read, what it is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_origin

from shared.core.errors import RetryableError


class SettingsError(RetryableError):
    """The environment does not make a working configuration; the message lists every problem.

    Retryable: the next deployment mends it, and the events wait for that.
    """

    code = "settings"
    severity = "ERROR"


@dataclass(frozen=True)
class Setting:
    """One line of the list: environment name, how it is read, default (None: required), help."""

    name: str
    read: Callable[[str], Any]
    default: str | None
    help: str

    @property
    def field(self) -> str:
        """The attribute of `Settings`."""
        return self.name.lower()


def settings_of(kind: type) -> tuple[Setting, ...]:
    """The settings that a class's own annotations tell: `Annotated[type, read, default, help]`."""
    return tuple(
        Setting(name.upper(), *told.__metadata__)
        for name, told in vars(kind)["__annotations__"].items()
        if get_origin(told) is Annotated
    )


def read_settings(wanted: tuple[Setting, ...], environment: Mapping[str, str]) -> dict[str, Any]:
    """Field -> value of every setting; SettingsError names all that is missing or wrong."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for setting in wanted:
        raw = environment.get(setting.name) or setting.default
        if raw is None:
            problems.append(f"{setting.name} is missing. {setting.help}")
            continue
        try:
            values[setting.field] = setting.read(raw)
        except ValueError as error:
            problems.append(f"{setting.name}={raw[:80]!r}: {error}. {setting.help}")
    if problems:
        raise SettingsError("Settings that do not work: " + " ".join(problems))
    return values
