"""News of one's problem report: its present state and answer, once, to its author."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from cloudlink.topics import REPORT_CHANGED
from store import outbox
from store.outbox import Outbox
from store.preferences import Preferences, PreferenceStore
from store.schema import problem_reports
from store.vault import Vault, new_key
from tests.bot.conftest import texts_of
from tests.bot.notices.conftest import HOSTILE, Site
from tests.reports import file_report, own_reports

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cloudlink.administration.reports import OwnReports, Report
    from cloudlink.model import User
    from tests.bot.conftest import Chat, Company
    from tests.fakes.connector import FakeConnector


def reports_of(site: Site) -> OwnReports:
    return own_reports(site.database, Outbox(site.database, site.clock), Vault([new_key()]), site.clock)


async def change(site: Site, report: Report, answer: str) -> None:
    """As the console does."""
    payload = {"principal_id": report.principal_id, "report_id": report.report_id}
    one = problem_reports.c.report_id == report.report_id

    def work(connection: Connection) -> None:
        connection.execute(update(problem_reports).where(one).values(state="closed", answer=answer))
        outbox.append(connection, report.account_id, REPORT_CHANGED, payload, site.clock())

    await site.database.write(work)


async def filed(site: Site, author: User) -> Report:
    return await file_report(reports_of(site), author.principal, "callLog", "No calls", {})


async def test_its_author_reads_the_newest_state_and_answer_once(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    report = await filed(site, company.desk)
    await change(site, report, "We look into it.")
    await change(site, report, HOSTILE[:2_000])
    server = site.server(reports_of(site))

    await site.tell(server, site.server(reports_of(site)))

    (sent,) = teams.taken
    text = texts_of(sent.card)
    assert report.reference in text
    assert "Closed" in text
    assert "<script>" in text
    assert "\u202e" not in text
    await change(site, report, "Done.")
    await site.tell(server)
    assert "Done." in texts_of(teams.taken[1].card)


async def test_who_switched_it_off_or_wrote_another_is_told_nothing(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    off = Preferences(report_news=False)
    await PreferenceStore(site.database, site.clock).save(company.desk.principal, off, zone="Europe/Paris")
    await change(site, await filed(site, company.desk), "Done.")
    await change(site, await filed(site, company.warehouse), "Done.")

    await site.tell(site.server(reports_of(site)))

    assert teams.requests == []
