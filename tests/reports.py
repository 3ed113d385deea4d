"""Problem reports for tests that are about something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudlink.administration.reports import NewReport
from cloudlink.service.administration.own_reports import OwnReportService
from cloudlink.service.administration.report_mail import ReportMail

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloudlink.administration.reports import OwnReports, Picture, Report
    from cloudlink.model import Principal
    from store.database import Database
    from store.outbox import Outbox
    from store.vault import Vault
    from tests.conftest import SteppedClock

CONSOLE = "https://assistant.example.com/console/accounts"


def own_reports(database: Database, outbox: Outbox, vault: Vault, clock: SteppedClock) -> OwnReportService:
    """As the server makes it."""
    return OwnReportService(database, outbox, ReportMail(vault, console_url=CONSOLE), clock)


async def file_report(  # noqa: PLR0917 - the parts of a report
    own: OwnReports, who: Principal, category: str, text: str, facts: Mapping[str, str], picture: Picture | None = None
) -> Report:
    """A report that was sent."""
    draft = await own.draft(who, NewReport(category, text, text, facts), picture)
    return await own.send(who, draft.draft_id)
