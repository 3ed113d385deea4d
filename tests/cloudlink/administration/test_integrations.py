"""Integrations are off until what they need is there, never in a partner's account, and their secrets stay inside."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select, update

from cloudlink.administration.actor import Actor, ActorKind
from cloudlink.administration.integrations import IntegrationKind
from cloudlink.administration.refusals import NotAllowed, Reason, Refused
from cloudlink.model import Role
from cloudlink.port import UnknownId
from cloudlink.service.administration.audit import AuditLog
from cloudlink.service.administration.integrations import AccountIntegrations
from cloudlink.service.administration.tenants import AccountTenants
from store.schema import accounts, integrations, scim_tokens
from store.vault import Vault, new_key
from tests.certificates import bundle

if TYPE_CHECKING:
    from store.database import Database
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock

SSO, SYNC, PRESENCE = IntegrationKind.ENTRA_SSO, IntegrationKind.ENTRA_SYNC, IntegrationKind.TEAMS_PRESENCE
TENANT = "11111111-2222-4333-8444-555555555555"
CLIENT = "99999999-2222-4333-8444-555555555555"


@pytest.fixture
def service(database: Database, clock: SteppedClock) -> AccountIntegrations:
    return AccountIntegrations(database, Vault([new_key()]), clock)


@pytest.fixture
def tenants(database: Database, clock: SteppedClock) -> AccountTenants:
    return AccountTenants(database, clock)


@pytest.fixture
def admin(people: People) -> Actor:
    return Actor.of_user(replace(people.desk, role=Role.ACCOUNT_ADMIN), address="192.0.2.1")


@pytest.fixture
def account_id(people: People) -> str:
    return people.account.account_id


async def test_single_sign_on_waits_for_the_tenant_to_be_proved(
    service: AccountIntegrations, tenants: AccountTenants, admin: Actor, account_id: str
) -> None:
    added = await service.save(admin, account_id, SSO, {"tenantId": TENANT.upper()})
    assert (added.enabled, added.configuration, added.has_secret) == (False, {"tenantId": TENANT}, False)

    with pytest.raises(Refused) as refused:
        await service.set_enabled(admin, account_id, SSO, enabled=True)
    assert (refused.value.reason, refused.value.field) == (Reason.STATE, "tenantId")

    await tenants.prove(admin, account_id, TENANT)
    assert (await service.set_enabled(admin, account_id, SSO, enabled=True)).enabled
    assert [each.kind for each in await service.all(admin, account_id)] == [SSO]


async def test_another_tenant_switches_it_off_and_a_new_secret_does_not(
    service: AccountIntegrations, tenants: AccountTenants, admin: Actor, account_id: str
) -> None:
    await tenants.prove(admin, account_id, TENANT)
    own = {"tenantId": TENANT, "clientId": CLIENT}
    await service.save(admin, account_id, SSO, own, secret="first")
    await service.set_enabled(admin, account_id, SSO, enabled=True)

    assert (await service.save(admin, account_id, SSO, own, secret="second")).enabled
    assert await service.secret(account_id, SSO) == "second"
    assert not (await service.save(admin, account_id, SSO, {"tenantId": CLIENT})).enabled


async def test_presence_needs_the_secret_of_an_application(
    service: AccountIntegrations, tenants: AccountTenants, admin: Actor, account_id: str
) -> None:
    await tenants.prove(admin, account_id, TENANT)
    told = {"name": "Presence", "tenantId": TENANT, "clientId": CLIENT}
    await service.save(admin, account_id, PRESENCE, told)
    with pytest.raises(Refused) as refused:
        await service.set_enabled(admin, account_id, PRESENCE, enabled=True)
    assert (refused.value.reason, refused.value.field) == (Reason.STATE, "secret")

    await service.save(admin, account_id, PRESENCE, told, secret="app secret")
    assert (await service.set_enabled(admin, account_id, PRESENCE, enabled=True)).enabled


async def test_the_choices_of_presence_change_while_it_is_on(
    service: AccountIntegrations, tenants: AccountTenants, database: Database, admin: Actor, *, account_id: str
) -> None:
    await tenants.prove(admin, account_id, TENANT)
    told = {"name": "Presence", "tenantId": TENANT, "clientId": CLIENT}
    added = await service.save(admin, account_id, PRESENCE, told, secret="app secret")
    assert (added.enabled, added.configuration) == (False, {**told, "ringing": "", "fromTeams": ""})
    await service.set_enabled(admin, account_id, PRESENCE, enabled=True)

    changed = {**told, "name": "Telephones", "ringing": "true", "fromTeams": "true"}
    assert await service.save(admin, account_id, PRESENCE, changed) == replace(
        added, enabled=True, configuration=changed
    )
    entry = (await AuditLog(database).entries(admin, account_id)).items[0]
    assert (entry.before, entry.after) == (
        {"name": "Presence", "ringing": "", "fromTeams": ""},
        {"name": "Telephones", "ringing": "true", "fromTeams": "true"},
    )
    assert not (await service.save(admin, account_id, PRESENCE, {**changed, "clientId": TENANT})).enabled


async def test_a_certificate_stands_in_for_the_secret_of_presence_alone(
    service: AccountIntegrations, database: Database, admin: Actor, account_id: str, clock: SteppedClock
) -> None:
    told = {"name": "Presence", "tenantId": TENANT, "clientId": CLIENT}
    pem = bundle(clock(), days=90)
    saved = await service.save(admin, account_id, PRESENCE, told, certificate=pem, secret_expires_on=clock())
    assert (saved.secret_expires_on, len(saved.configuration["thumbprint"])) == (clock() + timedelta(days=90), 40)
    # A date that is entered without a secret is not the certificate's.
    again = await service.save(admin, account_id, PRESENCE, told, secret_expires_on=clock())
    assert (again.secret_expires_on, again.configuration) == (saved.secret_expires_on, saved.configuration)
    entries = (await AuditLog(database).entries(admin, account_id)).items
    stored = await database.scan(select(integrations))
    assert pem[-500:-100] not in repr((list(map(tuple, stored)), entries))

    secret = await service.save(admin, account_id, PRESENCE, told, secret="app secret")
    assert (secret.secret_expires_on, "thumbprint" in secret.configuration) == (None, False)
    with pytest.raises(Refused) as refused:
        await service.save(admin, account_id, SSO, {"tenantId": TENANT, "clientId": CLIENT}, certificate=pem)
    assert (refused.value.reason, refused.value.field) == (Reason.UNKNOWN_VALUE, "certificate")


async def test_the_end_of_a_secret_is_entered_with_it_or_later(
    service: AccountIntegrations, admin: Actor, account_id: str, clock: SteppedClock
) -> None:
    told = {"name": "Presence", "tenantId": TENANT, "clientId": CLIENT}
    day = clock() + timedelta(days=90)
    assert (await service.save(admin, account_id, PRESENCE, told, secret_expires_on=day)).secret_expires_on is None
    assert (await service.save(admin, account_id, PRESENCE, told, secret="first")).secret_expires_on is None
    assert (await service.save(admin, account_id, PRESENCE, told, secret_expires_on=day)).secret_expires_on == day
    assert (await service.save(admin, account_id, PRESENCE, told)).secret_expires_on == day
    assert (await service.save(admin, account_id, PRESENCE, told, secret="second")).secret_expires_on is None


async def test_sync_needs_a_token_that_is_still_good_and_takes_its_tokens_along(
    service: AccountIntegrations, database: Database, admin: Actor, account_id: str, clock: SteppedClock
) -> None:
    await service.save(admin, account_id, SYNC, {"ignored": "x"})
    row = {"token_hash": "a" * 64, "account_id": account_id, "token_id": "t", "created_on": clock()}
    row["expires_at"] = clock() - timedelta(days=1)
    await database.write(lambda connection: connection.execute(insert(scim_tokens), row))
    with pytest.raises(Refused) as refused:
        await service.set_enabled(admin, account_id, SYNC, enabled=True)
    assert (refused.value.reason, refused.value.field) == (Reason.STATE, "token")

    fresh = {**row, "token_hash": "b" * 64, "expires_at": clock() + timedelta(days=1)}
    await database.write(lambda connection: connection.execute(insert(scim_tokens), fresh))
    await service.set_enabled(admin, account_id, SYNC, enabled=True)
    await service.remove(admin, account_id, SYNC)
    assert list(await database.scan(select(scim_tokens.c.token_id))) == []


@pytest.mark.parametrize(
    ("kind", "configuration", "reason", "field"),
    [
        (SSO, {}, Reason.REQUIRED, "tenantId"),
        (SSO, {"tenantId": "common"}, Reason.UNKNOWN_VALUE, "tenantId"),
        (SSO, {"tenantId": TENANT, "clientId": "x"}, Reason.UNKNOWN_VALUE, "clientId"),
        (PRESENCE, {"tenantId": TENANT, "clientId": CLIENT}, Reason.REQUIRED, "name"),
        (PRESENCE, {"name": "a\nb", "tenantId": TENANT, "clientId": CLIENT}, Reason.TOO_LONG, "name"),
        (
            PRESENCE,
            {"name": "a", "tenantId": TENANT, "clientId": CLIENT, "ringing": "on"},
            Reason.UNKNOWN_VALUE,
            "ringing",
        ),
    ],
)
async def test_a_wrong_value_is_named(
    service: AccountIntegrations,
    admin: Actor,
    account_id: str,
    *,
    kind: IntegrationKind,
    configuration: dict[str, str],
    reason: Reason,
    field: str,
) -> None:
    with pytest.raises(Refused) as refused:
        await service.save(admin, account_id, kind, configuration)
    assert (refused.value.reason, refused.value.field) == (reason, field)
    assert await service.all(admin, account_id) == []


async def test_a_partners_own_account_has_none(
    service: AccountIntegrations, tenants: AccountTenants, database: Database, admin: Actor, account_id: str
) -> None:
    partner = update(accounts).where(accounts.c.account_id == account_id).values(partner=True)
    await database.write(lambda connection: connection.execute(partner))
    for change in (
        service.save(admin, account_id, SSO, {"tenantId": TENANT}),
        tenants.prove(admin, account_id, TENANT),
    ):
        with pytest.raises(Refused) as refused:
            await change
        assert refused.value.reason is Reason.PARTNER_ACCOUNT


async def test_secrets_are_neither_in_the_table_nor_in_the_log(
    service: AccountIntegrations, database: Database, admin: Actor, account_id: str
) -> None:
    told = {"name": "Presence", "tenantId": TENANT, "clientId": CLIENT}
    await service.save(admin, account_id, PRESENCE, told, secret="s3cr3t-value")

    stored = await database.scan(select(integrations))
    entries = (await AuditLog(database).entries(admin, account_id)).items
    assert "s3cr3t-value" not in repr((list(map(tuple, stored)), entries))
    assert entries[0].action == "integration.added"
    assert entries[0].after is not None
    assert (entries[0].after["secret"], entries[0].after["clientId"]) == ("***", CLIENT)


async def test_strangers_see_nothing_and_users_may_not(
    service: AccountIntegrations, people: People, account_id: str
) -> None:
    stranger = Actor.of_user(replace(people.stranger, role=Role.ACCOUNT_ADMIN))
    for question in (
        service.all(stranger, account_id),
        service.save(stranger, account_id, SSO, {"tenantId": TENANT}),
        service.set_enabled(stranger, account_id, SSO, enabled=True),
        service.remove(stranger, account_id, SSO),
    ):
        with pytest.raises(UnknownId):
            await question
    colleague = Actor.of_user(people.warehouse)
    with pytest.raises(NotAllowed):
        await service.all(colleague, account_id)
    with pytest.raises(NotAllowed):
        # Before anything of it is read: to check a key takes a while.
        await service.save(colleague, account_id, PRESENCE, {}, certificate="no certificate")


async def test_a_tenant_belongs_to_one_account(
    service: AccountIntegrations, tenants: AccountTenants, people: People, admin: Actor, account_id: str
) -> None:
    other = Actor.of_user(replace(people.stranger, role=Role.ACCOUNT_ADMIN))
    proved = await tenants.prove(admin, account_id, TENANT)
    assert await tenants.prove(admin, account_id, TENANT) == proved
    assert await tenants.account_of(TENANT) == account_id

    with pytest.raises(Refused) as refused:
        await tenants.prove(other, people.other_account.account_id, TENANT)
    assert refused.value.reason is Reason.IN_USE
    with pytest.raises(UnknownId):
        await tenants.forget(other, people.other_account.account_id, TENANT)

    await service.save(admin, account_id, SSO, {"tenantId": TENANT})
    await service.set_enabled(admin, account_id, SSO, enabled=True)
    await tenants.forget(admin, account_id, TENANT)
    assert not (await service.all(admin, account_id))[0].enabled
    assert await tenants.all(admin, account_id) == []
    assert (await tenants.prove(other, people.other_account.account_id, TENANT)).tenant_id == TENANT


async def test_an_operator_may_do_everything(tenants: AccountTenants, account_id: str) -> None:
    operator = Actor(ActorKind.OPERATOR, "operator")
    with pytest.raises(Refused):
        await tenants.prove(operator, account_id, "not a guid")
    assert (await tenants.prove(operator, account_id, TENANT)).account_id == account_id
