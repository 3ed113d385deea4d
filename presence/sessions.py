"""Sessions that we may have left in Teams, as the database knows them; only the account's server writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, delete, select

from presence.claims import is_held
from presence.policy import Shown
from store import upsert
from store.database import DatabaseUnavailable
from store.padding import padded
from store.schema import presence_sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from presence.ledger import Write
    from presence.model import Switched
    from store.clock import Clock
    from store.database import Database

_PAGE = 1000
_s = presence_sessions.c
_OF_TENANT = and_(
    _s.account_id == bindparam("of_account"),
    _s.tenant_id == bindparam("of_tenant"),
    _s.application_id == bindparam("of_application"),
)
_SESSIONS = (
    select(_s.object_id, _s.shown)
    .where(_OF_TENANT, _s.object_id > bindparam("after"))
    .order_by(_s.object_id)
    .limit(_PAGE)
)
_INTEND = upsert.insert(presence_sessions)
_INTEND = _INTEND.on_conflict_do_update(
    index_elements=list(presence_sessions.primary_key),
    set_={"shown": _INTEND.excluded.shown, "written_on": _INTEND.excluded.written_on},
)
_ENDED = delete(presence_sessions).where(_OF_TENANT, _s.object_id.in_(bindparam("object_ids", expanding=True)))
_END_ALL = delete(presence_sessions).where(_OF_TENANT)


class LeaseLost(DatabaseUnavailable):
    """Another server looks after the account now; for whoever writes that is as good as no database."""


async def left(database: Database, switched: Switched, after: str = "") -> list[tuple[str, Shown]]:
    """The next sessions, that we may have left: object id and what it shows, by object id."""
    found = await database.scan(_SESSIONS, {**_key(switched), "after": after})
    return [(object_id, Shown(shown)) for object_id, shown in found]


async def end_all(database: Database, switched: Switched) -> None:
    """No session is left."""
    await database.write(lambda connection: connection.execute(_END_ALL, _key(switched)))


class SessionJournal:
    """Fulfils ``writer.Journal`` for as long as the server has the account's lease.

    ``lost`` is called when it turns out that another server has it.
    """

    def __init__(
        self, database: Database, switched: Switched, server: str, lost: Callable[[], object], now: Clock
    ) -> None:
        self._database = database
        self._switched = switched
        self.server = server
        self._lost = lost
        self._now = now

    async def intend(self, writes: Sequence[Write]) -> None:
        """Raises ``DatabaseUnavailable``: nothing may be sent then."""
        now = self._now()
        key = {
            "account_id": self._switched.account_id,
            "tenant_id": self._switched.tenant_id,
            "application_id": self._switched.application_id,
            "written_on": now,
        }
        intended = [
            {**key, "object_id": write.object_id, "shown": write.shown.value} for write in writes if write.shown
        ]

        await self._write(lambda connection: connection.execute(_INTEND, intended) if intended else None)

    async def ended(self, object_ids: Sequence[str]) -> None:
        """Raises ``DatabaseUnavailable``."""
        parameters = {**_key(self._switched), "object_ids": padded(object_ids)}
        await self._write(lambda connection: connection.execute(_ENDED, parameters))

    async def _write(self, change: Callable[[Connection], object]) -> None:
        def work(connection: Connection) -> bool:
            if not is_held(connection, self._switched.account_id, self.server):
                return False
            change(connection)
            return True

        if not await self._database.write(work):
            self._lost()
            raise LeaseLost("another server looks after the account")


def _key(switched: Switched) -> dict[str, object]:
    return {
        "of_account": switched.account_id,
        "of_tenant": switched.tenant_id,
        "of_application": switched.application_id,
    }
