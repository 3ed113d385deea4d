"""Where people report problems, in the bot and in the tab alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudlink.service.administration.gateway_links import StoredLinks
from cloudlink.service.administration.own_reports import OwnReportService
from cloudlink.service.administration.report_mail import ReportMail
from composition.version import version
from reporting.desk import Desk

if TYPE_CHECKING:
    from cloudlink.port import CloudLink
    from composition.parts import Parts


def hosted_desk(parts: Parts, cloudlink: CloudLink) -> Desk:
    """Reports of an account at Mitel: stored here, and mailed to whom ``SUPPORT_EMAIL`` names."""
    mail = ReportMail(parts.vault, support_email=parts.settings.support_email)
    reports = OwnReportService(parts.database, parts.outbox, mail, parts.now)
    return Desk(reports, cloudlink, parts.errors, version())


def embedded_desk(parts: Parts, cloudlink: CloudLink) -> Desk:
    """Reports of accounts that live here: administrators read them in the console, support contacts by mail."""
    mail = ReportMail(parts.vault, console_url=f"{parts.public_url}/console/accounts")
    reports = OwnReportService(parts.database, parts.outbox, mail, parts.now)
    return Desk(reports, cloudlink, parts.errors, version(), StoredLinks(parts.database, parts.now))
