"""The PBX side over CSTA: a connection that is made again whenever it is lost."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NoReturn

from cloudlink.tasks import until_one_ends
from gateway.capacity import seats
from gateway.commands import Commands
from gateway.csta.asking import Asking
from gateway.csta.client import CstaClient
from gateway.csta.errors import CstaError, LinkLost, SessionLost
from gateway.csta.messages import (
    CallEvent,
    CallSegment,
    FeatureEvent,
    MonitorEnded,
    SessionEnded,
    SnapshotSegment,
    SystemStatus,
)
from gateway.csta.session import Heartbeat, SessionRequest, keep_alive, keep_session, register, session
from gateway.monitors import MAX_NAMED, Monitors
from gateway.retry import Backoff, keep_up
from gateway.side import Monitoring, NotConnected, NotMonitored
from gateway.transport import Address, connect, hang_up, unreachable

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable
    from datetime import datetime

    from gateway.calls.lines import Lines
    from gateway.csta.client import Heard
    from gateway.csta.messages import SessionStarted
    from gateway.pbx import PbxProfile

logger = logging.getLogger(__name__)

_WORKING = {"enabled", "normal"}
# The schema spells the status in one way and the flag that filters it in the other.
_LOST = {"messagesLost", "messageLost"}
_NOT_WORKING = {"initializing", "disabled", "partiallyDisabled"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How to reach a PBX and stay connected. ``session`` is ``None`` for one that knows no sessions.

    ``register`` is whether to ask for its status. A session that the PBX ends is opened again on the same connection
    when it has lasted for ``session_settled`` seconds; one that ended sooner needs the pauses of ``backoff``.
    """

    address: Address
    profile: PbxProfile
    session: SessionRequest | None = None
    session_settled: float = 5.0
    register: bool = False
    heartbeat: Heartbeat = Heartbeat.NONE
    heartbeat_seconds: float = 30.0
    backoff: Backoff = field(default_factory=Backoff)


class _Use:
    """What there is while the PBX can be used: of one session, or of one connection without sessions."""

    def __init__(self, asking: Asking, monitors: Monitors, started: SessionStarted | None, since: datetime) -> None:
        self.asking = asking
        self.monitors = monitors
        self.session = started.session if started else None
        self.since = since
        self.status: str | None = None
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def end(self, told: SessionEnded) -> None:
        """The PBX ends this session; a late word of another one changes nothing."""
        if told.session in {None, self.session} and not self.ended.done():
            self.ended.set_result(told.reason)

    async def until_ended(self) -> NoReturn:
        """Raises ``SessionLost`` when the PBX has ended the session."""
        raise SessionLost(f"the PBX ended the session: {await self.ended}")


