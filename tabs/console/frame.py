"""From a request to a ``Visit``: who is there, whose pages they see, and that a change comes from our own page.

A browser carries a cookie, and each of its changes a token that only our page could know. A Teams tab carries a bearer
that our own script adds, which is proof enough. Both get the same pages.
"""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from auth.session import CSRF_FIELD
from cloudlink.administration.actor import Actor
from cloudlink.administration.refusals import NotAllowed, Refused
from cloudlink.port import CloudLinkError, UnknownId
from i18n import translator
from tabs.console.forms import read_sent
from tabs.console.navigation import ENTRANCE, HOME
from tabs.console.sentences import refusal
from tabs.console.visit import Visit
from tabs.failures import VISITOR
from tabs.pages import browser_language
from tabs.visitors import SignedOut, Visitor, ask_to_sign_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp.typedefs import Handler

    from cloudlink.administration.accounts import Accounts
    from store.clock import Clock
    from tabs.visitors import Visitors

    Answer = Callable[[Visit], Awaitable[web.StreamResponse]]


class Frame:
    """Makes aiohttp handlers of answers to visits."""

    def __init__(self, accounts: Accounts, visitors: Visitors, now: Clock) -> None:
        self._accounts = accounts
        self._visitors = visitors
        self._now = now

    def shows(self, answer: Answer) -> Handler:
        """For GET. Who is not signed in is asked to, and comes back to the page."""

        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._answered(request, answer)

        return handle

    def changes(self, answer: Answer) -> Handler:
        """For POST: the visit holds what was sent. 403 without the session's own token, 413 for too large a file."""

        async def checked(visit: Visit) -> web.StreamResponse:
            sent = await read_sent(visit.request)
            visitor = Visitor(visit.session, visit.csrf)
            if not self._visitors.accepts(visit.request, visitor, sent.text(CSRF_FIELD)):
                raise web.HTTPForbidden
            return await answer(replace(visit, sent=sent))

        return self.shows(checked)

    async def sign_out(self, visit: Visit) -> web.StreamResponse:
        """Ends the session, here and in the store, and leads to the sign-in page."""
        leaving = web.HTTPSeeOther(ENTRANCE.path)
        await self._visitors.sign_out(visit.request, leaving)
        raise leaving

    async def _answered(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        try:
            visit = await self._visit(request)
        except SignedOut:
            return ask_to_sign_in(request, ENTRANCE.path, HOME)
        try:
            return await answer(await self._about_account(visit))
        except web.HTTPRedirection:
            raise
        except (CloudLinkError, web.HTTPException) as problem:
            return _problem_page(visit, problem)

    async def _visit(self, request: web.Request) -> Visit:
        visitor = await self._visitors.who(request)
        user = visitor.session.user
        request[VISITOR] = user.principal
        say = translator(user.language_code) if user.language_code else browser_language(request)
        own = await self._accounts.get(Actor.of_user(user), user.account_id)
        return Visit(request, visitor.session, own, own, say, self._now(), visitor.csrf)

    async def _about_account(self, visit: Visit) -> Visit:
        """Raises ``UnknownId`` for an account that the visitor does not see."""
        if "account_id" not in visit.request.match_info:
            return visit
        account_id = visit.id("account_id")
        if account_id == visit.own.account_id:
            return visit
        return replace(visit, account=await self._accounts.get(visit.actor, account_id))


def _problem_page(visit: Visit, problem: CloudLinkError | web.HTTPException) -> web.Response:
    """A page that says what is wrong and what to do, in the frame of the others."""
    say = visit.say
    match problem:
        case UnknownId() | web.HTTPNotFound():
            status, title = HTTPStatus.NOT_FOUND, say("This page is not there")
            text = say("What it was about may have been deleted, or the address is not complete.")
        case NotAllowed():
            status, title = HTTPStatus.FORBIDDEN, say("You may not do this")
            text = say("Your role does not allow it. Ask an administrator of the account.")
        case web.HTTPForbidden():
            status, title = HTTPStatus.FORBIDDEN, say("Nothing was changed")
            text = say("The page was open for too long, or the request did not come from it. Go back and try again.")
        case web.HTTPRequestEntityTooLarge():
            status, title = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, say("This is too large")
            text = say("A file may have 20 MB. Divide it into several.")
        case web.HTTPTooManyRequests():
            status, title = HTTPStatus.TOO_MANY_REQUESTS, say("Too many attempts")
            text = say("You have begun this too often. Please try again in a few minutes.")
        case Refused(reason=reason):
            status, title = HTTPStatus.CONFLICT, say("Nothing was changed")
            text = refusal(reason, say)
        case web.HTTPException():
            status, title = HTTPStatus(problem.status), say("Nothing was changed")
            text = say("The form could not be read. Go back and try again.")
        case _:
            status, title = HTTPStatus.SERVICE_UNAVAILABLE, say("Not available")
            text = say("CloudLink gives no answer. Please try again in a few minutes.")
    return visit.page("problem.html", "", status=status, title=title, text=text)
