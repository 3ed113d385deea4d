"""The pages on which people set their password: behind a mail's link, ``/password/{token}``, and ``/forgot``.

``/forgot`` answers alike whether somebody has the address or not, and takes the code of the mail in place of its link.
A dead link offers a new mail. No page says more than the link's holder may know.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from auth.forms import Forms, read_form
from auth.refusals import NotYet, not_yet
from auth.rendering import page
from cloudlink.identity import DeadLink, PasswordNotAllowed, PasswordTooLong, WeakPassword
from cloudlink.port import TooManyAttempts
from i18n import translator

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from cloudlink.identity import PasswordLink, PasswordLinks
    from i18n import Translator

logger = logging.getLogger(__name__)

_FORGOT = "/forgot"
_LONGEST_EMAIL = 320


def add_password_pages(app: web.Application, links: PasswordLinks, *, public_url: str, mailed: bool = True) -> None:
    """Puts the pages into the server. They use ``/static/page.css``. Without ``mailed`` messages wait in the console.

    ``request.remote`` is the address whose attempts are counted: a server behind a proxy has to set it to the client's.
    """
    forms = Forms(secure=public_url.startswith("https://"))
    password, forgot = PasswordPage(links, forms), ForgotPage(links, forms, mailed=mailed)
    app.router.add_get("/password/{token}", password.show)
    app.router.add_post("/password/{token}", password.submit)
    app.router.add_get(_FORGOT, forgot.show)
    app.router.add_post(_FORGOT, forgot.submit)


class PasswordPage:
    """Handlers of a link: open (200), unknown or expired (404), used (410), of an account without passwords (403)."""

    def __init__(self, links: PasswordLinks, forms: Forms) -> None:
        self._links = links
        self._forms = forms

    async def show(self, request: web.Request) -> web.Response:
        """The empty form."""

        async def answer(token: str, link: PasswordLink) -> web.Response:
            return self._form(request, token, link)

        return await self._answered(request, answer)

    async def submit(self, request: web.Request) -> web.Response:
        """Sets the password, or shows the form again with what was wrong; for a dead link, sends a new mail."""
        fields = await _fields(request)
        proven = self._forms.proves(fields.get("proof", ""), request, request.match_info["token"])
        if "renew" in fields:
            return await self._renewed(request, proven=proven)

        async def answer(token: str, link: PasswordLink) -> web.Response:
            say = _voice(request, link)
            try:
                if not proven:
                    raise _outdated(say)
                await self._set(request, token, fields.get("password", ""), say)
            except NotYet as again:
                return self._form(request, token, link, again)
            return page("password_set.html", say, HTTPStatus.OK)

        return await self._answered(request, answer)

    async def _answered(
        self, request: web.Request, answer: Callable[[str, PasswordLink], Awaitable[web.Response]]
    ) -> web.Response:
        token = request.match_info["token"]
        try:
            return await answer(token, await self._links.of_link(token))
        except DeadLink as dead:
            return self._dead(request, used=dead.used)
        except PasswordNotAllowed:
            return page("password_not_allowed.html", _voice(request), HTTPStatus.FORBIDDEN)

    async def _set(self, request: web.Request, token: str, password: str, say: Translator) -> None:
        try:
            await self._links.set_password(token, password, address=request.remote or "")
        except WeakPassword as weak:
            raise NotYet(HTTPStatus.BAD_REQUEST, _weakness(weak, say)) from None
        except PasswordTooLong:
            sentence = say("Please choose a shorter password: 1,000 bytes at most.")
            raise NotYet(HTTPStatus.BAD_REQUEST, sentence) from None

    async def _renewed(self, request: web.Request, *, proven: bool) -> web.Response:
        say = _voice(request)
        try:
            if not proven:
                raise _outdated(say)
            await self._links.renew(request.match_info["token"], address=request.remote or "")
        except NotYet as again:
            return self._dead(request, used=False, again=again)
        except TooManyAttempts as refusal:
            return self._dead(request, used=False, again=not_yet(refusal, say))
        return page("password_renewed.html", say, HTTPStatus.OK)

    def _form(self, request: web.Request, token: str, link: PasswordLink, again: NotYet | None = None) -> web.Response:
        return _form_page(
            self._forms,
            request,
            "password.html",
            token=token,
            say=_voice(request, link),
            again=again,
            email=link.user.email,
            purpose=link.purpose,
        )

    def _dead(self, request: web.Request, *, used: bool, again: NotYet | None = None) -> web.Response:
        return _form_page(
            self._forms,
            request,
            "password_dead.html",
            token=request.match_info["token"],
            say=_voice(request),
            again=again,
            status=HTTPStatus.GONE if used else HTTPStatus.NOT_FOUND,
            used=used,
        )


class ForgotPage:
    """Handlers of ``/forgot``: asks for an e-mail address, then for the code that was sent there."""

    def __init__(self, links: PasswordLinks, forms: Forms, *, mailed: bool) -> None:
        self._links = links
        self._forms = forms
        self._mailed = mailed

    async def show(self, request: web.Request) -> web.Response:
        """The empty form."""
        return self._form(request, "forgot.html")

    async def submit(self, request: web.Request) -> web.Response:
        """Sends the mail and asks for its code, or goes on to the page of the code's link."""
        fields = await _fields(request)
        template = "forgot_sent.html" if "code" in fields else "forgot.html"
        email = fields.get("email", "").strip()
        try:
            return await self._submitted(request, fields, email)
        except NotYet as again:
            return self._form(request, template, again, email=email)

    async def _submitted(self, request: web.Request, fields: Mapping[str, str], email: str) -> web.Response:
        say, address = _voice(request), request.remote or ""
        if not self._forms.proves(fields.get("proof", ""), request, _FORGOT):
            raise _outdated(say)
        if not email or len(email) > _LONGEST_EMAIL:
            raise NotYet(HTTPStatus.BAD_REQUEST, say("Please enter your e-mail address."))
        try:
            if "code" in fields:
                token = await self._links.token_of_code(email, fields["code"], address=address)
                raise web.HTTPSeeOther(f"/password/{token}")
            await self._links.forgot(email, address=address)
        except DeadLink:
            sentence = say("This code is not right, or it was used, or it is older than an hour.")
            raise NotYet(HTTPStatus.BAD_REQUEST, sentence) from None
        except TooManyAttempts as refusal:
            raise not_yet(refusal, say) from None
        return self._form(request, "forgot_sent.html", email=email)

    def _form(
        self, request: web.Request, template: str, again: NotYet | None = None, *, email: str = ""
    ) -> web.Response:
        say = _voice(request)
        return _form_page(
            self._forms, request, template, token=_FORGOT, say=say, again=again, email=email, mailed=self._mailed
        )


