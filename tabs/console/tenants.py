"""The Entra ID tenants and the e-mail domains of an account, on the page of its integrations."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from cloudlink.administration.refusals import Reason, Refused
from cloudlink.port import TooManyAttempts
from tabs.console.forms import Form
from tabs.console.visit import see

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tabs.console.services import Services
    from tabs.console.visit import Visit

    Overview = Callable[[Visit, Form], Awaitable[web.Response]]


class TenantPages:
    """What is done with tenants and domains. ``overview`` draws the page again, with what is wrong."""

    def __init__(self, services: Services, overview: Overview) -> None:
        self._tenants = services.tenants
        self._domains = services.domains
        self._entra = services.entra
        self._overview = overview

    async def connect(self, visit: Visit) -> web.StreamResponse:
        """To Microsoft's consent page, and from there back to the integrations.

        A link, since a form may send nobody to another site (``form-action`` of our policy). Nothing is changed before
        an administrator of the tenant consents.
        """
        visit.require_administrator()
        if visit.account.partner:
            raise Refused(Reason.PARTNER_ACCOUNT)
        if self._entra is None or not visit.csrf:
            raise web.HTTPNotFound
        response = web.Response(status=HTTPStatus.SEE_OTHER)
        browser = self._entra.cookie.give(visit.request, response)
        who = visit.session.user.principal
        try:
            response.headers["Location"] = await self._entra.consent.begin(browser, who, visit.account_id)
        except TooManyAttempts as refusal:
            raise web.HTTPTooManyRequests(headers={"Retry-After": str(math.ceil(refusal.retry_after))}) from None
        return response

    async def forget(self, visit: Visit) -> web.StreamResponse:
        """Ends the tenant's links."""
        await self._tenants.forget(visit.actor, visit.account_id, visit.sent.text("tenant_id"))
        raise see(visit.path("integrations"), "tenant-forgotten")

    async def add_domain(self, visit: Visit) -> web.StreamResponse:
        """A domain that waits for its DNS record."""
        wanted = visit.sent.text("domain")
        try:
            await self._domains.add(visit.actor, visit.account_id, wanted)
        except Refused as problem:
            if problem.field != "domain":
                raise
            sentence = visit.say("This is not a domain, such as example.com.")
            return await self._overview(visit, Form({"domain": wanted}).with_error("domain", sentence))
        raise see(visit.path("integrations"), "domain-added")

    async def verify_domain(self, visit: Visit) -> web.StreamResponse:
        """Looks for the record."""
        try:
            await self._domains.verify(visit.actor, visit.account_id, visit.sent.text("domain"))
        except Refused as problem:
            sentence = (
                visit.say("Another account has verified this domain already.")
                if problem.reason is Reason.IN_USE
                else visit.say("The record is not in DNS yet. It may take hours until every server knows it.")
            )
            return await self._overview(visit, Form({"domain": ""}, error=sentence))
        raise see(visit.path("integrations"), "domain-verified")

    async def remove_domain(self, visit: Visit) -> web.StreamResponse:
        """Routes no sign-in any more."""
        await self._domains.remove(visit.actor, visit.account_id, visit.sent.text("domain"))
        raise see(visit.path("integrations"), "domain-removed")
