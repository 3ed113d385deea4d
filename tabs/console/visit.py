"""A request of somebody who is signed in, and the answers that a page gives to it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from cloudlink import correlation
from cloudlink.administration.actor import Actor
from cloudlink.administration.refusals import NotAllowed
from cloudlink.model import Role
from cloudlink.port import UnknownId
from tabs.console.forms import Sent
from tabs.console.navigation import ACCOUNTS, ADMINISTRATORS, account_path, sections
from tabs.console.once import new_form_id
from tabs.console.sentences import NOTES
from tabs.pages import page

if TYPE_CHECKING:
    from datetime import datetime

    from cloudlink.administration.accounts import AccountRecord
    from cloudlink.identity import Session
    from i18n import Translator

# As our ids are; anything else is not worth asking a database for, and PostgreSQL refuses some of it.
_ID = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Visit:
    """``account`` is the one whose pages these are, the visitor's own or a customer's. ``csrf`` is empty in Teams."""

    request: web.Request
    session: Session
    own: AccountRecord
    account: AccountRecord
    say: Translator
    now: datetime
    csrf: str = ""
    sent: Sent = field(default_factory=Sent)

    @property
    def actor(self) -> Actor:
        """The visitor, as the audit log names them."""
        return Actor.of_user(self.session.user, address=self.request.remote or "", correlation_id=correlation.current())

    @property
    def is_partner(self) -> bool:
        return self.session.user.role == Role.PARTNER_ADMIN

    @property
    def is_owner(self) -> bool:
        """Whether they are the partner of the account that is shown."""
        return self.is_partner and self.account.partner_id == self.session.user.account_id

    @property
    def account_id(self) -> str:
        return self.account.account_id

    @property
    def form_key(self) -> tuple[str, str, str]:
        """What a form that is sent twice has in common (``once``)."""
        return self.session.session_id, self.request.path, self.sent.text("form_id") or new_form_id()

    def require_administrator(self) -> None:
        """Raises ``NotAllowed`` for who administers nothing."""
        if self.session.user.role not in ADMINISTRATORS:
            raise NotAllowed("only administrators may")

    def id(self, name: str) -> str:
        """An id in the address. Raises ``UnknownId`` for what can be none."""
        return checked_id(self.request.match_info[name])

    def path(self, *rest: str) -> str:
        """A page of the account that is shown."""
        return account_path(self.account_id, *rest)

    def when(self, moment: datetime | None) -> str:
        """A moment on the visitor's clock; a dash when there is none."""
        if moment is None:
            return "\u2013"
        zone = self.session.user.time_zone or self.own.account.time_zone
        return self.say.when(moment, now=self.now, zone=zone)

    def page(self, template: str, place: str, *, status: HTTPStatus = HTTPStatus.OK, **values: object) -> web.Response:
        """A page of the console; ``place`` is the key of its page group in the navigation."""
        note = NOTES.get(self.request.query.get("note", ""))
        frame = {
            "visit": self,
            "note": note(self.say) if note and status is HTTPStatus.OK else "",
            "sections": sections(self.session.user.role, self.account, place, self.say),
            "accounts_path": ACCOUNTS,
            "form_id": new_form_id(),
        }
        return page(f"console/{template}", self.say, {**frame, **values}, status=status, script=True, connect=True)


def checked_id(text: str) -> str:
    """The text. Raises ``UnknownId`` unless it may be an id of ours."""
    if not _ID.fullmatch(text):
        raise UnknownId("not an id")
    return text


def see(path: str, note: str = "") -> web.HTTPSeeOther:
    """Sends the browser on after a change, to a page that says what was done: a key of ``NOTES``."""
    return web.HTTPSeeOther(f"{path}?note={note}" if note else path)
