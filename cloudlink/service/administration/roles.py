"""Who may have which role, and who must keep theirs.

A partner's own account has Partners, a customer's has Account Admins; both have Users. A Guest is anonymous and so is
nobody's role here. Nobody gives more than they hold, and SCIM gives no administration at all. Only User and Account
Admin can be exchanged, as Mitel says: more Partners are made, not promoted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from cloudlink.administration.actor import ActorKind
from cloudlink.administration.refusals import NotAllowed, Reason, Refused
from cloudlink.model import Role
from store.schema import users

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cloudlink.administration.actor import Actor

ADMINISTRATORS = (Role.ACCOUNT_ADMIN, Role.PARTNER_ADMIN)

_RANK: dict[str, int] = {Role.GUEST: 0, Role.USER: 1, Role.ACCOUNT_ADMIN: 2, Role.PARTNER_ADMIN: 3}
_EXCHANGEABLE = frozenset({Role.USER, Role.ACCOUNT_ADMIN})
_ANOTHER_ADMINISTRATOR = (
    select(users.c.principal_id)
    .where(
        users.c.account_id == bindparam("account_id"),
        users.c.principal_id != bindparam("principal_id"),
        users.c.active.is_(True),
        users.c.role.in_([role.value for role in ADMINISTRATORS]),
    )
    .limit(1)
)


def check_given(actor: Actor, role: str, *, partner_account: bool) -> None:
    """For a new user. Raises ``Refused``, ``NotAllowed``."""
    administrator = Role.PARTNER_ADMIN if partner_account else Role.ACCOUNT_ADMIN
    if role not in {Role.USER, administrator}:
        raise Refused(Reason.UNKNOWN_VALUE, "role")
    _check_held(actor, role)


def check_exchanged(actor: Actor, old: str, new: str, *, partner_account: bool) -> None:
    """For a user who has a role. Raises ``Refused``, ``NotAllowed``."""
    if partner_account or not {old, new} <= _EXCHANGEABLE:
        raise Refused(Reason.UNKNOWN_VALUE, "role")
    _check_held(actor, new)
    _check_held(actor, old)


def check_another_administrator(connection: Connection, account_id: str, principal_id: str) -> None:
    """Before an administrator ceases to be an active one. Raises ``Refused`` with ``LAST_ADMINISTRATOR``."""
    parameters = {"account_id": account_id, "principal_id": principal_id}
    if connection.execute(_ANOTHER_ADMINISTRATOR, parameters).first() is None:
        raise Refused(Reason.LAST_ADMINISTRATOR)


def _check_held(actor: Actor, role: str) -> None:
    held = Role.USER if actor.kind is ActorKind.SYNC else actor.role
    if not actor.unbound and _RANK[role] > _RANK.get(held, 0):
        raise NotAllowed(f"{actor.kind} with role {actor.role} may not give or take {role}")
