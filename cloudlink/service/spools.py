"""How far CloudLink holds the spool of each gateway.

Facts and their sequence numbers are committed together: what is acknowledged is written, and what was sent twice counts
once. Of its account's extensions a gateway writes for those alone that it is to monitor.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select, update

from cloudlink.model import CallState
from cloudlink.service import facts
from cloudlink.uplink import CallsLost, LineChanged, UplinkError
from store.monitored import OWN
from store.padding import padded
from store.schema import call_hours, endpoints, gateways, users
from store.upsert import insert

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row, Select

    from cloudlink.model import Call
    from cloudlink.uplink import AboutExtension, Fact, Hello, Publish

_HOURS_KEPT = timedelta(days=8)
_LONGEST_VERSION = 64

_GATEWAY = (gateways.c.account_id == bindparam("of_account")) & (gateways.c.gateway_id == bindparam("of_gateway"))
_HELD = select(gateways.c.spool_id, gateways.c.received).where(_GATEWAY)
_SET = (
    update(gateways)
    .where(_GATEWAY)
    .values(spool_id=bindparam("spool"), received=bindparam("count"), seen_at=bindparam("at"))
)
_SEEN = update(gateways).where(_GATEWAY).values(seen_at=bindparam("at"))
_UNLINKED = update(gateways).where(_GATEWAY, gateways.c.linked_since == bindparam("since")).values(linked_since=None)
_LINKED = (
    update(gateways)
    .where(_GATEWAY)
    .values(seen_at=bindparam("at"), linked_since=bindparam("since"), version=bindparam("says"))
)
_COUNT = insert(call_hours)
_COUNT = _COUNT.on_conflict_do_update(
    index_elements=list(call_hours.primary_key), set_={"calls": call_hours.c.calls + _COUNT.excluded.calls}
)
_FORGET_HOURS = delete(call_hours).where(
    call_hours.c.account_id == bindparam("of_account"),
    call_hours.c.gateway_id == bindparam("of_gateway"),
    call_hours.c.hour < bindparam("before"),
)
_ANYBODYS = (
    select(endpoints.c.name)
    .join(gateways, gateways.c.account_id == endpoints.c.account_id)
    .join(
        users,
        (users.c.account_id == endpoints.c.account_id) & (users.c.principal_id == endpoints.c.principal_id),
    )
    .where(gateways.c.account_id == bindparam("of_account"), OWN)
)
MONITORED = _ANYBODYS.where(_GATEWAY).order_by(endpoints.c.name)
_AMONG = endpoints.c.name.in_(bindparam("extensions", expanding=True))
_OWN_AMONG = MONITORED.order_by(None).where(_AMONG)
_ANYBODYS_AMONG = _ANYBODYS.where(_AMONG)
_ADD_LOST = update(gateways).where(_GATEWAY).values(calls_lost=gateways.c.calls_lost + bindparam("lost"))


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
    """``received`` is the last number held; ``unusable`` says why each fact that was not kept was not.

    ``lost`` are call records of which the gateway tells that it has lost them.
    """

    received: int
    facts: int = 0
    unusable: Sequence[str] = ()
    lost: int = 0


def open_spool(connection: Connection, gateway: Gateway, hello: Hello, now: datetime) -> int:
    """The last sequence number held of the spool; a spool that is new takes the place of the gateway's earlier one."""
    held = _held(connection, gateway)
    connection.execute(_LINKED, {**gateway.key, "at": now, "since": now, "says": hello.version[:_LONGEST_VERSION]})
    connection.execute(_FORGET_HOURS, {**gateway.key, "before": now - _HOURS_KEPT})
    if held.spool_id == hello.spool_id:
        return int(held.received)
    connection.execute(_SET, {**gateway.key, "spool": hello.spool_id, "count": 0, "at": now})
    return 0


