"""Who changed what, when, from where: entries that nobody can edit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cloudlink.administration.actor import Actor


@dataclass(frozen=True, slots=True)
class Entry:
    """One change. ``before`` and ``after`` hold the fields that differ; secrets appear as ``***``."""

    entry_id: int
    account_id: str
    at: datetime
    actor_kind: str
    actor_id: str | None
    actor_name: str
    address: str
    correlation_id: str
    action: str
    subject_kind: str
    subject_id: str
    subject_name: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, newest first; ``next_cursor`` is ``None`` on the last page."""

    items: Sequence[Entry]
    next_cursor: str | None


class Audit(Protocol):
    """Account Admins and their partner."""

    async def entries(
        self,
        actor: Actor,
        account_id: str,
        *,
        subject_id: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> AuditPage:
        """The account's entries, or those about one subject. Raises ``UnknownId``, ``NotAllowed``."""
