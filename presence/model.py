"""What an administrator sees of presence, and whom it is wanted of."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


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
