"""The PBX side: a connection that is made again whenever it is lost."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.csta import writer as requests
from gateway.csta.client import CstaClient
from gateway.csta.errors import CstaError, LinkLost, NoAnswer, Refused, UnexpectedAnswer
from gateway.csta.messages import CallPlaced, Done, SnapshotSegment, SystemStatus
from gateway.csta.session import Heartbeat, SessionRequest, keep_alive, keep_session, session
from gateway.monitors import Monitors
from gateway.retry import Backoff, keep_up
from gateway.side import Monitoring, NoAnswerFromPbx, NotConnected, NotMonitored, NotOffered, RefusedByPbx
from gateway.tasks import until_one_ends
from gateway.transport import Address, connect, unreachable

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable
    from datetime import datetime
    from typing import TypeVar

    from gateway.calls.lines import Lines
    from gateway.csta.messages import Answer, CallEvent, FeatureEvent
    from gateway.pbx import PbxProfile

    AnswerT = TypeVar("AnswerT", bound=Answer)

logger = logging.getLogger(__name__)

_WORKING = {"enabled", "normal"}
_NOT_WORKING = {"initializing", "disabled", "partiallyDisabled"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How to reach a PBX and stay connected. ``session`` is ``None`` for one that knows no sessions."""

    address: Address
    profile: PbxProfile
    session: SessionRequest | None = None
    heartbeat: Heartbeat = Heartbeat.NONE
    heartbeat_seconds: float = 30.0
    backoff: Backoff = field(default_factory=Backoff)


@dataclass(slots=True)
class _State:
    """What ``Monitoring`` tells of the connection."""

    attempts: int = 0
    error: str | None = None
    connected_since: datetime | None = None
    session: str | None = None
    status: str | None = None

    def lose(self) -> None:
        """The connection is gone, and what was known of it."""
        self.connected_since = self.session = self.status = None


class Exchange:
    """Feeds ``lines`` from the PBX while ``run`` runs; ``want`` says which extensions."""

    def __init__(self, connection: Connection, lines: Lines, counters: Counter[str]) -> None:
        self._connection = connection
        self._lines = lines
        self._counters = counters
        self._wanted: frozenset[str] = frozenset()
        self._news = asyncio.Event()
        self._client: CstaClient | None = None
        self._monitors: Monitors | None = None
        self._working = True
        self._state = _State()

    def want(self, extensions: Iterable[str]) -> None:
        """The extensions to monitor from now on, all of them."""
        self._wanted = frozenset(extensions)
        self._news.set()

    def monitoring(self) -> Monitoring:
        """How the PBX side is now."""
        monitors = self._monitors
        told = self._state
        return Monitoring(
            connected_since=told.connected_since,
            attempts=told.attempts,
            error=told.error,
            session=told.session,
            wanted=len(self._wanted),
            running=monitors.running if monitors else 0,
            refused=dict(monitors.refused) if monitors else {},
            unseen=dict(monitors.unseen) if monitors else {},
            licence_limit_reached=monitors is not None and monitors.licence_limit_reached,
            status=told.status,
        )

    async def place_call(self, extension: str, number: str) -> str | None:
        """Rings the extension, then calls ``number``; gives the switch's id of the call, where it tells one.

        Raises ``CommandFailed``.
        """
        client, device = self._for_command(extension)
        answer = await self._command(client, requests.make_call(client.namespace, device, number), CallPlaced)
        return answer.connection.call if answer.connection else None

    async def set_do_not_disturb(self, extension: str, *, on: bool) -> None:
        """Switches do not disturb of an extension. Raises ``CommandFailed``."""
        client, device = self._for_command(extension)
        await self._command(client, requests.set_do_not_disturb(client.namespace, device, on=on), Done)

    def _for_command(self, extension: str) -> tuple[CstaClient, str]:
        if extension not in self._wanted:
            raise NotMonitored
        if self._client is None:
            raise NotConnected
        return self._client, self._connection.profile.device.format(extension=extension)

    async def _command(self, client: CstaClient, request: bytes, expected: type[AnswerT]) -> AnswerT:
        try:
            # The time in which a place among the requests becomes free counts too: somebody waits for this.
            async with asyncio.timeout(self._connection.profile.request_timeout):
                return await client.request(request, expected)
        except Refused as error:
            raise RefusedByPbx(error.value or error.category) from error
        except UnexpectedAnswer as error:
            raise NotOffered("do this") from error
        except (NoAnswer, TimeoutError) as error:
            raise NoAnswerFromPbx from error
        except LinkLost as error:
            raise NotConnected from error

    async def run(self) -> None:
        """Until cancelled."""
        await keep_up(self._connect, (CstaError, OSError), self._connection.backoff)

    async def _connect(self) -> None:
        self._state.attempts += 1
        to = self._connection.address
        address = {"host": to.host, "port": to.port(self._state.attempts), "tls": to.tls is not None}
        logger.info("connecting to the PBX", extra=address)
        try:
            reader, writer = await connect(to, self._state.attempts)
        except OSError as error:
            self._state.error = unreachable(error)
            self._counters["pbx_connections_failed"] += 1
            logger.warning("no connection to the PBX", extra={**address, "reason": self._state.error})
            raise
        logger.info("connected to the PBX", extra=address)
        self._counters["pbx_connections"] += 1
        try:
            await self._use(reader, writer)
        except (CstaError, OSError) as error:
            self._state.error = str(error) or type(error).__name__
            logger.warning("lost the PBX", extra={**address, "reason": str(error) or type(error).__name__})
            raise
        except Exception as error:
            # A fault of ours must cost no more than this connection: the calls go on, and somebody has to follow them.
            self._counters["faults"] += 1
            logger.exception("lost the PBX by a fault of this gateway", extra=address)
            raise LinkLost(f"a fault of the gateway: {type(error).__name__}") from error
        finally:
            self._client = self._monitors = None
            self._state.lose()
            self._lines.lose()
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _use(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
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
        wanted = self._connection.session
        async with session(client, wanted) as started:
            self._monitors = Monitors(
                client,
                self._connection.profile,
                self._lines,
                counters=self._counters,
                wanted=lambda: self._wanted,
                news=self._news,
            )
            self._client = client
            self._state.connected_since = self._lines.now()
            self._state.session = started.session if started else None
            works = [self._monitors.run()]
            if wanted is not None and started is not None:
                works.append(keep_session(client, started, wanted.duration))
            if self._connection.heartbeat is not Heartbeat.NONE:
                works.append(keep_alive(client, self._connection.heartbeat, self._connection.heartbeat_seconds))
            await until_one_ends(*works)

    def _hear(self, message: CallEvent | FeatureEvent | SnapshotSegment | SystemStatus) -> None:
        if self._monitors is None:
            self._counters["events_unmonitored"] += 1
        elif isinstance(message, SystemStatus):
            self._hear_status(message.status, self._monitors)
        elif isinstance(message, SnapshotSegment):
            self._monitors.hear_segment(message)
        else:
            self._monitors.hear(message)

    def _hear_status(self, status: str, monitors: Monitors) -> None:
        """A PBX that has lost messages, or works again after it did not, has kept events to itself."""
        self._state.status = status
        if status == "messagesLost" or (status in _WORKING and not self._working):
            logger.warning("events of the PBX are missing", extra={"status": status})
            monitors.doubt()
        if status in _WORKING | _NOT_WORKING:
            self._working = status in _WORKING
