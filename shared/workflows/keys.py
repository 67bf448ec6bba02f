"""Make, list and revoke API keys: one object in STATE, changed by compare-and-swap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from shared.core import apikey
from shared.core.apikey import KEYS_NAME, ApiKey, Keys
from shared.core.errors import InvalidRequest, ObjectNotFound, PreconditionFailed
from shared.core.ports import ObjectStore


class KeyRing:
    """The API keys in a STATE bucket."""

    def __init__(self, store: ObjectStore, bucket: str, now: Callable[[], datetime]) -> None:
        self._store = store
        self._bucket = bucket
        self._now = now

    def create(self, name: str, models: tuple[str, ...]) -> tuple[str, ApiKey]:
        """A new key's text, and what is kept of it. Raises InvalidRequest."""
        try:
            text, key = apikey.new(name, models, self._stamp())
        except ValueError as error:
            raise InvalidRequest(str(error)) from None
        self._change(lambda keys: Keys((*keys.keys, key)))
        return text, key

    def list(self) -> tuple[ApiKey, ...]:
        """Every key, the revoked ones too."""
        return self._read()[0].keys

    def revoke(self, key_id: str) -> ApiKey:
        """Make a key worth nothing; one that is revoked already stays as it is. InvalidRequest."""
        self._change(lambda keys: Keys(tuple(self._revoked(key, key_id) for key in keys.keys)))
        return self._find(self._read()[0], key_id)

    def _revoked(self, key: ApiKey, key_id: str) -> ApiKey:
        if key.id != key_id or key.revoked:
            return key
        return replace(key, revoked=self._stamp())

    def _find(self, keys: Keys, key_id: str) -> ApiKey:
        found = next((key for key in keys.keys if key.id == key_id), None)
        if found is None:
            raise InvalidRequest(f"there is no key {key_id[:80]!r}; ./run keys list shows them")
        return found

    def _change(self, step: Callable[[Keys], Keys]) -> None:
        """Until nobody else wrote in between, or our own write turns out to have arrived."""
        while True:
            keys, generation = self._read()
            changed = step(keys)
            if changed == keys:
                return
            try:
                self._store.write(
                    self._bucket,
                    KEYS_NAME,
                    changed.to_json(),
                    if_generation_match=generation,
                    content_type="application/json",
                )
                return
            except PreconditionFailed:
                if self._read()[0] == changed:
                    return

    def _read(self) -> tuple[Keys, int]:
        try:
            data, meta = self._store.read(self._bucket, KEYS_NAME)
        except ObjectNotFound:
            return Keys(), 0
        return Keys.from_json(data), meta.generation

    def _stamp(self) -> str:
        return self._now().isoformat(timespec="seconds").replace("+00:00", "Z")
