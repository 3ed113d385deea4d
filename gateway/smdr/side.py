"""The PBX side for SMDR: connects, reads lines, and connects again whenever the connection is lost."""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Never

from cloudlink.model import CallState
from cloudlink.uplink import LineChanged
from gateway.capacity import Seats, seats
from gateway.retry import Backoff, keep_up
from gateway.side import Monitoring, NotMonitored, NotOffered
from gateway.smdr import times
from gateway.smdr.calls import recorded
from gateway.smdr.lines import LineSplitter
from gateway.smdr.parser import BadLine, Parser
from gateway.smdr.repeats import Repeats, call_id
from gateway.transport import connect, unreachable

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime, tzinfo

    from cloudlink.uplink import CallRecorded, Fact
    from gateway.pbx import PbxProfile
    from gateway.transport import Address

logger = logging.getLogger(__name__)

_READ_BYTES = 64 * 1024


class ConnectionLost(Exception):
    """The PBX has closed the connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmdrConnection:
    """How to reach the PBX and read its lines. ``zone`` is the PBX's time zone, ``None`` for this machine's;
    ``outside_prefix`` is what is dialled for an outside line and stands before numbers.
    """

    address: Address
    profile: PbxProfile
    zone: tzinfo | None = None
    outside_prefix: str = ""
    backoff: Backoff = field(default_factory=Backoff)


class SmdrSide:
    """Publishes call records while ``run`` runs. ``publish`` must not block; ``now`` gives aware UTC.

    It connects only once extensions are wanted: whatever the PBX keeps until then would be read for nobody.
    """

    def __init__(
        self,
        connection: SmdrConnection,
        publish: Callable[[Sequence[Fact]], None],
        now: Callable[[], datetime],
        counters: Counter[str],
    ) -> None:
        self._connection = connection
        self._publish = publish
        self._now = now
        self._counters = counters
        self._wanted: frozenset[str] = frozenset()
        self._seats = Seats(frozenset(), ())
        self._somebody = asyncio.Event()
        self._parser = Parser()
        self._repeats = Repeats()
        self._attempts = 0
        self._error: str | None = None
        self._connected_since: datetime | None = None

    def want(self, extensions: Iterable[str]) -> None:
        """The extensions to serve from now on, all of them; those beyond the model's users are left out.

        CloudLink hears at once that nobody can know the line state of the new ones.
        """
        before = self._seats
        self._wanted = frozenset(extensions)
        self._seats = seats(self._wanted, before.served, self._connection.profile.users)
        if self._seats.surplus and self._seats.surplus != before.surplus:
            limit = {"served": len(self._seats.served), "left_out": len(self._seats.surplus)}
            logger.warning("more users than this PBX model may have; the others are not served", extra=limit)
        if self._seats.served:
            self._somebody.set()
        at = self._now()
        new = sorted(self._seats.served - before.served)
        self._publish([LineChanged(extension, at, state=CallState.UNKNOWN) for extension in new])

    def monitoring(self) -> Monitoring:
        """How the PBX side is now."""
        return Monitoring(
            connected_since=self._connected_since,
            attempts=self._attempts,
            error=self._error,
            wanted=len(self._wanted),
            running=len(self._seats.served) if self._connected_since else 0,
            surplus=self._seats.surplus,
            not_offered=("line states", "MakeCall", "SetDoNotDisturb"),
        )

    async def place_call(self, extension: str, number: str) -> Never:
        """Raises ``CommandFailed``: SMDR takes no commands."""
        self._refuse(extension, "place calls")

    async def answer_call(self, extension: str, call: str) -> Never:
        """Raises ``CommandFailed``: SMDR takes no commands."""
        self._refuse(extension, "answer calls")

    async def clear_connection(self, extension: str, call: str) -> Never:
        """Raises ``CommandFailed``: SMDR takes no commands."""
        self._refuse(extension, "end calls")

    async def set_do_not_disturb(self, extension: str, *, on: bool) -> Never:
        """Raises ``CommandFailed``: SMDR takes no commands."""
        self._refuse(extension, "switch do not disturb")

    async def run(self) -> None:
        """Until cancelled."""
        await self._somebody.wait()
        await keep_up(self._connect, (ConnectionLost, OSError), self._connection.backoff)

    def _refuse(self, extension: str, what: str) -> Never:
        raise NotOffered(what) if extension in self._seats.served else NotMonitored

    async def _connect(self) -> None:
        self._attempts += 1
        address = self._connection.address
        where = {"host": address.host, "port": address.port(self._attempts)}
        logger.info("connecting to the PBX", extra=where)
        try:
            reader, writer = await connect(address, self._attempts)
        except OSError as error:
            self._error = unreachable(error)
            self._counters["pbx_connections_failed"] += 1
            logger.warning("no connection to the PBX", extra={**where, "reason": self._error})
            raise
        logger.info("connected to the PBX", extra=where)
        self._connected_since = self._now()
        self._counters["pbx_connections"] += 1
        try:
            await self._read(reader)
        except (ConnectionLost, OSError) as error:
            self._error = str(error) or type(error).__name__
            logger.warning("lost the PBX", extra={**where, "reason": self._error})
            raise
        finally:
            self._connected_since = None
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        """A line that the connection's end has cut off is not read: the PBX sends it again whole, or nobody has it."""
        splitter = LineSplitter()
        self._repeats.connected()
        while data := await reader.read(_READ_BYTES):
            too_long = splitter.too_long
            lines = splitter.feed(data)
            self._count_bad(splitter.too_long - too_long, "it is too long")
            facts = [fact for line in lines for fact in self._take(line)]
            self._counters["events"] += len(lines)
            if facts:
                self._publish(facts)
        raise ConnectionLost("the PBX has closed the connection")

    def _take(self, line: str) -> list[CallRecorded]:
        try:
            return self._facts(line)
        except BadLine as error:
            self._count_bad(1, str(error), line)
        except Exception:
            # A fault of ours must cost no more than this line, which the PBX may send again and again.
            self._counters["faults"] += 1
            logger.exception("a line of the PBX was lost by a fault of this gateway", extra={"shape": _shape(line)})
        return []

    def _facts(self, line: str) -> list[CallRecorded]:
        record = self._parser.read(line)
        began = times.start(record, self._connection.zone, self._now())
        occurrence = self._repeats.occurrence(line)
        facts = recorded(
            record,
            self._seats.served,
            began,
            lambda extension: call_id(extension, began.year, line, occurrence),
            self._connection.outside_prefix,
        )
        told = list(facts)
        new = [fact for fact in told if not self._repeats.told(fact.call.call_id)]
        self._counters["smdr_records"] += len(new)
        self._counters["smdr_repeats"] += len(told) - len(new)
        return new

    def _count_bad(self, lines: int, reason: str, line: str = "") -> None:
        """Logs the 1st, 2nd, 4th, 8th ... since a wrong port sends nothing else."""
        for _ in range(lines):
            self._counters["smdr_lines_bad"] += 1
            bad = self._counters["smdr_lines_bad"]
            if bad & (bad - 1) == 0:
                logger.warning(
                    "a line of the PBX is no SMDR record",
                    extra={"reason": reason, "shape": _shape(line), "bad": bad},
                )


def _shape(line: str) -> str:
    """The line without what it says: every digit a 9, every letter an ``a`` or ``A``."""
    return re.sub(r"[A-Z]", "A", re.sub(r"[a-z]", "a", re.sub(r"\d", "9", line)))
