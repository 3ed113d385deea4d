"""Placing, answering and ending calls on a person's own telephone, and its do not disturb.

Every request is a row of ``commands`` for some minutes: by it a request that comes again is known, and how many a
person has made within a minute. The row never holds the number once a gateway has it. None of it is in the audit log,
which tells who changed what: a call that was placed stands in the call log of whoever placed it.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import bindparam, delete, func, or_, select, update

from cloudlink.administration.gateways import PbxModel
from cloudlink.commands import AnswerCall, EndCall, ListCalls, MakeCall, Outcome, Result, SetDoNotDisturb
from cloudlink.dialled import dialled
from cloudlink.model import Call, CallState, Cause, Direction, Principal
from cloudlink.port import CallFailed, CallProblem, UnknownId
from cloudlink.service.availability import PortDatabase
from cloudlink.service.spools import Gateway
from store.clock import Clock, utc_now
from store.rows import ACCOUNT_COLUMNS, ENDPOINT_COLUMNS, to_account, to_endpoint
from store.schema import accounts, commands, endpoints, gateways, users
from store.standing import BELIEVED
from store.upsert import insert

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from cloudlink.commands import Command
    from cloudlink.model import DialSettings, Endpoint
    from cloudlink.service.commands import Commands
    from store.database import Database

logger = logging.getLogger(__name__)

WITHIN_S = 10.0
"""How long a person waits for their telephone at most."""
PER_MINUTE = 10
"""How many commands a person may give in a minute, unless an operator says otherwise."""

_MINUTE = timedelta(minutes=1)
_KEPT = timedelta(minutes=10)

_g, _c = gateways.c, commands.c
# A gateway that never connected cannot; nor can one beside a PBX that has no open interface for it.
_CAN = or_(_g.pbx.is_(None), _g.pbx != PbxModel.BUSINESS.value) & _g.seen_at.is_not(None)
_GATEWAYS = (
    select(_g.gateway_id, _g.linked_since, _g.seen_at)
    .where(_g.account_id == bindparam("account_id"), _CAN)
    .order_by(_g.name, _g.gateway_id)
)
_OWN = (endpoints.c.account_id == bindparam("account_id")) & (endpoints.c.principal_id == bindparam("principal_id"))
_OWN_DEVICES = (
    select(*ENDPOINT_COLUMNS)
    .join(users, (users.c.account_id == endpoints.c.account_id) & (users.c.principal_id == endpoints.c.principal_id))
    .where(_OWN, users.c.active.is_(True))
    .order_by(endpoints.c.name)
)
_ACCOUNT = select(*ACCOUNT_COLUMNS).where(accounts.c.account_id == bindparam("account_id"), accounts.c.active.is_(True))
_OF_PERSON = (_c.account_id == bindparam("account_id")) & (_c.principal_id == bindparam("principal_id"))
_LATELY = select(func.count(), func.min(_c.asked_at)).where(_OF_PERSON, _c.asked_at > bindparam("since"))
_FORGET = delete(commands).where(_c.asked_at <= bindparam("before"))
_HOW = select(_c.outcome).where(_c.command_id == bindparam("this"))
_AGAIN = update(commands).where(_c.command_id == bindparam("this")).values(asked_at=bindparam("now"), outcome=None)
_DROP = delete(commands).where(_c.command_id == bindparam("this"))
_ADD = insert(commands).on_conflict_do_nothing()

# What another gateway of the account may know better.
_ASK_ANOTHER = {Result.NOT_MONITORED, Result.NOT_CONNECTED, Result.NOT_OFFERED, Result.UNKNOWN_CALL}
_PROBLEMS = {
    Result.REFUSED: CallProblem.REFUSED,
    Result.NOT_MONITORED: CallProblem.NOT_OFFERED,
    Result.NOT_OFFERED: CallProblem.NOT_OFFERED,
    Result.NOT_CONNECTED: CallProblem.NOT_CONNECTED,
}


class CallControl:
    """``per_minute`` is how many commands a person may give in a minute.

    Everything may raise ``CloudLinkUnavailable``.
    """

    def __init__(
        self, database: Database, commands: Commands, *, per_minute: int = PER_MINUTE, now: Clock = utc_now
    ) -> None:
        self._database = PortDatabase(database)
        self._commands = commands
        self._per_minute = per_minute
        self._now = now

    async def offered(self, who: Principal) -> bool:
        """Whether the person has a device, and the account a gateway that may serve it."""
        own = {"account_id": who.account_id, "principal_id": who.principal_id}
        if not await self._database.read(_OWN_DEVICES, own):
            return False
        return bool(await self._database.read(_GATEWAYS, {"account_id": who.account_id}))

    async def device(self, who: Principal, endpoint_id: str = "") -> Endpoint:
        """The person's own device of that id, or their first one for their own id or none. Raises ``UnknownId``."""
        own = {"account_id": who.account_id, "principal_id": who.principal_id}
        for device in map(to_endpoint, await self._database.read(_OWN_DEVICES, own)):
            if endpoint_id in {"", who.principal_id, device.endpoint_id}:
                return device
        raise UnknownId("no such endpoint")

    async def place(
        self, who: Principal, number: str, request_id: str, *, endpoint_id: str = "", within: float = WITHIN_S
    ) -> Call:
        """Rings the device and, once it is lifted, calls the number. Raises ``CallFailed``, ``UnknownId``."""
        device = await self.device(who, endpoint_id)
        to = dialled(number, await self._plan(who))
        outcome = await self._perform(who, MakeCall(device.name, to), request_id, within)
        _check(outcome)
        return Call(
            # A PBX that does not tell which call it began leaves one without a name.
            outcome.call_id or uuid4().hex,
            Direction.OUTBOUND,
            self._now(),
            from_=device.name,
            from_principal_id=who.principal_id,
            to=to,
            to_number_e164=to.startswith("+"),
            # Mitel's description: "Should have a state of "connected" for make a call", and the cause "newCall".
            state=CallState.CONNECTED,
            cause=Cause.NEW_CALL,
        )

    async def answer(self, who: Principal, endpoint_id: str, call_id: str, request_id: str) -> None:
        """Raises ``CallFailed``, and ``UnknownId`` when the device has no such call now."""
        device = await self.device(who, endpoint_id)
        _check(await self._perform(who, AnswerCall(device.name, call_id), request_id, WITHIN_S))

    async def end(self, who: Principal, endpoint_id: str, call_id: str, request_id: str) -> None:
        """Raises ``CallFailed``, and ``UnknownId`` when the device has no such call now."""
        device = await self.device(who, endpoint_id)
        _check(await self._perform(who, EndCall(device.name, call_id), request_id, WITHIN_S))

    async def calls(self, device: Endpoint) -> Sequence[Call]:
        """The device's calls now. Whoever asks must be allowed to see them. Raises ``CallFailed``.

        It is no command to a telephone, so it counts for nobody and nothing of it is kept.
        """
        if device.principal_id is None:
            raise CallFailed(CallProblem.NOT_OFFERED)
        who = Principal(device.account_id, device.principal_id)
        outcome = await self._perform_uncounted(who, ListCalls(device.name))
        _check(outcome)
        return outcome.calls or ()

    async def set_do_not_disturb(self, account_id: str, principal_id: str, *, on: bool) -> None:
        """Of all devices of the person, who has said so elsewhere: it does not count as a command of theirs.

        To repeat it does no harm. Raises ``CallFailed``, for the first device that may do it later if there is one,
        and ``UnknownId`` for somebody who has no device.
        """
        who = Principal(account_id, principal_id)
        own = {"account_id": account_id, "principal_id": principal_id}
        names = [to_endpoint(row).name for row in await self._database.read(_OWN_DEVICES, own)]
        if not names:
            raise UnknownId("no device")
        outcomes = [await self._perform_uncounted(who, SetDoNotDisturb(name, on)) for name in names]
        worst = min(outcomes, key=_hope)
        told = {"principal_id": principal_id, "on": on, "result": worst.result, "reason": worst.reason}
        logger.info("do not disturb", extra=told)
        _check(worst)

    async def _perform_uncounted(self, who: Principal, command: Command) -> Outcome:
        """Nothing of it is kept."""
        gateways = await self._gateways(who)
        if not gateways:
            raise CallFailed(CallProblem.NOT_OFFERED)
        row_id = secrets.token_hex(32)
        await self._begin(who, row_id, limited=False)
        try:
            return await self._ask(row_id, gateways, command, WITHIN_S)
        finally:
            await self._database.write(lambda connection: connection.execute(_DROP, {"this": row_id}))

    async def _plan(self, who: Principal) -> DialSettings:
        rows = await self._database.read(_ACCOUNT, {"account_id": who.account_id})
        if not rows:
            raise UnknownId("no such account")
        return to_account(rows[0]).dialing

    async def _perform(self, who: Principal, command: Command, request_id: str, within: float) -> Outcome:
        gateways = await self._gateways(who)
        if not gateways:
            raise CallFailed(CallProblem.NOT_OFFERED)
        row_id = hashlib.sha256(repr((who, command, request_id)).encode()).hexdigest()
        if not await self._begin(who, row_id):
            return await self._commands.outcome(row_id, within) or Outcome(Result.UNANSWERED)
        outcome = await self._ask(row_id, gateways, command, within)
        await self._commands.note(row_id, outcome)
        told = {"kind": command.kind, "principal_id": who.principal_id, "result": outcome.result}
        logger.info("command ended", extra={**told, "reason": outcome.reason})
        return outcome

    async def _ask(self, row_id: str, gateways: Sequence[Gateway], command: Command, within: float) -> Outcome:
        """One gateway after the other, until one serves the extension."""
        ends = asyncio.get_running_loop().time() + within
        outcome = Outcome(Result.NOT_CONNECTED)
        for gateway in gateways:
            left = ends - asyncio.get_running_loop().time()
            outcome = await self._commands.perform(row_id, gateway, command, left)
            if outcome.result not in _ASK_ANOTHER:
                break
        return outcome

    async def _gateways(self, who: Principal) -> Sequence[Gateway]:
        """Those that may serve the person, those that are linked first. Empty when none ever could."""
        rows = await self._database.read(_GATEWAYS, {"account_id": who.account_id})
        believed = self._now() - BELIEVED
        here, elsewhere = [], []
        for gateway_id, linked_since, seen_at in rows:
            gateway = Gateway(who.account_id, gateway_id)
            if self._commands.linked(gateway):
                here.append(gateway)
            elif linked_since is not None and seen_at >= believed:
                elsewhere.append(gateway)
        if rows and not (here or elsewhere):
            raise CallFailed(CallProblem.NOT_CONNECTED)
        return here + elsewhere

    async def _begin(self, who: Principal, row_id: str, *, limited: bool = True) -> bool:
        """Whether the request is new. Raises ``CallFailed`` after too many."""
        now = self._now()
        own = {"account_id": who.account_id, "principal_id": who.principal_id}
        # As old as those that count no more.
        asked_at = now if limited else now - _MINUTE

        def work(connection: Connection) -> tuple[bool, float]:
            connection.execute(_FORGET, {"before": now - _KEPT})
            count, first = connection.execute(_LATELY, {**own, "since": now - _MINUTE}).one()
            if connection.execute(_ADD, {**own, "command_id": row_id, "asked_at": asked_at}).rowcount == 0:
                return _begin_again(connection, row_id, now), 0.0
            if limited and count >= self._per_minute:
                connection.execute(_DROP, {"this": row_id})
                return False, (first + _MINUTE - now).total_seconds()
            return True, 0.0

        new, wait = await self._database.write(work)
        if wait:
            raise CallFailed(CallProblem.TOO_MANY, retry_after=wait)
        return new


def _begin_again(connection: Connection, row_id: str, now: datetime) -> bool:
    """Whether the request may be tried again: nothing was, the first time."""
    told = connection.execute(_HOW, {"this": row_id}).scalar_one()
    if told is None or told["result"] != Result.NOT_CONNECTED:
        return False
    connection.execute(_AGAIN, {"this": row_id, "now": now})
    return True


def _hope(outcome: Outcome) -> int:
    """Lower where another try may do more; a device that never can does not hide one that has."""
    if outcome.result in {Result.NOT_MONITORED, Result.NOT_OFFERED}:
        return 2
    return 1 if outcome.result == Result.DONE else 0


def _check(outcome: Outcome) -> None:
    """Raises ``CallFailed`` and ``UnknownId`` for what was not done."""
    if outcome.result == Result.DONE:
        return
    if outcome.result == Result.UNKNOWN_CALL:
        raise UnknownId("no such call now")
    problem = next((told for result, told in _PROBLEMS.items() if result == outcome.result), CallProblem.UNANSWERED)
    raise CallFailed(problem, reason=outcome.reason or "")
