"""Statements of presence: who is to be shown, what may be shown, and which server looks after an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, exists, or_, select, update

from cloudlink.administration.integrations import IntegrationKind
from presence.model import Options, Switched
from presence.policy import Shown
from store import upsert
from store.database import DatabaseUnavailable
from store.monitored import MONITORED_BY_ANY
from store.padding import padded
from store.rows import ENDPOINT_COLUMNS, to_endpoint
from store.schema import (
    accounts,
    endpoints,
    integrations,
    presence_matches,
    presence_mirrors,
    presence_sessions,
    presence_syncs,
    tenants,
    users,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from cloudlink.model import Endpoint
    from presence.ledger import Write
    from store.clock import Clock
    from store.database import Database

LONGEST_CLAIM = timedelta(minutes=10)
"""No server claims an account for so long: a clock was wrong, and the claim is void."""

PAGE = 250
"""People whose devices one statement reads: what comes of more would hold up others on the event loop."""

_i, _s, _m, _u, _e, _y = (
    integrations.c, presence_sessions.c, presence_matches.c, users.c, endpoints.c, presence_syncs.c,
)  # fmt: skip

_INTEGRATIONS = (
    select(
        _i.account_id,
        _i.configuration,
        _i.secret_encrypted,
        and_(_i.enabled, accounts.c.active),
        tenants.c.tenant_id,
        _y.claimed_until,
    )
    .select_from(
        integrations.join(accounts, accounts.c.account_id == _i.account_id)
        .outerjoin(tenants, tenants.c.account_id == _i.account_id)
        .outerjoin(presence_syncs, _y.account_id == _i.account_id)
    )
    .where(_i.kind == IntegrationKind.TEAMS_PRESENCE, _i.secret_encrypted.is_not(None))
)
_SILENCED = select(presence_mirrors.c.account_id).where(presence_mirrors.c.by_teams.is_(True)).distinct()
_LEFT = select(_s.account_id, _s.tenant_id, _s.application_id).distinct()

_DEVICES = (
    select(_m.object_id, _e.told_by, _e.changed_at, *ENDPOINT_COLUMNS)
    .select_from(
        presence_matches.join(users, and_(_u.account_id == _m.account_id, _u.principal_id == _m.principal_id)).join(
            endpoints, and_(_e.account_id == _m.account_id, _e.principal_id == _m.principal_id)
        )
    )
    .where(
        _m.account_id == bindparam("account_id"),
        _m.tenant_id == bindparam("tenant_id"),
        _m.object_id.is_not(None),
        # Somebody with another address is somebody else until they are matched anew.
        _m.email_folded == _u.email_folded,
        _u.active.is_(True),
        MONITORED_BY_ANY,
    )
    .order_by(_m.principal_id)
)
_DEVICES_OF = _DEVICES.where(_m.principal_id.in_(bindparam("principal_ids", expanding=True)))
_MATCHED_AFTER = (
    select(_m.principal_id)
    .where(
        _m.account_id == bindparam("account_id"),
        _m.tenant_id == bindparam("tenant_id"),
        _m.object_id.is_not(None),
        _m.principal_id > bindparam("after"),
    )
    .order_by(_m.principal_id)
    .limit(PAGE)
)

_OF_TENANT = and_(
    _s.account_id == bindparam("of_account"),
    _s.tenant_id == bindparam("of_tenant"),
    _s.application_id == bindparam("of_application"),
)
_SESSIONS = (
    select(_s.object_id, _s.shown)
    .where(_OF_TENANT, _s.object_id > bindparam("after"))
    .order_by(_s.object_id)
    .limit(PAGE)
)
_INTEND = upsert.insert(presence_sessions)
_INTEND = _INTEND.on_conflict_do_update(
    index_elements=list(presence_sessions.primary_key),
    set_={"shown": _INTEND.excluded.shown, "written_on": _INTEND.excluded.written_on},
)
_ENDED = delete(presence_sessions).where(_OF_TENANT, _s.object_id.in_(bindparam("object_ids", expanding=True)))
_END_ALL = delete(presence_sessions).where(_OF_TENANT)

_THIS = _y.account_id == bindparam("of_account")
_OURS = and_(_THIS, _y.claimed_by == bindparam("server"))
_BEGIN = upsert.insert(presence_syncs).on_conflict_do_nothing()
_AT = bindparam("at", type_=_y.claimed_until.type)
_FREE = or_(
    _y.claimed_by.is_(None),
    _y.claimed_by == bindparam("server"),
    _y.claimed_until.is_(None),
    _y.claimed_until <= _AT,
    _y.claimed_until > bindparam("never", type_=_y.claimed_until.type),
)
_HAS_ACCOUNT = exists().where(accounts.c.account_id == bindparam("of_account"))
_CLAIM = (
    update(presence_syncs)
    .where(_THIS, _FREE, _HAS_ACCOUNT)
    .values(claimed_by=bindparam("server"), claimed_until=bindparam("until", type_=_y.claimed_until.type))
)
_RENEW = update(presence_syncs).where(_OURS).values(claimed_until=bindparam("until", type_=_y.claimed_until.type))
_HELD = select(_y.claimed_by).where(_THIS)
_SERVERS = select(_y.claimed_by).where(_y.claimed_by.is_not(None)).distinct()
_LET_GO = update(presence_syncs).where(_y.claimed_by == bindparam("server")).values(claimed_by=None, claimed_until=None)
_LET_ONE_GO = update(presence_syncs).where(_OURS).values(claimed_by=None, claimed_until=None)
_TELL = update(presence_syncs).where(_OURS)
_MATCHING = select(_y.match_at).where(_y.account_id == bindparam("account_id"))


class LeaseLost(DatabaseUnavailable):
    """Another server looks after the account now; for whoever writes that is as good as no database."""


@dataclass(frozen=True, slots=True)
class Device:
    """One telephone of somebody who is to be shown, and the gateway that told so at a moment of its own clock."""

    object_id: str
    told_by: str | None
    changed_at: datetime | None
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class Found:
    """An account with the credentials for a tenant; when it is not ``on`` its sessions are only to be ended.

    ``claimed_until`` is how long a server has it for itself.
    """

    switched: Switched
    on: bool
    claimed_until: datetime | None


async def find(database: Database, credential: Callable[[str], str | None]) -> dict[str, Found]:
    """Accounts that are on, and those that are not but may have left sessions, or telephones silenced; by account id.

    ``credential`` opens an encrypted one, if it can.
    """
    left = {tuple(row) for row in await database.scan(_LEFT)}
    silenced = {row[0] for row in await database.scan(_SILENCED)}
    found: dict[str, Found] = {}
    for account_id, configuration, secret, on, proved, claimed_until in await database.scan(_INTEGRATIONS):
        tenant_id, application_id = configuration.get("tenantId", ""), configuration.get("clientId", "")
        is_on = bool(on) and proved == tenant_id
        if account_id in found and not is_on:
            # The same integration beside another tenant of the account.
            continue
        is_left = account_id in silenced or (account_id, tenant_id, application_id) in left
        opened = credential(secret) if is_on or is_left else None
        if opened is not None:
            options = Options(
                ringing=configuration.get("ringing") == "true", from_teams=configuration.get("fromTeams") == "true"
            )
            switched = Switched(account_id, tenant_id, application_id, opened, options)
            found[account_id] = Found(switched, is_on, claimed_until)
    return found


async def devices(database: Database, switched: Switched, principal_ids: Iterable[str]) -> list[Device]:
    """Of those of the people (at most ``PAGE``) who are to be shown, by person."""
    parameters = {**_tenant(switched), "principal_ids": padded(principal_ids)}
    found = await database.scan(_DEVICES_OF, parameters)
    return [Device(row[0], row[1], row[2], to_endpoint(row[3:])) for row in found]


async def matched(database: Database, switched: Switched, after: str = "") -> list[str]:
    """The next people, at most ``PAGE``, who have somebody in the tenant; ids of principals, in their order."""
    rows = await database.scan(_MATCHED_AFTER, {**_tenant(switched), "after": after})
    return [row[0] for row in rows]


async def sessions(database: Database, switched: Switched, after: str = "") -> list[tuple[str, Shown]]:
    """The next sessions, at most ``PAGE``, that we may have left: object id and what it shows, by object id."""
    found = await database.scan(_SESSIONS, {**_key(switched), "after": after})
    return [(object_id, Shown(shown)) for object_id, shown in found]


async def end_all(database: Database, switched: Switched) -> None:
    """No session is left."""
    await database.write(lambda connection: connection.execute(_END_ALL, _key(switched)))


class Claim(StrEnum):
    """What became of a wish to look after an account."""

    OURS = "ours"
    INHERITED = "inherited"
    """Ours, and whoever had it before has not said good-bye."""
    ANOTHERS = "anothers"


def claim(connection: Connection, account_id: str, server: str, now: datetime, lasting: timedelta) -> Claim:
    """Takes the account for as long, unless another server has it."""
    connection.execute(_BEGIN, {"account_id": account_id, "backlog": 0, "throttled": 0})
    before = connection.execute(_HELD, {"of_account": account_id}).scalar()
    parameters = {
        "of_account": account_id,
        "server": server,
        "at": now,
        "until": now + lasting,
        "never": now + LONGEST_CLAIM,
    }
    if connection.execute(_CLAIM, parameters).rowcount == 0:
        return Claim.ANOTHERS
    return Claim.OURS if before in {None, server} else Claim.INHERITED


async def servers(database: Database) -> set[str]:
    """Those that look after any account, or did when they vanished."""
    return {row[0] for row in await database.scan(_SERVERS)}


def renew(connection: Connection, account_ids: Sequence[str], server: str, until: datetime) -> list[str]:
    """Keeps the accounts; answers those that are still ours."""
    kept = []
    for account_id in account_ids:
        parameters = {"of_account": account_id, "server": server, "until": until}
        if connection.execute(_RENEW, parameters).rowcount == 1:
            kept.append(account_id)
    return kept


def let_go(connection: Connection, server: str, account_id: str | None = None) -> None:
    """Leaves the account, or all of them, to whoever comes first."""
    if account_id is None:
        connection.execute(_LET_GO, {"server": server})
    else:
        connection.execute(_LET_ONE_GO, {"of_account": account_id, "server": server})


def tell(connection: Connection, account_id: str, server: str, **values: Any) -> None:
    """Writes columns of the account's row, as long as it is ours."""
    connection.execute(_TELL.values(values), {"of_account": account_id, "server": server})


