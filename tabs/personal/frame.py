"""From a request to a ``PersonalVisit``, and pages for what CloudLink cannot answer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from auth.forms import read_form
from auth.session import CSRF_FIELD
from cloudlink.port import CloudLinkError, UnknownId
from i18n import translator
from reporting.errors import ErrorKind
from tabs.failures import VISITOR
from tabs.pages import browser_language, page
from tabs.personal.navigation import CALLS, ENTRANCE, TABS
from tabs.uploads import MULTIPART, read_multipart
from tabs.visitors import SignedOut, ask_to_sign_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from aiohttp.typedefs import Handler

    from cloudlink.model import Principal, User
    from cloudlink.port import CloudLink
    from i18n import Translator
    from reporting.errors import RecentErrors
    from store.clock import Clock
    from store.preferences import PreferenceStore
    from tabs.uploads import Upload
    from tabs.visitors import Visitor, Visitors

    Answer = Callable[["PersonalVisit"], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class PersonalVisit:
    """``zone`` is the IANA name of the person's clocks; ``sent`` holds the fields of a form, ``upload`` its file.

    With ``desk_phone`` they have chosen that call buttons ring it.
    """

    request: web.Request
    visitor: Visitor
    say: Translator
    zone: str
    now: datetime
    desk_phone: bool = False
    sent: Mapping[str, str] = field(default_factory=dict)
    upload: Upload | None = None

    @property
    def user(self) -> User:
        return self.visitor.session.user

    @property
    def who(self) -> Principal:
        return self.user.principal

    @property
    def csrf(self) -> str:
        """What each form of a browser carries; empty in Teams."""
        return self.visitor.csrf

    def page(self, template: str, *, status: HTTPStatus = HTTPStatus.OK, **values: object) -> web.Response:
        """A page of the person's own."""
        shown = {"visit": self, "tabs": TABS, "path": self.request.path, **values}
        response = page(f"personal/{template}", self.say, shown, status=status, script=True, connect=True)
        if not self.csrf:
            # A tenth of the size. In a browser's page the length would tell of the secret in it (the BREACH attack).
            response.enable_compression()
        return response


class PersonalFrame:
    """Makes aiohttp handlers of answers to visits."""

    def __init__(
        self,
        cloudlink: CloudLink,
        visitors: Visitors,
        preferences: PreferenceStore,
        errors: RecentErrors,
        now: Clock,
    ) -> None:
        self._cloudlink = cloudlink
        self._preferences = preferences
        self._visitors = visitors
        self._errors = errors
        self._now = now

    def shows(self, answer: Answer) -> Handler:
        """For GET. Who is not signed in is asked to, and comes back to the page."""

        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                visitor = await self._visitors.who(request)
            except SignedOut:
                return ask_to_sign_in(request, ENTRANCE.path, _home_of(request))
            return await self._answered(request, visitor, answer)

        return handle

    def changes(self, answer: Answer, *, upload: int = 0) -> Handler:
        """For POST: the visit holds what was sent. 403 without the session's own token, 400 for what is no form.

        With ``upload`` the form may bring a file, of which so many bytes are kept.
        """

        async def checked(visit: PersonalVisit) -> web.StreamResponse:
            try:
                sent, file = await _read(visit.request, upload)
            except ValueError:
                raise web.HTTPBadRequest from None
            if not self._visitors.accepts(visit.request, visit.visitor, sent.get(CSRF_FIELD, "")):
                raise web.HTTPForbidden
            return await answer(replace(visit, sent=sent, upload=file))

        return self.shows(checked)

    async def _answered(self, request: web.Request, visitor: Visitor, answer: Answer) -> web.StreamResponse:
        user = visitor.session.user
        request[VISITOR] = user.principal
        chosen = await self._preferences.of(user.principal)
        language = chosen.language or user.language_code
        say = translator(language) if language else browser_language(request)
        try:
            zone = chosen.time_zone or user.time_zone or (await self._cloudlink.account(user.principal)).time_zone
            return await answer(PersonalVisit(request, visitor, say, zone, self._now(), chosen.desk_phone))
        except UnknownId:
            return page("gone.html", say, status=HTTPStatus.NOT_FOUND)
        except CloudLinkError:
            self._errors.note(user.principal, ErrorKind.UNAVAILABLE)
            return page("unavailable.html", say, status=HTTPStatus.SERVICE_UNAVAILABLE)


async def _read(request: web.Request, upload: int) -> tuple[Mapping[str, str], Upload | None]:
    """Raises ``ValueError`` for what is no form."""
    if upload and request.content_type == MULTIPART:
        return await read_multipart(request, kept=upload)
    return await read_form(request), None


def _home_of(request: web.Request) -> str:
    """The tab to which somebody comes back who was not signed in any more."""
    return next((tab.path for tab in TABS if request.path.startswith(tab.path)), CALLS.path)
