"""One connection to a PBX: requests and their answers, the PBX's own requests, events in the order of arrival."""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.csta import writer
from gateway.csta.errors import BadMessage, FramingError, LinkLost, NoAnswer, Refused, SessionRefused, UnexpectedAnswer
from gateway.csta.framing import LAST_INVOKE_ID, Frame, FrameDecoder, encode
from gateway.csta.messages import (
    Answer,
    CallEvent,
    CallSegment,
    FeatureEvent,
    MonitorEnded,
    Refusal,
    SessionDenied,
    SessionEnded,
    SnapshotSegment,
    SystemStatus,
    SystemStatusRequested,
    UnknownEvent,
    UnknownRequest,
)
from gateway.csta.parser import parse

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable
    from typing import TypeVar

    from gateway.csta.messages import Request

    AnswerT = TypeVar("AnswerT", bound=Answer)

Heard = CallEvent | FeatureEvent | SnapshotSegment | CallSegment | MonitorEnded | SystemStatus | SessionEnded
"""What the PBX tells by itself."""

logger = logging.getLogger(__name__)

READ_OCTETS = 1 << 16

# The namespaces of editions 2 to 6 and whatever follows; the second edition's host has another name.
_EDITION = re.compile(rb"http://www\.ecma(?:-international\.org|\.ch)/standards/ecma-323/csta/ed\d+")
_ROOT_OCTETS = 1024

MAX_UNREAD_OCTETS = 1 << 20
"""What may wait for a PBX that reads nothing; it would be thousands of answers to its own requests."""

MAX_OVERDUE = 1000
"""Timed-out requests whose answer would still be heard."""


@dataclass(frozen=True, slots=True)
class _Pending:
    """A request of ours. ``arrived`` runs in the read loop, before anything that came after the answer is looked at."""

    answer: asyncio.Future[Answer]
    arrived: Callable[[Answer], None] | None


