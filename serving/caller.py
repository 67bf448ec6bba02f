"""Who calls, and what they may: the rights of each account on the two planes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared.core import roles

READ = "read"
"""GET of one model or version."""
PREDICT = "predict"
UNPROVEN = "unproven"
"""Calling a version that is not READY."""
MANAGE = "manage"
"""Everything of the control plane."""

_OF_ACCOUNT = {
    roles.PREDICT: frozenset({READ, PREDICT}),
    roles.BATCH_PREDICT: frozenset({READ, PREDICT}),
    roles.DEPLOY_VERSION: frozenset({READ, PREDICT, MANAGE}),
    roles.SERVING_CONTROL: frozenset({READ, PREDICT, UNPROVEN}),
    roles.RECONCILE: frozenset({READ, PREDICT, MANAGE}),
}
_FOLLOWING = (roles.DEPLOY_VERSION, roles.RECONCILE)
"""Accounts that bring the platform to what is wanted: no choice of theirs pins."""
ACCOUNTS = tuple(_OF_ACCOUNT)
"""The accounts that may call at all."""
_OF_PEOPLE = frozenset({READ, PREDICT, MANAGE})


@dataclass(frozen=True)
class Caller:
    """A caller whose identity is established. by: how a choice of theirs is signed.

    chooses: whether setting a default is a person's choice, which pins.
    """

    by: str
    rights: frozenset[str]
    chooses: bool = True


KEYBOARD = Caller("person", _OF_PEOPLE)
"""Whoever sits at this machine: a connection over loopback that carries no token."""


def caller_of(
    email: str, email_of: Callable[[str], str], operators: tuple[str, ...] = ()
) -> Caller:
    """The caller that an e-mail address stands for; one who is not listed has no rights."""
    if email in operators:
        return Caller(email, _OF_PEOPLE)
    for account, rights in _OF_ACCOUNT.items():
        if email == email_of(account):
            return Caller(email, rights, chooses=account not in _FOLLOWING)
    return Caller(email, frozenset())
