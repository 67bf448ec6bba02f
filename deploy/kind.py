"""What kind of value each key of the settings file takes: told before anything is done with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

TABLES = ("buckets", "accounts", "settings", "secrets")
LISTS = ("callers", "operators")
SWITCHES = ("public",)
NUMBERS = ("keep_overwritten_days", "soft_delete_days")


def kind_problems(values: Mapping[str, Any]) -> Iterator[str]:
    """What has another kind than its key takes."""
    for key, value in values.items():
        if key in TABLES:
            yield from _table_problems(key, value)
        elif key == "sizes":
            yield from _sizes_problems(value)
        elif key in LISTS:
            if not _is_texts(value):
                yield f'{key}: a list of texts, such as ["a", "b"], not {value!r}'
        elif key in SWITCHES:
            if not isinstance(value, bool):
                yield f"{key}: true or false, without quotes, not {value!r}"
        elif key in NUMBERS:
            if type(value) is not int:
                yield f"{key}: a whole number, without quotes, not {value!r}"
        elif not isinstance(value, str):
            yield f'{key}: a text in quotes, such as "a", not {value!r}'


def _table_problems(key: str, value: Any) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{key}: a table, which begins with the line [{key}], not {value!r}"
        return
    for name, one in value.items():
        if key == "settings" and written(one) is None:
            yield f"settings.{name}: a text, a number, true, false, or a list of texts, not {one!r}"
        elif key != "settings" and not isinstance(one, str):
            yield f"{key}.{name}: a text in quotes, not {one!r}"


def _sizes_problems(value: Any) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"sizes: tables, which begin with lines such as [sizes.predict], not {value!r}"
        return
    for thing, one in value.items():
        if not isinstance(one, Mapping):
            yield f"sizes.{thing}: a table, which begins with [sizes.{thing}], not {one!r}"


def written(value: Any) -> str | None:
    """A setting's value as it stands in an environment; None for what cannot stand there."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int | float):
        return str(value)
    if _is_texts(value):
        return ",".join(value)
    return None


def _is_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)