def _form_page(
    forms: Forms,
    request: web.Request,
    template: str,
    *,
    token: str,
    say: Translator,
    again: NotYet | None,
    status: HTTPStatus = HTTPStatus.OK,
    email: str = "",
    purpose: str = "",
    used: bool = False,
    mailed: bool = True,
) -> web.Response:
    """A page with a form that is ours for ``token``, and what was wrong with it ``again``."""
    nonce = forms.nonce(request)
    response = page(
        template,
        say,
        status if again is None else again.status,
        proof=forms.proof(nonce, token),
        error="" if again is None else again.sentence,
        email=email,
        purpose=purpose,
        used=used,
        mailed=mailed,
    )
    forms.keep(response, nonce)
    if again is not None and again.retry_after is not None:
        response.headers["Retry-After"] = str(again.retry_after)
    return response


async def _fields(request: web.Request) -> Mapping[str, str]:
    try:
        return await read_form(request)
    except ValueError:
        # Without fields nothing is proven, and the form is shown again.
        return {}


def _voice(request: web.Request, link: PasswordLink | None = None) -> Translator:
    """In the user's language when they are known and have one, else in the browser's first."""
    known = link.user.language_code if link is not None else None
    return translator(known or request.headers.get("Accept-Language", "").partition(",")[0])


def _outdated(say: Translator) -> NotYet:
    return NotYet(HTTPStatus.FORBIDDEN, say("This page was open for too long. Please try again."))


def _weakness(weak: WeakPassword, say: Translator) -> str:
    if weak.common:
        return say("Too many people use this password, or it is your own name. Please choose another one.")
    return say("Please choose a password of at least 8 characters.")
