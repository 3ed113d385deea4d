"""What becomes of everything that is due for one person."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from cloudlink.port import CloudLinkError, UnknownId

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.notices.readers import Reader, Readers
    from store.clock import Clock
    from store.identity import TeamsUser
    from store.notices import Kind, Notice, Notices

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)
"""Longer than one person's messages take: each is one try of at most half a minute, and mostly there is one."""
_ASKS_AGAIN_IN = timedelta(seconds=15)


class Tells(Protocol):
    """Tells one kind of notices."""

    async def tell(self, reader: Reader, batch: Sequence[Notice]) -> None:
        """Settles each notice of the batch: sent, dropped or later. Raises ``CloudLinkError``."""


class Telling:
    """Of one worker; ``by_kind`` tells each kind."""

    def __init__(
        self, notices: Notices, readers: Readers, by_kind: Mapping[Kind, Tells], *, worker: str, now: Clock
    ) -> None:
        self._notices = notices
        self._readers = readers
        self._by_kind = by_kind
        self._worker = worker
        self._now = now

    async def tell(self, user: TeamsUser) -> None:
        """Claims what is due for the Teams user, and settles it."""
        claimed = await self._notices.claim(user, self._worker, LEASE)
        if not claimed:
            return
        try:
            reader = await self._readers.of(user)
        except UnknownId:
            reader = None
        except CloudLinkError as error:
            await self._later(claimed, error)
            return
        theirs = [each for each in claimed if reader is not None and each.who == reader.who]
        await self._notices.drop([each for each in claimed if each not in theirs], self._worker)
        if reader is not None:
            await self._tell(reader, theirs)

    async def _tell(self, reader: Reader, claimed: Sequence[Notice]) -> None:
        known = [each for each in claimed if each.kind in self._by_kind]
        await self._notices.drop([each for each in claimed if each not in known], self._worker)
        for kind, tells in self._by_kind.items():
            batch = [each for each in claimed if each.kind is kind]
            if not batch:
                continue
            try:
                await tells.tell(reader, batch)
            except CloudLinkError as error:
                await self._later(batch, error)

    async def _later(self, batch: Sequence[Notice], error: CloudLinkError) -> None:
        logger.info("a notice waits for CloudLink", extra={"cause": type(error).__name__})
        await self._notices.later(batch, self._worker, self._now() + _ASKS_AGAIN_IN)
