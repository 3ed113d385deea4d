"""What an administrator sees of presence, and whom it is wanted of."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cloudlink.administration.actor import Actor


class Trouble(StrEnum):
    """Why nothing is told to Teams of an account, or not all; the administrator's page has a sentence for each."""

    SECRET_REFUSED = "secretRefused"  # noqa: S105 - the name of a trouble
    NOT_CONSENTED = "notConsented"
    UNREACHABLE = "unreachable"
    THROTTLED = "throttled"
    REJECTED = "rejected"


class NotSynced(StrEnum):
    """Why somebody's telephone is not shown in Teams."""

    NO_TELEPHONE = "noTelephone"
    NO_ROLE = "noRole"
    """Their PBX asks for a telephony role, which they do not hold."""
    PBX_TELLS_NOTHING = "pbxTellsNothing"
    """MiVoice Business has no open interface that tells how a line is."""
    GATEWAY_AWAY = "gatewayAway"
    NOT_TOLD = "notTold"
    """The gateway is there, and has told nothing of this telephone yet."""
    NO_EMAIL = "noEmail"
    NOBODY = "nobody"
    """No person of the tenant has the user's e-mail address as user principal name or as mail."""
    SEVERAL = "several"
    """Several have it."""
    TAKEN = "taken"
    """Whoever has it is another user of the account already."""
    NOT_MATCHED_YET = "notMatchedYet"


@dataclass(frozen=True, slots=True)
class Options:
    """What an account has chosen.

    ``ringing`` counts as a call; ``from_teams``: do not disturb in Teams reaches the telephone.
    """

    ringing: bool = False
    from_teams: bool = False


@dataclass(frozen=True, slots=True)
class Switched:
    """An account whose presence is on. ``credential`` is as ``graph.tokens.known_by`` takes it."""

    account_id: str
    tenant_id: str
    application_id: str
    credential: str = field(repr=False)
    options: Options


class WatcherState(StrEnum):
    """How it stands with a watcher; the page has a sentence for each."""

    NEW = "new"
    WATCHING = "watching"
    IDLE = "idle"
    """There is nobody left for this one to watch."""
    SIGNED_OUT = "signedOut"
    """Their sign-in holds no more, and they have to sign in again."""
    NOT_PERMITTED = "notPermitted"
    NOT_REACHED = "notReached"
    """Microsoft took the subscription amiss, as it does when it cannot reach us."""
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Watcher:
    """Somebody of the tenant in whose name Microsoft tells us of changes. ``people`` is whom they watch now."""

    watcher_id: str
    object_id: str
    state: str
    people: int
    added_on: datetime


class Watchers(Protocol):
    """Account Admins and their partner."""

    async def all(self, actor: Actor, account_id: str) -> Sequence[Watcher]:
        """In the order in which they were added."""

    async def remove(self, actor: Actor, account_id: str, watcher_id: str) -> None:
        """Forgets their sign-in at once; Microsoft ends the subscription within the hour. Raises ``UnknownId``."""


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the account; in sync without a ``reason``. ``candidate`` is who of the tenant it might be, a user
    principal name, or empty.
    """

    principal_id: str
    name: str
    email: str
    extension: str | None
    reason: NotSynced | None
    candidate: str = ""


@dataclass(frozen=True, slots=True)
class People:
    """A page of them by name, and the cursor of the next."""

    people: Sequence[Person]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """How the presence of an account fares.

    ``attended``: a server looks after it now. ``backlog`` and ``throttled``: writes that waited when they were counted
    last, and those of the last hour that Graph refused. ``matching``: who the users are is about to be looked up again.
    ``telling`` of the ``gateways`` are there and tell how telephones are.
    """

    set_up: bool
    enabled: bool
    attended: bool = False
    succeeded_on: datetime | None = None
    trouble: Trouble | None = None
    trouble_since: datetime | None = None
    backlog: int = 0
    throttled: int = 0
    matched_on: datetime | None = None
    matching: bool = False
    gateways: int = 0
    telling: int = 0
    in_sync: int = 0
    not_synced: Mapping[NotSynced, int] = field(default_factory=dict)


class PresenceSyncs(Protocol):
    """Account Admins and their partner. Raises ``UnknownId`` and ``NotAllowed``."""

    async def overview(self, actor: Actor, account_id: str) -> Overview:
        """With counts of all users."""

    async def trouble(self, actor: Actor, account_id: str) -> Trouble | None:
        """What an administrator has to put right before Teams is told of anybody; nothing while it is off."""

    async def people(
        self,
        actor: Actor,
        account_id: str,
        *,
        reason: NotSynced | None = None,
        all_: bool = False,
        text: str = "",
        cursor: str | None = None,
        limit: int = 50,
    ) -> People:
        """Who is not in sync, for one reason or any; with ``all_`` everybody.

        ``text`` is a part of a name, e-mail address or extension. Raises ``ValueError`` for what is no cursor.
        """

    async def match_again(self, actor: Actor, account_id: str) -> None:
        """Has all users looked up in the tenant soon. Raises ``Refused`` (``STATE``) while presence is off."""
