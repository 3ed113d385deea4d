"""Fulfils ``ContactSyncs``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contacts import rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contacts.model import ContactSync
    from store.database import Database


class ContactSyncService:
    """On the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_account(self, account_id: str) -> Sequence[ContactSync]:
        return await rows.shown(self._database, account_id)
