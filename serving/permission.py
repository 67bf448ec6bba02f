"""Whether a caller may do what a request asks."""

from __future__ import annotations

from serving.caller import Caller
from serving.refusal import Refusal


def require(caller: Caller, right: str, project: str, asked: str) -> None:
    """Refusal 403 for another project, and for a caller who lacks the right."""
    if asked != project:
        raise Refusal(
            403, f"Access to project {asked[:100]!r} is denied: this service is of another one."
        )
    if right not in caller.rights:
        raise Refusal(403, f"{caller.by} does not have the right {right!r} here.")
