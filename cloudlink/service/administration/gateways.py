"""Fulfils ``Gateways``: pairing, and how much of what a PBX may carry is used.

A pairing code is sixteen characters of an alphabet that nobody misreads (76 bits), works once and for 15 minutes, and
an address may try ten before each further try has to wait. With it a gateway makes its public key known.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import bindparam, delete, func, insert, select, update

from cloudlink import correlation
from cloudlink.administration.actor import Actor, ActorKind
from cloudlink.administration.gateways import CAPACITY, Gateway, Pairing, PbxModel, Use
from cloudlink.administration.refusals import Reason, Refused
from cloudlink.codes import canonical, new_pairing_code
from cloudlink.port import TooManyAttempts, UnknownId
from cloudlink.service.administration import audit, fields, telephony
from cloudlink.service.administration.rights import Right, require, require_in
from cloudlink.topics import EXTENSIONS_CHANGED, GATEWAY_CHANGED
from store import outbox
from store.attempts import Attempts
from store.clock import Clock, utc_now
from store.directory import hash_key
from store.schema import accounts, call_hours, gateways, users

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from store.database import Database
    from store.outbox import Outbox

CODE_LIFETIME = timedelta(minutes=15)
BUSY_DAYS = timedelta(days=7)
_LONGEST_NAME = 200
_MODELS = frozenset(PbxModel)

Row = Sequence[Any]

_c = gateways.c
_COLUMNS = (
    _c.gateway_id,
    _c.account_id,
    _c.name,
    _c.pbx,
    _c.public_key,
    _c.seen_at,
    _c.version,
    _c.pairing_expires_at,
    _c.calls_lost,
)
_ALL = select(*_COLUMNS).where(_c.account_id == bindparam("account_id")).order_by(_c.name, _c.gateway_id)
_THIS = (_c.account_id == bindparam("of_account")) & (_c.gateway_id == bindparam("of_gateway"))
_ONE = select(*_COLUMNS).where(_THIS)
_CHANGE = update(gateways).where(_THIS)
_HOURS = delete(call_hours).where(
    call_hours.c.account_id == bindparam("of_account"), call_hours.c.gateway_id == bindparam("of_gateway")
)
_ROLES_HELD = (
    select(users.c.telephony_role)
    .where(users.c.account_id == bindparam("account_id"), users.c.telephony_role.is_not(None))
    .distinct()
)
_OTHER_PBXS = select(_c.pbx).where(
    _c.account_id == bindparam("account_id"), _c.gateway_id != bindparam("gateway_id"), _c.pbx.is_not(None)
)
_CODE = (
    select(*_COLUMNS)
    .join(accounts, accounts.c.account_id == _c.account_id)
    .where(_c.pairing_hash == bindparam("hash"), _c.pairing_expires_at > bindparam("now"), accounts.c.active.is_(True))
)
_PAIRED = (
    update(gateways)
    .where(_THIS, _c.pairing_hash == bindparam("code_hash"), _c.pairing_expires_at > bindparam("now"))
    .values(public_key=bindparam("new_key"), pairing_hash=None, pairing_expires_at=None)
)
_USERS = select(func.count()).where(
    users.c.account_id == bindparam("account_id"), users.c.active.is_(True), users.c.extension.is_not(None)
)
_BUSIEST = (
    select(call_hours.c.gateway_id, func.max(call_hours.c.calls))
    .where(
        call_hours.c.account_id == bindparam("account_id"),
        call_hours.c.hour >= bindparam("since"),
        call_hours.c.hour <= bindparam("now"),
    )
    .group_by(call_hours.c.gateway_id)
)


class GatewayService:
    """Fulfils ``Gateways``. ``connected`` answers whether a gateway's link is open in this process."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        connected: Callable[[str], bool] = lambda _: False,
        now: Clock = utc_now,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._connected = connected
        self._now = now
        self._redeemed = Attempts(database, "pairing address", allowance=10, now=now)

    async def all(self, actor: Actor, account_id: str) -> Sequence[Gateway]:
        await require(self._database, actor, account_id, Right.ADMINISTER)
        return [self._gateway(row) for row in await self._database.read(_ALL, {"account_id": account_id})]

    async def create(self, actor: Actor, account_id: str, name: str, pbx: str) -> Pairing:
        name, pbx = _cleaned(name, pbx)
        gateway_id = str(uuid4())

        def work(connection: Connection, now: datetime) -> None:
            row = {
                "gateway_id": gateway_id,
                "account_id": account_id,
                "received": 0,
                "created_on": now,
                "name": name,
                "pbx": pbx,
            }
            connection.execute(insert(gateways), row)
            outbox.append(connection, account_id, EXTENSIONS_CHANGED, {}, now)
            _record(
                connection, actor, account_id, "gateway.created", (gateway_id, name), now=now, after=_audited(name, pbx)
            )

        return await self._pairing(actor, account_id, gateway_id, work)

    async def pair_again(self, actor: Actor, account_id: str, gateway_id: str) -> Pairing:
        def work(connection: Connection, now: datetime) -> None:
            name = _one(connection, account_id, gateway_id)[2]
            _record(connection, actor, account_id, "gateway.pairingStarted", (gateway_id, name), now=now)

        return await self._pairing(actor, account_id, gateway_id, work)

    async def redeem(self, code: str, public_key: str, *, address: str) -> str:
        if wait := await self._redeemed.begin(address):
            raise TooManyAttempts(wait)
        gateway_id = await self._database.write(
            lambda connection: self._redeem(connection, code, public_key, address), durable=True
        )
        self._outbox.wake()
        await self._redeemed.take_back(address)
        return gateway_id

    async def revoke(self, actor: Actor, account_id: str, gateway_id: str) -> None:
        def work(connection: Connection) -> None:
            require_in(connection, actor, account_id, Right.ADMINISTER)
            name, now = _one(connection, account_id, gateway_id)[2], self._now()
            void = {"public_key": "", "pairing_hash": None, "pairing_expires_at": None}
            connection.execute(_CHANGE.values(void), _key(account_id, gateway_id))
            _record(connection, actor, account_id, "gateway.keyRevoked", (gateway_id, name), now=now)
            outbox.append(connection, account_id, GATEWAY_CHANGED, {"gateway_id": gateway_id}, now)

        await self._database.write(work, durable=True)
        self._outbox.wake()

    async def change(self, actor: Actor, account_id: str, gateway_id: str, name: str, pbx: str) -> Gateway:
        name, pbx = _cleaned(name, pbx)

        def work(connection: Connection) -> Row:
            require_in(connection, actor, account_id, Right.ADMINISTER)
            old = _one(connection, account_id, gateway_id)
            _check_roles(connection, account_id, gateway_id, pbx)
            connection.execute(_CHANGE.values(name=name, pbx=pbx), _key(account_id, gateway_id))
            now = self._now()
            before, after = _audited(old[2], old[3]), _audited(name, pbx)
            _record(
                connection,
                actor,
                account_id,
                "gateway.changed",
                (gateway_id, name),
                now=now,
                before=before,
                after=after,
            )
            # Which extensions are monitored depends on what the PBX asks of their users.
            outbox.append(connection, account_id, EXTENSIONS_CHANGED, {}, now)
            return _one(connection, account_id, gateway_id)

        changed = await self._database.write(work)
        self._outbox.wake()
        return self._gateway(changed)

    async def remove(self, actor: Actor, account_id: str, gateway_id: str) -> None:
        def work(connection: Connection) -> None:
            require_in(connection, actor, account_id, Right.ADMINISTER)
            old, now = _one(connection, account_id, gateway_id), self._now()
            connection.execute(_HOURS, _key(account_id, gateway_id))
            connection.execute(delete(gateways).where(_THIS), _key(account_id, gateway_id))
            before = _audited(old[2], old[3])
            _record(connection, actor, account_id, "gateway.removed", (gateway_id, old[2]), now=now, before=before)
            outbox.append(connection, account_id, GATEWAY_CHANGED, {"gateway_id": gateway_id}, now)
            # To whom a PBX that asks for no role leaves people may be gone.
            outbox.append(connection, account_id, EXTENSIONS_CHANGED, {}, now)

        await self._database.write(work)
        self._outbox.wake()

    async def use(self, actor: Actor, account_id: str) -> Sequence[Use]:
        """``users`` are the account's with an extension: which of two PBXs has it, nobody has said."""
        found = [gateway for gateway in await self.all(actor, account_id) if gateway.pbx in _MODELS]
        now = self._now()
        [[people]] = await self._database.scan(_USERS, {"account_id": account_id})
        hours = await self._database.scan(_BUSIEST, {"account_id": account_id, "since": now - BUSY_DAYS, "now": now})
        busiest: dict[str, int] = dict(hours)  # type: ignore[arg-type]
        return [
            Use(gateway, CAPACITY[PbxModel(gateway.pbx)], people, busiest.get(gateway.gateway_id, 0))
            for gateway in found
        ]

    async def _pairing(
        self, actor: Actor, account_id: str, gateway_id: str, begin: Callable[[Connection, datetime], None]
    ) -> Pairing:
        code, now = new_pairing_code(), self._now()
        expires_at = now + CODE_LIFETIME

        def work(connection: Connection) -> Row:
            require_in(connection, actor, account_id, Right.ADMINISTER)
            begin(connection, now)
            pairing = {"pairing_hash": hash_key(canonical(code)), "pairing_expires_at": expires_at}
            connection.execute(_CHANGE.values(pairing), _key(account_id, gateway_id))
            return _one(connection, account_id, gateway_id)

        return Pairing(self._gateway(await self._database.write(work)), code, expires_at)

    def _redeem(self, connection: Connection, code: str, public_key: str, address: str) -> str:
        now, code_hash = self._now(), hash_key(canonical(code))
        row = connection.execute(_CODE, {"hash": code_hash, "now": now}).first()
        if row is None:
            raise UnknownId("no gateway waits for this code")
        gateway_id, account_id, name = row[:3]
        new = {**_key(account_id, gateway_id), "code_hash": code_hash, "new_key": public_key, "now": now}
        if connection.execute(_PAIRED, new).rowcount == 0:
            raise UnknownId("no gateway waits for this code")
        actor = Actor(ActorKind.SYSTEM, "gateway", address=address, correlation_id=correlation.current())
        _record(connection, actor, account_id, "gateway.paired", (gateway_id, name), now=now)
        outbox.append(connection, account_id, GATEWAY_CHANGED, {"gateway_id": gateway_id}, now)
        return str(gateway_id)

    def _gateway(self, row: Row) -> Gateway:
        gateway_id, account_id, name, pbx, public_key, seen_at, version, expires_at, lost = row
        return Gateway(
            gateway_id,
            account_id,
            name or gateway_id,
            pbx or "",
            paired=bool(public_key),
            connected=self._connected(gateway_id),
            seen_at=seen_at,
            version=version,
            pairing_expires_at=expires_at,
            calls_lost=lost,
        )


