"""Administrators are told in time that a secret ends, once for each stage, whoever looks and how often."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from cloudlink.administration.actor import Actor, ActorKind
from cloudlink.administration.integrations import IntegrationKind
from cloudlink.model import Role
from cloudlink.service.administration.integrations import AccountIntegrations
from cloudlink.service.administration.secret_ends import SecretEnds
from cloudlink.service.administration.tenants import AccountTenants
from cloudlink.service.mail import queue
from cloudlink.service.mail.rendering import render
from store.schema import accounts, mails, users
from tests.cloudlink.mail.conftest import PUBLIC_URL

if TYPE_CHECKING:
    from store.database import Database
    from store.vault import Vault
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock

OPERATOR = Actor(ActorKind.OPERATOR, "operator")
TENANT = "11111111-2222-4333-8444-555555555555"
TOLD = {"name": "Presence", "tenantId": TENANT, "clientId": "99999999-2222-4333-8444-555555555555"}


@pytest.fixture
def integrations(database: Database, vault: Vault, clock: SteppedClock) -> AccountIntegrations:
    return AccountIntegrations(database, vault, clock)


@pytest.fixture
async def ending(
    database: Database, integrations: AccountIntegrations, people: People, clock: SteppedClock
) -> datetime:
    """When the secret of an account ends whose presence is on and whose front desk administers it: in 40 days."""
    account_id, ends = people.account.account_id, clock() + timedelta(days=40)
    administers = update(users).where(users.c.principal_id == people.desk.principal_id).values(role=Role.ACCOUNT_ADMIN)
    await database.write(lambda connection: connection.execute(administers))
    await AccountTenants(database, clock).prove(OPERATOR, account_id, TENANT)
    presence = IntegrationKind.TEAMS_PRESENCE
    await integrations.save(OPERATOR, account_id, presence, TOLD, secret="value", secret_expires_on=ends)
    await integrations.set_enabled(OPERATOR, account_id, presence, enabled=True)
    return ends


def ends_of(database: Database, vault: Vault, clock: SteppedClock) -> SecretEnds:
    """As a server makes it when it starts."""
    return SecretEnds(database, vault, f"{PUBLIC_URL}/console/accounts", clock)


async def written(database: Database) -> list[Any]:
    wanted = select(mails).order_by(mails.c.created_on)
    return await database.write(lambda connection: list(connection.execute(wanted)))


async def subjects(database: Database, vault: Vault) -> list[str]:
    return [
        render(row.template, row.language_code, queue.read_values(vault, row.values_encrypted)).subject
        for row in await written(database)
    ]


async def test_each_stage_is_told_once_by_all_servers_together(
    database: Database, vault: Vault, ending: datetime, clock: SteppedClock
) -> None:
    told: list[int] = []
    for _ in range(60):
        for _ in range(2):
            await ends_of(database, vault, clock).tell()
        if len(found := await subjects(database, vault)) > len(told):
            told.append((ending - clock()).days)
            assert len(found) == len(told)
        clock.advance(days=1)
    assert told == [30, 7, 1, 0]
    # A place between two words that must not be torn apart is a no-break space.
    before, *_, after = [subject.replace("\xa0", " ") for subject in await subjects(database, vault)]
    assert before == "« Présence dans Teams » perd son accès à Microsoft le 11 avr. 2026"
    assert after == "« Présence dans Teams » a perdu son accès à Microsoft"


async def test_the_mail_says_what_to_do_and_where(
    database: Database, vault: Vault, ending: datetime, clock: SteppedClock, *, people: People
) -> None:
    clock.advance(days=35)
    await ends_of(database, vault, clock).tell()
    (row,) = await written(database)
    said = render(row.template, "en", queue.read_values(vault, row.values_encrypted)).text
    assert (row.principal_id, row.recipient) == (people.desk.principal_id, "desk@example.com")
    assert "What Main Office has entered for “Presence in Teams”" in said
    assert f"{PUBLIC_URL}/console/accounts/{people.account.account_id}/integrations/teamsPresence" in said


async def test_a_new_secret_ends_the_warnings_of_the_old_one(
    database: Database,
    vault: Vault,
    ending: datetime,
    clock: SteppedClock,
    *,
    integrations: AccountIntegrations,
    people: People,
) -> None:
    clock.advance(days=35)
    later = ending + timedelta(days=365)
    account_id, presence = people.account.account_id, IntegrationKind.TEAMS_PRESENCE
    await integrations.save(OPERATOR, account_id, presence, TOLD, secret="new", secret_expires_on=later)
    await ends_of(database, vault, clock).tell()
    assert await subjects(database, vault) == []


@pytest.mark.parametrize("off", ["integration", "account", "administrator"])
async def test_nobody_is_told_of_what_is_switched_off(
    database: Database,
    vault: Vault,
    ending: datetime,
    clock: SteppedClock,
    *,
    integrations: AccountIntegrations,
    people: People,
    off: str,
) -> None:
    clock.advance(days=35)
    account_id = people.account.account_id
    inactive = {"account": update(accounts), "administrator": update(users)}
    if off == "integration":
        await integrations.set_enabled(OPERATOR, account_id, IntegrationKind.TEAMS_PRESENCE, enabled=False)
    else:
        await database.write(lambda connection: connection.execute(inactive[off].values(active=False)))
    await ends_of(database, vault, clock).tell()
    assert await subjects(database, vault) == []
