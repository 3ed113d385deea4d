"""Two partners, each with a customer: who of them may see and change what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select

from cloudlink.administration.accounts import NewAccount
from cloudlink.administration.actor import Actor, ActorKind
from cloudlink.administration.users import NewUser
from cloudlink.model import Role
from cloudlink.service.administration.accounts import AccountService
from cloudlink.service.administration.audit import AuditLog
from cloudlink.service.administration.imports import ImportService
from cloudlink.service.administration.reports import ReportService
from cloudlink.service.administration.users import Invite, UserService, inviting
from cloudlink.service.provision import OPERATOR
from store.schema import gateways, integrations
from store.schema import outbox as outbox_rows
from store.vault import Vault, new_key
from tests.reports import own_reports

if TYPE_CHECKING:
    from cloudlink.administration.users import UserRecord
    from cloudlink.service.administration.own_reports import OwnReportService
    from store.database import Database
    from store.outbox import Outbox
    from tests.conftest import SteppedClock


@dataclass(frozen=True, slots=True)
class World:
    """``customer`` is the partner's; ``admin``, ``second`` and ``user`` are its people. ``actors`` by what they are."""

    partner_id: str
    customer_id: str
    foreign_customer_id: str
    admin: UserRecord
    second: UserRecord
    user: UserRecord
    foreign_user: UserRecord
    actors: dict[str, Actor]

    @property
    def partner(self) -> Actor:
        return self.actors["partner"]

    @property
    def administrator(self) -> Actor:
        return self.actors["admin"]


@pytest.fixture
def vault() -> Vault:
    return Vault([new_key()])


@pytest.fixture
def invite(vault: Vault) -> Invite:
    return inviting(vault, "https://assistant.example.com")


@pytest.fixture
def users(database: Database, outbox: Outbox, invite: Invite, clock: SteppedClock) -> UserService:
    return UserService(database, outbox, invite, clock)


@pytest.fixture
def accounts(database: Database, outbox: Outbox, clock: SteppedClock) -> AccountService:
    return AccountService(database, outbox, clock)


@pytest.fixture
def imports(database: Database, outbox: Outbox, invite: Invite, clock: SteppedClock) -> ImportService:
    return ImportService(database, outbox, invite, clock)


@pytest.fixture
def reports(database: Database, outbox: Outbox, clock: SteppedClock) -> ReportService:
    return ReportService(database, outbox, clock)


@pytest.fixture
def own(database: Database, outbox: Outbox, vault: Vault, clock: SteppedClock) -> OwnReportService:
    return own_reports(database, outbox, vault, clock)


@pytest.fixture
def log(database: Database) -> AuditLog:
    return AuditLog(database)


def person(number: int, **more: Any) -> NewUser:
    """Somebody with an extension."""
    return NewUser("Person", f"No {number}", f"person{number}@example.com", extension=str(200 + number), **more)


@pytest.fixture
async def world(accounts: AccountService, users: UserService) -> World:
    async def partner(name: str) -> tuple[str, Actor]:
        account = await accounts.create(OPERATOR, NewAccount(name, partner=True))
        new = NewUser("Pat", name, f"{name.lower().replace(' ', '.')}@example.com", Role.PARTNER_ADMIN)
        made = await users.create(OPERATOR, account.account_id, new, invite=False)
        return account.account_id, Actor.of_user(made.user, address="192.0.2.1", correlation_id="c-1")

    async def customer(of: Actor, name: str) -> str:
        return (await accounts.create(of, NewAccount(name))).account_id

    partner_id, our_partner = await partner("Partner")
    _, foreign_partner = await partner("Foreign Partner")
    customer_id = await customer(our_partner, "Customer")
    foreign_customer_id = await customer(foreign_partner, "Foreign Customer")
    admin = await users.create(our_partner, customer_id, person(1, role=Role.ACCOUNT_ADMIN), invite=False)
    second = await users.create(our_partner, customer_id, person(2, role=Role.ACCOUNT_ADMIN), invite=False)
    user = await users.create(our_partner, customer_id, person(3), invite=False)
    foreign_admin = await users.create(
        foreign_partner, foreign_customer_id, person(1, role=Role.ACCOUNT_ADMIN), invite=False
    )
    foreign_user = await users.create(foreign_partner, foreign_customer_id, person(3), invite=False)
    actors = {
        "operator": OPERATOR,
        "partner": our_partner,
        "admin": Actor.of_user(admin.user, address="192.0.2.2", correlation_id="c-2"),
        "user": Actor.of_user(user.user),
        "guest": Actor(ActorKind.USER, "Guest", customer_id, "guest", Role.GUEST),
        "foreign partner": foreign_partner,
        "foreign admin": Actor.of_user(foreign_admin.user),
        "partner's user": replace(our_partner, role=Role.USER, actor_id="other"),
    }
    return World(partner_id, customer_id, foreign_customer_id, admin, second, user, foreign_user, actors)


async def add_gateway(
    database: Database, account_id: str, pbx: str | None, clock: SteppedClock, name: str = "g"
) -> str:
    """A gateway beside a PBX."""
    row = {
        "gateway_id": f"{name}-{account_id}"[:36],
        "account_id": account_id,
        "public_key": name,
        "received": 0,
        "created_on": clock(),
        "pbx": pbx,
    }
    await database.write(lambda connection: connection.execute(insert(gateways), row))
    return str(row["gateway_id"])


async def switch_sync_on(database: Database, account_id: str, clock: SteppedClock) -> None:
    """Entra ID Sync keeps the account's users from now on."""
    row = {
        "account_id": account_id,
        "kind": "entraSync",
        "enabled": True,
        "configuration": {},
        "created_on": clock(),
        "modified_on": clock(),
    }
    await database.write(lambda connection: connection.execute(insert(integrations), row))


async def events(database: Database, account_id: str) -> list[tuple[str, dict[str, str]]]:
    """Topic and payload of what was told of the account, in its order."""
    rows = await database.read(
        select(outbox_rows.c.topic, outbox_rows.c.payload)
        .where(outbox_rows.c.account_id == account_id)
        .order_by(outbox_rows.c.id)
    )
    return [(topic, payload) for topic, payload in rows]