class CstaClient:
    """Call ``run`` once; while it runs, ``request`` may be called by any task.

    ``namespace`` is that of the edition to begin with; the one in which the PBX answers takes its place.
    ``heard`` gets the PBX's events, snapshot segments and system states in the read loop and must not block.
    ``in_flight`` is how many requests may be without an answer, ``timeout`` how long one may be (seconds).
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        out: asyncio.StreamWriter,
        *,
        namespace: str,
        heard: Callable[[Heard], None],
        counters: Counter[str],
        in_flight: int,
        timeout: float,
    ) -> None:
        self.namespace = namespace
        self._reader = reader
        self._out = out
        self._heard = heard
        self._counters = counters
        self._slots = asyncio.Semaphore(in_flight)
        self._timeout = timeout
        # Keyed by invoke id, and only ever asked about answers: the PBX numbers its own requests as it likes.
        self._pending: dict[int, _Pending] = {}
        self._overdue: dict[int, Callable[[Answer], None]] = {}
        self._last_id = 0
        self._ended = False

    async def run(self) -> None:
        """Reads until the connection ends, which raises ``LinkLost``. A document that cannot be read is counted."""
        decoder = FrameDecoder()
        try:
            while octets := await self._reader.read(READ_OCTETS):
                for frame in decoder.feed(octets):
                    self._take(frame)
            decoder.close()
        except FramingError:
            self._counters["frames_bad"] += 1
            raise
        except OSError as error:
            raise LinkLost(f"the connection broke: {type(error).__name__}") from error
        finally:
            self._give_up()
        raise LinkLost("the PBX closed the connection")

    async def request(
        self, xml: bytes, expected: type[AnswerT], arrived: Callable[[Answer], None] | None = None
    ) -> AnswerT:
        """Sends a request and waits for its answer, of which ``arrived`` hears first, whatever it is.

        ``arrived`` hears of it even after ``NoAnswer`` was raised, since the PBX has then done what it was asked for.
        Raises ``Refused``, ``SessionRefused``, ``NoAnswer``, ``UnexpectedAnswer``, and ``LinkLost`` when the connection
        ends meanwhile.
        """
        async with self._slots:
            answer = await self._ask(xml, arrived)
        if isinstance(answer, Refusal):
            raise Refused(answer.category, answer.value)
        if isinstance(answer, SessionDenied):
            raise SessionRefused(answer.reason)
        if not isinstance(answer, expected):
            raise UnexpectedAnswer(f"{type(answer).__name__} instead of {expected.__name__}")
        return answer

    async def _ask(self, xml: bytes, arrived: Callable[[Answer], None] | None) -> Answer:
        invoke_id = self._next_id()
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._pending[invoke_id] = _Pending(future, arrived)
        try:
            self._send(invoke_id, xml)
            # Not wait_for, which in Python 3.11 may swallow a cancellation that meets the answer.
            async with asyncio.timeout(self._timeout):
                return await future
        except TimeoutError:
            self._counters["requests_unanswered"] += 1
            self._expect_late(invoke_id, arrived)
            raise NoAnswer(f"no answer within {self._timeout:g} s") from None
        finally:
            self._pending.pop(invoke_id, None)

    def _expect_late(self, invoke_id: int, arrived: Callable[[Answer], None] | None) -> None:
        if arrived is not None:
            self._overdue[invoke_id] = arrived
        if len(self._overdue) > MAX_OVERDUE:
            del self._overdue[next(iter(self._overdue))]

    def _next_id(self) -> int:
        while True:
            self._last_id = self._last_id % LAST_INVOKE_ID + 1
            if self._last_id not in self._pending and self._last_id not in self._overdue:
                return self._last_id

    def _send(self, invoke_id: int, xml: bytes) -> None:
        if self._ended or self._out.is_closing():
            raise LinkLost("the connection is closed")
        if self._out.transport.get_write_buffer_size() > MAX_UNREAD_OCTETS:
            raise LinkLost("the PBX does not read what it is sent")
        self._out.write(encode(Frame(invoke_id, xml)))

    def _give_up(self) -> None:
        self._ended = True
        for pending in self._pending.values():
            if not pending.answer.done():
                pending.answer.set_exception(LinkLost("the connection ended before the answer"))
                # Whoever waited may have been cancelled; then nobody asks for the exception.
                pending.answer.exception()

    # -- what the PBX sends

    def _take(self, frame: Frame) -> None:
        self._counters["frames"] += 1
        try:
            message = parse(frame.xml)
        except BadMessage as error:
            extra = {"reason": str(error), "octets": len(frame.xml)}
            self._note("messages_unreadable", "unreadable message from the PBX", extra)
            return
        if isinstance(message, CallEvent | FeatureEvent):
            self._heard(message)
        elif isinstance(message, UnknownEvent):
            self._counters["events_unknown"] += 1
        else:
            self._learn_from(frame.xml)
            self._dispatch(frame.invoke_id, message)

    def _learn_from(self, xml: bytes) -> None:
        edition = _EDITION.search(xml, 0, _ROOT_OCTETS)
        if edition is not None:
            self.learn(edition[0].decode())

    def learn(self, namespace: str | None) -> None:
        """The PBX speaks the edition of that namespace, so it is spoken to in it; another namespace is none."""
        if namespace and namespace != self.namespace and _EDITION.fullmatch(namespace.encode()):
            self._note("edition_changes", "the PBX speaks another edition of CSTA", {"namespace": namespace})
            self.namespace = namespace

    def _dispatch(self, invoke_id: int, message: Request | Answer) -> None:
        match message:
            case SnapshotSegment() | CallSegment() | SessionEnded():
                self._heard(message)
            case MonitorEnded():
                self._send(invoke_id, writer.monitor_stop_response(self.namespace))
                self._heard(message)
            case SystemStatus():
                self._send(invoke_id, writer.system_status_response(self.namespace))
                self._heard(message)
            case SystemStatusRequested():
                self._send(invoke_id, writer.request_system_status_response(self.namespace))
            case UnknownRequest(name):
                self._note("requests_unknown", "the PBX asked for an unknown service", {"service": name[:80]})
                self._send(invoke_id, writer.refusal(self.namespace, "operation", "generic"))
            case _:
                self._answered(invoke_id, message)

    def _note(self, counter: str, what: str, extra: dict[str, object]) -> None:
        """Counts, and logs the 1st, 2nd, 4th, 8th ...: a PBX that does it once may do it for ever."""
        self._counters[counter] += 1
        times = self._counters[counter]
        if times & (times - 1) == 0:
            logger.warning(what, extra={**extra, "times": times})

    def _answered(self, invoke_id: int, answer: Answer) -> None:
        pending = self._pending.get(invoke_id)
        if pending is None or pending.answer.done():
            self._answered_late(invoke_id, answer)
            return
        if pending.arrived is not None:
            pending.arrived(answer)
        pending.answer.set_result(answer)

    def _answered_late(self, invoke_id: int, answer: Answer) -> None:
        """After its request timed out, or of a request that was never made."""
        self._counters["answers_unexpected"] += 1
        arrived = self._overdue.pop(invoke_id, None)
        if arrived is not None:
            arrived(answer)
