"""Fulfils ``Watchers``, and keeps the sign-ins of new ones (``auth.entra.watching``).

Rights come with the integration: who may see that of presence may say who watches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from cloudlink.administration.integrations import IntegrationKind
from cloudlink.administration.refusals import Reason, Refused
from cloudlink.port import UnknownId
from graph.tokens import known_by
from presence import watchers
from store.clock import Clock, utc_now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from cloudlink.administration.actor import Actor
    from cloudlink.administration.integrations import Integrations
    from graph.tokens import Registration
    from presence.model import Watcher
    from presence.recorder import Recorder
    from store.database import Database
    from store.vault import Vault

MOST = 100
"""Of one account: for 65,000 people."""


class WatcherService:
    """On the store. ``entra_url`` is Entra ID's base URL, for the applications of customers."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        integrations: Integrations,
        record: Recorder,
        *,
        entra_url: str,
        now: Clock = utc_now,
    ) -> None:
        self._database = database
        self._vault = vault
        self._integrations = integrations
        self._record = record
        self._entra_url = entra_url
        self._now = now

    async def all(self, actor: Actor, account_id: str) -> Sequence[Watcher]:
        await self._integrations.all(actor, account_id)
        return await watchers.shown(self._database, account_id)

    async def remove(self, actor: Actor, account_id: str, watcher_id: str) -> None:
        await self._integrations.all(actor, account_id)

        def work(connection: Connection) -> None:
            object_id = watchers.remove(connection, account_id, watcher_id)
            if object_id is None:
                raise UnknownId("no such watcher")
            self._note(connection, actor, account_id, "watcher.removed", object_id)

        await self._database.write(work)

    async def application(self, actor: Actor, account_id: str) -> tuple[str, Registration]:
        told = await self._configured(actor, account_id)
        credential = await self._integrations.secret(account_id, IntegrationKind.TEAMS_PRESENCE)
        if told is None or credential is None:
            raise Refused(Reason.STATE)
        tenant_id, app_id = told
        return tenant_id, known_by(app_id, self._entra_url, credential)

    async def signed_in(
        self, actor: Actor, account_id: str, *, application: tuple[str, str], object_id: str, refresh_token: str
    ) -> None:
        if await self._configured(actor, account_id) != application:
            raise Refused(Reason.STATE)
        now = self._now()
        row = {
            "watcher_id": str(uuid4()),
            "account_id": account_id,
            "tenant_id": application[0],
            "application_id": application[1],
            "object_id": object_id,
            "refresh_encrypted": self._vault.encrypt(refresh_token),
            "added_on": now,
            "next_on": now,
        }

        def work(connection: Connection) -> None:
            watchers.signed_in(connection, row)
            # One more is found out after the fact, since the one who signs in may be among them.
            if watchers.count(connection, account_id) > MOST:
                raise Refused(Reason.TOO_MANY)
            self._note(connection, actor, account_id, "watcher.signedIn", object_id)

        await self._database.write(work)

    async def _configured(self, actor: Actor, account_id: str) -> tuple[str, str] | None:
        """Tenant and client id of the account's presence."""
        for each in await self._integrations.all(actor, account_id):
            if each.kind == IntegrationKind.TEAMS_PRESENCE:
                return each.configuration["tenantId"], each.configuration["clientId"]
        return None

    def _note(self, connection: Connection, actor: Actor, account_id: str, action: str, object_id: str) -> None:
        subject = ("watcher", object_id, object_id)
        self._record(connection, actor, account_id, action, subject=subject, now=self._now())
