"""Who may do what: the table of shared/core/roles.py, enforced per service account.

A read of an object that is not there answers 404 only to callers that may list its name, and 403
to others, as Google Cloud Storage does; otherwise absence could be probed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from localcloud.configuration import Configuration
from localcloud.storage.error import forbidden
from localcloud.storage.switch import Switches
from shared.core import roles
from shared.core.roles import Grant

UPDATE = "storage.objects.update"


class Access:
    """The table of one local cloud, without what a test switch has taken away.

    buckets: kind -> bucket name; the kinds may share a bucket.
    """

    def __init__(
        self,
        project: str,
        buckets: Mapping[str, str],
        grants: tuple[Grant, ...] = roles.GRANTS,
        switches: Switches | None = None,
    ) -> None:
        accounts = {roles.email(account, project): account for account in roles.ACCOUNTS}
        self.accounts = accounts
        self.buckets = buckets
        self.grants = grants
        self.switches = switches or Switches()

    @classmethod
    def of(cls, configuration: Configuration, switches: Switches | None = None) -> Access:
        """The table for a configured local cloud."""
        grants = roles.in_force(configuration.environment)
        return cls(configuration.project, configuration.buckets, grants, switches)

    def allows(self, email: str, bucket: str, name: str, permission: str) -> bool:
        """Whether a service account has a permission on an object, or on a listing's prefix."""
        account = self.accounts.get(email)
        if bucket not in self.buckets.values():
            # A person's own bucket (gcloud's --staging-bucket): its owner lets the service read.
            return account == roles.SERVING_DATA and permission in roles.READ
        return any(
            grant.account == account
            and permission in grant.permissions
            and name.startswith(grant.prefix)
            and self.buckets.get(grant.bucket) == bucket
            and not self.switches.withholds(grant, permission)
            for grant in self.grants
        )


@dataclass(frozen=True)
class Caller:
    """Who asks. email None: the person at the keyboard, who may do anything."""

    email: str | None
    access: Access

    def may(self, permission: str, bucket: str, name: str) -> bool:
        """Whether the caller has the permission."""
        return self.email is None or self.access.allows(self.email, bucket, name, permission)

    def require(self, permission: str, bucket: str, name: str) -> None:
        """Raises ApiError (403)."""
        if not self.may(permission, bucket, name):
            resource = "bucket" if permission == roles.LIST else "object"
            raise forbidden(self.email or "", permission, resource)

    def require_person(self, permission: str) -> None:
        """For what no service account may do: buckets and their settings. Raises ApiError (403)."""
        if self.email is not None:
            raise forbidden(self.email, permission, "bucket")
