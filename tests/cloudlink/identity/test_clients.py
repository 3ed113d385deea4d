"""Applications: what they may be registered with, and by whom."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from cloudlink.administration.accounts import NewAccount
from cloudlink.administration.actor import Actor
from cloudlink.administration.clients import NewClient
from cloudlink.administration.refusals import NotAllowed, Reason, Refused
from cloudlink.model import Role
from cloudlink.port import UnknownId
from cloudlink.service.administration.audit import AuditLog
from cloudlink.service.identity.clients import ClientService, active_client, hash_client_secret
from store.schema import clients, sessions
from tests.cloudlink.identity.authentication import OPERATOR

if TYPE_CHECKING:
    from cloudlink.service.provision import Provisioning
    from store.database import Database
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock

ADDRESS = "https://app.example.com/callback"
NEW = NewClient("Web App", redirect_uris=(ADDRESS,))
ROBOT = NewClient("Robot", grant_types=("client_credentials",), role=Role.ACCOUNT_ADMIN, confidential=True)


@pytest.fixture
def service(database: Database, clock: SteppedClock) -> ClientService:
    return ClientService(database, clock)


@pytest.fixture
def admin(people: People) -> Actor:
    return Actor.of_user(replace(people.desk, role=Role.ACCOUNT_ADMIN))


@pytest.fixture
def account_id(people: People) -> str:
    return people.account.account_id


async def test_an_application_is_registered_and_found(service: ClientService, admin: Actor, account_id: str) -> None:
    client, secret = await service.create(admin, account_id, NEW)

    assert secret is None
    assert client.redirect_uris == (ADDRESS,)
    assert list(await service.all(admin, account_id)) == [client]


async def test_a_secret_is_shown_once_and_stored_as_a_hash(
    service: ClientService, admin: Actor, account_id: str, database: Database
) -> None:
    client, secret = await service.create(admin, account_id, ROBOT)
    assert secret is not None
    assert secret not in str(await database.read(select(clients)))

    newer = await service.new_secret(admin, account_id, client.client_id)

    found = await active_client(database, client.client_id)
    assert found is not None
    assert found[1] == hash_client_secret(newer) != hash_client_secret(secret)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8400/cb", "http://localhost/cb", "http://[::1]:9/", "https://a.example/?x=1"]
)
async def test_addresses_by_https_or_on_loopback_are_taken(
    service: ClientService, admin: Actor, account_id: str, address: str
) -> None:
    client, _ = await service.create(admin, account_id, replace(NEW, redirect_uris=(address,)))

    assert client.redirect_uris == (address,)


@pytest.mark.parametrize(
    "address",
    ["", "/callback", "http://app.example.com/cb", "https://app.example.com/cb#x", "https://*.example.com/cb",
     "https://user:secret@app.example.com/", "javascript:alert(1)", "https://", "https:///cb",
     "https://a.example/\r\nX: y",
     "https://é.example/", "https://a.example/\\evil", "http://127.0.0.1.evil.example/", "https://a.example:x/",
     "https://a.example/" + "a" * 2000, "data:text/html,x", "https://[::1/"],
)  # fmt: skip
async def test_other_addresses_are_refused(service: ClientService, admin: Actor, account_id: str, address: str) -> None:
    for new, field in (
        (replace(NEW, redirect_uris=(ADDRESS, address)), "redirect_uris"),
        (replace(NEW, post_logout_redirect_uris=(address,)), "post_logout_redirect_uris"),
    ):
        with pytest.raises(Refused) as refusal:
            await service.create(admin, account_id, new)
        assert refusal.value.field == field


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (replace(NEW, name=" "), "name"),
        (replace(NEW, name="a\nb"), "name"),
        (replace(NEW, redirect_uris=()), "redirect_uris"),
        (replace(NEW, redirect_uris=tuple(f"{ADDRESS}/{n}" for n in range(21))), "redirect_uris"),
        (replace(NEW, grant_types=()), "grant_types"),
        (replace(NEW, grant_types=("implicit",)), "grant_types"),
        (replace(NEW, client_id="not an id"), "client_id"),
        (replace(ROBOT, confidential=False), "confidential"),
        (replace(ROBOT, role=None), "role"),
        (replace(ROBOT, role="GOD"), "role"),
    ],
)
async def test_a_wrong_registration_names_its_field(
    service: ClientService, admin: Actor, account_id: str, new: NewClient, field: str
) -> None:
    with pytest.raises(Refused) as refusal:
        await service.create(admin, account_id, new)

    assert refusal.value.field == field


async def test_nobody_gives_more_than_they_have(
    service: ClientService, people: People, admin: Actor, account_id: str
) -> None:
    with pytest.raises(NotAllowed):
        await service.create(admin, account_id, replace(ROBOT, role=Role.PARTNER_ADMIN))
    with pytest.raises(NotAllowed):
        await service.create(Actor.of_user(people.warehouse), account_id, NEW)


async def test_only_an_application_of_a_partners_account_acts_as_a_partner(
    service: ClientService, provisioning: Provisioning, people: People, account_id: str
) -> None:
    partners = await provisioning.create_account(NewAccount("Partner", partner=True))
    made, _ = await service.create(OPERATOR, partners.account_id, replace(ROBOT, role=Role.PARTNER_ADMIN))
    theirs, _ = await service.create(OPERATOR, account_id, ROBOT)

    for attempt in (
        service.create(OPERATOR, account_id, replace(ROBOT, role=Role.PARTNER_ADMIN)),
        service.change(OPERATOR, account_id, theirs.client_id, replace(ROBOT, role=Role.PARTNER_ADMIN), active=True),
    ):
        with pytest.raises(Refused) as refusal:
            await attempt
        assert (refusal.value.reason, refusal.value.field) == (Reason.UNKNOWN_VALUE, "role")
    assert made.role == Role.PARTNER_ADMIN


async def test_another_accounts_application_is_unknown(
    service: ClientService, people: People, admin: Actor, account_id: str
) -> None:
    client, _ = await service.create(admin, account_id, NEW)
    stranger = Actor.of_user(replace(people.stranger, role=Role.ACCOUNT_ADMIN))
    theirs = people.other_account.account_id

    for attempt in (
        service.all(stranger, account_id),
        service.change(stranger, account_id, client.client_id, NEW, active=False),
        service.change(stranger, theirs, client.client_id, NEW, active=False),
        service.new_secret(stranger, theirs, client.client_id),
        service.remove(stranger, theirs, client.client_id),
    ):
        with pytest.raises(UnknownId):
            await attempt
    with pytest.raises(Refused) as refusal:
        await service.create(stranger, theirs, replace(NEW, client_id=client.client_id))
    assert refusal.value.reason == Reason.IN_USE
    assert list(await service.all(admin, account_id)) == [client]


async def test_a_change_keeps_id_and_secret_and_is_in_the_audit_log(
    service: ClientService, admin: Actor, account_id: str, database: Database
) -> None:
    client, secret = await service.create(admin, account_id, ROBOT)

    changed = await service.change(admin, account_id, client.client_id, replace(ROBOT, name="Bot"), active=True)
    await service.change(admin, account_id, client.client_id, replace(ROBOT, name="Bot"), active=True)
    await service.new_secret(admin, account_id, client.client_id)
    await service.remove(admin, account_id, client.client_id)

    assert (changed.name, changed.client_id, changed.confidential) == ("Bot", client.client_id, True)
    entries = (await AuditLog(database).entries(admin, account_id, subject_id=client.client_id)).items
    assert [entry.action for entry in entries] == [
        "client.removed", "client.secretChanged", "client.changed", "client.created",
    ]  # fmt: skip
    assert entries[2].before == {"name": "Robot"}
    assert str(secret) not in str(entries)


@pytest.mark.usefixtures("session_id")
@pytest.mark.parametrize("end", ["remove", "deactivate"])
async def test_an_application_that_ends_ends_its_sessions(
    service: ClientService, admin: Actor, account_id: str, database: Database, end: str
) -> None:
    client, _ = await service.create(admin, account_id, replace(NEW, client_id="app"))

    if end == "remove":
        await service.remove(admin, account_id, client.client_id)
    else:
        await service.change(admin, account_id, client.client_id, NEW, active=False)

    assert len(await database.read(select(sessions.c.session_id))) == 0
    assert await active_client(database, client.client_id) is None
