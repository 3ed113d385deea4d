"""Statements of presence: which accounts have switched it on, who of them is to be shown, and how it fares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, select, update

from cloudlink.administration.integrations import IntegrationKind
from presence.claims import OURS
from presence.model import Options, Switched
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
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from cloudlink.model import Endpoint
    from store.database import Database

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

_TELL = update(presence_syncs).where(OURS)
_MATCHING = select(_y.match_at).where(_y.account_id == bindparam("account_id"))


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


def tell(connection: Connection, account_id: str, server: str, **values: Any) -> None:
    """Writes columns of the account's row, as long as it is ours."""
    connection.execute(_TELL.values(values), {"of_account": account_id, "server": server})


async def match_at(database: Database, account_id: str) -> datetime | None:
    """When its people are to be matched; ``None`` when they never were."""
    rows = await database.read(_MATCHING, {"account_id": account_id})
    at: datetime | None = rows[0][0] if rows else None
    return at


def _tenant(switched: Switched) -> dict[str, object]:
    return {"account_id": switched.account_id, "tenant_id": switched.tenant_id}