def receive(
    connection: Connection, gateway: Gateway, spool_id: str, publishes: Sequence[Publish], now: datetime
) -> Receipt:
    """Writes the facts that follow what is held. Raises ``UplinkError`` for a gap or a replaced spool."""
    held = _held(connection, gateway)
    if held.spool_id != spool_id:
        raise UplinkError("this spool was replaced by another")
    received, new = _new(publishes, held.received)
    if not new:
        return Receipt(received)
    connection.execute(_SET, {**gateway.key, "spool": spool_id, "count": received, "at": now})
    told = [fact for fact in new if not isinstance(fact, CallsLost)]
    allowed = _allowed(connection, gateway, told)
    written = facts.write(connection, gateway.account_id, allowed, now, told_by=gateway.gateway_id)
    _count(connection, gateway, written.calls)
    if lost := sum(fact.number for fact in new if isinstance(fact, CallsLost)):
        connection.execute(_ADD_LOST, {**gateway.key, "lost": lost})
    strange = ["this gateway does not monitor the extension"] * (len(told) - len(allowed))
    return Receipt(received, len(new), (*written.unusable, *strange), lost)


def _new(publishes: Sequence[Publish], received: int) -> tuple[int, list[Fact]]:
    """What is not held yet, and the last number that is held with it."""
    new: list[Fact] = []
    for publish in publishes:
        if publish.after > received:
            raise UplinkError(f"what follows {publish.after} does not follow {received}")
        new += [entry.fact for entry in publish.facts if entry.sequence > received]
        received = max(received, publish.facts[-1].sequence)
    return received, new


def _allowed(connection: Connection, gateway: Gateway, told: Sequence[AboutExtension]) -> list[AboutExtension]:
    """What is about the gateway's own extensions; and that it knows no more of one that nobody monitors now."""
    own = _among(connection, _OWN_AMONG, gateway, told)
    if given_up := [fact for fact in told if fact.extension not in own and _gives_up(fact)]:
        anybodys = _among(connection, _ANYBODYS_AMONG, gateway, given_up)
        return [fact for fact in told if fact.extension in own or (_gives_up(fact) and fact.extension not in anybodys)]
    return [fact for fact in told if fact.extension in own]


def _gives_up(fact: AboutExtension) -> bool:
    return isinstance(fact, LineChanged) and fact.state == CallState.UNKNOWN


def _among(connection: Connection, query: Select[str], gateway: Gateway, told: Sequence[AboutExtension]) -> set[str]:
    # Others no column can hold.
    extensions = {fact.extension for fact in told if fact.extension.isprintable()}
    return set(connection.execute(query, {**gateway.key, "extensions": padded(extensions)}).scalars())


def seen(connection: Connection, gateway: Gateway, now: datetime) -> None:
    """Notes when the gateway was last connected."""
    connection.execute(_SEEN, {**gateway.key, "at": now})


def still_linked(connection: Connection, linked: Sequence[Gateway], now: datetime) -> None:
    """Notes that they are connected at this moment."""
    connection.execute(_SEEN, [{**gateway.key, "at": now} for gateway in linked])


def unlinked(connection: Connection, gateway: Gateway, since: datetime) -> None:
    """Notes that the link which was opened then has ended, unless a newer one, perhaps to another server, is open."""
    connection.execute(_UNLINKED, {**gateway.key, "since": since})


def _held(connection: Connection, gateway: Gateway) -> Row[str, int]:
    held = connection.execute(_HELD, gateway.key).first()
    if held is None:
        raise UplinkError("this gateway was removed")
    return held


def _count(connection: Connection, gateway: Gateway, calls: Sequence[Call]) -> None:
    """By the hour in which the call began: what was held back for a day does not make one busy hour."""
    hours = Counter(call.created_on.astimezone(UTC).replace(minute=0, second=0, microsecond=0) for call in calls)
    of = {"account_id": gateway.account_id, "gateway_id": gateway.gateway_id}
    for hour, number in hours.items():
        connection.execute(_COUNT, {**of, "hour": hour, "calls": number})
