"""*Test* of each integration: real questions to a stand-in of Microsoft, and a sentence for whatever it answers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from auth.entra.checks import Finding, Subject
from auth.entra.probes import Microsoft
from cloudlink.administration.actor import Actor, ActorKind
from cloudlink.administration.integrations import IntegrationKind
from cloudlink.administration.users import NewUser, Source
from cloudlink.model import Role
from cloudlink.service.scim.tokens import Tokens
from graph.permissions import Feature, needed_for
from graph.session import microsoft_session
from graph.tokens import Registration
from tests.certificates import bundle
from tests.fakes.entra import Entra, Tenant, entra
from tests.fakes.graph import FakeGraph, Fault, fake_graph
from tests.tabs.console.conftest import OPERATOR, Browser, People

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from store.database import Database
    from tabs.console import Services
    from tests.conftest import SteppedClock

SECRET = "a secret of the registration"
APP_ID = "00000000-0000-4000-8000-0000000000a1"
ENOUGH = frozenset(permission.name for permission in needed_for(Feature.PRESENCE))
SSO, SYNC, PRESENCE = IntegrationKind.ENTRA_SSO, IntegrationKind.ENTRA_SYNC, IntegrationKind.TEAMS_PRESENCE


@pytest.fixture
def tenant() -> Tenant:
    return Tenant(granted=set(ENOUGH))


@pytest.fixture
def identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tenant: Tenant) -> Iterator[Entra]:
    with entra(tmp_path, APP_ID, SECRET, tenant) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
async def graph(identity: Entra) -> AsyncIterator[FakeGraph]:
    async with fake_graph(identity) as running:
        yield running


@pytest.fixture
async def probed(identity: Entra, graph: FakeGraph) -> AsyncIterator[Microsoft]:
    async with microsoft_session() as session:
        yield Microsoft(session, Registration(APP_ID, identity.url, SECRET), graph.url)


@pytest.fixture
async def connected(services: Services, people: People, tenant: Tenant) -> str:
    """The tenant's id, which the customer has proved."""
    return (await services.tenants.prove(OPERATOR, people.customer, tenant.tenant_id)).tenant_id


async def save(
    services: Services, people: People, kind: IntegrationKind, tenant_id: str, secret: str | None = SECRET
) -> None:
    told = {"tenantId": tenant_id, "name": "Presence", "clientId": APP_ID if secret else ""}
    await services.integrations.save(OPERATOR, people.customer, kind, told, secret=secret)


async def findings(services: Services, people: People, kind: IntegrationKind) -> dict[Subject, Finding]:
    return {check.subject: check.finding for check in await services.checks.run(OPERATOR, people.customer, kind)}


async def test_what_works_is_told_so(
    services: Services, people: People, connected: str, tenant: Tenant, graph: FakeGraph
) -> None:
    tenant.add("ada@example.com")
    await save(services, people, PRESENCE, connected)
    assert await findings(services, people, PRESENCE) == {
        Subject.SETTINGS: Finding.OFF,
        Subject.TENANT: Finding.PROVED,
        Subject.DISCOVERY: Finding.DISCOVERED,
        Subject.APPLICATION: Finding.ACCEPTED,
        Subject.SECRET: Finding.END_NOT_ENTERED,
        Subject.PERMISSIONS: Finding.GRANTED,
        Subject.EXCESS: Finding.NONE_TOO_MANY,
        Subject.READING: Finding.READABLE,
        Subject.READING_PRESENCE: Finding.READABLE,
        Subject.WRITING: Finding.WRITABLE,
    }
    assert graph.presences.writes == []


async def test_permissions_that_miss_and_that_are_too_many_are_named(
    services: Services, people: People, connected: str, tenant: Tenant
) -> None:
    tenant.granted = {"User.Read.All", "Directory.ReadWrite.All"}
    await save(services, people, PRESENCE, connected)
    checks = {check.subject: check for check in await services.checks.run(OPERATOR, people.customer, PRESENCE)}
    missing, excess = checks[Subject.PERMISSIONS], checks[Subject.EXCESS]
    assert (missing.finding, missing.names) == (Finding.MISSING, ("Presence.ReadWrite.All",))
    assert (excess.finding, excess.names) == (Finding.TOO_MANY, ("Directory.ReadWrite.All",))
    assert checks[Subject.READING].finding is Finding.READABLE


