"""An administrator sees how a gateway is, who is left out, and what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from cloudlink.gateway_report import GatewayReport, QueueReport, RefusedMonitor
from cloudlink.service.gateway_reports import keep
from cloudlink.service.spools import Gateway
from store.schema import gateways
from tests.axe import violations
from tests.browser import chromium
from tests.cloudlink.test_gateway_report import PBX, WELL
from tests.tabs.console.conftest import OPERATOR, PASSWORD, Browser, People

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from store.database import Database
    from tabs.console import Services
    from tests.conftest import SteppedClock

    Tell = Callable[[GatewayReport], Awaitable[str]]

TROUBLED = replace(
    WELL,
    pbx=replace(
        PBX,
        wanted=805,
        running=795,
        refused=(RefusedMonitor("<b>201</b>", "invalidDeviceID"),),
        refused_count=1,
        surplus=("901", "902"),
        surplus_count=5,
        calls=4_500,
    ),
    queue=QueueReport(facts=12, oldest=WELL.at - timedelta(minutes=20)),
)


@pytest.fixture
def tell(services: Services, database: Database, people: People, clock: SteppedClock) -> Tell:
    """A gateway of the customer has told this; answers the address of its page."""

    async def told(report: GatewayReport) -> str:
        pairing = await services.gateways.create(OPERATOR, people.customer, "Basement", "office400")
        gateway_id = pairing.gateway.gateway_id
        gateway = Gateway(people.customer, gateway_id)
        await database.write(lambda connection: keep(connection, gateway, report, clock()))
        return f"/console/accounts/{people.customer}/gateways/{gateway_id}"

    return told


async def test_a_gateway_that_is_well_shows_its_figures_and_no_warning(admin: Browser, tell: Tell) -> None:
    page = await admin.get(await tell(WELL))
    for words in ("Condition", "MiVoice Office 400, 192.0.2.10:7001", "4 of 4", "120 of 4,200", "4 of 800", "Nothing"):
        assert words in page.words
    assert "fluent-message-bar" not in page.text
    assert "Not followed" not in page.words


async def test_who_is_left_out_is_named_with_what_to_do(admin: Browser, tell: Tell) -> None:
    page = await admin.get(await tell(TROUBLED))
    for words in (
        "There are more users than Mitel states for this PBX.",
        "The PBX refuses to follow some extensions.",
        "There are more calls than Mitel states for this PBX.",
        "Calls have waited for more than five minutes",
        "invalidDeviceID",
        "over the user limit",
        "And 3 more.",
        "12 entries",
    ):
        assert words in page.words
    assert "<b>201</b>" not in page.text
    assert "&lt;b&gt;201&lt;/b&gt;" in page.text


async def test_the_dashboard_and_the_list_lead_to_a_gateway_that_is_not_well(
    admin: Browser, people: People, tell: Tell
) -> None:
    await tell(WELL)
    assert "needs attention" not in (await admin.get(f"/console/accounts/{people.customer}")).words
    await tell(TROUBLED)
    page = await admin.get(f"/console/accounts/{people.customer}")
    assert "1 gateway needs attention." in page.words
    assert f'href="/console/accounts/{people.customer}/gateways">1 gateway' in page.text


async def test_calls_that_a_gateway_has_lost_are_counted(admin: Browser, tell: Tell, database: Database) -> None:
    path = await tell(WELL)
    assert "Lost for want of room" not in (await admin.get(path)).words
    await database.write(lambda connection: connection.execute(update(gateways).values(calls_lost=3)))
    assert "Lost for want of room 3 calls" in (await admin.get(path)).words


async def test_another_pbx_than_the_chosen_one_is_told(admin: Browser, tell: Tell) -> None:
    page = await admin.get(await tell(replace(WELL, pbx=replace(PBX, model="mxone"))))
    assert "The gateway is set to MiVoice MX-ONE." in page.words


async def test_a_pbx_that_is_away_is_told_with_the_reason(admin: Browser, tell: Tell) -> None:
    away = replace(WELL, pbx=replace(PBX, connected_since=None, error="the PBX does not answer"))
    page = await admin.get(await tell(away))
    assert "the PBX does not answer" in page.words
    assert "cloudlink-gateway check" in page.words


async def test_another_accounts_administrator_sees_nothing(browser: Browser, people: People, tell: Tell) -> None:
    path = await tell(TROUBLED)
    await browser.sign_in(people.foreign_email)
    assert (await browser.get(path)).status == 404


async def test_axe_has_nothing_to_say(origin: str, people: People, tell: Tell) -> None:
    path = await tell(TROUBLED)
    async with chromium() as engine:
        page = await engine.new_page(viewport={"width": 360, "height": 800}, locale="en-GB")
        await page.goto(f"{origin}/console/sign-in")
        await page.fill("#email", people.admin_email)
        await page.fill("#password", PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url("**/console")
        await page.goto(origin + path)
        assert await violations(page) == []
