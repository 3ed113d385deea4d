"""Tells an account's administrators by mail that an application's secret or certificate ends: 30 days ahead, 7, one,
and once it has ended.

Several servers may look, and each as often as it is started: a mail's id is made of what it says to whom, so that it is
written once. A stage lasts 23 days at most, which is less than the queue remembers a mail (``queue.KEPT``).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import UUID, uuid5

from sqlalchemy import bindparam, select

from cloudlink.administration.integrations import IntegrationKind
from cloudlink.model import Principal, Role
from cloudlink.service.mail import queue
from cloudlink.service.mail.letters import Template
from store.clock import Clock, utc_now
from store.database import DatabaseUnavailable
from store.schema import accounts, integrations, users

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from store.database import Database
    from store.vault import Vault

_AHEAD = (timedelta(days=1), timedelta(days=7), timedelta(days=30))
_AFTERWARDS = timedelta(days=7)
_EVERY_S = 3600.0
_MAIL_IDS = UUID("6a0d4c0e-8f0f-4a57-9a5d-3f1c7e0b52d1")

_c = integrations.c
_ENDING = (
    select(_c.account_id, _c.kind, _c.secret_expires_on)
    .join(accounts, accounts.c.account_id == _c.account_id)
    .where(
        _c.enabled,
        accounts.c.active,
        _c.secret_encrypted.is_not(None),
        _c.secret_expires_on > bindparam("after"),
        _c.secret_expires_on <= bindparam("until"),
    )
)
_ADMINISTRATORS = select(users.c.principal_id).where(
    users.c.account_id == bindparam("account_id"), users.c.role == Role.ACCOUNT_ADMIN, users.c.active
)


class SecretEnds:
    """``console_url`` is the address of the console's accounts."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        console_url: str,
        now: Clock = utc_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._vault = vault
        self._console_url = console_url
        self._now = now
        self._sleep = sleep

    async def run(self) -> NoReturn:
        """Until cancelled."""
        while True:
            with suppress(DatabaseUnavailable):
                await self.tell()
            await self._sleep(_EVERY_S)

    async def tell(self) -> None:
        """Writes each mail whose time has come and that is not there yet. Raises ``DatabaseUnavailable``."""
        now = self._now()
        within = {"after": now - _AFTERWARDS, "until": now + _AHEAD[-1]}
        for ending in await self._database.scan(_ENDING, within):
            await self._database.write(partial(self._write, ending, now))

    def _write(self, ending: Any, now: datetime, connection: Connection) -> None:
        stage = _stage(ending.secret_expires_on - now)
        values = {
            "integration": ending.kind,
            "ends": ending.secret_expires_on.isoformat(),
            "over": "" if stage else "yes",
            "link": f"{self._console_url}/{ending.account_id}/integrations/{IntegrationKind(ending.kind)}",
        }
        for (principal_id,) in connection.execute(_ADMINISTRATORS, {"account_id": ending.account_id}).all():
            of = f"{ending.account_id} {principal_id} {ending.kind} {values['ends']} {stage}"
            to, mail_id = Principal(ending.account_id, principal_id), str(uuid5(_MAIL_IDS, of))
            queue.enqueue(connection, self._vault, to, Template.SECRET_ENDS, values, now=now, mail_id=mail_id)


def _stage(left: timedelta) -> int:
    """The days of the warning that is due; 0 once it is over."""
    if left <= timedelta():
        return 0
    return next(ahead.days for ahead in _AHEAD if left <= ahead)
