"""What the switch does, call by call, until a call has ended and there is one record of it, whoever had a part."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from simulator.switch import CallEvent, Event, EventName, Party

_TROUBLES = {"busy": "B", "numberUnallocated": "E", "destNotObtainable": "E", "doNotDisturb": "D"}


@dataclass(slots=True)
class Record:
    """One call. Times are those of the timeline; ``completion``, ``forwarded`` and ``joining`` are SMDR's letters."""

    began: datetime
    calling: Party
    dialled: str = ""
    called: Party | None = None
    third: Party | None = None
    rang_at: datetime | None = None
    answered_at: datetime | None = None
    ended: datetime | None = None
    completion: str = ""
    forwarded: str = ""
    joining: str = ""

    @property
    def outgoing(self) -> bool:
        """From an extension to the network."""
        return not self.calling.trunk and self.called is not None and bool(self.called.trunk)

    @property
    def internal(self) -> bool:
        """Between extensions."""
        return not self.calling.trunk and not self.outgoing


class CallLog:
    """Listens to a switch; ``write`` is given each record when its call ends. ``now`` is the timeline's time."""

    def __init__(self, now: Callable[[], datetime], write: Callable[[Record], object]) -> None:
        self._now = now
        self._write = write
        self._records: dict[str, Record] = {}

    def hear(self, event: Event) -> None:
        """An event of the switch, at the moment at which it happens."""
        if not isinstance(event, CallEvent):
            return
        if event.name is EventName.CALL_CLEARED:
            self._end(event.connection.call)
            return
        record = self._records.setdefault(event.connection.call, Record(self._now(), event.calling))
        record.dialled = record.dialled or (event.called.number if event.called else "")
        self._change(record, event)

    def _change(self, record: Record, event: CallEvent) -> None:
        now = self._now()
        match event.name:
            case EventName.ORIGINATED:
                record.began = now
            case EventName.NETWORK_REACHED:
                record.called = event.party
            case EventName.DELIVERED if record.answered_at is None:
                record.called = event.party
                record.rang_at = record.rang_at or now
            case EventName.DIVERTED if event.cause != "callPickup":
                record.forwarded = "F"
            case EventName.ESTABLISHED if record.answered_at is None and event.party != record.calling:
                record.called, record.answered_at = event.party, now
                record.completion = "T" if event.cause == "callPickup" else ""
            case EventName.FAILED if record.answered_at is None:
                record.completion = _TROUBLES.get(event.cause, "")
                record.called = record.called or (event.called if event.cause != "numberUnallocated" else None)
            case EventName.TRANSFERED | EventName.CONFERENCED:
                self._join(record, event)

    def _join(self, record: Record, event: CallEvent) -> None:
        """Two calls became one. The second has no record of its own: who was in it is the first one's third party."""
        consulted = self._records.pop(event.secondary.call, None) if event.secondary else None
        record.third = event.other
        if event.name is EventName.CONFERENCED:
            record.joining = "C"
        else:
            record.joining = "T" if consulted and consulted.answered_at else "X"

    def _end(self, call: str) -> None:
        record = self._records.pop(call, None)
        if record is None or not record.dialled:
            return
        record.ended = self._now()
        self._write(record)
