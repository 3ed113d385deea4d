"""Mail that the service has written: what became of it, and the message where an administrator passes it on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudlink.administration.mails import MailState
from tabs.console.sentences import MAIL_STATES, MAIL_TEMPLATES
from tabs.console.visit import see

if TYPE_CHECKING:
    from aiohttp import web

    from tabs.console.services import Services
    from tabs.console.visit import Visit


class MailPages:
    """``/console/accounts/{account_id}/mails`` and below."""

    def __init__(self, services: Services) -> None:
        self._mails = services.mails

    async def overview(self, visit: Visit) -> web.StreamResponse:
        """The newest."""
        found = await self._mails.recent(visit.actor, visit.account_id)
        return visit.page(
            "mails.html",
            "mails",
            mails=found,
            states=MAIL_STATES,
            templates=MAIL_TEMPLATES,
            without_server=any(mail.state == MailState.SHOWN for mail in found),
        )

    async def show(self, visit: Visit) -> web.StreamResponse:
        """What an unsent mail says. Looking is in the audit log, so it takes a press of a button."""
        message = await self._mails.message(visit.actor, visit.account_id, visit.id("mail_id"))
        return visit.page("mail.html", "mails", message=message)

    async def retry(self, visit: Visit) -> web.StreamResponse:
        """Sends it again."""
        await self._mails.retry(visit.actor, visit.account_id, visit.id("mail_id"))
        raise see(visit.path("mails"), "mail-retried")
