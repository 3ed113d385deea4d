"""Fulfils ``Imports``: a file is previewed into rows, and a job of its own makes the users from them.

The job takes some lines in each transaction, users and progress together: it goes on after a restart where it was, and
never makes one twice. It runs with the rights of who started it, as they were then.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import uuid4

from cloudlink.administration.actor import Actor, ActorKind
from cloudlink.administration.imports import Import, ImportLine, ImportState
from cloudlink.administration.refusals import NotAllowed, Reason, Refused
from cloudlink.identity import LinkPurpose
from cloudlink.port import MAX_PAGE, UnknownId
from cloudlink.service.administration import account_rows, audit, import_rows, people, telephony, unique
from cloudlink.service.administration.import_check import Checker, against_account, to_user
from cloudlink.service.administration.rights import Right, require, require_in
from cloudlink.service.administration.table_file import TableFile
from store.clock import Clock, utc_now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from cloudlink.administration.users import UserRecord
    from cloudlink.service.administration.import_check import Checked
    from cloudlink.service.administration.users import Invite
    from store.database import Database
    from store.outbox import Outbox

logger = logging.getLogger(__name__)

KEPT = timedelta(days=30)
# So many lines hold up other writes for some tens of milliseconds.
BATCH = 50
_CHECKED_AT_ONCE = 500
_LONGEST_FILE_NAME = 200
_LOOKS_AGAIN_S = 30.0


class ImportService:
    """Fulfils ``Imports``; ``run`` is the job."""

    def __init__(self, database: Database, outbox: Outbox, invite: Invite, now: Clock = utc_now) -> None:
        self._database = database
        self._outbox = outbox
        self._invite = invite
        self._now = now
        self._bell = asyncio.Event()

    async def preview(self, actor: Actor, account_id: str, file_name: str, content: bytes) -> Import:
        await require(self._database, actor, account_id, Right.ADMINISTER)
        account = await account_rows.read(self._database, account_id)
        asked_for = telephony.asked_for(await self._database.read(telephony.PBXS, {"account_id": account_id}))
        table = await asyncio.to_thread(TableFile, content)
        import_id = await self._begin(actor, account_id, file_name, table.encoding)
        try:
            await self._read(account_id, import_id, Checker(table, actor, account, asked_for))
        except BaseException:
            await self._database.write(lambda connection: import_rows.drop(connection, account_id, import_id))
            raise
        return await import_rows.read(self._database, account_id, import_id)

    async def start(self, actor: Actor, account_id: str, import_id: str, *, invite: bool) -> Import:
        def work(connection: Connection) -> Import:
            require_in(connection, actor, account_id, Right.ADMINISTER)
            this = import_rows.find(connection, account_id, import_id)
            if this.state != ImportState.PREVIEW:
                raise Refused(Reason.STATE)
            changes = {"state": ImportState.RUNNING, "invite": int(invite), "actor": asdict(actor)}
            import_rows.change(connection, account_id, import_id, changes)
            subject = ("import", import_id, this.file_name)
            told = {"lines": this.lines, "refused": this.refused, "invite": invite}
            audit.record(connection, actor, account_id, "import.started", subject=subject, now=self._now(), after=told)
            return import_rows.find(connection, account_id, import_id)

        started = await self._database.write(work)
        self._bell.set()
        return started

    async def get(self, actor: Actor, account_id: str, import_id: str) -> Import:
        await require(self._database, actor, account_id, Right.ADMINISTER)
        return await import_rows.read(self._database, account_id, import_id)

    async def recent(self, actor: Actor, account_id: str) -> Sequence[Import]:
        await require(self._database, actor, account_id, Right.ADMINISTER)
        return await import_rows.recent(self._database, account_id)

    async def lines(
        self, actor: Actor, account_id: str, import_id: str, *, refused: bool, after: int = 0, limit: int = 100
    ) -> Sequence[ImportLine]:
        if not 1 <= limit <= MAX_PAGE:
            raise ValueError(f"limit must be 1 to {MAX_PAGE}")
        await self.get(actor, account_id, import_id)
        return await import_rows.lines(self._database, import_id, refused=refused, after=after, limit=limit)

    async def run(self) -> NoReturn:
        """Makes the users of every import that is started, until cancelled; those of other processes too."""
        while True:
            self._bell.clear()
            try:
                await self.run_pending()
            except Exception:
                logger.exception("imports stand still")
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOKS_AGAIN_S):
                    await self._bell.wait()

    async def run_pending(self) -> None:
        """Makes the users of every import that is started, and returns."""
        while (running := await import_rows.running(self._database)) is not None:
            await self._database.write(partial(self._take, which=running))
            self._outbox.wake()

    async def _begin(self, actor: Actor, account_id: str, file_name: str, encoding: str) -> str:
        import_id = str(uuid4())

        def work(connection: Connection) -> None:
            import_rows.drop_old(connection, self._now() - KEPT)
            row = {
                "account_id": account_id,
                "import_id": import_id,
                "file_name": _shown(file_name),
                "encoding": encoding,
                "state": ImportState.READING,
                "actor": asdict(actor),
                "created_on": self._now(),
            }
            import_rows.add(connection, row)

        await self._database.write(work)
        return import_id

    async def _read(self, account_id: str, import_id: str, checker: Checker) -> None:
        """The whole file into rows, a piece at a time."""
        counts = {"lines": 0, "refused": 0}
        while piece := await asyncio.to_thread(checker.next, _CHECKED_AT_ONCE):
            good = [checked.columns for checked in piece if checked.columns is not None]
            taken = await unique.taken(self._database, account_id, good)
            checked = [against_account(one, taken) for one in piece]
            rows = [_row(import_id, one) for one in checked]
            await self._database.write(partial(import_rows.add_lines, rows=rows))
            counts["lines"] += len(checked)
            counts["refused"] += sum(one.reason is not None for one in checked)
        changes = {**counts, "state": ImportState.PREVIEW}
        await self._database.write(lambda connection: import_rows.change(connection, account_id, import_id, changes))

    def _take(self, connection: Connection, which: tuple[str, str]) -> None:
        """Makes the users of the next lines; without any left, the import is done."""
        account_id, import_id = which
        this, actor, invite = import_rows.order(connection, account_id, import_id)
        lines = import_rows.next_lines(connection, import_id, BATCH)
        if not lines:
            done = {"state": ImportState.DONE, "finished_on": self._now()}
            import_rows.change(connection, account_id, import_id, done)
            return
        made = self._make(connection, _actor(actor), account_id, [to_user(values) for _, values in lines])
        outcomes = [_outcome(import_id, number, one) for (number, _), one in zip(lines, made, strict=True)]
        import_rows.note(connection, outcomes)
        records = [one for one in made if not isinstance(one, Refused)]
        for record in records if invite else ():
            self._invite(connection, record, LinkPurpose.WELCOME, self._now())
        counts = {"done": this.done + len(records), "refused": this.refused + len(made) - len(records)}
        import_rows.change(connection, account_id, import_id, counts)

    def _make(
        self, connection: Connection, actor: Actor, account_id: str, news: Sequence[Any]
    ) -> Sequence[UserRecord | Refused]:
        try:
            return people.add_many(connection, actor, account_id, news, self._now())
        except (NotAllowed, UnknownId):
            # The account has changed hands since: nobody is made, and the import comes to its end.
            return [Refused(Reason.STATE)] * len(news)


def _row(import_id: str, checked: Checked) -> dict[str, Any]:
    return {
        "import_id": import_id,
        "line": checked.line.number,
        "values": dict(checked.line.values),
        "field": checked.field,
        "reason": checked.reason,
    }


def _outcome(import_id: str, line: int, made: UserRecord | Refused) -> dict[str, Any]:
    key = {"of_import": import_id, "of_line": line}
    if isinstance(made, Refused):
        return {**key, "to_field": made.field, "to_reason": made.reason, "to_principal": None}
    return {**key, "to_field": None, "to_reason": None, "to_principal": made.user.principal_id}


def _actor(stored: dict[str, Any]) -> Actor:
    return Actor(**{**stored, "kind": ActorKind(stored["kind"])})


def _shown(file_name: str) -> str:
    """What a browser calls the file, without folders and whatever no text should hold."""
    base = file_name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in base if sign.isprintable())[:_LONGEST_FILE_NAME]
