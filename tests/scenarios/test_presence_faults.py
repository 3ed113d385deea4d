"""Troubles of every kind amid traffic: presence is right again within one expiry, and another tenant never waits."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

import pytest

from tests.fakes.graph import Fault
from tests.fakes.graph.throttling import FOREVER
from tests.graph.conftest import identity, other_tenant, tenant
from tests.presence.office import APPLICATION_ID, SECRET
from tests.scenarios.presence_site import Company, moment, site_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from store.database import Database
    from tests.fakes.entra import Entra, Tenant
    from tests.scenarios.presence_site import Site

    Trouble = Callable[[Site, Company], AbstractAsyncContextManager[None]]

__all__ = ["identity", "other_tenant", "tenant"]

pytestmark = pytest.mark.timeout(60)

EXTENSIONS = tuple(str(number) for number in range(201, 209))
NEXT_DOOR = ("301", "302")
EXPIRY = 600.0
LAG, TICK = 0.25, 0.05
BHCC = 600
NEW_SECRET = "the one that takes its place"


def fault(**how: object) -> Trouble:
    """Graph fails that tenant's requests."""

    @asynccontextmanager
    async def trouble(site: Site, company: Company) -> AsyncIterator[None]:
        made = Fault(tenant_id=company.tenant.tenant_id, times=FOREVER, **how)  # type: ignore[arg-type]
        site.microsoft.faults.append(made)
        yield
        site.microsoft.faults.remove(made)

    return trouble


@asynccontextmanager
async def no_answer(site: Site, company: Company) -> AsyncIterator[None]:
    """What was asked is carried out in the end."""
    site.microsoft.hold(company.tenant.tenant_id)
    yield
    site.microsoft.release(company.tenant.tenant_id)


@asynccontextmanager
async def secret_revoked(site: Site, company: Company) -> AsyncIterator[None]:
    """Tokens that were given end with it, and the administrator enters another one after a while."""
    secrets = company.tenant.applications[APPLICATION_ID].secrets
    secrets.discard(SECRET)
    site.microsoft.faults.append(revoked := Fault(401, tenant_id=company.tenant.tenant_id, times=FOREVER))
    yield
    site.microsoft.faults.remove(revoked)
    secrets.add(NEW_SECRET)
    await site.know_secret(company, NEW_SECRET)


@asynccontextmanager
async def consent_withdrawn(site: Site, company: Company) -> AsyncIterator[None]:
    site.microsoft.withdrawn[company.tenant.tenant_id] = {"Presence.ReadWrite.All"}
    yield
    del site.microsoft.withdrawn[company.tenant.tenant_id]


@asynccontextmanager
async def gateway_lost(site: Site, company: Company) -> AsyncIterator[None]:
    await company.wire.cut()
    yield
    await site.mend(company)


@asynccontextmanager
async def pbx_link_lost(site: Site, company: Company) -> AsyncIterator[None]:
    company.pbx.close_links()
    yield


def clock_stepped(hours: int, *, gateway: bool) -> Trouble:
    @asynccontextmanager
    async def trouble(site: Site, company: Company) -> AsyncIterator[None]:
        if gateway:
            company.set_gateways_clock(timedelta(hours=hours))
        else:
            site.skew += timedelta(hours=hours)
        yield

    return trouble


TROUBLES = {
    "503 for ten minutes": (fault(status=503), 600),
    "connections reset for ten minutes": (fault(status=0), 600),
    "reset after it was done": (fault(status=0, where="$batch", done=True, every=2), 120),
    "429 to half of the items": (fault(status=429, where="Presence", retry_after=5, every=2), 120),
    "slow by 30 s": (no_answer, 30),
    "items lost": (fault(status=0, where="Presence", lost=True, every=3), 120),
    "secret revoked and replaced": (secret_revoked, 300),
    "consent withdrawn and given": (consent_withdrawn, 300),
    "gateway lost": (gateway_lost, 300),
    "link to the PBX lost": (pbx_link_lost, 60),
    "server's clock an hour forth": (clock_stepped(1, gateway=False), 60),
    "server's clock an hour back": (clock_stepped(-1, gateway=False), 60),
    "gateway's clock an hour forth": (clock_stepped(1, gateway=True), 60),
    "gateway's clock an hour back": (clock_stepped(-1, gateway=True), 60),
}


@pytest.mark.parametrize("name", TROUBLES)
async def test_right_again_within_one_expiry_and_nobody_else_waits(
    name: str,
    tmp_path: Path,
    database: Database,
    identity: Entra,
    *,
    tenant: Tenant,
    other_tenant: Tenant,
    capsys: pytest.CaptureFixture[str],
) -> None:
    trouble, lasts = TROUBLES[name]
    both = [(tenant, EXTENSIONS), (other_tenant, NEXT_DOOR)]
    async with site_of(tmp_path, database, identity, both) as (site, _, (company, neighbour)):
        end_traffic = company.traffic(BHCC, seed=len(name))
        stays = company.pbx.ring("+33199001234", EXTENSIONS[0])
        stays.answer()
        await site.pass_(30)
        before = len(site.microsoft.headers)
        async with trouble(site, company):
            took = [await call_next_door(site, neighbour) for _ in range(3)]
            await site.pass_(lasts)
            asked, wrong = len(site.microsoft.headers) - before, len(company.wrong())
        took += [await call_next_door(site, neighbour)]
        end_traffic()
        seconds = await site.until(company.is_right, EXPIRY)
        assert EXTENSIONS[0] in company.in_a_call(), "the call that lasts is shown again"
        stays.hang_up()
        await site.until(lambda: not company.pbx.switch.calls and not company.in_a_call(), EXPIRY, step=10)
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{name}: {asked} requests in {lasts} s, {wrong} of {len(EXTENSIONS)} wrong, right after {seconds:.0f} s;"
            f" next door {median(took) * 1000:.0f} ms of real time"
        )


async def call_next_door(site: Site, neighbour: Company) -> float:
    """A start needs none of the time that is passed, an end no more than ``LAG``; answers a start's real seconds."""
    call = neighbour.pbx.ring("+33199005678", NEXT_DOOR[0])
    call.answer()
    took = await site.at_once(lambda: neighbour.in_a_call() == {NEXT_DOOR[0]})
    call.hang_up()
    assert await ended_after(site, neighbour) <= LAG
    return took


async def ended_after(site: Site, company: Company) -> float:
    """Seconds of the time that the test passes."""
    ended = site.time.now
    for _ in range(round(2 * LAG / TICK)):
        # The switch has told it, but real time passes until that has come to presence, and from there to Graph.
        for _ in range(20):
            if not company.in_a_call():
                return site.time.now - ended
            await moment()
        await site.time.pass_(TICK)
    raise TimeoutError


async def test_a_gateway_that_never_comes_back_leaves_nobody_in_a_call(
    tmp_path: Path, database: Database, identity: Entra, tenant: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    async with site_of(tmp_path, database, identity, [(tenant, EXTENSIONS)]) as (site, _, (company,)):
        end_traffic = company.traffic(BHCC, seed=5)
        await site.until(lambda: len(company.in_a_call()) >= 2, EXPIRY)
        await company.wire.cut()
        end_traffic()
        writes = company.writes()
        seconds = await site.until(lambda: not company.in_a_call(), EXPIRY + 10, step=10)
        assert company.writes() == writes, "who knows nothing tells nothing"
    with capsys.disabled():
        print(f"\ngateway gone for good: nobody in a call after {seconds:.0f} s, without a request")  # noqa: T201
