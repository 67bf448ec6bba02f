"""Show: what became of a model's drops, and the report of a version, to those who may ask it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.core import artifact
from shared.core.artifact import CARD_METADATA, MODEL_FILE, STATUS_PREFIX
from shared.core.errors import (
    ArtifactRefused,
    ModelNotFound,
    ObjectNotFound,
    ReportNotFound,
)
from shared.core.ports import ObjectReader
from shared.core.settings import Settings
from shared.core.status import parse


class Show:
    """The workflow. It remembers nothing: each answer is one object, read when it is asked for."""

    def __init__(self, reader: ObjectReader, settings: Settings) -> None:
        self._reader = reader
        self._models = settings.models_bucket
        self._state = settings.state_bucket

    async def stories(self, may_ask: Callable[[str], bool]) -> list[str]:
        """Models of which anything was ever dropped, by name; also where nothing is live yet."""
        names = await self._reader.names(self._state, STATUS_PREFIX)
        told = {artifact.model_of_status(name) for name in names if name.endswith(".json")}
        return sorted(model for model in told if model and may_ask(model))

    async def story(self, model: str) -> dict[str, Any]:
        """The status that the functions wrote of a model. Raises ModelNotFound, NewerFormat."""
        try:
            fetched = await self._reader.fetch(self._state, artifact.status_name(model, "json"))
        except ObjectNotFound:
            raise ModelNotFound(f"nothing is told of a model {model!r}") from None
        return parse(fetched.data or b"")

    async def report(self, model: str, version: str) -> bytes:
        """The page that was written of a version, served or not. Raises ReportNotFound."""
        folder = artifact.directory_of_version(model, version)
        if folder is None:
            raise ReportNotFound(f"{version} was made by hand")
        try:
            name = await self._report_name(folder)
            return (await self._reader.fetch(self._models, folder + name)).data or b""
        except ObjectNotFound as error:
            raise ReportNotFound(f"{folder} holds no report") from error

    async def _report_name(self, folder: str) -> str:
        """Named by the model file, as its card is; the last written where that is collected."""
        try:
            model = await self._reader.metadata(self._models, folder + MODEL_FILE)
        except ObjectNotFound:
            names = await self._reader.names(self._models, f"{folder}report-")
            return names[-1].removeprefix(folder) if names else ""
        card = model.metadata.get(CARD_METADATA, "")
        if card and not artifact.CARD_NAME.fullmatch(card):  # any other would name any other file
            raise ArtifactRefused(f"{folder}{MODEL_FILE} does not name its card well")
        return artifact.report_name(card)
