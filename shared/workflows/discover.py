"""Discover: which models there are, their versions, who is live, and what each takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from shared.core import artifact
from shared.core.artifact import DEFAULTS_PREFIX, MODEL_FILE, MODELS_PREFIX
from shared.core.card import Card
from shared.core.default import Default
from shared.core.errors import ArtifactRefused, ModelNotFound, NewerFormat, VersionNotFound
from shared.core.listing import Described, Page
from shared.core.ports import ObjectReader, Predictor
from shared.core.settings import Settings
from shared.workflows.resolve import Cards, Defaults


class Discover:
    """The workflow. It shares what `Predict` knows of defaults and cards."""

    def __init__(
        self,
        reader: ObjectReader,
        predictor: Predictor,
        settings: Settings,
        defaults: Defaults,
        cards: Cards,
    ) -> None:
        self._reader = reader
        self._predictor = predictor
        self._settings = settings
        self._defaults = defaults
        self._cards = cards

    async def models(
        self, may_ask: Callable[[str], bool], size: int, start: str = ""
    ) -> Page[Described]:
        """The live versions of the models that a caller may ask, by name from `start` on."""
        names = await self._reader.names(self._settings.state_bucket, DEFAULTS_PREFIX)
        known = sorted(filter(may_ask, map(artifact.registry_id, names)))
        wanted = [name for name in known if name >= start]
        found = await asyncio.gather(*map(self._model_or_none, wanted[:size]))
        following = wanted[size] if len(wanted) > size else ""
        return Page([one for one in found if one], following)

    async def model(self, model: str) -> Described:
        """A model's live version. Raises ModelNotFound."""
        default = await self._defaults.get(model)
        return await self._described(default, default.version, default.deployment_uri)

    async def version(self, model: str, version: str) -> Described:
        """One version. Raises ModelNotFound, VersionNotFound."""
        default = await self._defaults.get(model)
        uri = await self._predictor.deployment_uri(model, version)
        return await self._described(default, version, uri)

    async def versions(self, model: str, size: int, start: str = "") -> Page[Described]:
        """The versions that the platform has, the newest first, from `start` on.

        Those that a person named are told only while they are live: nothing but the platform's
        control plane, which is out of reach here, lists them. Raises ModelNotFound.
        """
        default = await self._defaults.get(model)
        known = {*await self._written(model), default.version}
        wanted = [name for name in sorted(known, reverse=True) if not start or name <= start]
        found = await asyncio.gather(*(self._served(default, name) for name in wanted[:size]))
        following = wanted[size] if len(wanted) > size else ""
        return Page([one for one in found if one], following)

    async def _model_or_none(self, model: str) -> Described | None:
        try:
            return await self.model(model)
        except ModelNotFound:
            return None  # gone since it was listed

    async def _written(self, model: str) -> list[str]:
        names = await self._reader.names(self._settings.models_bucket, f"{MODELS_PREFIX}{model}/")
        folders = [n.removesuffix(MODEL_FILE) for n in names if n.endswith(f"/{MODEL_FILE}")]
        return [v for v in map(artifact.version_of_directory, folders) if v]

    async def _served(self, default: Default, version: str) -> Described | None:
        if version == default.version:
            return await self._described(default, version, default.deployment_uri)
        try:
            uri = await self._predictor.deployment_uri(default.model, version)
        except (VersionNotFound, ModelNotFound):
            return None  # refused, collected, or not created yet
        return await self._described(default, version, uri)

    async def _described(self, default: Default, version: str, uri: str) -> Described:
        card = await self._card(uri)
        return Described(default.model, version, version == default.version, card)

    async def _card(self, uri: str) -> Card | None:
        try:
            return await self._cards.get(uri)
        except (ArtifactRefused, NewerFormat):
            return None
