"""Takes what a person writes, and makes of it exactly what would be sent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloudlink.administration.refusals import Reason, Refused
from cloudlink.administration.reports import LONGEST_TEXT, Category, NewReport
from dialing import redact
from reporting.facts import facts_of

if TYPE_CHECKING:
    from cloudlink.administration.gateways import GatewayLinks
    from cloudlink.administration.reports import Draft, OwnReports, Picture
    from cloudlink.model import Principal
    from cloudlink.port import CloudLink
    from i18n import Translator
    from reporting.errors import RecentErrors
    from reporting.facts import Told


@dataclass(frozen=True, slots=True)
class Written:
    """What a person gives: untrusted as it came."""

    category: str
    text: str
    keep_numbers: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """Where reports are written. ``version`` is ours; ``links`` is ``None`` where CloudLink tells of no gateways."""

    reports: OwnReports
    cloudlink: CloudLink
    errors: RecentErrors
    version: str
    links: GatewayLinks | None = None

    async def prepare(
        self,
        who: Principal,
        written: Written,
        told: Told,
        say: Translator,
        picture: Picture | None = None,
        *,
        keep_picture: bool = False,
    ) -> Draft:
        """Keeps a draft with the facts of now, without telephone numbers unless the person lets them stand.

        Raises ``Refused`` naming ``category`` or ``text``.
        """
        if written.category not in list(Category):
            raise Refused(Reason.REQUIRED, "category")
        if len(written.text) > LONGEST_TEXT:
            raise Refused(Reason.TOO_LONG, "text")
        region = None if written.keep_numbers else (await self.cloudlink.account(who)).dialing.region
        facts = facts_of(
            told,
            say,
            version=self.version,
            links=await self.links.of(who) if self.links else None,
            errors=self.errors.of(who),
            region=region,
        )
        # A text that is nothing but digits takes a quarter of a second.
        text = written.text if region is None else await asyncio.to_thread(redact, written.text, region)
        new = NewReport(written.category, written.text, text, facts, written.keep_numbers)
        return await self.reports.draft(who, new, picture, keep_picture=keep_picture)


@dataclass(frozen=True, slots=True)
class NoDesk:
    """Where nobody reads reports. ``ask`` is the e-mail address of whom to write to instead, if one is known."""

    errors: RecentErrors
    version: str
    ask: str = ""
