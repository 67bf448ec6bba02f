"""A request that HTTP itself refuses, before any model is asked."""

from __future__ import annotations

from shared.core.errors import PermanentError


class Refusal(PermanentError):
    """An answer of 4xx: status, stable code, what to do; headers go out with it."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
