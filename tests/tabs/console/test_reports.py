"""Problem reports: read, closed and opened again by whoever looks after the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloudlink.administration.reports import ReportState
from cloudlink.model import Principal
from tests.tabs.console.conftest import OPERATOR, Browser, People

if TYPE_CHECKING:
    from cloudlink.administration.reports import Report
    from tabs.console import Services


@pytest.fixture
async def report(services: Services, people: People) -> Report:
    who = Principal(people.customer, people.customers_user)
    text = "No calls since Monday.\n<b>None</b> at all."
    return await services.reports.file(who, "Call log", text, {"Version": "1.2.3"})


def page_of(people: People, rest: str = "") -> str:
    return f"/console/accounts/{people.customer}/reports{rest}"


async def test_a_report_is_read_closed_and_opened_again(
    admin: Browser, people: People, services: Services, report: Report
) -> None:
    listed = await admin.get(page_of(people))
    assert f"{report.reference} Dora Desk Call log No calls since Monday." in listed.words
    own = page_of(people, f"/{report.report_id}")
    opened = await admin.get(own)
    assert "What is wrong No calls since Monday. <b>None</b> at all." in opened.words
    assert "What the app added Version 1.2.3" in opened.words
    closed = await admin.fill_in(own, {}, action=f"{own}/close")
    assert "The report is closed." in closed.words
    assert (await services.reports.get(OPERATOR, people.customer, report.report_id)).state == ReportState.CLOSED
    assert report.reference not in (await admin.get(page_of(people, "?state=open"))).words
    assert report.reference in (await admin.get(page_of(people, "?state=closed"))).words
    again = await admin.fill_in(own, {}, action=f"{own}/open")
    assert "The report is open again." in again.words
    assert report.reference in (await admin.get(page_of(people, "?state=open"))).words


async def test_the_dashboard_leads_to_open_reports(admin: Browser, people: People, report: Report) -> None:
    assert "1 problem report is open." in (await admin.get("/console")).words
    assert f'href="{page_of(people, "?state=open")}"' in (await admin.get("/console")).text


async def test_an_account_without_reports_says_so(admin: Browser, people: People) -> None:
    assert "Nobody has reported a problem." in (await admin.get(page_of(people))).words


async def test_an_unknown_state_is_not_there(admin: Browser, people: People) -> None:
    assert (await admin.get(page_of(people, "?state=lost"))).status == 404


@pytest.mark.parametrize(("email", "status"), [(People.user_email, 403), (People.foreign_email, 404)])
async def test_nobody_else_reads_or_closes_them(
    browser: Browser, people: People, services: Services, report: Report, *, email: str, status: int
) -> None:
    await browser.sign_in(email)
    own = page_of(people, f"/{report.report_id}")
    me = await browser.get("/console")
    assert "Problem reports" not in me.words or email == People.foreign_email
    assert [(await browser.get(path)).status for path in (page_of(people), own)] == [status, status]
    assert (await browser.post(f"{own}/close", {"csrf": me.csrf})).status == status
    assert (await services.reports.get(OPERATOR, people.customer, report.report_id)).state == ReportState.OPEN


async def test_a_report_of_another_account_is_unknown(partner: Browser, people: People, report: Report) -> None:
    elsewhere = f"/console/accounts/{people.partner}/reports/{report.report_id}"
    assert (await partner.get(elsewhere)).status == 404
    assert (await partner.fill_in(page_of(people), {}, action=f"{elsewhere}/close")).status == 404
