"""Problem reports."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cloudlink.administration.actor import Actor
    from cloudlink.model import Principal


class ReportState(StrEnum):
    """Whether somebody looks after it."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Report:
    """What a person says does not work; ``facts`` is what the app added and they agreed to."""

    report_id: str
    account_id: str
    principal_id: str
    name: str
    category: str
    text: str
    facts: Mapping[str, str]
    state: str
    created_on: datetime

    @property
    def reference(self) -> str:
        """What people quote: the beginning of the id."""
        return self.report_id[:8].upper()


class Reports(Protocol):
    """Anybody reports; Account Admins and their partner read and close."""

    async def file(self, who: Principal, category: str, text: str, facts: Mapping[str, str]) -> Report:
        """Stores it and writes a receipt by mail.

        Raises ``Refused`` for an empty or too long text, ``UnknownId`` for somebody who is not an active user.
        """

    async def all(
        self, actor: Actor, account_id: str, *, state: ReportState | None = None, limit: int = 50
    ) -> Sequence[Report]:
        """Those of a state, or all with open ones first; newest first."""

    async def get(self, actor: Actor, account_id: str, report_id: str) -> Report:
        """One. Raises ``UnknownId``."""

    async def set_state(self, actor: Actor, account_id: str, report_id: str, state: ReportState) -> Report:
        """Closes or opens it. Raises ``UnknownId``."""
