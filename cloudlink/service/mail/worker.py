"""Sends what is due, one mail at a time over one connection.

A mail is taken before it is sent, for some minutes, so that two processes do not send the same; one whose process died
is due again when they have passed. The server's words stand in the row, for the administrator; the log has only ids
and reply codes, since words name people.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

from cloudlink.service.mail import queue
from cloudlink.service.mail.rendering import compose, render
from cloudlink.service.mail.smtp import Delayed, Rejected, Unreachable, connected
from store.clock import Clock, utc_now
from store.vault import UnreadableSecret

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from cloudlink.service.mail.queue import QueuedMail
    from cloudlink.service.mail.server import MailServer
    from cloudlink.service.mail.smtp import Connection
    from store.database import Database
    from store.vault import Vault

logger = logging.getLogger(__name__)

_LOOKS_AGAIN_S = 2.0
_AFTER_OUTAGE_S = 60.0
_TIDIES_EVERY = timedelta(hours=6)


class MailWorker:
    """``server`` is ``None`` when none is set: then mails are shown. ``counters`` counts what became of them."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        server: MailServer | None,
        *,
        now: Clock = utc_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._vault = vault
        self._server = server
        self._now = now
        self._sleep = sleep
        self._bell = asyncio.Event()
        self._tidied: datetime | None = None
        self.counters: Counter[str] = Counter()

    def wake(self) -> None:
        """There may be new mail: saves the wait of two seconds until the worker looks again."""
        self._bell.set()

    async def run(self) -> NoReturn:
        """Until cancelled."""
        while True:
            self._bell.clear()
            try:
                await self._tidy()
                await self.send_due()
            except Unreachable as error:
                logger.warning("the mail server cannot be used", extra={"code": error.code})
                await self._sleep(_AFTER_OUTAGE_S)
            except Exception:
                logger.exception("mail is not being sent")
                await self._sleep(_AFTER_OUTAGE_S)
            else:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOKS_AGAIN_S):
                        await self._bell.wait()

    async def send_due(self) -> None:
        """Sends, or shows, all that is due. Raises ``Unreachable`` when the server fails: the mail in hand waits."""
        mail = await self._next()
        if mail is None:
            return
        if self._server is None:
            await self._show_all(mail)
        else:
            await self._send_all(self._server, mail)

    async def _next(self) -> QueuedMail | None:
        _heed_cancellation()
        return await queue.take(self._database, self._now())

    async def _show_all(self, first: QueuedMail) -> None:
        mail: QueuedMail | None = first
        while mail is not None:
            await queue.note_shown(self._database, mail)
            self.counters["shown"] += 1
            logger.warning("a mail waits in the console, since no mail server is set", extra=_about(mail))
            mail = await self._next()

    async def _send_all(self, server: MailServer, first: QueuedMail) -> None:
        mail = first
        try:
            async with connected(server) as connection:
                while True:
                    await self._send(server, connection, mail)
                    following = await self._next()
                    if following is None:
                        return
                    mail = following
        except Unreachable as error:
            await self._failed(mail, error)
            raise

    async def _send(self, server: MailServer, connection: Connection, mail: QueuedMail) -> None:
        try:
            message = render(mail.template, mail.language_code, queue.read_values(self._vault, mail.values_encrypted))
            await connection.send(
                compose(message, mail_id=mail.mail_id, sender=server.sender, recipient=mail.recipient, now=self._now())
            )
        except (Rejected, Delayed, UnreadableSecret, ValueError, KeyError) as error:
            await self._failed(mail, error)
        else:
            await queue.note_sent(self._database, mail, self._now())
            self.counters["sent"] += 1
            logger.info("a mail was sent", extra=_about(mail))

    async def _failed(self, mail: QueuedMail, error: Exception) -> None:
        final = not isinstance(error, (Delayed, Unreachable))
        words = queue.without_secrets(self._vault, mail, str(error))
        again = await queue.note_failure(self._database, mail, words, self._now(), final=final)
        self.counters["delayed" if again else "failed"] += 1
        extra = {**_about(mail), "cause": type(error).__name__, "code": getattr(error, "code", 0), "again": again}
        logger.warning("a mail was not sent", extra=extra)

    async def _tidy(self) -> None:
        now = self._now()
        if self._tidied is None or now - self._tidied >= _TIDIES_EVERY:
            await queue.forget_old(self._database, now)
            self._tidied = now


def _heed_cancellation() -> None:
    """``wait_for``, which aiosmtplib uses, may swallow a cancellation in Python 3.11 when an answer comes with it."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _about(mail: QueuedMail) -> dict[str, str]:
    return {"mail_id": mail.mail_id, "template": mail.template, "account_id": mail.account_id}
