"""Mail that the service has written."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cloudlink.administration.actor import Actor


class MailState(StrEnum):
    """``SHOWN``: there is no SMTP server, so an administrator reads the message here and passes it on."""

    QUEUED = "queued"
    SENT = "sent"
    SHOWN = "shown"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Mail:
    """A message to one person. ``error`` is what the mail server said last."""

    mail_id: str
    account_id: str
    principal_id: str | None
    template: str
    recipient: str
    state: str
    attempts: int
    error: str | None
    created_on: datetime
    sent_on: datetime | None


@dataclass(frozen=True, slots=True)
class Message:
    """What it says."""

    subject: str
    text: str
    html: str


class Mails(Protocol):
    """Account Admins and their partner."""

    async def recent(self, actor: Actor, account_id: str, *, limit: int = 50) -> Sequence[Mail]:
        """Newest first."""

    async def message(self, actor: Actor, account_id: str, mail_id: str) -> Message:
        """What an unsent mail says, its link included; looking is in the audit log. A sent one raises ``UnknownId``."""

    async def retry(self, actor: Actor, account_id: str, mail_id: str) -> None:
        """Sends a failed or shown one again at once. Raises ``UnknownId``."""