async def match_at(database: Database, account_id: str) -> datetime | None:
    """When its people are to be matched; ``None`` when they never were."""
    rows = await database.read(_MATCHING, {"account_id": account_id})
    at: datetime | None = rows[0][0] if rows else None
    return at


class SessionJournal:
    """Fulfils ``writer.Journal`` for as long as the server has the account's lease.

    ``lost`` is called when it turns out that another server has it.
    """

    def __init__(
        self, database: Database, switched: Switched, server: str, lost: Callable[[], object], now: Clock
    ) -> None:
        self._database = database
        self._switched = switched
        self.server = server
        self._lost = lost
        self._now = now

    async def intend(self, writes: Sequence[Write]) -> None:
        """Raises ``DatabaseUnavailable``: nothing may be sent then."""
        now = self._now()
        key = {
            "account_id": self._switched.account_id,
            "tenant_id": self._switched.tenant_id,
            "application_id": self._switched.application_id,
            "written_on": now,
        }
        intended = [
            {**key, "object_id": write.object_id, "shown": write.shown.value} for write in writes if write.shown
        ]

        await self._write(lambda connection: connection.execute(_INTEND, intended) if intended else None)

    async def ended(self, object_ids: Sequence[str]) -> None:
        """Raises ``DatabaseUnavailable``."""
        parameters = {**_key(self._switched), "object_ids": padded(object_ids)}
        await self._write(lambda connection: connection.execute(_ENDED, parameters))

    async def _write(self, change: Callable[[Connection], object]) -> None:
        def work(connection: Connection) -> bool:
            if connection.execute(_HELD, {"of_account": self._switched.account_id}).scalar() != self.server:
                return False
            change(connection)
            return True

        if not await self._database.write(work):
            self._lost()
            raise LeaseLost("another server looks after the account")


def _tenant(switched: Switched) -> dict[str, object]:
    return {"account_id": switched.account_id, "tenant_id": switched.tenant_id}


def _key(switched: Switched) -> dict[str, object]:
    return {
        "of_account": switched.account_id,
        "of_tenant": switched.tenant_id,
        "of_application": switched.application_id,
    }
