"""What the bot and a person are in the middle of, so that a restart loses no conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, select

from store.clock import Clock, utc_now
from store.schema import dialogs
from store.teams_user import key_of, owned_by
from store.upsert import insert

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from store.database import Database
    from store.identity import TeamsUser

_HERE = and_(owned_by(dialogs), dialogs.c.conversation_id == bindparam("conversation_id"))
_LOAD = select(dialogs.c.name, dialogs.c.state).where(_HERE, dialogs.c.expires_at > bindparam("now"))
_SAVE = insert(dialogs)
_SAVE = _SAVE.on_conflict_do_update(
    index_elements=list(dialogs.primary_key),
    set_={name: _SAVE.excluded[name] for name in ("name", "state", "expires_at")},
)
_CLEAR = delete(dialogs).where(_HERE)


@dataclass(frozen=True, slots=True)
class DialogState:
    """The dialog by name, and what it wants to know again, as JSON."""

    name: str
    state: Mapping[str, Any]


class Dialogs:
    """At most one dialog for each Teams user and conversation."""

    def __init__(self, database: Database, now: Clock = utc_now) -> None:
        self._database = database
        self._now = now

    async def load(self, user: TeamsUser, conversation_id: str) -> DialogState | None:
        """The dialog that is open; ``None`` once its lifetime is over."""
        rows = await self._database.read(_LOAD, {**_key(user, conversation_id), "now": self._now()})
        return DialogState(*rows[0]) if rows else None

    async def save(self, user: TeamsUser, conversation_id: str, dialog: DialogState, lifetime: timedelta) -> None:
        """Opens the dialog, or carries it on, in place of any other."""
        row = {
            **_key(user, conversation_id),
            "name": dialog.name,
            "state": dict(dialog.state),
            "expires_at": self._now() + lifetime,
        }
        await self._database.write(lambda connection: connection.execute(_SAVE, row))

    async def clear(self, user: TeamsUser, conversation_id: str) -> None:
        """Ends the dialog, if one is open."""
        await self._database.write(lambda connection: connection.execute(_CLEAR, _key(user, conversation_id)))


def _key(user: TeamsUser, conversation_id: str) -> dict[str, object]:
    return {**key_of(user), "conversation_id": conversation_id}
