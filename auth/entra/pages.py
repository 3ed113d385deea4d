"""What browsers ask of us on their way to Entra ID and back.

- ``GET /auth/entra/start``   to Entra ID; ``next`` is a path of ours to go on to, ``link`` a sign-in link of the bot's,
                              ``hint`` the e-mail address that was typed
- ``GET /auth/entra/return``  back from there: signed in to the console, or the bot's code, or a tenant proved, or a
                              watcher of presence added
- ``GET /auth/consent/return`` back from the consent page, and on to the sign-in that proves it

All failures are pages that say what to do next, with the reference that the log has.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from auth.entra.consent import STEP
from auth.entra.flows import LIFETIME, MANY_TENANTS, FlowFailed
from auth.entra.routing import START
from auth.entra.watching import WATCH
from auth.rendering import browser_language, code_page, confirm_page, language_of, page
from auth.session import local_path
from auth.sign_in import UnknownLink, UsedLink
from auth.tab_sign_in import TabLink
from cloudlink import correlation
from cloudlink.administration.integrations import IntegrationKind
from cloudlink.administration.refusals import NotAllowed, Reason, Refused
from cloudlink.identity import AuthProvider, NotLinked
from cloudlink.port import CloudLinkUnavailable, TooManyAttempts, UnknownId
from graph.tokens import Registration

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from auth.entra.browser import BrowserCookie
    from auth.entra.consent import TenantConsent
    from auth.entra.flows import EntraFlows, Returned
    from auth.entra.watching import WatcherSignIn
    from auth.forms import Forms
    from auth.session import BrowserSessions
    from auth.sign_in import SignIn
    from cloudlink.identity import EntraSignIn
    from i18n import Translator

logger = logging.getLogger(__name__)

RETURN = "/auth/entra/return"
CONSENT_RETURN = "/auth/consent/return"
CONSOLE = "/console"
_LONGEST_HINT = 320
_LONGEST_WAIT_S = int(LIFETIME.total_seconds())


@dataclass(frozen=True, slots=True)
class EntraPages:
    """Handlers. ``entra_url`` is Entra ID's base URL, for the applications of customers.

    ``forms`` are those of the sign-in pages (``auth.pages``), which take what somebody confirms here.
    """

    flows: EntraFlows
    consent: TenantConsent
    entra: EntraSignIn
    sign_in: SignIn
    browsers: BrowserSessions
    cookie: BrowserCookie
    forms: Forms
    entra_url: str
    watching: WatcherSignIn

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """What the server adds to its routes."""
        return [
            web.get(START, self._told(self._start)),
            web.get(RETURN, self._told(self._returned)),
            web.get(CONSENT_RETURN, self._told(self._consented)),
        ]

    async def _start(self, request: web.Request) -> web.StreamResponse:
        hint = request.query.get("hint", "")[:_LONGEST_HINT]
        tenant = await self.entra.tenant_for_email(hint) if hint else None
        response = web.Response(status=HTTPStatus.SEE_OTHER)
        browser = self.cookie.give(request, response)
        details = {"next": local_path(request.query.get("next", ""), CONSOLE), "link": request.query.get("link", "")}
        response.headers["Location"] = await self.flows.begin(
            browser,
            details,
            opener=request.remote or "",
            tenant=tenant or MANY_TENANTS,
            registration=await self._registration(tenant),
            login_hint=hint,
        )
        return response

    async def _registration(self, tenant: str | None) -> Registration | None:
        """The customer's own application, when the tenant's account has entered one."""
        own = await self.entra.own_application(tenant) if tenant else None
        return Registration(own.client_id, self.entra_url, own.secret) if own else None

    async def _returned(self, request: web.Request) -> web.StreamResponse:
        returned = await self.flows.finish(self.cookie.of(request), request.query)
        if returned.details.get("step") == STEP:
            return await self._proved(request, returned)
        if returned.details.get("step") == WATCH:
            return await self._watches(request, returned)
        user = await self.entra.user_of(returned.identity)
        if link := returned.details["link"]:
            opened = await self.sign_in.anybodys(link)
            if isinstance(opened, TabLink):
                return confirm_page(request, self.forms, link, user, AuthProvider.ENTRA)
            code = await self.sign_in.grant(link, user.principal)
            return code_page(opened, language_of(opened, request), code)
        following = local_path(returned.details["next"], CONSOLE)
        response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": following})
        await self.browsers.begin(request, response, user.principal, AuthProvider.ENTRA)
        logger.info("signed in by Entra ID", extra={"account_id": user.account_id})
        return response

    async def _consented(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPSeeOther(await self.consent.consented(self.cookie.of(request), request.query))

    async def _proved(self, request: web.Request, returned: Returned) -> web.StreamResponse:
        reference = correlation.current()
        try:
            tenant = await self.consent.prove(returned, address=request.remote or "", correlation_id=reference)
        except (FlowFailed, Refused, NotAllowed, UnknownId) as failure:
            return _failure_page(request, failure, returned.details["account"])
        raise web.HTTPSeeOther(_integrations(tenant.account_id) + "?note=tenant-proved")

    async def _watches(self, request: web.Request, returned: Returned) -> web.StreamResponse:
        reference = correlation.current()
        account_id = returned.details["account"]
        try:
            await self.watching.signed_in(returned, address=request.remote or "", correlation_id=reference)
        except Refused as refusal:
            failure = FlowFailed(_REFUSED_WATCHERS.get(refusal.reason, refusal.reason), account_id, WATCH)
            return _failure_page(request, failure, account_id)
        except FlowFailed as failed:
            return _failure_page(request, failed, account_id)
        except (NotAllowed, UnknownId):
            return _failure_page(request, FlowFailed("not_account_admin", account_id, WATCH), account_id)
        raise web.HTTPSeeOther(f"{_integrations(account_id)}/{IntegrationKind.TEAMS_PRESENCE}?note=watcher-added")

    def _told(
        self, answer: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                return await answer(request)
            except tuple(_SENTENCES) as failure:
                return _failure_page(request, failure, getattr(failure, "account_id", ""))

        return handle


def _integrations(account_id: str) -> str:
    """Where *Add to tenant* stands in the console."""
    return f"{CONSOLE}/accounts/{account_id}/integrations"


def _failure_page(request: web.Request, failure: Exception, account_id: str = "") -> web.Response:
    """``account_id`` is that of the account which a tenant was to be connected to: the page leads back there."""
    reference = correlation.current()
    reason = getattr(failure, "code", None) or getattr(failure, "reason", None) or type(failure).__name__
    logger.info("no sign-in by Entra ID", extra={"cause": str(reason), "path": request.path})
    say = browser_language(request)
    status, sentence = next(told for kind, told in _SENTENCES.items() if isinstance(failure, kind))
    text = _FLOW_SENTENCES.get(str(reason), sentence)(say)
    watching = getattr(failure, "step", "") == WATCH
    consenting = not watching and (bool(account_id) or request.path == CONSENT_RETURN)
    back = _integrations(account_id) if account_id else CONSOLE if consenting else ""
    return page("entra_failed.html", say, status, text=text, reference=reference, consenting=consenting, back=back)


_SENTENCES: Mapping[type[Exception], tuple[HTTPStatus, Callable[[Translator], str]]] = {
    NotLinked: (
        HTTPStatus.FORBIDDEN,
        lambda say: say(
            "Microsoft knows you, but no telephone account belongs to you here. Ask the administrator of your"
            " telephone system to add you."
        ),
    ),
    UnknownLink: (
        HTTPStatus.NOT_FOUND,
        lambda say: say("A link works once, for ten minutes. Write “sign in” to the assistant in Teams for a new one."),
    ),
    UsedLink: (
        HTTPStatus.GONE,
        lambda say: say("A link works once, for ten minutes. Write “sign in” to the assistant in Teams for a new one."),
    ),
    TooManyAttempts: (
        HTTPStatus.TOO_MANY_REQUESTS,
        lambda say: say("Too many attempts. Please try again in {wait}.", wait=say.duration(_LONGEST_WAIT_S)),
    ),
    CloudLinkUnavailable: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        lambda say: say("Microsoft Entra ID gives no answer. Please try again in a few minutes."),
    ),
    Refused: (
        HTTPStatus.CONFLICT,
        lambda say: say("This tenant belongs to another account already. Ask your Mitel partner which one it is."),
    ),
    NotAllowed: (HTTPStatus.FORBIDDEN, lambda say: say("Only an administrator of the account may connect a tenant.")),
    UnknownId: (HTTPStatus.NOT_FOUND, lambda say: say("Only an administrator of the account may connect a tenant.")),
    FlowFailed: (
        HTTPStatus.FORBIDDEN,
        lambda say: say("Microsoft did not complete it. Go back to where you came from and try again."),
    ),
}
# The reasons of refusals are also codes of failed flows, of other meaning.
_REFUSED_WATCHERS = {Reason.STATE: "presence_changed", Reason.TOO_MANY: "enough_watchers"}
_FLOW_SENTENCES: Mapping[str, Callable[[Translator], str]] = {
    "state": lambda say: say("This took too long, or was begun in another browser. Please start again."),
    "access_denied": lambda say: say("You have cancelled it at Microsoft. Nothing was changed."),
    "not_administrator": lambda say: say(
        "Whoever signs in after the consent must be an administrator of the tenant in Microsoft Entra ID."
    ),
    "not_account_admin": lambda say: say("Only an administrator of the account may add a watcher."),
    "presence_changed": lambda say: say("The settings of presence have changed meanwhile. Please start again."),
    "enough_watchers": lambda say: say("There are enough watchers for this account. Remove one first."),
    Reason.PARTNER_ACCOUNT: lambda say: say("This is not possible in a partner's own account."),
    "no_roles": lambda say: say(
        "Microsoft did not say which roles you hold. The registration of Mitel Assistant in Entra ID must emit the"
        " directory roles as a claim; the installation guide says how."
    ),
}
