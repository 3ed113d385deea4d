"""Accounts: a partner makes them for customers, their own administrators change some of what they hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypedDict

from cloudlink.model import DialSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from datetime import datetime

    from cloudlink.administration.actor import Actor
    from cloudlink.model import Account


@dataclass(frozen=True, slots=True)
class Location:
    """Where a customer is. Field names are the public API's ``location.address``."""

    country: str = ""
    street: str = ""
    city: str = ""
    state_or_province: str = ""
    zip_code: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to write to about an account."""

    contact_id: str
    name: str
    email: str
    contact_type: str = "support"


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """An account as administrators see it. ``partner_id`` is the partner's account; a partner has none.

    ``mitel_credentials`` is whether people may sign in by password where single sign-on is on.
    """

    account: Account
    partner: bool = False
    partner_id: str | None = None
    account_number: str | None = None
    location: Location = field(default_factory=Location)
    contacts: tuple[Contact, ...] = ()
    mitel_credentials: bool = True
    guest_access: bool = False
    access_token_expiry_hours: int = 1
    refresh_token_expiry_hours: int = 360
    telephony_role_limit: int = 1000
    exported_on: datetime | None = None
    created_on: datetime | None = None
    created_by: str | None = None
    modified_on: datetime | None = None
    modified_by: str | None = None

    @property
    def account_id(self) -> str:
        return self.account.account_id


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A customer to make, of the actor's own partner account; an operator may name another as ``partner_id``.

    ``dialing`` is taken as it is: console and command line check it with ``dialing``, which CloudLink does not import.
    """

    name: str
    language_code: str = "en-US"
    time_zone: str = "UTC"
    account_number: str | None = None
    location: Location = field(default_factory=Location)
    dialing: DialSettings = field(default_factory=DialSettings)
    partner: bool = False
    partner_id: str | None = None


class AccountChanges(TypedDict, total=False):
    """What is to be otherwise. Only a partner or an operator changes the limit and the hours."""

    name: str
    language_code: str
    time_zone: str
    account_number: str | None
    location: Location
    contacts: tuple[Contact, ...]
    dialing: DialSettings
    mitel_credentials: bool
    guest_access: bool
    access_token_expiry_hours: int
    refresh_token_expiry_hours: int
    telephony_role_limit: int


@dataclass(frozen=True, slots=True)
class AccountPage:
    """Accounts by name. ``users`` counts each one's people; ``next_cursor`` is ``None`` on the last page."""

    items: Sequence[AccountRecord]
    users: Mapping[str, int]
    next_cursor: str | None


class Accounts(Protocol):
    """A partner sees its own and its customers' accounts, everybody else their own."""

    async def find(self, actor: Actor, text: str = "", *, cursor: str | None = None, limit: int = 50) -> AccountPage:
        """Accounts whose name or number contains ``text``. A foreign cursor raises ``ValueError``."""

    async def get(self, actor: Actor, account_id: str) -> AccountRecord:
        """One account, inactive ones too. Raises ``UnknownId``."""

    async def create(self, actor: Actor, new: NewAccount) -> AccountRecord:
        """A customer of the actor's partner account; a partner's own account only by an operator.

        Raises ``NotAllowed``, ``Refused``.
        """

    async def change(self, actor: Actor, account_id: str, changes: AccountChanges) -> AccountRecord:
        """Changes it. Raises ``UnknownId``, ``NotAllowed``, ``Refused``."""

    async def set_active(self, actor: Actor, account_id: str, *, active: bool) -> AccountRecord:
        """Deactivates it (sessions end, gateways are cut off, nobody signs in) or activates it again. Partners only."""

    def export(self, actor: Actor, account_id: str) -> AsyncIterator[bytes]:
        """All that is stored of it, as JSON lines, without secrets. Notes that it was exported once it is through."""

    async def delete(self, actor: Actor, account_id: str) -> None:
        """Ends it with everything in it. Partners only.

        Raises ``Refused`` while it is active (``ACCOUNT_IS_ACTIVE``) or was not exported since it was deactivated
        (``NOT_EXPORTED``), or when it is a partner's (``PARTNER_ACCOUNT``).
        """
