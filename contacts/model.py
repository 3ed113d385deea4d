"""What an administrator sees of the reading of contacts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class Trouble(StrEnum):
    """Why there are no contacts, or why they are old."""

    NOT_PERMITTED = "notPermitted"
    UNREACHABLE = "unreachable"
    REJECTED = "rejected"
    TOO_MANY = "tooMany"


@dataclass(frozen=True, slots=True)
class ContactSync:
    """Of one tenant: when all were read last, how many there are, and what went wrong since."""

    tenant_id: str
    contacts: int
    finished_on: datetime | None
    trouble: str | None


class ContactSyncs(Protocol):
    """For pages of an account whose administrator has been checked."""

    async def of_account(self, account_id: str) -> Sequence[ContactSync]:
        """By tenant; a tenant that was just connected is missing until its first reading."""
