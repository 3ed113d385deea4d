"""Signing in to the console or to the personal tabs, in a browser of its own. A Teams tab never comes here."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from aiohttp import web

from auth.forms import read_form
from auth.refusals import NotYet, incomplete, not_yet, outdated
from auth.session import local_path
from cloudlink.identity import AuthProvider
from cloudlink.model import Principal
from cloudlink.port import CloudLinkUnavailable, SignInRefused, TooManyAttempts, UnknownId
from tabs.pages import browser_language, page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from auth.entra.routing import EntraRouting
    from auth.forms import Forms
    from auth.session import BrowserSessions
    from cloudlink.model import Account, User
    from cloudlink.port import CloudLink
    from i18n import Translator

logger = logging.getLogger(__name__)

# What the proofs of these forms are for (``auth.forms``).
_PURPOSE = "browser"
_LONGEST_EMAIL = 320
# A longer password would only keep the hash busy.
_LONGEST_FIELD = 1024


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where a sign-in page is, and ``home``, to which it leads whoever did not want to go anywhere in particular."""

    path: str
    home: str
    title: Callable[[Translator], str]


class SignInPages:
    """The sign-in page at an entrance. Its session opens the console and the personal tabs alike.

    ``microsoft`` leads to the sign-on of people's companies, if there is one. ``forgot`` says that
    ``auth.password_pages`` are in the server too, so that the form leads to them.
    """

    def __init__(
        self,
        entrance: Entrance,
        cloudlink: CloudLink,
        browsers: BrowserSessions,
        forms: Forms,
        microsoft: EntraRouting | None,
        *,
        forgot: bool = True,
    ) -> None:
        self._entrance = entrance
        self._cloudlink = cloudlink
        self._browsers = browsers
        self._forms = forms
        self._microsoft = microsoft
        self._forgot = forgot

    def add_to(self, app: web.Application) -> None:
        """Puts the page into the server."""
        app.router.add_get(self._entrance.path, self.show)
        app.router.add_post(self._entrance.path, self.submit)

    async def show(self, request: web.Request) -> web.StreamResponse:
        """The empty form; who is signed in already goes on, unless they are to sign in ``again``. ``hint`` fills it."""
        if "again" not in request.query and await self._browsers.find(request) is not None:
            raise web.HTTPSeeOther(self._next(request))
        hint = request.query.get("hint", "")[:_LONGEST_EMAIL]
        return self._form(request, browser_language(request), email=hint)

    async def submit(self, request: web.Request) -> web.StreamResponse:
        """Signs in, or asks which of several accounts, or shows the form with what was wrong.

        400 incomplete, 401 refused, 403 not from our page, 413 too large, 429 too many attempts, 503 no answer.
        """
        say = browser_language(request)
        fields: Mapping[str, str] = {}
        try:
            fields = await _fields(request, say)
            if "principal" in fields:
                return await self._begin(request, self._chosen(request, fields, say), say)
            if (path := await self._company(request, fields)) is not None:
                return page("sign_in/company.html", say, {"path": path})
            users = await self._users(request, fields, say)
            if len(users) == 1:
                return await self._begin(request, users[0].principal, say)
            return await self._choice(request, users, say)
        except NotYet as again:
            return self._form(request, say, again=again, email=fields.get("email", ""))

    async def _company(self, request: web.Request, fields: Mapping[str, str]) -> str | None:
        """Where whoever gives an e-mail address and no password signs in, when their company has said so."""
        if self._microsoft is None or fields.get("password") or len(fields.get("email", "")) > _LONGEST_EMAIL:
            return None
        return await self._microsoft.path_for(fields.get("email", ""), next=self._next(request))

    async def _users(self, request: web.Request, fields: Mapping[str, str], say: Translator) -> Sequence[User]:
        """Whom e-mail and password open, one for each account. Raises ``NotYet``."""
        if not self._forms.proves(fields.get("proof", ""), request, _PURPOSE):
            raise outdated(say)
        email, password = fields.get("email", "").strip(), fields.get("password", "")
        if not email or not password or max(len(email), len(password)) > _LONGEST_FIELD:
            raise incomplete(say)
        try:
            return await self._cloudlink.sign_in(email, password, address=request.remote or "")
        except (SignInRefused, TooManyAttempts, CloudLinkUnavailable) as refusal:
            raise not_yet(refusal, say) from None

    def _chosen(self, request: web.Request, fields: Mapping[str, str], say: Translator) -> Principal:
        """The account that was chosen among those that the password had opened for this browser."""
        chosen = Principal(fields.get("account", ""), fields["principal"])
        content = (chosen.account_id, chosen.principal_id)
        if not self._forms.proves(fields.get("proof", ""), request, _PURPOSE, *content):
            raise outdated(say)
        return chosen

    async def _begin(self, request: web.Request, who: Principal, say: Translator) -> web.StreamResponse:
        response = web.HTTPSeeOther(self._next(request))
        try:
            await self._browsers.begin(request, response, who, AuthProvider.CLOUDLINK)
        except UnknownId:
            # The user or the account was deactivated since the password was typed.
            raise not_yet(SignInRefused(), say) from None
        logger.info("somebody signed in with a browser", extra={"account_id": who.account_id})
        raise response

    async def _choice(self, request: web.Request, users: Sequence[User], say: Translator) -> web.Response:
        nonce = self._forms.nonce(request)
        choices: list[tuple[User, Account, str]] = []
        for user in users:
            try:
                account = await self._cloudlink.account(user.principal)
            except (UnknownId, CloudLinkUnavailable) as refusal:
                raise not_yet(refusal, say) from None
            proof = self._forms.proof(nonce, _PURPOSE, user.account_id, user.principal_id)
            choices.append((user, account, proof))
        return page("sign_in/choice.html", say, {"choices": choices, "action": self._action(request)})

    def _form(
        self, request: web.Request, say: Translator, *, again: NotYet | None = None, email: str = ""
    ) -> web.Response:
        nonce = self._forms.nonce(request)
        values = {
            "title": self._entrance.title(say),
            "action": self._action(request),
            "proof": self._forms.proof(nonce, _PURPOSE),
            "error": again.sentence if again else "",
            "email": email,
            "microsoft": self._microsoft.path(next=self._next(request), hint=email) if self._microsoft else "",
            "forgot": self._forgot,
        }
        response = page("sign_in/form.html", say, values, status=again.status if again else HTTPStatus.OK)
        if again is not None and again.retry_after is not None:
            response.headers["Retry-After"] = str(again.retry_after)
        self._forms.keep(response, nonce)
        return response

    def _next(self, request: web.Request) -> str:
        return local_path(request.query.get("next", ""), self._entrance.home)

    def _action(self, request: web.Request) -> str:
        return f"{self._entrance.path}?next={quote(self._next(request), safe='')}"


async def _fields(request: web.Request, say: Translator) -> Mapping[str, str]:
    try:
        return await read_form(request)
    except web.HTTPRequestEntityTooLarge:
        raise incomplete(say, HTTPStatus.REQUEST_ENTITY_TOO_LARGE) from None
    except ValueError:
        raise incomplete(say) from None
