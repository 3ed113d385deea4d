"""Problem reports: read, taken on, answered and closed by whoever looks after the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloudlink.administration.reports import ReportState
from cloudlink.model import Principal
from tests.pictures import PICTURE, PNG
from tests.reports import file_report
from tests.tabs.console.conftest import OPERATOR, Browser, People

if TYPE_CHECKING:
    from cloudlink.administration.reports import Report
    from cloudlink.service.administration.own_reports import OwnReportService
    from tabs.console import Services


@pytest.fixture
async def report(own: OwnReportService, people: People) -> Report:
    who = Principal(people.customer, people.customers_user)
    text = "No calls since Monday.\n<b>None</b> at all."
    return await file_report(own, who, "callLog", text, {"version": "1.2.3"}, PICTURE)


def page_of(people: People, rest: str = "") -> str:
    return f"/console/accounts/{people.customer}/reports{rest}"


async def test_a_report_is_read_taken_on_and_answered(
    admin: Browser, people: People, own: OwnReportService, report: Report
) -> None:
    listed = await admin.get(page_of(people))
    assert f"{report.reference} Dora Desk Call log No calls since Monday." in listed.words
    path = page_of(people, f"/{report.report_id}")
    opened = await admin.get(path)
    assert "What is wrong No calls since Monday. <b>None</b> at all." in opened.words
    assert "What the app added Version of the app 1.2.3" in opened.words
    changed = await admin.fill_in(path, {"state": "inProgress", "answer": "We look into it."})
    assert "Saved." in changed.words
    theirs = await own.get(Principal(people.customer, people.customers_user), report.report_id)
    assert (theirs.state, theirs.answer) == (ReportState.IN_PROGRESS, "We look into it.")
    assert report.reference not in (await admin.get(page_of(people, "?state=open"))).words
    assert report.reference in (await admin.get(page_of(people, "?state=inProgress"))).words
    refused = await admin.fill_in(path, {"state": "closed", "answer": "x" * 4001})
    assert refused.status == 422
    assert "This is too long." in refused.words


async def test_the_screenshot_is_a_picture_and_nothing_else(admin: Browser, people: People, report: Report) -> None:
    path = page_of(people, f"/{report.report_id}")
    assert f'src="{path}/picture"' in (await admin.get(path)).text
    async with admin.http.get(f"{admin.origin}{path}/picture") as answer:
        assert await answer.read() == PNG
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


async def test_the_dashboard_leads_to_open_reports(admin: Browser, people: People, report: Report) -> None:
    assert "1 problem report is open." in (await admin.get("/console")).words
    assert f'href="{page_of(people, "?state=open")}"' in (await admin.get("/console")).text


async def test_an_account_without_reports_says_so(admin: Browser, people: People) -> None:
    assert "Nobody has reported a problem." in (await admin.get(page_of(people))).words


async def test_an_unknown_state_is_not_there(admin: Browser, people: People, report: Report) -> None:
    assert (await admin.get(page_of(people, "?state=lost"))).status == 404
    path = page_of(people, f"/{report.report_id}")
    assert (await admin.fill_in(path, {"state": "lost", "answer": ""})).status == 404


@pytest.mark.parametrize(("email", "status"), [(People.user_email, 403), (People.foreign_email, 404)])
async def test_nobody_else_reads_or_changes_them(
    browser: Browser, people: People, services: Services, report: Report, *, email: str, status: int
) -> None:
    await browser.sign_in(email)
    path = page_of(people, f"/{report.report_id}")
    me = await browser.get("/console")
    assert "Problem reports" not in me.words or email == People.foreign_email
    asked = (page_of(people), path, f"{path}/picture")
    assert [(await browser.get(each)).status for each in asked] == [status] * 3
    assert (await browser.post(path, {"csrf": me.csrf, "state": "closed", "answer": "No."})).status == status
    assert (await services.reports.get(OPERATOR, people.customer, report.report_id)).state == ReportState.OPEN


async def test_a_report_of_another_account_is_unknown(partner: Browser, people: People, report: Report) -> None:
    elsewhere = f"/console/accounts/{people.partner}/reports/{report.report_id}"
    assert [(await partner.get(each)).status for each in (elsewhere, f"{elsewhere}/picture")] == [404, 404]
    changes = {"state": "closed", "answer": ""}
    own = page_of(people, f"/{report.report_id}")
    assert (await partner.fill_in(own, changes, action=elsewhere)).status == 404