class Exchange:
    """Feeds ``lines`` from the PBX while ``run`` runs; ``want`` says which extensions. A ``side.PbxSide``."""

    def __init__(self, connection: Connection, lines: Lines, counters: Counter[str]) -> None:
        self._connection = connection
        self._lines = lines
        self._counters = counters
        self._wanted: frozenset[str] = frozenset()
        self._seats = seats((), set(), connection.profile.users)
        self._news = asyncio.Event()
        self._use: _Use | None = None
        self._working = True
        self._attempts = 0
        self._error: str | None = None

    def want(self, extensions: Iterable[str]) -> None:
        """The extensions to monitor from now on, all of them; those beyond what the PBX may serve are left out."""
        before = self._seats.surplus
        self._wanted = frozenset(extensions)
        self._seats = seats(self._wanted, self._seats.served, self._connection.profile.users)
        if self._seats.surplus and self._seats.surplus != before:
            self._refuse(self._seats.surplus)
        self._news.set()

    def _refuse(self, surplus: tuple[str, ...]) -> None:
        profile = self._connection.profile
        logger.error(
            "%s may serve %d users: %d more are not served",
            profile.title,
            profile.users,
            len(surplus),
            extra={"extensions": surplus[:MAX_NAMED]},
        )

    def monitoring(self) -> Monitoring:
        """How the PBX side is now."""
        use = self._use
        told = Monitoring(
            attempts=self._attempts, error=self._error, wanted=len(self._wanted), surplus=self._seats.surplus
        )
        if use is None:
            return told
        return replace(
            told,
            connected_since=self._lines.in_machine_time(use.since),
            session=use.session,
            running=use.monitors.running,
            refused=dict(use.monitors.refused),
            unseen=dict(use.monitors.snapshots.unseen),
            licence_limit_reached=use.monitors.licence_limit_reached,
            status=use.status,
            not_offered=use.asking.not_offered,
        )

    # -- commands; each raises CommandFailed

    async def place_call(self, extension: str, number: str) -> str | None:
        """Rings the extension, then calls ``number``; gives the switch's id of the call, where it tells one."""
        commands, device = self._for_command(extension)
        return await commands.place_call(device, number)

    async def answer_call(self, extension: str, call: str) -> None:
        """Answers the call that rings at the extension, by the switch's id of it."""
        commands, device = self._for_command(extension)
        await commands.answer_call(device, call)

    async def clear_connection(self, extension: str, call: str) -> None:
        """Has the extension leave a call, by the switch's id of it."""
        commands, device = self._for_command(extension)
        await commands.clear_connection(device, call)

    async def set_do_not_disturb(self, extension: str, *, on: bool) -> None:
        """Switches do not disturb of an extension."""
        commands, device = self._for_command(extension)
        await commands.set_do_not_disturb(device, on=on)

    def _for_command(self, extension: str) -> tuple[Commands, str]:
        profile = self._connection.profile
        if extension not in self._seats.served:
            raise NotMonitored
        if self._use is None:
            raise NotConnected
        return Commands(self._use.asking.client, profile.request_timeout), profile.device.format(extension=extension)

    # -- the connection

    async def run(self) -> None:
        """Until cancelled."""
        await keep_up(self._connect, (CstaError, OSError), self._connection.backoff)

    async def _connect(self) -> None:
        self._attempts += 1
        to = self._connection.address
        address = {"host": to.host, "port": to.port(self._attempts), "tls": to.tls is not None}
        logger.info("connecting to the PBX", extra=address)
        try:
            reader, writer = await connect(to, self._attempts)
        except OSError as error:
            self._error = unreachable(error)
            self._counters["pbx_connections_failed"] += 1
            logger.warning("no connection to the PBX", extra={**address, "reason": self._error})
            raise
        logger.info("connected to the PBX", extra=address)
        self._counters["pbx_connections"] += 1
        try:
            await self._converse(reader, writer)
        except (CstaError, OSError) as error:
            self._error = str(error) or type(error).__name__
            logger.warning("lost the PBX", extra={**address, "reason": self._error})
            raise
        except Exception as error:
            # A fault of ours must cost no more than this connection: the calls go on, and somebody has to follow them.
            self._counters["faults"] += 1
            self._error = f"a fault of the gateway: {type(error).__name__}"
            logger.exception("lost the PBX by a fault of this gateway", extra=address)
            raise LinkLost(self._error) from error
        finally:
            await hang_up(writer)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        profile = self._connection.profile
        client = CstaClient(
            reader,
            writer,
            namespace=profile.namespace,
            heard=self._hear,
            counters=self._counters,
            in_flight=profile.in_flight,
            timeout=profile.request_timeout,
        )
        # Serving ends before reading does, so that the session can still be stopped.
        await until_one_ends(self._serve(client), client.run())

    async def _serve(self, client: CstaClient) -> None:
        """One session after the other, as long as the PBX ends none at once."""
        now = asyncio.get_running_loop().time
        while True:
            began = now()
            try:
                await self._serve_session(client)
            except SessionLost as error:
                self._error = str(error)
                if now() - began < self._connection.session_settled:
                    raise
                self._counters["sessions_reopened"] += 1
                logger.warning("opening another session", extra={"reason": str(error)})

    async def _serve_session(self, client: CstaClient) -> None:
        wanted = self._connection.session
        async with session(client, wanted) as started:
            asking = Asking(client)
            monitors = Monitors(
                asking,
                self._connection.profile,
                self._lines,
                counters=self._counters,
                wanted=lambda: self._seats.served,
                news=self._news,
            )
            use = self._use = _Use(asking, monitors, started, self._lines.now())
            works = [monitors.run(), monitors.silence.run(), use.until_ended()]
            if wanted is not None and started is not None:
                works.append(keep_session(client, started, wanted.duration))
            if self._connection.register:
                works.append(self._register(asking))
            if self._connection.heartbeat is not Heartbeat.NONE:
                works.append(self._keep_alive(asking))
            try:
                await until_one_ends(*works)
            finally:
                self._use = None
                self._lines.lose()

    async def _register(self, asking: Asking) -> None:
        await register(asking)
        await asyncio.Event().wait()

    async def _keep_alive(self, asking: Asking) -> None:
        connection = self._connection
        await keep_alive(asking, connection.heartbeat, connection.heartbeat_seconds, self._any_device)

    def _any_device(self) -> str:
        return self._connection.profile.device.format(extension=min(self._seats.served, default=""))

    def _hear(self, message: Heard) -> None:
        use = self._use
        if use is None:
            self._counters["events_unmonitored"] += 1
        elif isinstance(message, (CallEvent, FeatureEvent)):
            use.monitors.hear(message)
        elif isinstance(message, (SnapshotSegment, CallSegment)):
            use.monitors.snapshots.hear_segment(message)
        elif isinstance(message, MonitorEnded):
            use.monitors.hear_end(message.monitor)
        elif isinstance(message, SystemStatus):
            self._hear_status(message.status, use)
        else:
            use.end(message)

    def _hear_status(self, status: str, use: _Use) -> None:
        """A PBX that has lost messages, or works again after it did not, has kept events to itself."""
        use.status = status
        if status in _LOST or (status in _WORKING and not self._working):
            logger.warning("events of the PBX are missing", extra={"status": status})
            use.monitors.doubt()
        if status in _WORKING | _NOT_WORKING:
            self._working = status in _WORKING
