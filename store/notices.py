"""What is to be told to whom in Teams, from the event to the message.

A row is one thing to tell one Teams user. A worker claims all that is due for a Teams user at once, for a while, so of
several servers one speaks to them. Before a message that cannot be taken back leaves, its rows are ``SENDING``: when
the claim ends and they still are, nobody knows whether it arrived, and it is not sent again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, exists, func, or_, select, update

from cloudlink.model import CallState, Principal
from store.clock import Clock, utc_now
from store.identity import TeamsUser
from store.schema import calls, endpoints, notices
from store.teams_user import key_of, owned_by
from store.upsert import insert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from store.database import Database

KEPT = timedelta(days=8)
"""Longer than the outbox keeps events, so that one that comes again is known."""

_c = notices.c


class Kind(StrEnum):
    """What a notice tells; ``ANSWERED`` takes back what was told of a call that another telephone has taken."""

    MISSED = "missed"
    ANSWERED = "answered"
    REPORT = "report"
    SUMMARY = "summary"


class _Urgency(IntEnum):
    MISSED = 0
    ANSWERED = 1
    REPORT = 2
    SUMMARY = 3


class State(StrEnum):
    """``DROPPED`` is told to nobody: not wanted, no longer news, or nobody knows whether it arrived."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Notice:
    """``subject`` is an id of what it tells: a call's, a report's, or the end of a summary."""

    user: TeamsUser
    who: Principal
    kind: Kind
    subject: str
    due_at: datetime
    details: Mapping[str, Any] = field(default_factory=dict)
    kept: bool = False
    attempts: int = 0

    @property
    def notice_id(self) -> str:
        """The same for the same thing, so that it is told once."""
        parts = (*key_of(self.user).values(), self.who.account_id, self.who.principal_id, self.kind, self.subject)
        return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Told:
    """A message that stands in a chat: its id there, and the calls that it tells, the oldest first."""

    activity_id: str
    call_ids: tuple[str, ...]


_ADD = insert(notices).on_conflict_do_nothing()
_PENDING = or_(_c.state == State.WAITING.value, _c.state == State.SENDING.value)
_FREE = or_(_c.claimed_until.is_(None), _c.claimed_until <= bindparam("now"))
_DUE = (
    select(_c.app_id, _c.tenant_id, _c.user_id)
    .where(_PENDING, _c.due_at <= bindparam("now"), _FREE)
    .group_by(_c.app_id, _c.tenant_id, _c.user_id)
    .order_by(func.min(_c.urgency), func.min(_c.due_at))
    .limit(bindparam("limit"))
)
_CLAIMED = select(func.count()).where(owned_by(notices), _PENDING, _c.claimed_until > bindparam("now"))
_ROWS = (
    select(
        _c.account_id,
        _c.principal_id,
        _c.kind,
        _c.subject,
        _c.due_at,
        _c.details,
        _c.kept,
        _c.attempts,
    )
    .where(owned_by(notices), _c.claimed_by == bindparam("worker"), _c.state == State.WAITING.value)
    .order_by(_c.created_on, _c.notice_id)
)
_OF_USER = and_(_c.app_id == bindparam("of_app"), _c.tenant_id == bindparam("of_tenant"), _c.user_id == bindparam("of"))
_LOST = (
    update(notices)
    .where(_OF_USER, _c.state == State.SENDING.value, _c.claimed_until <= bindparam("at"))
    .values(state=State.DROPPED.value, claimed_by=None, claimed_until=None, changed_on=bindparam("at"))
)
_CLAIM = (
    update(notices)
    .where(_OF_USER, _c.state == State.WAITING.value, _c.due_at <= bindparam("at"))
    .values(claimed_by=bindparam("worker"), claimed_until=bindparam("until"))
)
_MINE = and_(_c.notice_id == bindparam("of_notice"), _c.claimed_by == bindparam("worker"))
_SENDING = update(notices).where(_MINE, _c.state == State.WAITING.value).values(state=State.SENDING.value)
_SETTLE = (
    update(notices)
    .where(_MINE)
    .values(
        state=bindparam("to"),
        activity_id=bindparam("activity"),
        caller=bindparam("called_by"),
        claimed_by=None,
        claimed_until=None,
        changed_on=bindparam("at"),
    )
)
_LATER = (
    update(notices)
    .where(_MINE)
    .values(
        state=State.WAITING.value,
        due_at=bindparam("later"),
        kept=bindparam("is_kept"),
        attempts=bindparam("tried"),
        claimed_by=None,
        claimed_until=None,
        changed_on=bindparam("at"),
    )
)
_TOLD = (
    select(_c.activity_id, _c.subject)
    .where(
        owned_by(notices),
        _c.state == State.SENT.value,
        _c.account_id == bindparam("account_id"),
        _c.principal_id == bindparam("principal_id"),
        _c.kind == Kind.MISSED.value,
        _c.caller == bindparam("caller"),
        _c.activity_id.is_not(None),
        _c.changed_on >= bindparam("since"),
    )
    .order_by(_c.created_on, _c.notice_id)
)
_MESSAGE_OF = (
    select(_c.activity_id)
    .where(
        owned_by(notices),
        _c.account_id == bindparam("account_id"),
        _c.principal_id == bindparam("principal_id"),
        _c.subject == bindparam("subject"),
        _c.kind == Kind.MISSED.value,
        _c.activity_id.is_not(None),
    )
    .limit(1)
)
_CALLS_OF = (
    select(_c.subject)
    .where(owned_by(notices), _c.activity_id == bindparam("activity"), _c.kind == Kind.MISSED.value)
    .order_by(_c.created_on)
)
_STANDING = (
    select(_c.activity_id, _c.subject)
    .where(
        owned_by(notices),
        _c.account_id == bindparam("account_id"),
        _c.principal_id == bindparam("principal_id"),
        _c.kind == Kind.MISSED.value,
        _c.state == State.SENT.value,
        _c.caller.is_not(None),
        _c.activity_id.is_not(None),
        _c.changed_on >= bindparam("since"),
    )
    .order_by(_c.created_on, _c.notice_id)
)
_WITHDRAW = (
    update(notices)
    .where(
        _OF_USER,
        _c.account_id == bindparam("of_account"),
        _c.principal_id == bindparam("of_principal"),
        _c.kind == Kind.MISSED.value,
        _c.subject == bindparam("of_call"),
    )
    .values(activity_id=None)
)
_FORGET_MESSAGE = update(notices).where(_OF_USER, _c.activity_id == bindparam("activity")).values(activity_id=None)
_DROP_ALL = (
    update(notices)
    .where(_OF_USER, _c.state == State.WAITING.value)
    .values(state=State.DROPPED.value, claimed_by=None, claimed_until=None, changed_on=bindparam("at"))
)
_FORGET_OLD = delete(notices).where(_c.created_on < bindparam("before"))
_LET_GO = (
    update(notices)
    .where(_c.claimed_by == bindparam("worker"), _c.state == State.WAITING.value)
    .values(claimed_by=None, claimed_until=None)
)
_LINES = select(func.count()).where(
    endpoints.c.account_id == bindparam("account_id"), endpoints.c.principal_id == bindparam("principal_id")
)
_ANSWERED_ELSEWHERE = select(calls.c.call_id).where(
    calls.c.account_id == bindparam("account_id"),
    calls.c.principal_id == bindparam("principal_id"),
    calls.c.call_id == bindparam("call_id"),
    exists().where(
        endpoints.c.account_id == calls.c.account_id,
        endpoints.c.principal_id == calls.c.principal_id,
        endpoints.c.endpoint_id != calls.c.endpoint_id,
        or_(endpoints.c.state == CallState.CONNECTED.value, endpoints.c.state == CallState.HELD.value),
        endpoints.c.changed_at >= calls.c.created_on,
    ),
)


