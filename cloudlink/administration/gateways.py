"""Gateways of an account, and how much of what their PBX may carry is used."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from cloudlink.administration.users import TelephonyRole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cloudlink.administration.actor import Actor
    from cloudlink.gateway_report import GatewayReport
    from cloudlink.model import Principal


class PbxModel(StrEnum):
    """The PBXs that a gateway can stand beside."""

    OFFICE_400 = "office400"
    MIVOICE_5000 = "mivoice5000"
    MX_ONE = "mxone"
    BUSINESS = "business"


@dataclass(frozen=True, slots=True)
class Capacity:
    """What Mitel states for a PBX (MS Teams Solution Guide, 2023): onboarded users, busy hour call completions."""

    name: str
    users: int
    bhcc: int
    telephony_role: TelephonyRole | None


CAPACITY = {
    PbxModel.OFFICE_400: Capacity("MiVoice Office 400", 800, 4_200, None),
    PbxModel.MIVOICE_5000: Capacity("MiVoice 5000", 5_000, 16_000, TelephonyRole.CTI),
    PbxModel.MX_ONE: Capacity("MiVoice MX-ONE", 5_000, 15_000, TelephonyRole.USER),
    PbxModel.BUSINESS: Capacity("MiVoice Business", 2_500, 12_000, None),
}


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway. ``connected`` is whether its link is open in this process now; ``paired`` whether it has a key.

    ``calls_lost`` are call records that found no room in it, in all.
    """

    gateway_id: str
    account_id: str
    name: str
    pbx: str
    paired: bool
    connected: bool
    seen_at: datetime | None
    version: str | None
    pairing_expires_at: datetime | None = None
    calls_lost: int = 0


@dataclass(frozen=True, slots=True)
class Pairing:
    """A code, grouped for typing and shown once, by which a new gateway makes its key known within the time."""

    gateway: Gateway
    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a PBX's capacity is used.

    ``busiest_hour`` is the most records that its gateway told in one hour of the last seven days. A call between two
    monitored users has two records, so it is an upper bound of the calls.
    """

    gateway: Gateway
    capacity: Capacity
    users: int
    busiest_hour: int


@dataclass(frozen=True, slots=True)
class Condition:
    """What a gateway last told of itself, and when CloudLink heard it.

    ``names`` are those of the users whose extensions the report says to be left out, where CloudLink knows them.
    """

    report: GatewayReport
    heard_at: datetime
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Link:
    """Whether a gateway is connected, and since when; ``since`` is ``None`` for one that never was."""

    connected: bool
    since: datetime | None


class GatewayLinks(Protocol):
    """What every user may know of their own account's gateways: whether calls reach CloudLink at all."""

    async def of(self, who: Principal) -> Sequence[Link]:
        """One for each gateway that has a key. Empty for an account without any."""


class Conditions(Protocol):
    """Account Admins and their partner: how their gateways are."""

    async def of(self, actor: Actor, account_id: str) -> Mapping[str, Condition]:
        """By gateway id; those that have told nothing yet are not in it."""


class Gateways(Protocol):
    """Account Admins and their partner."""

    async def all(self, actor: Actor, account_id: str) -> Sequence[Gateway]:
        """By name."""

    async def create(self, actor: Actor, account_id: str, name: str, pbx: str) -> Pairing:
        """A gateway that waits to be paired. Raises ``Refused``."""

    async def pair_again(self, actor: Actor, account_id: str, gateway_id: str) -> Pairing:
        """A new code; the key is void, and the connection cut, once the code is used."""

    async def redeem(self, code: str, public_key: str, *, address: str) -> str:
        """What the gateway itself asks: its id for a code, once; the key is then its key.

        Raises ``UnknownId``, ``TooManyAttempts``.
        """

    async def revoke(self, actor: Actor, account_id: str, gateway_id: str) -> None:
        """Voids its key and any code, and cuts its connection; it can be paired again."""

    async def change(self, actor: Actor, account_id: str, gateway_id: str, name: str, pbx: str) -> Gateway:
        """Renames it or names another PBX. Raises ``Refused`` when users hold a role that only this PBX asks for."""

    async def remove(self, actor: Actor, account_id: str, gateway_id: str) -> None:
        """Ends it and cuts its connection; the calls that it told stay."""

    async def use(self, actor: Actor, account_id: str) -> Sequence[Use]:
        """One for each gateway with a known PBX."""
