"""Where the bot can reach a person: the reference to their personal conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, select

from store.clock import Clock, utc_now
from store.identity import TeamsUser
from store.schema import conversations
from store.teams_user import key_of, owned_by
from store.upsert import insert

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from store.database import Database

_OF = select(conversations.c.conversation_id, conversations.c.reference).where(owned_by(conversations))
_OWNER = select(conversations.c.app_id, conversations.c.tenant_id, conversations.c.user_id).where(
    and_(
        conversations.c.app_id == bindparam("app_id"),
        conversations.c.tenant_id == bindparam("tenant_id"),
        conversations.c.conversation_id == bindparam("conversation_id"),
    )
)
_SAVE = insert(conversations)
_SAVE = _SAVE.on_conflict_do_update(
    index_elements=list(conversations.primary_key),
    set_={name: _SAVE.excluded[name] for name in ("conversation_id", "reference", "changed_on")},
)
_FORGET = delete(conversations).where(owned_by(conversations))


@dataclass(frozen=True, slots=True)
class Conversation:
    """``reference`` is the Bot Framework's ConversationReference as JSON."""

    conversation_id: str
    reference: Mapping[str, Any]


class Conversations:
    """The personal conversation of each Teams user; one a user."""

    def __init__(self, database: Database, now: Clock = utc_now) -> None:
        self._database = database
        self._now = now

    async def remember(self, user: TeamsUser, conversation_id: str, reference: Mapping[str, Any]) -> bool:
        """Keeps the reference; whether this conversation is new, so that the bot greets once.

        Costs one read when nothing has changed. Of several tasks that bring a new one, one is told so.
        """
        conversation = Conversation(conversation_id, dict(reference))
        if await self.of(user) == conversation:
            return False
        row = {
            **key_of(user),
            "conversation_id": conversation_id,
            "reference": conversation.reference,
            "changed_on": self._now(),
        }

        def work(connection: Connection) -> bool:
            before = connection.execute(_OF, key_of(user)).first()
            connection.execute(_SAVE, row)
            return before is None or before.conversation_id != conversation_id

        return await self._database.write(work)

    async def of(self, user: TeamsUser) -> Conversation | None:
        """The conversation in which the bot can reach the Teams user."""
        rows = await self._database.read(_OF, key_of(user))
        return Conversation(*rows[0]) if rows else None

    async def owner(self, app_id: str, tenant_id: str, conversation_id: str) -> TeamsUser | None:
        """Whose personal conversation it is; ``None`` for one that the bot does not know."""
        key = {"app_id": app_id, "tenant_id": tenant_id, "conversation_id": conversation_id}
        rows = await self._database.read(_OWNER, key)
        return TeamsUser(*rows[0]) if rows else None

    async def forget(self, user: TeamsUser) -> None:
        """After the app was removed: the bot can no longer reach the Teams user."""
        await self._database.write(lambda connection: connection.execute(_FORGET, key_of(user)))
