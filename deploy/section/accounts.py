"""Service accounts, one for each thing that runs, and the rights of each on the buckets.

The rights are those of shared.core.roles, row by row. Listing is granted on a whole bucket, apart
from the rest: Google checks it on the bucket, so no condition on a name can narrow it. All else
carries a condition on the names that the row allows.
"""

from __future__ import annotations

from collections.abc import Iterator

from deploy.binding import bind, member_of, of_bucket
from deploy.configuration import ACCOUNTS, Configuration
from deploy.step import FOUNDATION, Step
from deploy.wording import JSON, owner, project
from shared.core import roles
from shared.core.roles import Grant

SERVED_HERE = (roles.SERVING_DATA, roles.SERVING_CONTROL)
"""Accounts that are needed only where `serving` is the platform."""


def accounts(made: Configuration) -> tuple[str, ...]:
    """The accounts that this installation has."""
    left_out = () if made.platform == "cloud-run" else SERVED_HERE
    return tuple(account for account in ACCOUNTS if account not in left_out)


def grants(made: Configuration) -> tuple[Grant, ...]:
    """The rows of the table that count here."""
    return tuple(
        grant for grant in roles.in_force(made.settings) if grant.account in accounts(made)
    )


def account_steps(made: Configuration) -> Iterator[Step]:
    """Make those that are not named in the settings."""
    for account in accounts(made):
        email = made.email(account)
        words = ("iam", "service-accounts")
        existing = account in made.accounts
        yield Step(
            name=f"service account {account}",
            phase=FOUNDATION,
            read=(*words, "list", project(made), JSON),
            find={"email": email},
            owned={} if existing else {"description": owner(made)},
            create=()
            if existing
            else (
                *words,
                "create",
                made.named(account),
                f"--display-name={made.named(account)}",
                f"--description={owner(made)}",
                project(made),
            ),
            remove=() if existing else (*words, "delete", email, project(made), "--quiet"),
            lacking=f"accounts.{account} names {email}, which is not in project {made.project}",
        )


def role_id(made: Configuration, permissions: frozenset[str]) -> str:
    """The custom role that holds exactly these permissions."""
    verbs = sorted(permission.rpartition(".")[2] for permission in permissions)
    return "_".join((made.name.replace("-", "_"), "objects", *verbs))


def role_steps(made: Configuration) -> Iterator[Step]:
    """A custom role for each set of permissions in the table: no predefined one is as narrow."""
    wanted = {part for grant in grants(made) for part in _parts(grant)}
    for permissions in sorted(wanted, key=sorted):
        yield custom_role(made, role_id(made, permissions), permissions)


def custom_role(made: Configuration, name: str, permissions: frozenset[str]) -> Step:
    """A role of this installation. One that was deleted within the week comes back by its name."""
    listed = ",".join(sorted(permissions))
    given = (f"--permissions={listed}", f"--title={name}", f"--description={owner(made)}")
    words = ("iam", "roles")
    return Step(
        name=f"custom role {name}",
        phase=FOUNDATION,
        read=(*words, "describe", name, project(made), JSON),
        owned={"description": owner(made)},
        wanted={"includedPermissions": sorted(permissions)},
        create=(*words, "create", name, *given, "--stage=GA", project(made)),
        update=(*words, "update", name, *given, "--stage=GA", project(made)),
        revive=(*words, "undelete", name, project(made)),
        remove=(*words, "delete", name, project(made), "--quiet"),
    )


def grant_steps(made: Configuration) -> Iterator[Step]:
    """Each row as a binding on its bucket."""
    done = set()
    for grant in grants(made):
        bucket = made.bucket(grant.bucket)
        for permissions in _parts(grant):
            narrow = permissions != frozenset({roles.LIST})
            step = bind(
                of_bucket(made, grant.bucket),
                grant.account,
                member_of(made, grant.account),
                f"projects/{made.project}/roles/{role_id(made, permissions)}",
                expression=below(bucket, grant.prefix) if narrow else _itself(bucket),
                title=_title(made, grant, permissions) if narrow else made.named("list"),
            )
            if step.name not in done:
                done.add(step.name)
                yield step


def _parts(grant: Grant) -> tuple[frozenset[str], ...]:
    """The permissions that a condition on names can narrow, and listing."""
    listing = frozenset({roles.LIST}) & grant.permissions
    rest = grant.permissions - listing
    return tuple(part for part in (rest, listing) if part)


def below(bucket: str, prefix: str) -> str:
    """The condition that holds for objects below a prefix."""
    return f'resource.name.startsWith("projects/_/buckets/{bucket}/objects/{prefix}")'


def _itself(bucket: str) -> str:
    return f'resource.name == "projects/_/buckets/{bucket}"'


def _title(made: Configuration, grant: Grant, permissions: frozenset[str]) -> str:
    verbs = "-".join(sorted(permission.rpartition(".")[2] for permission in permissions))
    return made.named(f"{verbs}-{grant.prefix.strip('/').replace('/', '-')}")
