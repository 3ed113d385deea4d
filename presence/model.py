"""What an administrator sees of presence, and whom it is wanted of."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
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