async def test_a_secret_that_microsoft_refuses_stops_what_builds_on_it(
    services: Services, people: People, connected: str
) -> None:
    await save(services, people, PRESENCE, connected, "an old secret")
    found = await findings(services, people, PRESENCE)
    assert found[Subject.APPLICATION] is Finding.SECRET_REFUSED
    assert {found[each] for each in (Subject.PERMISSIONS, Subject.EXCESS, Subject.READING)} == {Finding.NOT_TRIED}


async def test_a_certificate_is_accepted_once_it_is_uploaded(
    services: Services, people: People, connected: str, identity: Entra, clock: SteppedClock
) -> None:
    pem, told = bundle(clock(), days=90), {"tenantId": connected, "name": "Presence", "clientId": APP_ID}
    await services.integrations.save(OPERATOR, people.customer, PRESENCE, told, certificate=pem)
    assert (await findings(services, people, PRESENCE))[Subject.APPLICATION] is Finding.CERTIFICATE_REFUSED
    identity.client_certificate = pem.encode()
    found = await findings(services, people, PRESENCE)
    assert (found[Subject.APPLICATION], found[Subject.SECRET]) == (Finding.ACCEPTED, Finding.VALID_UNTIL)
    assert found[Subject.READING] is Finding.READABLE


@pytest.mark.parametrize(("kind", "subject"), [(SSO, Subject.OUR_APPLICATION), (PRESENCE, Subject.APPLICATION)])
async def test_an_application_that_the_tenant_does_not_know(
    services: Services, people: People, connected: str, tenant: Tenant, *, kind: IntegrationKind, subject: Subject
) -> None:
    tenant.knows_application = False
    await save(services, people, kind, connected, SECRET if kind is PRESENCE else None)
    assert (await findings(services, people, kind))[subject] is Finding.NOT_IN_TENANT


async def test_a_tenant_that_nobody_has_connected_is_not_asked(
    services: Services, people: People, identity: Entra, tenant: Tenant
) -> None:
    await save(services, people, SSO, tenant.tenant_id, None)
    assert await findings(services, people, SSO) == {
        Subject.SETTINGS: Finding.OFF,
        Subject.TENANT: Finding.NOT_PROVED,
        Subject.DISCOVERY: Finding.NOT_TRIED,
        Subject.OUR_APPLICATION: Finding.NOT_TRIED,
    }
    assert identity.grants == []


async def test_a_tenant_that_is_no_longer_there(services: Services, people: People, identity: Entra) -> None:
    gone = "11111111-2222-4333-8444-555555555555"
    await services.tenants.prove(OPERATOR, people.customer, gone)
    await save(services, people, SSO, gone, None)
    assert (await findings(services, people, SSO))[Subject.DISCOVERY] is Finding.NO_SUCH_TENANT


async def test_entra_id_that_fails(services: Services, people: People, connected: str, identity: Entra) -> None:
    identity.broken = True
    await save(services, people, SSO, connected)
    assert (await findings(services, people, SSO))[Subject.APPLICATION] is Finding.UNREACHABLE


@pytest.mark.parametrize(
    ("status", "finding"),
    [
        (401, Finding.REFUSED),
        (403, Finding.FORBIDDEN),
        (429, Finding.BUSY),
        (503, Finding.UNREACHABLE),
        (418, Finding.REFUSED),
    ],
)
async def test_whatever_graph_answers_is_a_finding(
    services: Services, people: People, connected: str, graph: FakeGraph, *, status: int, finding: Finding
) -> None:
    graph.faults.append(Fault(status, "GET /users"))
    await save(services, people, PRESENCE, connected)
    found = await findings(services, people, PRESENCE)
    assert (found[Subject.READING], found[Subject.READING_PRESENCE]) == (finding, Finding.NOT_TRIED)
    assert found[Subject.WRITING] is Finding.WRITABLE
    assert len(graph.headers) == 2


async def test_presence_that_may_be_neither_read_nor_written(
    services: Services, people: People, connected: str, tenant: Tenant
) -> None:
    tenant.add("ada@example.com")
    tenant.granted = {"User.Read.All"}
    await save(services, people, PRESENCE, connected)
    found = await findings(services, people, PRESENCE)
    assert found[Subject.READING] is Finding.READABLE
    assert {found[Subject.READING_PRESENCE], found[Subject.WRITING]} == {Finding.FORBIDDEN}