def add(connection: Connection, new: Iterable[Notice], now: datetime) -> None:
    """In the caller's transaction; what is there already stays as it is."""
    rows = [
        {
            "notice_id": notice.notice_id,
            **key_of(notice.user),
            **_key(notice.who),
            "kind": notice.kind.value,
            "subject": notice.subject,
            "details": dict(notice.details),
            "state": State.WAITING.value,
            "urgency": int(_Urgency[notice.kind.name]),
            "kept": notice.kept,
            "due_at": notice.due_at,
            "attempts": notice.attempts,
            "created_on": now,
            "changed_on": now,
        }
        for notice in new
    ]
    if rows:
        connection.execute(_ADD, rows)


class _NotOurs(Exception):
    """The claim has ended."""


class Notices:
    """The rows, as one worker sees them: what it has not claimed it cannot change."""

    def __init__(self, database: Database, now: Clock = utc_now) -> None:
        self._database = database
        self._now = now

    async def add(self, new: Sequence[Notice]) -> None:
        """Has them told; what is known already is not told again."""
        await self._database.write(lambda connection: add(connection, new, self._now()))

    async def due(self, limit: int) -> Sequence[TeamsUser]:
        """Whom something is to be told now and nobody has claimed: missed calls first, then what waits longest."""
        rows = await self._database.scan(_DUE, {"now": self._now(), "limit": limit})
        return [TeamsUser(*row) for row in rows]

    async def claim(self, user: TeamsUser, worker: str, lease: timedelta) -> Sequence[Notice]:
        """All that is due for the Teams user, for this worker alone until the lease is over, the oldest first."""
        now = self._now()

        def work(connection: Connection) -> list[Notice]:
            if connection.execute(_CLAIMED, {**key_of(user), "now": now}).scalar_one():
                return []
            connection.execute(_LOST, {**_of(user), "at": now})
            connection.execute(_CLAIM, {**_of(user), "at": now, "worker": worker, "until": now + lease})
            rows = connection.execute(_ROWS, {**key_of(user), "worker": worker}).all()
            return [Notice(user, Principal(row[0], row[1]), Kind(row[2]), *row[3:]) for row in rows]

        return await self._database.write(work)

    async def sending(self, batch: Sequence[Notice], worker: str) -> bool:
        """They leave now; ``False``, and nothing has changed, unless they are all still the worker's."""

        def work(connection: Connection) -> None:
            for each in batch:
                if connection.execute(_SENDING, _mine(each, worker)).rowcount != 1:
                    raise _NotOurs

        try:
            await self._database.write(work)
        except _NotOurs:
            return False
        return True

    async def sent(
        self, batch: Sequence[Notice], worker: str, activity_id: str | None = None, caller: str | None = None
    ) -> None:
        """They stand in the chat. Calls of one ``caller`` may be added to that message later."""
        await self._settle(batch, worker, State.SENT, activity_id, caller)

    async def drop(self, batch: Sequence[Notice], worker: str) -> None:
        """They are not told."""
        await self._settle(batch, worker, State.DROPPED, None, None)

    async def later(self, batch: Sequence[Notice], worker: str, at: datetime, *, kept: bool = False) -> None:
        """They are tried again at ``at``; ``kept`` because of quiet hours, which is no try."""

        def work(connection: Connection) -> None:
            for each in batch:
                told = {"later": at, "is_kept": kept or each.kept, "tried": each.attempts + (not kept)}
                connection.execute(_LATER, {**_mine(each, worker), **told, "at": self._now()})

        await self._database.write(work)

    async def told(self, user: TeamsUser, who: Principal, caller: str, since: datetime) -> Told | None:
        """The newest message about that caller, unless it is older than ``since`` or was dismissed."""
        parameters = {**key_of(user), **_key(who), "caller": caller, "since": since}
        rows = await self._database.read(_TOLD, parameters)
        if not rows:
            return None
        newest = rows[-1][0]
        return Told(newest, tuple(row[1] for row in rows if row[0] == newest))

    async def message_of(self, user: TeamsUser, who: Principal, call_id: str) -> Told | None:
        """The message in this chat that tells of the call."""
        rows = await self._database.read(_MESSAGE_OF, {**key_of(user), **_key(who), "subject": call_id})
        if not rows:
            return None
        told = await self._database.read(_CALLS_OF, {**key_of(user), "activity": rows[0][0]})
        return Told(rows[0][0], tuple(row[0] for row in told))

    async def standing(self, user: TeamsUser, who: Principal, since: datetime) -> Sequence[Told]:
        """The messages of one caller each that have been sent or have grown since then and were not dismissed."""
        rows = await self._database.read(_STANDING, {**key_of(user), **_key(who), "since": since})
        found: dict[str, list[str]] = {}
        for activity_id, call_id in rows:
            found.setdefault(activity_id, []).append(call_id)
        return [Told(activity_id, tuple(call_ids)) for activity_id, call_ids in found.items()]

    async def withdraw(self, user: TeamsUser, who: Principal, call_ids: Sequence[str]) -> None:
        """Their message tells these calls no more."""
        owner = {**_of(user), "of_account": who.account_id, "of_principal": who.principal_id}
        rows = [{**owner, "of_call": call_id} for call_id in call_ids]
        await self._database.write(lambda connection: connection.execute(_WITHDRAW, rows))

    async def forget_message(self, user: TeamsUser, activity_id: str) -> None:
        """It is dismissed or gone: what comes later is a message of its own."""
        await self._database.write(
            lambda connection: connection.execute(_FORGET_MESSAGE, {**_of(user), "activity": activity_id})
        )

    async def drop_all(self, user: TeamsUser) -> None:
        """The Teams user cannot be reached any more."""
        await self._database.write(lambda c: c.execute(_DROP_ALL, {**_of(user), "at": self._now()}))

    async def let_go(self, worker: str) -> None:
        """Another worker may take at once what this one has claimed and not begun to send."""
        await self._database.write(lambda connection: connection.execute(_LET_GO, {"worker": worker}))

    async def forget_old(self) -> None:
        """Deletes what is older than ``KEPT``."""
        before = self._now() - KEPT
        await self._database.write(lambda connection: connection.execute(_FORGET_OLD, {"before": before}))

    async def several_lines(self, who: Principal) -> bool:
        """Whether the person has more than one telephone."""
        return bool((await self._database.read(_LINES, _key(who)))[0][0] > 1)

    async def answered_elsewhere(self, who: Principal, call_id: str) -> bool:
        """Whether another telephone of the person has been in a conversation since the call began, and still is."""
        return bool(await self._database.read(_ANSWERED_ELSEWHERE, {**_key(who), "call_id": call_id}))

    async def _settle(
        self, batch: Sequence[Notice], worker: str, state: State, activity_id: str | None, caller: str | None
    ) -> None:
        told = {"to": state.value, "activity": activity_id, "called_by": caller, "at": self._now()}

        def work(connection: Connection) -> None:
            for each in batch:
                connection.execute(_SETTLE, {**_mine(each, worker), **told})

        await self._database.write(work)


def _mine(notice: Notice, worker: str) -> dict[str, object]:
    return {"of_notice": notice.notice_id, "worker": worker}


def _key(who: Principal) -> dict[str, object]:
    return {"account_id": who.account_id, "principal_id": who.principal_id}


def _of(user: TeamsUser) -> dict[str, object]:
    return {"of_app": user.app_id, "of_tenant": user.tenant_id, "of": user.user_id}
