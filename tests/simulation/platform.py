"""A platform that answers for the default straight from the desired default, as `serving` does."""

from __future__ import annotations

from shared.core import artifact, default
from shared.core.default import Default
from shared.core.errors import ObjectNotFound
from tests.fakes.platform import FakePlatform
from tests.fakes.store import FakeObjectStore

BY = "somebody at the platform"
"""Who pins where a default is set at such a platform: there that is a person's choice."""


class Shared(FakePlatform):
    """Its default is the object in STATE; setting it is choosing by hand."""

    def __init__(self, store: FakeObjectStore, bucket: str, *, ready_at_once: bool) -> None:
        super().__init__(ready_at_once=ready_at_once)
        self._defaults = _Stored(self, store, bucket)


class _Stored(dict[str, str]):
    """Model -> the version that STATE says, without a call that anybody notices."""

    def __init__(self, platform: FakePlatform, store: FakeObjectStore, bucket: str) -> None:
        super().__init__()
        self._platform, self._store, self._bucket = platform, store, bucket

    def get(self, model: str, otherwise: object = None) -> str | None:  # type: ignore[override]
        found = self._read(model)
        return found.version if found else None

    def setdefault(self, model: str, version: str = "") -> str:
        return version  # the first version is the default once somebody says so

    def __setitem__(self, model: str, version: str) -> None:
        info = self._platform._info(model, version)
        choice = Default(model, version, info.deployment_uri)
        wanted = default.chosen(self._read(model), choice, BY)
        if wanted:
            self._store.put(self._bucket, artifact.default_name(model), wanted.to_json())

    def __delitem__(self, model: str) -> None:
        """The object in STATE stays."""

    def _read(self, model: str) -> Default | None:
        try:
            data, _ = self._store.live(self._bucket, artifact.default_name(model))
        except ObjectNotFound:
            return None
        return Default.from_json(data)