async def test_graph_that_hangs_up_is_unreachable(
    services: Services, people: People, connected: str, graph: FakeGraph
) -> None:
    # aiohttp itself asks a second time.
    graph.faults.append(Fault(0, "GET /users", times=9))
    await save(services, people, PRESENCE, connected)
    assert (await findings(services, people, PRESENCE))[Subject.READING] is Finding.UNREACHABLE


@pytest.mark.parametrize(("days", "finding"), [(-1, Finding.ENDED), (7, Finding.ENDS_SOON), (90, Finding.VALID_UNTIL)])
async def test_the_end_of_a_secret_is_told_in_time(
    services: Services, people: People, connected: str, clock: SteppedClock, *, days: int, finding: Finding
) -> None:
    told = {"tenantId": connected, "clientId": APP_ID}
    await services.integrations.save(
        OPERATOR, people.customer, SSO, told, secret=SECRET, secret_expires_on=clock() + timedelta(days=days)
    )
    assert (await findings(services, people, SSO))[Subject.SECRET] is finding


async def test_synchronisation_before_and_after_entra_id_has_called(
    services: Services, people: People, clock: SteppedClock, database: Database
) -> None:
    await services.integrations.save(OPERATOR, people.customer, SYNC, {})
    assert await findings(services, people, SYNC) == {
        Subject.SETTINGS: Finding.OFF,
        Subject.TOKEN: Finding.NO_TOKEN,
        Subject.USE: Finding.NEVER_USED,
        Subject.USERS: Finding.NOBODY,
    }
    _, secret = await services.scim_tokens.create(OPERATOR, people.customer, days=30)
    await services.integrations.set_enabled(OPERATOR, people.customer, SYNC, enabled=True)
    assert await Tokens(database, clock).open(people.customer, secret) is not None
    entra_sync = Actor(ActorKind.SYNC, "Entra ID Sync", people.customer, role=Role.ACCOUNT_ADMIN)
    new = NewUser("Sina", "Synchronised", "sina@example.com", source=Source.SYNC)
    await services.users.create(entra_sync, people.customer, new, invite=False)
    checks = {check.subject: check for check in await services.checks.run(OPERATOR, people.customer, SYNC)}
    assert checks[Subject.TOKEN].at == clock() + timedelta(days=30)
    assert checks[Subject.USE].at == clock()
    assert (checks[Subject.USERS].finding, checks[Subject.USERS].number) == (Finding.COUNTED, 1)
    clock.advance(days=31)
    assert (await findings(services, people, SYNC))[Subject.TOKEN] is Finding.ENDED


async def test_the_page_says_what_to_do_and_no_secret(
    admin: Browser, services: Services, people: People, connected: str, *, tenant: Tenant, identity: Entra
) -> None:
    tenant.granted.remove("Presence.ReadWrite.All")
    await save(services, people, PRESENCE, connected)
    own = f"/console/accounts/{people.customer}/integrations/teamsPresence"
    tested = await admin.fill_in(own, {}, action=f"{own}/test")
    assert tested.status == 200
    assert "3 things have to be put right." in tested.words
    assert "Failed Missing: Presence.ReadWrite.All. Add them to the application in Entra ID" in tested.words
    assert "Not known Nobody has entered when it ends." in tested.words
    assert not [secret for secret in (SECRET, *identity.issued) if secret in tested.text]


async def test_what_was_not_saved_is_not_tested(admin: Browser, people: People) -> None:
    own = f"/console/accounts/{people.customer}/integrations/entraSso"
    assert "Fill in the settings below and save them." in (await admin.fill_in(own, {}, action=f"{own}/test")).words


async def test_a_test_needs_the_forms_own_token(admin: Browser, people: People, identity: Entra) -> None:
    own = f"/console/accounts/{people.customer}/integrations/entraSso"
    assert (await admin.post(f"{own}/test", {})).status == 403


async def test_who_administers_nothing_tests_nothing(browser: Browser, people: People, identity: Entra) -> None:
    await browser.sign_in(people.user_email)
    own = f"/console/accounts/{people.customer}/integrations/entraSso"
    me = await browser.get("/console")
    assert (await browser.post(f"{own}/test", {"csrf": me.csrf})).status == 403


async def test_people_of_other_accounts_test_nothing(browser: Browser, people: People, identity: Entra) -> None:
    await browser.sign_in(people.foreign_email)
    me = await browser.get("/console")
    own = f"/console/accounts/{people.customer}/integrations/entraSso"
    assert (await browser.post(f"{own}/test", {"csrf": me.csrf})).status == 404
