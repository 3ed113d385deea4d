"""Users of an account."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypedDict

from cloudlink.model import Role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cloudlink.administration.actor import Actor
    from cloudlink.model import User


class TelephonyRole(StrEnum):
    """What a PBX asks of a user before it lets them be monitored: CTI on MiVoice 5000, User on MX-ONE."""

    CTI = "CTI"
    USER = "User"


class Source(StrEnum):
    """Where a user came from."""

    CONSOLE = "console"
    FILE = "file"
    API = "api"
    SYNC = "sync"
    OPERATOR = "operator"


class UserFilter(StrEnum):
    """The lists of the console. A PBX user is one with an extension; a registered one has proved who they are.

    A synchronised one was assigned by Entra ID Sync.
    """

    ALL = "all"
    ADMINS = "admins"
    REGISTERED = "registered"
    UNREGISTERED = "unregistered"
    PBX_USERS = "pbxUsers"
    INACTIVE = "inactive"
    SYNCHRONISED = "synchronised"


@dataclass(frozen=True, slots=True)
class UserRecord:
    """A user as administrators see them. ``synchronised``: Entra ID Sync assigned them and owns their data."""

    user: User
    given_name: str = ""
    family_name: str = ""
    login_id: str = ""
    phone: str | None = None
    telephony_role: str | None = None
    site_id: str | None = None
    source: str = Source.CONSOLE
    unique_user_id: str = ""
    email_verified: bool = False
    registered_on: datetime | None = None
    synchronised: bool = False
    created_on: datetime | None = None
    created_by: str | None = None
    modified_on: datetime | None = None
    modified_by: str | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class NewUser:
    """A person to make. ``login_id`` is their e-mail address unless given; ``extension`` is what the PBX calls them by.

    ``name`` is what they are shown as: "given family" unless given. Only with it may the given or family name be empty,
    for who knows no more than a whole name (SCIM, an operator).
    ``password`` only for an operator's own set-up: everybody else sets theirs by the link of the welcome mail.
    """

    given_name: str
    family_name: str
    email: str
    role: str = Role.USER
    login_id: str | None = None
    extension: str | None = None
    mobile: str | None = None
    phone: str | None = None
    telephony_role: str | None = None
    language_code: str | None = None
    time_zone: str | None = None
    source: str = Source.CONSOLE
    name: str | None = None
    password: str | None = field(default=None, repr=False)


class UserChanges(TypedDict, total=False):
    """What is to be otherwise. Only User and Account Admin can be exchanged as a role.

    A new given or family name makes a new ``name``, unless that was chosen.
    """

    name: str
    given_name: str
    family_name: str
    email: str
    role: str
    login_id: str
    extension: str | None
    mobile: str | None
    phone: str | None
    telephony_role: str | None
    language_code: str | None
    time_zone: str | None
    active: bool


@dataclass(frozen=True, slots=True)
class UserPage:
    """Users by name. ``total`` counts all that match; ``next_cursor`` is ``None`` on the last page."""

    items: Sequence[UserRecord]
    total: int
    next_cursor: str | None


class Users(Protocol):
    """Account Admins and their partner see and change an account's users; a user sees themselves."""

    async def find(
        self,
        actor: Actor,
        account_id: str,
        *,
        kind: UserFilter = UserFilter.ALL,
        text: str = "",
        cursor: str | None = None,
        limit: int = 50,
    ) -> UserPage:
        """Users whose name, e-mail address, login id or extension contains ``text``."""

    async def get(self, actor: Actor, account_id: str, principal_id: str) -> UserRecord:
        """One user, inactive ones too. Raises ``UnknownId``."""

    async def create(self, actor: Actor, account_id: str, new: NewUser, *, invite: bool = True) -> UserRecord:
        """Makes the user, the endpoint of their extension and, with ``invite``, the welcome mail.

        Raises ``UnknownId``, ``NotAllowed``, ``Refused`` (``IN_USE`` names the field: e-mail, login id, extension,
        mobile; ``ROLE_LIMIT``, ``PBX_NEEDS_NO_ROLE``).
        """

    async def change(self, actor: Actor, account_id: str, principal_id: str, changes: UserChanges) -> UserRecord:
        """Changes the user. Who is deactivated loses all sessions and is no longer monitored.

        Raises as ``create`` does, and ``Refused`` with ``LAST_ADMINISTRATOR``, or ``SYNCHRONISED`` for what only
        Entra ID may change.
        """

    async def delete(self, actor: Actor, account_id: str, principal_id: str) -> None:
        """Ends the user with their calls. Raises ``Refused`` with ``LAST_ADMINISTRATOR``."""

    async def invite(self, actor: Actor, account_id: str, principal_id: str) -> None:
        """Sends the welcome mail again; an earlier link is void."""

    async def reset_password(self, actor: Actor, account_id: str, principal_id: str) -> None:
        """Sends the mail by which the user sets a new password; the old one works until then."""

    async def telephony_roles(self, actor: Actor, account_id: str) -> tuple[int, int]:
        """How many users hold a telephony role, and how many may."""
