"""The ``CloudLink`` port: every question that bot, tabs and auth may ask of CloudLink.

Two things stand behind it: ``cloudlink.service`` (embedded) and, for customers on Mitel's cloud, the public API. So
nothing here names a table, a token or a URL. Whoever asks is a ``Principal``; an id of another account is unknown, not
forbidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloudlink.model import Account, Call, Endpoint, LineState, Person, Principal, User

MAX_PAGE = 200
MAX_HIDDEN = 200


def check_limit(limit: int) -> None:
    """Raises ``ValueError`` for a page of that many."""
    if not 1 <= limit <= MAX_PAGE:
        raise ValueError(f"limit must be 1 to {MAX_PAGE}")


class CloudLinkError(Exception):
    """Any answer of CloudLink that is not the one asked for."""


class UnknownId(CloudLinkError):
    """No such account, user, endpoint or call for this principal."""


class SignInRefused(CloudLinkError):
    """The e-mail and the password do not go together; which of the two is wrong is not said."""


class SingleSignOnOnly(SignInRefused):
    """The password is right, but the account lets its people sign in by Microsoft alone."""


class TooManyAttempts(CloudLinkError):
    """Signing in is paused for this e-mail or address. ``retry_after`` is in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"retry after {retry_after:.0f} s")
        self.retry_after = retry_after


class CloudLinkUnavailable(CloudLinkError):
    """CloudLink did not answer; the same question may succeed later."""


class CallProblem(StrEnum):
    """Why a telephone does not do what its person wants."""

    NOT_A_NUMBER = "notANumber"
    SERVICE_CODE = "serviceCode"
    """With ``*`` or ``#``: such a code changes how telephones behave, so nobody but their person dials it."""
    BARRED = "barred"
    NOT_OFFERED = "notOffered"
    """No gateway of the account can, for this telephone at least."""
    NOT_CONNECTED = "notConnected"
    """The gateway or the PBX is away; nothing was tried."""
    REFUSED = "refused"
    """The PBX said no."""
    UNANSWERED = "unanswered"
    """Nobody knows whether the telephone rings."""
    TOO_MANY = "tooMany"


class CallFailed(CloudLinkError):
    """A call was not placed, answered or ended, or nobody knows.

    ``reason`` is the PBX's own word when it refused, ``retry_after`` how many seconds to wait after too many.
    """

    def __init__(self, problem: CallProblem, *, reason: str = "", retry_after: float = 0.0) -> None:
        super().__init__(f"{problem}: {reason}" if reason else str(problem))
        self.problem = problem
        self.reason = reason
        self.retry_after = retry_after


class CallKind(StrEnum):
    """The four lists of the call log."""

    ALL = "all"
    MISSED = "missed"
    INCOMING = "incoming"
    OUTGOING = "outgoing"


@dataclass(frozen=True, slots=True)
class CallPage:
    """Calls, newest first. ``next_cursor`` is opaque and ``None`` on the last page."""

    items: Sequence[Call]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """People by name, accents and case aside. ``next_cursor`` is opaque and ``None`` on the last page."""

    items: Sequence[Person]
    next_cursor: str | None


class CloudLink(Protocol):
    """The port. Every method may raise ``CloudLinkUnavailable``."""

    async def sign_in(self, email: str, password: str, *, address: str) -> Sequence[User]:
        """The users (one per account) whom e-mail and password open; never empty.

        ``address`` is the network address that asks, for the rate limit. Raises ``SignInRefused``,
        ``SingleSignOnOnly``, ``TooManyAttempts``.
        """

    async def account(self, who: Principal) -> Account:
        """The principal's own account. Raises ``UnknownId`` when it is gone or inactive."""

    async def user(self, who: Principal) -> User:
        """The principal as a user. Raises ``UnknownId`` when gone or inactive."""

    async def find_users(self, who: Principal, text: str, *, limit: int = 10) -> Sequence[User]:
        """Users of the account who have an extension and whose name contains ``text``, case-insensitively."""

    async def find_people(
        self, who: Principal, text: str = "", *, limit: int = 20, cursor: str | None = None
    ) -> PeoplePage:
        """Colleagues with an extension and the account's Microsoft 365 contacts, with numbers and line states.

        Each word of ``text`` must begin a word of the name, or a number; case and accents do not matter, nor what
        stands between digits. Nothing asked for finds everybody. A cursor that is not ours raises ``ValueError``.
        """

    async def line_states(self, who: Principal, principal_ids: Sequence[str]) -> Mapping[str, LineState]:
        """The line states of colleagues, ``MAX_PAGE`` at most; left out is who is not of the account, or not known."""

    async def endpoints(self, who: Principal) -> Sequence[Endpoint]:
        """The principal's own devices."""

    async def calls(
        self, who: Principal, kind: CallKind = CallKind.ALL, *, cursor: str | None = None, limit: int = 20
    ) -> CallPage:
        """The principal's own calls without the hidden ones. A cursor that is not ours raises ``ValueError``."""

    async def call(self, who: Principal, call_id: str) -> Call:
        """One call of the principal. Raises ``UnknownId``."""

    async def hide_calls(self, who: Principal, call_ids: Sequence[str], *, hide: bool = True) -> Sequence[str]:
        """Hides (or shows again) up to ``MAX_HIDDEN`` of the principal's calls. The API has no deletion.

        Answers the ids of those that were otherwise before: so whoever hides knows exactly what to show again.
        """

    async def can_place_calls(self, who: Principal) -> bool:
        """Whether ``place_call`` may be offered to the principal: their PBX can, though it may be away just now."""

    async def place_call(self, who: Principal, number: str, *, request_id: str) -> Call:
        """Rings the principal's own first device and, once it is lifted, calls ``number``, written as people do.

        The same ``request_id`` and number place one call, however often they come within some minutes. Raises
        ``CallFailed``, and ``UnknownId`` when the principal has no device. The call is as it begins, and no record yet.
        """
