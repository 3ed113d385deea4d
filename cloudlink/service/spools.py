"""How far CloudLink holds the spool of each gateway.

A fact and its sequence number are committed together: what is acknowledged is written, and what was sent twice counts
once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from cloudlink.service import facts
from cloudlink.uplink import UplinkError
from store.schema import endpoints, gateways

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from cloudlink.uplink import Publish

_GATEWAY = (gateways.c.account_id == bindparam("of_account")) & (gateways.c.gateway_id == bindparam("of_gateway"))
_HELD = select(gateways.c.spool_id, gateways.c.received).where(_GATEWAY)
_SET = update(gateways).where(_GATEWAY).values(spool_id=bindparam("spool"), received=bindparam("count"))
MONITORED = (
    select(endpoints.c.name)
    .where(endpoints.c.account_id == bindparam("of_account"), endpoints.c.principal_id.is_not(None))
    .order_by(endpoints.c.name)
)


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway that has shown its key."""

    account_id: str
    gateway_id: str

    @property
    def key(self) -> dict[str, object]:
        """The parameters of the statements above."""
        return {"of_account": self.account_id, "of_gateway": self.gateway_id}


@dataclass(frozen=True, slots=True)
class Receipt:
    """``received`` is the last sequence number held; ``unusable`` says why the fact was not kept, if it was not."""

    received: int
    unusable: str | None = None


def open_spool(connection: Connection, gateway: Gateway, spool_id: str) -> int:
    """The last sequence number held of the spool; a spool that is new takes the place of the gateway's earlier one."""
    held = connection.execute(_HELD, gateway.key).one()
    if held.spool_id == spool_id:
        return int(held.received)
    connection.execute(_SET, {**gateway.key, "spool": spool_id, "count": 0})
    return 0


def receive(connection: Connection, gateway: Gateway, spool_id: str, publish: Publish, now: datetime) -> Receipt:
    """Writes the fact if it is the next one of the spool. Raises ``UplinkError`` for a gap or a replaced spool."""
    held = connection.execute(_HELD, gateway.key).one()
    if held.spool_id != spool_id:
        raise UplinkError("this spool was replaced by another")
    if publish.sequence <= held.received:
        return Receipt(held.received)
    if publish.sequence != held.received + 1:
        raise UplinkError(f"sequence {publish.sequence} does not follow {held.received}")
    connection.execute(_SET, {**gateway.key, "spool": spool_id, "count": publish.sequence})
    try:
        facts.write(connection, gateway.account_id, publish.fact, now)
    except facts.Unusable as error:
        return Receipt(publish.sequence, unusable=str(error))
    return Receipt(publish.sequence)
