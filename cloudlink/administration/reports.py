"""Problem reports: people write a draft, see what would be sent, and send it; administrators look after them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cloudlink.administration.actor import Actor
    from cloudlink.model import Principal

LONGEST_TEXT = 4_000


class ReportState(StrEnum):
    """Whether somebody looks after it; in the order in which they are worked off."""

    OPEN = "open"
    IN_PROGRESS = "inProgress"
    CLOSED = "closed"


class Category(StrEnum):
    """What a problem is about. Stored reports may hold other words."""

    CALL_LOG = "callLog"
    CALLING = "calling"
    SIGN_IN = "signIn"
    PRESENCE = "presence"
    OTHER = "other"


class Fact(StrEnum):
    """What the app adds to what a person writes."""

    VERSION = "version"
    CLIENT = "client"
    DEVICE = "device"
    BROWSER = "browser"
    LANGUAGE = "language"
    TIME_ZONE = "timeZone"
    GATEWAY = "gateway"
    ERRORS = "errors"
    FAILED_REQUESTS = "failedRequests"


@dataclass(frozen=True, slots=True)
class Picture:
    """A screenshot whose header was checked; ``media_type`` is ``image/png``, ``image/jpeg`` or ``image/webp``."""

    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Report:
    """What a person says does not work. ``facts``, by ``Fact``, is what the app added and they have seen.

    ``answer`` is what whoever looks after it says to them, empty so far. ``has_picture``: there is a screenshot.
    """

    report_id: str
    account_id: str
    principal_id: str
    name: str
    category: str
    text: str
    facts: Mapping[str, str]
    state: str
    answer: str
    created_on: datetime
    changed_on: datetime
    has_picture: bool

    @property
    def reference(self) -> str:
        """What people quote: the beginning of the id."""
        return reference_of(self.report_id)


@dataclass(frozen=True, slots=True)
class NewReport:
    """What is to be sent: ``text`` and ``facts`` as support will read them.

    ``written`` is the text as its author typed it, to go on with; it is not sent. ``keep_numbers``: they agreed that
    telephone numbers stay in it.
    """

    category: str
    written: str
    text: str
    facts: Mapping[str, str]
    keep_numbers: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A report that waits to be sent, for a day. ``recipients`` are the addresses that will get it by mail."""

    draft_id: str
    new: NewReport
    has_picture: bool
    recipients: Sequence[str]


def reference_of(report_id: str) -> str:
    """The first eight characters, in capitals."""
    return report_id[:8].upper()


class OwnReports(Protocol):
    """A person's own: nobody else's is ever found. Each method may raise ``UnknownId`` for who is not active."""

    async def draft(
        self, who: Principal, new: NewReport, picture: Picture | None = None, *, keep_picture: bool = False
    ) -> Draft:
        """Keeps what is to be sent, in place of an earlier draft; ``keep_picture`` takes over that one's picture.

        Raises ``Refused`` for an empty or too long text.
        """

    async def find_draft(self, who: Principal) -> Draft | None:
        """The one that waits, if there is one."""

    async def draft_picture(self, who: Principal, draft_id: str) -> Picture:
        """Its screenshot. Raises ``UnknownId``."""

    async def discard(self, who: Principal) -> None:
        """Forgets the draft and its picture."""

    async def send(self, who: Principal, draft_id: str) -> Report:
        """Files the draft as it was shown, with a receipt by mail to its author and a mail to the support contacts.

        Again for a draft that was sent already it answers the same report. Raises ``UnknownId`` for a draft that is
        not there any more, ``Refused`` (``TOO_MANY``) for more reports in a day than anybody reads.
        """

    async def sent(self, who: Principal, *, limit: int = 20) -> Sequence[Report]:
        """Newest first."""

    async def by_reference(self, who: Principal, reference: str) -> Report:
        """The newest with that reference, whatever its case. Raises ``UnknownId``."""

    async def get(self, who: Principal, report_id: str) -> Report:
        """One. Raises ``UnknownId``."""

    async def picture(self, who: Principal, report_id: str) -> Picture:
        """The screenshot of a report. Raises ``UnknownId``."""


class Reports(Protocol):
    """Account Admins and their partner."""

    async def all(
        self, actor: Actor, account_id: str, *, state: ReportState | None = None, limit: int = 50
    ) -> Sequence[Report]:
        """Those of a state, or all in the order of their states; newest first."""

    async def get(self, actor: Actor, account_id: str, report_id: str) -> Report:
        """One. Raises ``UnknownId``."""

    async def picture(self, actor: Actor, account_id: str, report_id: str) -> Picture:
        """Its screenshot. Raises ``UnknownId``."""

    async def change(
        self, actor: Actor, account_id: str, report_id: str, state: ReportState, answer: str | None = None
    ) -> Report:
        """Gives it a state and, unless it is ``None``, an answer, which its author is told of.

        Raises ``UnknownId``, ``Refused``.
        """
