"""The pages behind a sign-in link, ``/sign-in/{token}``.

The first names the Teams user whom it connects, and asks for e-mail and password; who has several accounts chooses one;
the last shows the code to type into the chat, or hands it to the Teams window that opened the page.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from auth.forms import read_form
from auth.refusals import NotYet, incomplete, not_yet, outdated
from auth.rendering import browser_language, code_page, language_of, page
from auth.sign_in import UnknownLink, UsedLink
from auth.tab_sign_in import TabLink
from cloudlink.identity import AuthProvider
from cloudlink.model import Principal
from cloudlink.port import CloudLinkUnavailable, SignInRefused, TooManyAttempts, UnknownId

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from auth.entra.routing import EntraRouting
    from auth.forms import Forms
    from auth.sign_in import SignIn
    from cloudlink.model import Account, User
    from cloudlink.port import CloudLink
    from i18n import Translator
    from store.sign_ins import SignIn as OpenSignIn

logger = logging.getLogger(__name__)

# An e-mail address has at most 320 characters; a longer password would only keep the hash busy.
_LONGEST_FIELD = 1024
_PASSWORD = AuthProvider.CLOUDLINK.value


def add_sign_in_pages(
    app: web.Application,
    sign_in: SignIn,
    cloudlink: CloudLink,
    *,
    forms: Forms,
    forgot: bool = False,
    microsoft: EntraRouting | None = None,
) -> None:
    """Puts the pages into the server. They use ``/static/page.css`` and ``/static/sign-in.js``.

    ``forgot`` says that ``password_pages`` are in the server too, so that the form leads to them; ``microsoft`` that
    people may sign in by Entra ID, whose pages share ``forms``.
    ``request.remote`` is the address whose attempts are counted: a server behind a proxy has to set it to the client's.
    """
    pages = SignInPages(sign_in, cloudlink, forms, forgot, microsoft)
    app.router.add_get("/sign-in/{token}", pages.show)
    app.router.add_post("/sign-in/{token}", pages.submit)


@dataclass(frozen=True, slots=True)
class _Visit:
    """A request for a link that is open."""

    request: web.Request
    token: str
    opened: OpenSignIn | TabLink

    @property
    def say(self) -> Translator:
        """The language of the Teams user, not of the browser, when it is known."""
        return language_of(self.opened, self.request)

    @property
    def tab(self) -> bool:
        """Whether a tab has opened the link, and not the chat."""
        return isinstance(self.opened, TabLink)

    @property
    def name(self) -> str:
        """Whom the link connects; empty when it does not say."""
        return "" if isinstance(self.opened, TabLink) else self.opened.display_name


class SignInPages:
    """Handlers of a link. One that is unknown (404) or used (410) gets a page that says how to come by another."""

    def __init__(
        self, sign_in: SignIn, cloudlink: CloudLink, forms: Forms, forgot: bool, microsoft: EntraRouting | None
    ) -> None:
        self._sign_in = sign_in
        self._cloudlink = cloudlink
        self._forms = forms
        self._forgot = forgot
        self._microsoft = microsoft

    async def show(self, request: web.Request) -> web.Response:
        """The empty form."""
        return await self._visited(request, self._empty)

    async def submit(self, request: web.Request) -> web.Response:
        """The next page, or the form again with what was wrong.

        400 incomplete or no form, 401 refused, 403 not from our page, 413 too large, 429 too many attempts, 503
        CloudLink is silent.
        """
        return await self._visited(request, self._submitted)

    async def _visited(self, request: web.Request, answer: Callable[[_Visit], Awaitable[web.Response]]) -> web.Response:
        token = request.match_info["token"]
        try:
            return await answer(_Visit(request, token, await self._sign_in.anybodys(token)))
        except UnknownLink:
            return _dead_link(request, HTTPStatus.NOT_FOUND)
        except UsedLink:
            return _dead_link(request, HTTPStatus.GONE)

    async def _empty(self, visit: _Visit) -> web.Response:
        return self._form(visit, HTTPStatus.OK)

    async def _submitted(self, visit: _Visit) -> web.Response:
        fields: Mapping[str, str] = {}
        try:
            fields = await _fields(visit)
            if "principal" in fields:
                return await self._granted(visit, *self._chosen(visit, fields))
            if (path := await self._company(visit, fields)) is not None:
                return page("continue.html", visit.say, HTTPStatus.OK, path=path)
            return await self._recognised(visit, await self._users(visit, fields))
        except NotYet as again:
            response = self._form(visit, again.status, error=again.sentence, email=fields.get("email", ""))
            if again.retry_after is not None:
                response.headers["Retry-After"] = str(again.retry_after)
            return response

    async def _company(self, visit: _Visit, fields: Mapping[str, str]) -> str | None:
        """Where whoever gives an e-mail address and no password signs in, when their company has said so."""
        if self._microsoft is None or fields.get("password") or len(fields.get("email", "")) > _LONGEST_FIELD:
            return None
        return await self._microsoft.path_for(fields.get("email", ""), link=visit.token)

    async def _users(self, visit: _Visit, fields: Mapping[str, str]) -> Sequence[User]:
        """Whom the form's e-mail and password open."""
        if not self._forms.proves(fields.get("proof", ""), visit.request, visit.token):
            raise outdated(visit.say)
        email, password = fields.get("email", ""), fields.get("password", "")
        if not email or not password or max(len(email), len(password)) > _LONGEST_FIELD:
            raise incomplete(visit.say)
        try:
            return await self._cloudlink.sign_in(email, password, address=visit.request.remote or "")
        except (SignInRefused, TooManyAttempts, CloudLinkUnavailable) as refusal:
            raise not_yet(refusal, visit.say) from None

    async def _recognised(self, visit: _Visit, users: Sequence[User]) -> web.Response:
        if len(users) == 1:
            return await self._granted(visit, users[0].principal, AuthProvider.CLOUDLINK)
        try:
            accounts = [await self._cloudlink.account(user.principal) for user in users]
        except (UnknownId, CloudLinkUnavailable) as refusal:
            raise not_yet(refusal, visit.say) from None
        return self._choice(visit, list(zip(users, accounts, strict=True)))

    def _chosen(self, visit: _Visit, fields: Mapping[str, str]) -> tuple[Principal, AuthProvider]:
        """The account that was chosen, among those that a page had opened for this browser and this link."""
        content = (fields.get("account", ""), fields["principal"], fields.get("provider", ""))
        if not self._forms.proves(fields.get("proof", ""), visit.request, visit.token, *content):
            raise outdated(visit.say)
        return Principal(*content[:2]), AuthProvider(content[2])

    def _form(self, visit: _Visit, status: HTTPStatus, *, error: str = "", email: str = "") -> web.Response:
        nonce = self._forms.nonce(visit.request)
        proof = self._forms.proof(nonce, visit.token)
        response = page(
            "form.html",
            visit.say,
            status,
            tab=visit.tab,
            name=visit.name,
            proof=proof,
            error=error,
            email=email,
            forgot=self._forgot,
            microsoft=self._microsoft.path(link=visit.token) if self._microsoft else "",
        )
        self._forms.keep(response, nonce)
        return response

    def _choice(self, visit: _Visit, offered: Sequence[tuple[User, Account]]) -> web.Response:
        nonce = self._forms.nonce(visit.request)
        choices = [
            (user, account, self._forms.proof(nonce, visit.token, user.account_id, user.principal_id, _PASSWORD))
            for user, account in offered
        ]
        return page("choice.html", visit.say, HTTPStatus.OK, tab=visit.tab, name=visit.name, choices=choices)

    async def _granted(self, visit: _Visit, principal: Principal, provider: AuthProvider) -> web.Response:
        try:
            code = await self._sign_in.grant(visit.token, principal, provider)
        except TooManyAttempts as refusal:
            raise not_yet(refusal, visit.say) from None
        logger.info("a sign-in was granted", extra={"account_id": principal.account_id})
        return code_page(visit.opened, visit.say, code)


async def _fields(visit: _Visit) -> Mapping[str, str]:
    try:
        return await read_form(visit.request)
    except web.HTTPRequestEntityTooLarge:
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    except ValueError:
        status = HTTPStatus.BAD_REQUEST
    raise incomplete(visit.say, status)


def _dead_link(request: web.Request, status: HTTPStatus) -> web.Response:
    """In the browser's first language, since nobody is known."""
    return page("dead_link.html", browser_language(request), status, used=status is HTTPStatus.GONE)
