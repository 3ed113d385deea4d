"""Subscriptions to presence, and the tokens of a person that they need."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from graph.client import TenantGraph
from graph.errors import Conflict, GraphError, GraphUnavailable, NotFound, NotPermitted
from graph.permissions import READ_PRESENCE
from graph.session import microsoft_session
from graph.subscriptions import LARGEST, LONGEST, Listener, renew, subscribe, unsubscribe, unsubscribe_all
from graph.tokens import PersonTokens, Registration, SignedIn, TokenUnavailable
from tests.fakes.entra.grants import sign_in
from tests.graph.conftest import APP_ID, SECRET, TENANT_ID

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.conftest import SteppedClock
    from tests.fakes.entra import Entra, Person, Tenant
    from tests.fakes.graph import FakeGraph
    from tests.graph.conftest import SteppedTime


@pytest.fixture
def person(tenant: Tenant) -> Person:
    return tenant.add("ada@example.com", name="Ada Example")


@pytest.fixture
def kept() -> list[str]:
    """The refresh tokens that were kept."""
    return []


def tokens_of(identity: Entra, time: SteppedTime, refresh_token: str, kept: list[str]) -> PersonTokens:
    async def keep(token: str) -> None:
        kept.append(token)

    registration = Registration(APP_ID, identity.url, SECRET)
    signed_in = SignedIn([READ_PRESENCE.name], refresh_token, keep)
    return PersonTokens(registration, TENANT_ID, identity.graph_url, signed_in, time.clock)


@pytest.fixture
def tokens(identity: Entra, microsoft: FakeGraph, time: SteppedTime, person: Person, kept: list[str]) -> PersonTokens:
    return tokens_of(identity, time, sign_in(identity, person, READ_PRESENCE.name), kept)


@pytest.fixture
async def hers(
    tokens: PersonTokens, microsoft: FakeGraph, time: SteppedTime, clock: SteppedClock
) -> AsyncIterator[TenantGraph]:
    """Graph in the person's name."""
    microsoft.subscriptions.now = clock
    async with microsoft_session() as session:
        yield TenantGraph(session, tokens, microsoft.url, TENANT_ID, timing=time.timing)


@asynccontextmanager
async def listening(*, status: int = 200, content_type: str = "text/plain") -> AsyncIterator[Listener]:
    """A listener that says yes to Graph, or does not."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, text=request.query.get("validationToken", ""), content_type=content_type)

    app = web.Application()
    app.router.add_post("/here", answer)
    async with TestServer(app, host="127.0.0.1") as server:
        yield Listener(str(server.make_url("/here")), "a secret of the listener")


async def test_a_subscription_is_made_renewed_and_ended(
    hers: TenantGraph, microsoft: FakeGraph, clock: SteppedClock
) -> None:
    async with listening() as listener:
        made = await subscribe(hers, ["one", "two"], listener, clock() + timedelta(minutes=55))
    there = microsoft.subscriptions.made[made.subscription_id]
    assert there.people == {"one", "two"}
    assert made.ends_at == there.ends_at == clock() + timedelta(minutes=55)
    assert there.body["clientState"] == "a secret of the listener"

    clock.advance(minutes=50)
    renewed = await renew(hers, made.subscription_id, clock() + timedelta(minutes=55))
    assert (renewed.subscription_id, renewed.ends_at) == (made.subscription_id, clock() + timedelta(minutes=55))

    await unsubscribe(hers, made.subscription_id)
    assert not microsoft.subscriptions.made
    await unsubscribe(hers, made.subscription_id)


async def test_one_that_has_ended_cannot_be_renewed(hers: TenantGraph, clock: SteppedClock) -> None:
    async with listening() as listener:
        made = await subscribe(hers, ["one"], listener, clock() + timedelta(minutes=55))
    clock.advance(minutes=55)
    with pytest.raises(NotFound):
        await renew(hers, made.subscription_id, clock() + timedelta(minutes=55))


async def test_a_person_has_one_and_can_end_one_that_nobody_remembers(
    hers: TenantGraph, microsoft: FakeGraph, clock: SteppedClock
) -> None:
    ends_at = clock() + timedelta(minutes=55)
    async with listening() as listener:
        await subscribe(hers, ["one"], listener, ends_at)
        with pytest.raises(Conflict):
            await subscribe(hers, ["two"], listener, ends_at)
        await unsubscribe_all(hers)
        await subscribe(hers, ["two"], listener, ends_at)
    assert [made.people for made in microsoft.subscriptions.live] == [{"two"}]


async def test_it_covers_650_people_and_lasts_an_hour_at_most(hers: TenantGraph, clock: SteppedClock) -> None:
    many = [f"00000000-0000-0000-0000-{number:012}" for number in range(LARGEST + 1)]
    async with listening() as listener:
        with pytest.raises(ValueError, match="650"):
            await subscribe(hers, many, listener, clock() + LONGEST)
        with pytest.raises(GraphError, match="400"):
            await subscribe(hers, many[:1], listener, clock() + LONGEST + timedelta(seconds=1))
        await subscribe(hers, many[:LARGEST], listener, clock() + LONGEST)


@pytest.mark.parametrize("wrong", [{"status": 202}, {"content_type": "text/html"}])
async def test_a_listener_that_does_not_echo_gets_nothing(
    hers: TenantGraph, microsoft: FakeGraph, clock: SteppedClock, wrong: dict[str, int]
) -> None:
    async with listening(**wrong) as listener:  # type: ignore[arg-type]
        with pytest.raises(GraphError, match="400 ValidationError"):
            await subscribe(hers, ["one"], listener, clock() + LONGEST)
    assert not microsoft.subscriptions.made


async def test_the_application_itself_may_not(ours: TenantGraph, clock: SteppedClock) -> None:
    async with listening() as listener:
        with pytest.raises(NotPermitted) as refused:
            await subscribe(ours, ["one"], listener, clock() + LONGEST)
    assert refused.value.permission is READ_PRESENCE


async def test_a_token_is_the_persons_and_each_refresh_token_is_kept(
    identity: Entra, hers: TenantGraph, time: SteppedTime, person: Person, kept: list[str]
) -> None:
    claims = jwt.decode(await hers.tokens.bearer(), options={"verify_signature": False})
    assert (claims["oid"], claims["appid"]) == (person.object_id, APP_ID)
    assert "Presence.Read.All" in claims["scp"].split()
    time.now += 3600
    await hers.tokens.bearer()
    first, second = kept
    assert [grant["refresh_token"] for grant in identity.grants][1:] == [first]
    assert second != first


async def test_a_sign_in_that_was_revoked_is_told_apart(
    identity: Entra, hers: TenantGraph, time: SteppedTime, kept: list[str]
) -> None:
    identity.refresh_tokens.clear()
    with pytest.raises(TokenUnavailable) as refused:
        await hers.tokens.bearer()
    assert refused.value.signed_out
    with pytest.raises(GraphUnavailable):
        await unsubscribe_all(hers)
    identity.broken = True
    time.now += 60
    with pytest.raises(TokenUnavailable) as unreachable:
        await hers.tokens.bearer()
    assert not unreachable.value.signed_out
    assert not kept
