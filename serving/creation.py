"""Creating a version: claim its name, have the data plane prove it, write down READY or FAILED.

Each step is a compare-and-swap, and the claim carries a lease: a creator that dies leaves CREATING,
and the next call that sees it (a repeated create, a GET of version or operation) goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field, replace
from typing import Any

from serving.caller import Caller
from serving.default_version import DefaultVersions
from serving.document import Documents, Held
from serving.field import resource_name, version_fields
from serving.lease import Lease
from serving.operation import Operations, operation_name
from serving.record import Model, Operation, Version
from serving.refusal import Refusal, no_model
from serving.wire import version_body
from shared.core import artifact
from shared.core.clock import timestamp
from shared.core.errors import (
    DropserveError,
    PermanentError,
    PermissionDenied,
    PreconditionFailed,
)
from shared.logs import log


@dataclass(frozen=True)
class Proof:
    """What the data plane found: generation and card it loaded, source's order, golden requests."""

    generation: int
    order: list[Any] | None = None
    golden: int = 0
    card: str | None = None


Prove = Callable[[str, str], Proof]
"""(model, version) -> Proof. A permanent error: the version is bad. Another one: not known."""


@dataclass(frozen=True)
class Creation:
    """The creation of versions. answer_seconds: how long one request may wait for its end."""

    documents: Documents
    operations: Operations
    defaults: DefaultVersions
    prove: Prove
    lease: Lease
    pool: Executor
    answer_seconds: float = 25.0
    max_versions: int = 200
    changed: Callable[[str], None] = field(default=lambda _: None)

    def create(self, model: str, body: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """Create a version; the operation, done where it ended within the request.

        The same name with the same deploymentUri goes on where an earlier call stopped. Raises
        Refusal 400, 404, 409, 429.
        """
        name, fields = resource_name(body, "version"), version_fields(body)
        self._require_model(model)
        claimed = self._claim(model, name, fields, caller)
        if claimed is None:
            return self.operations.pending(self._version(model, name).value)
        return self._wait(claimed)

    def resume(self, model: str, version: str) -> None:
        """Go on with a version whose creator is gone; nothing where there is none to go on with."""
        held = self.documents.find(artifact.registry_version_name(model, version), Version)
        if held is None or held.value.state != "CREATING":
            return
        if self.lease.over(held.value.lease_until):
            claimed = self._take(held, held.value)
            if claimed:
                self._quietly(claimed)

    def operation(self, name: str) -> Operation:
        """An operation as it is now; one whose version's creator is gone is resumed first."""
        held = self.operations.find(name)
        if held.value.done or held.value.kind != "CREATE_VERSION":
            return held.value
        model, version = held.value.model, held.value.version
        self.resume(model, version)
        found = self.documents.find(artifact.registry_version_name(model, version), Version)
        if found is None or found.value.operation != name:
            stale = Version(model, version, "", held.value.create_time, name)
            self.operations.settle(stale, None, "Create Version failed. The version was deleted.")
        elif found.value.state != "CREATING":
            self._tell(found)
        return self.operations.find(name).value

    def _require_model(self, model: str) -> None:
        held = self.documents.find(artifact.registry_model_name(model), Model)
        if held is None or not self.lease.over(held.value.deleting_until):
            raise no_model(model)

    def _version(self, model: str, name: str) -> Held[Version]:
        return self.defaults.version(model, name)

    def _claim(
        self, model: str, name: str, fields: dict[str, Any], caller: Caller
    ) -> Held[Version] | None:
        """The version, ours to prove; None where another call is at it."""
        path = artifact.registry_version_name(model, name)
        fresh = self._fresh(model, name, fields, caller)
        held = self.documents.find(path, Version)
        if held is None:
            self._require_room()
            try:
                claimed = self.documents.create(path, fresh)
            except PreconditionFailed:
                return self._claim(model, name, fields, caller)
            return self._still_wanted(claimed)
        now = held.value
        if now.fields["deploymentUri"] != fields["deploymentUri"] or now.state not in (
            "CREATING",
            "FAILED",
        ):
            self._mend(held)
            raise Refusal(409, "A version with the same name already exists.", "version.name")
        if now.state == "CREATING" and not self.lease.over(now.lease_until):
            return None
        return self._take(held, now if now.state == "CREATING" else fresh)

    def _still_wanted(self, claimed: Held[Version]) -> Held[Version]:
        """The claim, unless the model was deleted while it was made."""
        try:
            self._require_model(claimed.value.model)
        except Refusal:
            self.documents.delete(claimed)
            raise
        return claimed

    def _fresh(self, model: str, name: str, fields: dict[str, Any], caller: Caller) -> Version:
        now = self.lease.clock()
        return Version(
            model=model,
            name=name,
            state="CREATING",
            create_time=timestamp(now),
            operation=operation_name("CREATE", now, model, name),
            fields=fields,
            lease_until=self.lease.until(),
            created_by=caller.by if caller.chooses else "",
        )

    def _take(self, held: Held[Version], version: Version) -> Held[Version] | None:
        try:
            return self.documents.replace(held, replace(version, lease_until=self.lease.until()))
        except PreconditionFailed:
            return None

    def _require_room(self) -> None:
        count = len(self.documents.names(artifact.registry_version_name()))
        if count >= self.max_versions:
            raise Refusal(
                429,
                f"The project has {count} versions, and {self.max_versions} are allowed: delete "
                "some.",
            )

    def _quietly(self, claimed: Held[Version]) -> None:
        """A reader is told what is known, also while the version cannot be proven."""
        try:
            self._wait(claimed)
        except DropserveError as error:
            log("a version cannot be proven", severity="WARNING", error=str(error)[:300])

    def _wait(self, claimed: Held[Version]) -> dict[str, Any]:
        """Prove it in the background, and answer with how that ended or that it is under way."""
        proving = self.pool.submit(self._prove, claimed)
        try:
            return proving.result(self.answer_seconds)
        except NotYet:
            return self.operations.pending(claimed.value)

    def _prove(self, claimed: Held[Version]) -> dict[str, Any]:
        version = claimed.value
        try:
            proof = self.prove(version.model, version.name)
        except Exception as error:
            if not _ends(error, version):
                self._release(claimed)
                raise
            message = (
                "Create Version failed. Bad model detected with error:  "
                f'"Failed to load model: {error} (Error code: 0)"'
            )
            proven = replace(version, state="FAILED", error_message=message, lease_until="")
        else:
            proven = replace(
                version,
                state="READY",
                error_message="",
                lease_until="",
                generation=proof.generation,
                card=proof.card,
                order=None if version.created_by else proof.order,
            )
        return self._settle(claimed, proven)

    def _release(self, claimed: Held[Version]) -> None:
        """Let the next call go on at once."""
        try:
            self.documents.replace(claimed, replace(claimed.value, lease_until=""))
        except PreconditionFailed:
            return

    def _settle(self, claimed: Held[Version], proven: Version) -> dict[str, Any]:
        try:
            held = self.documents.replace(claimed, proven)
        except PreconditionFailed:
            found = self.documents.find(claimed.name, Version)
            if found is None or found.value.operation != claimed.value.operation:
                error = "Create Version failed. The version was deleted."
                return dict(self.operations.settle(claimed.value, None, error))
            if found.value.state == "CREATING":
                return self.operations.pending(found.value)
            held = found
        self.changed(held.name)
        return self._tell(held)

    def _tell(self, held: Held[Version]) -> dict[str, Any]:
        """Make it the default if it is the first, and end the operation."""
        version = held.value
        self._mend(held)
        if version.state == "FAILED":
            return dict(self.operations.settle(version, None, version.error_message))
        default = self.defaults.name(version.model)
        body = version_body(self.operations.project, held, default)
        return dict(self.operations.settle(version, body, ""))

    def _mend(self, held: Held[Version]) -> None:
        if held.value.state == "READY":
            self.defaults.offer(held.value)
            self.changed(artifact.default_name(held.value.model))


def _ends(error: Exception, version: Version) -> bool:
    """Whether a proof that failed is the end of the version.

    A directory that the data plane may not read is, where a person named it: they are told at
    once, and may create it again. `deploy_version` comes again by itself.
    """
    if isinstance(error, PermissionDenied):
        return bool(version.created_by)
    return isinstance(error, PermanentError)
