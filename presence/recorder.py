"""What the services here tell the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from cloudlink.administration.actor import Actor


class Recorder(Protocol):
    """Writes an entry of the audit log in the caller's transaction (``cloudlink.service.administration.audit``)."""

    def __call__(
        self,
        connection: Connection,
        actor: Actor,
        account_id: str,
        action: str,
        *,
        subject: tuple[str, str, str],
        now: datetime,
    ) -> None: ...
