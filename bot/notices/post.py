"""Sends a notice, and writes down what became of it."""

from __future__ import annotations

import logging
import random
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.cards.desk_phone import with_desk_phone
from bot.connector import ConnectorBusy, ConnectorError, ConnectorRefused, ConversationGone
from bot.wire import unasked
from store.clock import Clock, utc_now

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from bot.cards import Card
    from bot.connector import Connector
    from bot.notices.pace import Pace
    from bot.notices.readers import Reader
    from store.conversations import Conversations
    from store.notices import Notice, Notices, Told

logger = logging.getLogger(__name__)

_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 300.0
_MOST_ATTEMPTS = 40
# Within the lease by which the rows are held.
_LONGEST_PAUSE_S = 5.0
# What is wrong on Teams' side, or with our token, may be right later.
_MAY_PASS = 500
_UNAUTHORISED = 401


class Post:
    """Of one worker. ``connector`` tries once and leaves trying again to the rows; ``sleep`` is for the pace.

    ``dial_address`` is what the address of each dial page begins with.
    """

    def __init__(
        self,
        connector: Connector,
        pace: Pace,
        notices: Notices,
        conversations: Conversations,
        *,
        dial_address: str,
        worker: str,
        sleep: Callable[[float], Awaitable[None]],
        now: Clock = utc_now,
    ) -> None:
        self._connector = connector
        self._pace = pace
        self._notices = notices
        self._conversations = conversations
        self._dial_address = dial_address
        self._worker = worker
        self._sleep = sleep
        self._now = now

    async def deliver(
        self,
        reader: Reader,
        batch: Sequence[Notice],
        card: Card,
        *,
        caller: str | None = None,
        into: Told | None = None,
    ) -> bool:
        """One card for the whole batch; ``into`` the place of an earlier one. Raises nothing of the connector's.

        Answers whether it stands in the chat.
        """
        pause = self._pace.take(reader.user.tenant_id, reader.conversation.conversation_id, _LONGEST_PAUSE_S)
        if pause > _LONGEST_PAUSE_S:
            await self._notices.later(batch, self._worker, self._now() + timedelta(seconds=pause))
            return False
        if pause > 0:
            await self._sleep(pause)
        try:
            activity_id = await self._send(reader, batch, card, into)
        except ConversationGone as gone:
            await self._gone(reader, batch, gone, into)
        except ConnectorBusy as busy:
            await self._again(batch, busy.retry_after)
        except ConnectorRefused as refused:
            await self._refused(batch, refused)
        except ConnectorError:
            logger.warning("nobody knows whether a notice arrived", extra={"notices": len(batch)})
            await self._notices.drop(batch, self._worker)
        else:
            if activity_id is not None:
                await self._notices.sent(batch, self._worker, activity_id or None, caller)
                return True
        return False

    async def _send(self, reader: Reader, batch: Sequence[Notice], card: Card, into: Told | None) -> str | None:
        """The message's id; ``None`` when the rows are no longer ours."""
        where, reference = reader.conversation.conversation_id, reader.conversation.reference
        if reader.preferences.desk_phone:
            card = with_desk_phone(card, self._dial_address)
        message = unasked(reference, card)
        service_url = str(reference["serviceUrl"])
        if into is not None:
            # Sent twice it shows the same.
            await self._connector.update(service_url, where, into.activity_id, message)
            return into.activity_id
        if not await self._notices.sending(batch, self._worker):
            return None
        return await self._connector.send(service_url, where, message)

    async def _gone(self, reader: Reader, batch: Sequence[Notice], gone: ConversationGone, into: Told | None) -> None:
        if into is not None and gone.status == 404:
            # The person has deleted that message alone.
            await self._notices.forget_message(reader.user, into.activity_id)
            await self._notices.later(batch, self._worker, self._now())
            return
        logger.info("somebody cannot be reached any more", extra={"status": gone.status})
        await self._conversations.forget(reader.user)
        await self._notices.drop(batch, self._worker)
        await self._notices.drop_all(reader.user)

    async def _refused(self, batch: Sequence[Notice], refused: ConnectorRefused) -> None:
        if refused.status >= _MAY_PASS or refused.status == _UNAUTHORISED:
            await self._again(batch, None)
            return
        logger.error("the connector refuses a notice", extra={"status": refused.status, "cause": str(refused)})
        await self._notices.drop(batch, self._worker)

    async def _again(self, batch: Sequence[Notice], retry_after: float | None) -> None:
        """After as long as asked for, else after a wait that grows; the jitter keeps people apart."""
        attempts = max(each.attempts for each in batch)
        if attempts >= _MOST_ATTEMPTS:
            await self._notices.drop(batch, self._worker)
            return
        wait = (
            retry_after if retry_after is not None else min(_FIRST_WAIT_S * 2.0 ** min(attempts, 16), _LONGEST_WAIT_S)
        )
        jitter = random.uniform(0, 0.2 * wait + 0.1)  # noqa: S311 - keeps no secret
        await self._notices.later(batch, self._worker, self._now() + timedelta(seconds=wait + jitter))
