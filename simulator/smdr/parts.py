"""What a record says of each extension in it: the truth as far as SMDR can tell it."""

import time
from collections.abc import Container, Iterator

from simulator.ledger import Part
from simulator.smdr.log import Record
from simulator.switch import Party


def parts(record: Record, extensions: Container[str]) -> Iterator[Part]:
    """Of the caller, of whom the call came to, and of the third party, those that are extensions.

    Of a transferred call nobody can tell from when to when each had it: all have its times.
    """
    asker = "" if record.calling.hidden else record.calling.number
    wanted = record.dialled if record.outgoing or record.called is None else record.called.number
    if record.calling.number in extensions:
        yield _part(record, record.calling, outbound=True, calling=asker, called=wanted)
    if record.called is not None and record.called.number in extensions:
        yield _part(record, record.called, outbound=False, calling=asker, called=record.called.number)
    if record.third is not None and record.third.number in extensions:
        other = record.dialled if record.outgoing else asker
        yield _part(record, record.third, outbound=False, calling=other, called=record.third.number)


def _part(record: Record, party: Party, *, outbound: bool, calling: str, called: str) -> Part:
    part = Part(party.number, [""], outbound, calling, called, record.began, record.ended)
    part.answered = record.answered_at is not None
    part.ring = _seconds(record, part)
    if record.answered_at is not None and record.ended is not None:
        part.talk = (record.ended - record.answered_at).total_seconds()
    part.wall, part.monotonic = time.time(), time.monotonic()
    return part


def _seconds(record: Record, part: Part) -> float:
    """How long it rang; an outsider's telephone is not in the line."""
    if record.rang_at is None or record.outgoing:
        return 0.0
    until = record.answered_at or part.ended
    return (until - record.rang_at).total_seconds() if until else 0.0
