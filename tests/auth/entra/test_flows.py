"""A browser goes to Entra ID and comes back signed in: once, in time, in the same browser, from the right tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import select

from auth.entra.flows import LIFETIME, EntraFlows, FlowFailed
from cloudlink.port import CloudLinkUnavailable, TooManyAttempts
from graph.tokens import Registration
from store.entra_states import MOST_OPEN, EntraStates
from store.schema import entra_states
from store.vault import Vault, new_key
from tests.auth.entra.conftest import APP_ID, RETURN, SECRET

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from store.database import Database
    from tests.conftest import SteppedClock
    from tests.fakes.entra import Entra, Person, Tenant


@pytest.fixture
def states(database: Database, clock: SteppedClock) -> EntraStates:
    return EntraStates(database, Vault([new_key()]), clock)


@pytest.fixture
def flows(states: EntraStates, identity: Entra) -> EntraFlows:
    return EntraFlows(Registration(APP_ID, identity.url, SECRET), states, RETURN)


async def come_back(session: ClientSession, address: str) -> dict[str, str]:
    """What Entra ID sends the browser back with."""
    async with session.get(address, allow_redirects=False) as response:
        assert response.headers["Location"].startswith(RETURN), await response.text()
        return dict(parse_qsl(urlsplit(response.headers["Location"]).query))


async def test_a_person_comes_back_with_what_the_flow_was_begun_for(
    flows: EntraFlows, session: ClientSession, tenant: Tenant, desk: Person
) -> None:
    address = await flows.begin("browser", {"next": "/console"}, opener="192.0.2.1", login_hint="desk@example.com")
    returned = await flows.finish("browser", await come_back(session, address))

    assert returned.details == {"next": "/console"}
    assert returned.identity.tenant_id == tenant.tenant_id
    assert (returned.identity.object_id, returned.identity.login) == (desk.object_id, "desk@example.com")
    assert returned.identity.email == "front.desk@example.com"


async def test_an_answer_serves_once(flows: EntraFlows, session: ClientSession) -> None:
    answer = await come_back(session, await flows.begin("browser", {}, opener="192.0.2.1"))
    await flows.finish("browser", answer)
    with pytest.raises(FlowFailed, match="state"):
        await flows.finish("browser", answer)


@pytest.mark.parametrize("browser", ["another", ""])
async def test_another_browser_cannot_finish_it(flows: EntraFlows, session: ClientSession, browser: str) -> None:
    answer = await come_back(session, await flows.begin("browser", {}, opener="192.0.2.1"))
    with pytest.raises(FlowFailed, match="state"):
        await flows.finish(browser, answer)


async def test_after_ten_minutes_it_is_too_late(flows: EntraFlows, session: ClientSession, clock: SteppedClock) -> None:
    answer = await come_back(session, await flows.begin("browser", {}, opener="192.0.2.1"))
    clock.advance(minutes=10)
    with pytest.raises(FlowFailed, match="state"):
        await flows.finish("browser", answer)


async def test_codes_of_another_sign_in_are_not_taken(flows: EntraFlows, session: ClientSession) -> None:
    ours = await come_back(session, await flows.begin("browser", {}, opener="192.0.2.1"))
    theirs = await come_back(session, await flows.begin("attacker", {}, opener="192.0.2.1"))
    with pytest.raises(FlowFailed):
        await flows.finish("browser", {**ours, "code": theirs["code"]})


async def test_whoever_cancels_is_told_so(flows: EntraFlows, session: ClientSession, identity: Entra) -> None:
    identity.declines = True
    with pytest.raises(FlowFailed, match="access_denied"):
        await flows.finish("browser", await come_back(session, await flows.begin("browser", {}, opener="192.0.2.1")))


async def test_one_tenants_authority_takes_its_own_people_alone(
    flows: EntraFlows, session: ClientSession, tenant: Tenant, identity: Entra
) -> None:
    answer = await come_back(session, await flows.begin("browser", {}, opener="192.0.2.1", tenant=tenant.tenant_id))
    assert (await flows.finish("browser", answer)).identity.tenant_id == tenant.tenant_id


async def test_a_customers_own_application_signs_in_with_its_own_secret(
    states: EntraStates, identity: Entra, session: ClientSession, tenant: Tenant
) -> None:
    ours = Registration("11111111-0000-0000-0000-00000000b07a", identity.url, "another secret")
    flows = EntraFlows(ours, states, RETURN)
    own = Registration(APP_ID, identity.url, SECRET)
    address = await flows.begin("browser", {}, opener="192.0.2.1", tenant=tenant.tenant_id, registration=own)
    assert (await flows.finish("browser", await come_back(session, address))).identity.login == "desk@example.com"


async def test_a_wrong_secret_is_a_failure_with_entras_word_for_it(
    states: EntraStates, identity: Entra, session: ClientSession
) -> None:
    flows = EntraFlows(Registration(APP_ID, identity.url, "wrong"), states, RETURN)
    with pytest.raises(FlowFailed, match="invalid_client"):
        await flows.finish("browser", await come_back(session, await flows.begin("browser", {}, opener="192.0.2.1")))


async def test_a_silent_entra_is_unavailable(states: EntraStates) -> None:
    flows = EntraFlows(Registration(APP_ID, "https://127.0.0.1:9", SECRET), states, RETURN)
    with pytest.raises(CloudLinkUnavailable):
        await flows.begin("browser", {}, opener="192.0.2.1")


async def test_whoever_begins_without_end_has_to_wait(flows: EntraFlows, states: EntraStates) -> None:
    for number in range(MOST_OPEN):
        await states.keep(str(number), "sign-in", {}, LIFETIME, browser="browser", opener="192.0.2.1")
    with pytest.raises(TooManyAttempts):
        await flows.begin("browser", {}, opener="192.0.2.1")


async def test_nothing_that_waits_can_be_read_in_the_database(flows: EntraFlows, database: Database) -> None:
    address = await flows.begin("browser-secret", {"next": "/console"}, opener="192.0.2.1")
    stored = repr([tuple(row) for row in await database.scan(select(entra_states))])
    assert "browser-secret" not in stored
    assert "verifier" not in stored
    assert dict(parse_qsl(urlsplit(address).query))["state"] not in stored


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"aud": "another application"}, "audience"),
        ({"aud": None}, "audience"),
        ({"exp": 1}, "expired"),
        ({"exp": None}, "expired"),
        ({"iss": "https://login.example.com/x/v2.0"}, "issuer"),
        ({"tid": "00000000-0000-0000-0000-00000000000f"}, "issuer"),
        ({"oid": None}, "issuer"),
    ],
)
async def test_an_id_token_must_be_for_us_now_and_from_its_tenant(
    flows: EntraFlows, identity: Entra, tenant: Tenant, desk: Person, *, wrong: dict[str, object], code: str
) -> None:
    """Entra ID gives none that is otherwise, so the claims are made here and given to the check itself."""
    claims = identity.mint.id_claims(tenant, desk, ["email"], None)
    assert flows._identity(claims, "organizations", APP_ID).object_id == desk.object_id
    with pytest.raises(FlowFailed, match=code):
        flows._identity(claims | wrong, "organizations", APP_ID)
