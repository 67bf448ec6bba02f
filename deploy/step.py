"""One step of a plan, as data: what to look at, how it must be, and the command that makes it so.

Words are those after `gcloud`. Names that a server makes stand in them as placeholders in capital
letters (PROJECT_NUMBER), which an earlier step tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from deploy.shape import Shape

Words = tuple[str, ...]
Phase = Literal["foundation", "release"]

FOUNDATION: Phase = "foundation"
RELEASE: Phase = "release"


@dataclass(frozen=True)
class Step:
    """One thing in Google Cloud. phase: None for what both look at.

    read: prints JSON; where that is a list, `find` tells ours from the others. owned: what shows
    that we made it, where something of that name may be somebody else's. wanted: how it must be.
    fixed: how it must be and cannot be made; `lacking` says what to do instead, a teardown too.
    forbidden: what to say where it may not be looked at.
    create, update: where it is not there, where it differs; without `create` it must be there.
    mend: the same as update for a thing that may be missing; no part of a first deploy.
    revive: brings back what was deleted and is still kept. remove: takes it away again where it
    is `owned` and `removable` still; without it, it is never taken away. data: holds what people
    would miss, so that only `--delete-data` removes it. tells: placeholder -> path in what was
    found. lacking: what to do where it is not there and is not made here.
    """

    name: str
    phase: Phase | None
    read: Words
    find: Shape = field(default_factory=dict)
    owned: Shape = field(default_factory=dict)
    wanted: Shape = field(default_factory=dict)
    fixed: Shape = field(default_factory=dict)
    create: Words = ()
    update: Words = ()
    mend: Words = ()
    remove: Words = ()
    revive: Words = ()
    removable: Shape = field(default_factory=dict)
    data: bool = False
    tells: Mapping[str, str] = field(default_factory=dict)
    lacking: str = ""
    forbidden: str = ""
    whole: bool = False
    """`find` is about the whole answer, not about one item of a list."""
    echoes: bool = False
    """Its commands print what `read` would print after them."""
    after: str = ""
    """Of the foundation, but possible only once this step of a release is done."""

    @property
    def command(self) -> Words:
        """What an apply runs where nothing is there yet; () where the step only looks."""
        return self.create or self.update
