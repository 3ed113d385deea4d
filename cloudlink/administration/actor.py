"""Who makes a change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cloudlink.model import Role

if TYPE_CHECKING:
    from cloudlink.model import User


class ActorKind(StrEnum):
    """How the actor came in."""

    USER = "user"
    CLIENT = "client"  # an application, by client credentials
    SYNC = "sync"  # SCIM
    OPERATOR = "operator"  # the command line on the server itself
    SYSTEM = "system"  # the service, for nobody


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody, or something, with a role in one account; what the audit log says of them.

    An operator and the system have no account and may do everything. ``address`` is the network address and
    ``correlation_id`` the request, both as the log has them.
    """

    kind: ActorKind
    name: str
    account_id: str | None = None
    actor_id: str | None = None
    role: str = Role.USER
    address: str = ""
    correlation_id: str = ""

    @classmethod
    def of_user(cls, user: User, *, address: str = "", correlation_id: str = "") -> Actor:
        """The user, acting for themselves."""
        return cls(ActorKind.USER, user.name, user.account_id, user.principal_id, user.role, address, correlation_id)

    @property
    def unbound(self) -> bool:
        """Whether no account bounds what it may do."""
        return self.kind in {ActorKind.OPERATOR, ActorKind.SYSTEM}


SYSTEM = Actor(ActorKind.SYSTEM, "Mitel Assistant")
