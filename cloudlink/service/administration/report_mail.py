"""Who is written to about a problem report: its author, and the support contacts of the account."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cloudlink.administration.accounts import Contact
from cloudlink.service.administration import account_rows
from cloudlink.service.mail import queue
from cloudlink.service.mail.letters import Template

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from cloudlink.administration.reports import Report
    from cloudlink.model import Principal
    from store.vault import Vault

SUPPORT = "support"
_MOST = 10


class ReportMail:
    """Writes mails in the transaction that files a report.

    ``console_url`` is the address of the console's accounts, where support finds the report. Where there is no
    console, ``support_email`` is whom all reports go to.
    """

    def __init__(self, vault: Vault, *, console_url: str = "", support_email: str = "") -> None:
        self._vault = vault
        self._console_url = console_url
        self._fixed = (Contact("", "", support_email, SUPPORT),) if support_email else ()

    def recipients(self, connection: Connection, account_id: str) -> Sequence[Contact]:
        """The account's contacts of the type ``support``, each address once."""
        contacts = self._fixed or account_rows.find(connection, account_id).contacts
        support = {each.email.casefold(): each for each in contacts if each.contact_type.casefold() == SUPPORT}
        return list(support.values())[:_MOST]

    def tell(self, connection: Connection, who: Principal, report: Report, now: datetime) -> None:
        """A receipt for the author, and the report for each support contact, who may answer to the author."""
        recipients = self.recipients(connection, report.account_id)
        receipt = {"reference": report.reference, "text": report.text, "support": "yes" if recipients else ""}
        queue.enqueue(connection, self._vault, who, Template.REPORT_RECEIPT, receipt, now=now)
        path = f"{self._console_url}/{report.account_id}/reports/{report.report_id}"
        values = {
            "reference": report.reference,
            "author": report.name,
            "category": report.category,
            "text": report.text,
            "facts": json.dumps(report.facts),
            "picture": "yes" if report.has_picture else "",
            "link": path if self._console_url else "",
        }
        for contact in recipients:
            queue.enqueue_to(connection, self._vault, contact, who, Template.REPORT_FOR_SUPPORT, values, now=now)
