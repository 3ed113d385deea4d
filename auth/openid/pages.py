"""Handlers of the provider's pages.

A form must not lead to another site (``form-action``, which Chromium holds against redirects too), so whoever comes
from a form, ours or the sign-in's, is sent on by a page that goes on by itself; everybody else by a redirect.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode

from aiohttp import web

from auth.forms import read_form
from auth.rendering import page
from auth.session import CSRF_FIELD
from cloudlink.openid import BadRequest, Declined
from i18n import translator

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from auth.session import BrowserSessions
    from cloudlink.identity import Session
    from cloudlink.openid import AuthorizationRequest, OpenIdProvider, SignOut
    from i18n import Translator
    from store.clock import Clock

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

AUTHORIZE = "/cloudlink/authorize"
CONSENT = "/cloudlink/consent"
LOGOUT = "/cloudlink/logout"
# Says that a request comes back from the sign-in page, and so from a form.
_RESUMED = "resumed"
_ANEW = frozenset({"login", "select_account"})


def add_openid_pages(
    app: web.Application, provider: OpenIdProvider, browsers: BrowserSessions, *, sign_in: str, now: Clock
) -> None:
    """Puts the pages into the server. ``sign_in`` is the path of a page that signs a browser in.

    It takes ``next``, a path to go on to, ``again`` to ask also who is signed in, and ``hint``, an e-mail address.
    """
    pages = OpenIdPages(provider, browsers, sign_in, now)
    app.router.add_get(AUTHORIZE, pages.told(pages.authorize))
    app.router.add_post(AUTHORIZE, pages.told(pages.authorize_by_post))
    app.router.add_post(CONSENT, pages.told(pages.decide))
    app.router.add_get(LOGOUT, pages.told(pages.logout))
    app.router.add_post(LOGOUT, pages.told(pages.confirm_logout))


@dataclass(frozen=True, slots=True)
class OpenIdPages:
    """One method for each form or address."""

    provider: OpenIdProvider
    browsers: BrowserSessions
    sign_in: str
    now: Clock

    async def authorize(self, request: web.Request) -> web.StreamResponse:
        """On to sign-in, to the question of consent, or back to the application with a code."""
        query = _once(request.query.items())
        asked = await self.provider.request(query)
        session = await self.browsers.find(request)
        if session is None or self._must_sign_in_anew(asked, session):
            return self._to_sign_in(asked, query, signed_in=session is not None)
        if "consent" not in asked.prompt and await self.provider.has_consent(asked, session):
            return self._leave(request, await self.provider.granted(asked, session), session)
        if "none" in asked.prompt:
            raise self.provider.declined(asked, "consent_required")
        await self.provider.has_consent(asked, session)
        return page(
            "consent.html",
            _voice(request, session),
            HTTPStatus.OK,
            asked=asked,
            user=session.user,
            csrf=self.browsers.csrf(request),
            query=urlencode(query),
        )

    async def authorize_by_post(self, request: web.Request) -> web.StreamResponse:
        """The same as by GET, which the browser's cookie comes along with (OpenID Connect Core, 3.1.2.1)."""
        raise web.HTTPSeeOther(f"{AUTHORIZE}?{urlencode(await _form(request))}")

    async def decide(self, request: web.Request) -> web.StreamResponse:
        """Allows or denies what the form of ``authorize`` asked."""
        form = await _form(request)
        session = await self.browsers.find(request)
        if session is None or not self.browsers.accepts(request, form.get(CSRF_FIELD, "")):
            return _problem(request, HTTPStatus.FORBIDDEN, outdated=True)
        asked = await self.provider.request(_once(parse_qsl(form.get("query", ""), keep_blank_values=True)))
        if form.get("decision") != "allow":
            raise self.provider.declined(asked, "access_denied")
        await self.provider.consent(asked, session)
        return self._leave(request, await self.provider.granted(asked, session), session)

    async def logout(self, request: web.Request) -> web.StreamResponse:
        """Signs out whom the application's id token names; else asks first."""
        query = _once(request.query.items())
        asked = await self.provider.sign_out(query)
        session = await self.browsers.find(request)
        if session is None or session.user.principal_id == asked.principal_id:
            return await self._signed_out(request, asked)
        return page(
            "logout.html",
            _voice(request, session),
            HTTPStatus.OK,
            user=session.user,
            csrf=self.browsers.csrf(request),
            query=urlencode(query),
        )

    async def confirm_logout(self, request: web.Request) -> web.StreamResponse:
        """The form of ``logout``; without its token, as an application may post too, it is asked first."""
        form = await _form(request)
        if not self.browsers.accepts(request, form.get(CSRF_FIELD, "")):
            raise web.HTTPSeeOther(f"{LOGOUT}?{urlencode(form)}")
        asked = await self.provider.sign_out(_once(parse_qsl(form.get("query", ""), keep_blank_values=True)))
        return await self._signed_out(request, asked)

    def told(self, answer: Handler) -> Handler:
        """Refusals as a redirect to the application, or as a page when nobody can be sent back."""

        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                return await answer(request)
            except BadRequest:
                return _problem(request, HTTPStatus.BAD_REQUEST)
            except Declined as refusal:
                return self._leave(request, refusal.location, None)

        return handle

    def _must_sign_in_anew(self, asked: AuthorizationRequest, session: Session) -> bool:
        if asked.prompt & _ANEW or asked.max_age == 0:
            return True
        age = self.now() - session.authenticated_on
        return asked.max_age is not None and age > timedelta(seconds=asked.max_age)

    def _to_sign_in(
        self, asked: AuthorizationRequest, query: Mapping[str, str], *, signed_in: bool
    ) -> web.StreamResponse:
        if "none" in asked.prompt:
            raise self.provider.declined(asked, "login_required")
        # What asks for a new sign-in is fulfilled when the browser comes back.
        kept = {name: value for name, value in query.items() if name != "prompt" and (name, value) != ("max_age", "0")}
        if prompt := asked.prompt - _ANEW:
            kept["prompt"] = " ".join(sorted(prompt))
        back = f"{AUTHORIZE}?{urlencode({**kept, _RESUMED: '1'})}"
        more = {"again": "1"} if signed_in else {}
        more |= {"hint": asked.login_hint} if asked.login_hint else {}
        raise web.HTTPSeeOther(f"{self.sign_in}?{urlencode({'next': back, **more}, quote_via=quote)}")

    @staticmethod
    def _leave(request: web.Request, location: str, session: Session | None) -> web.Response:
        if request.method == "GET" and _RESUMED not in request.query:
            return web.Response(
                status=HTTPStatus.SEE_OTHER,
                headers={"Location": location, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"},
            )
        return page("leave.html", _voice(request, session), HTTPStatus.OK, location=location)

    async def _signed_out(self, request: web.Request, asked: SignOut) -> web.StreamResponse:
        await self.provider.end(asked)
        response = (
            page("signed_out.html", _voice(request, None), HTTPStatus.OK)
            if asked.location is None
            else self._leave(request, asked.location, None)
        )
        await self.browsers.end(request, response)
        return response


def _once(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields:
            raise BadRequest("a parameter occurs twice")
        fields[name] = value
    return {name: value for name, value in fields.items() if value}


async def _form(request: web.Request) -> Mapping[str, str]:
    try:
        return await read_form(request)
    except (ValueError, web.HTTPRequestEntityTooLarge):
        raise BadRequest("not a form") from None


def _voice(request: web.Request, session: Session | None) -> Translator:
    accepted = request.headers.get("Accept-Language", "").partition(",")[0]
    return translator((session.user.language_code if session else None) or accepted)


def _problem(request: web.Request, status: HTTPStatus, *, outdated: bool = False) -> web.Response:
    return page("openid_problem.html", _voice(request, None), status, outdated=outdated)