def _one(connection: Connection, account_id: str, gateway_id: str) -> Row:
    row = connection.execute(_ONE, _key(account_id, gateway_id)).first()
    if row is None:
        raise UnknownId("no such gateway")
    return tuple(row)


def _key(account_id: str, gateway_id: str) -> dict[str, str]:
    return {"of_account": account_id, "of_gateway": gateway_id}


def _cleaned(name: str, pbx: str) -> tuple[str, str]:
    cleaned = fields.text(name, "name", _LONGEST_NAME)
    if pbx not in _MODELS:
        raise Refused(Reason.UNKNOWN_VALUE, "pbx")
    return cleaned, pbx


def _check_roles(connection: Connection, account_id: str, gateway_id: str, pbx: str) -> None:
    """Raises ``Refused`` when users hold a role that no PBX of the account would ask for any more."""
    others = connection.execute(_OTHER_PBXS, {"account_id": account_id, "gateway_id": gateway_id}).all()
    asked_for = telephony.asked_for([*others, (pbx,)])
    held = {role for (role,) in connection.execute(_ROLES_HELD, {"account_id": account_id})}
    if held - asked_for:
        raise Refused(Reason.PBX_NEEDS_NO_ROLE, "pbx", "users hold a telephony role that only this PBX asks for")


def _audited(name: str | None, pbx: str | None) -> dict[str, str | None]:
    return {"name": name, "pbx": pbx}


def _record(
    connection: Connection,
    actor: Actor,
    account_id: str,
    action: str,
    gateway: tuple[str, str | None],
    *,
    now: datetime,
    before: dict[str, str | None] | None = None,
    after: dict[str, str | None] | None = None,
) -> None:
    gateway_id, name = gateway
    subject = ("gateway", gateway_id, name or gateway_id)
    audit.record(connection, actor, account_id, action, subject=subject, now=now, before=before, after=after)
