"""A record to the call records of the extensions that took part: what the fields mean.

| parties | the call | records |
| --- | --- | --- |
| a station calls a trunk | outgoing | one of the station |
| a trunk, nobody named, or the attendant calls a station | incoming | one of the station |
| a station calls a station | internal | one of each |
| a third party is named | ``T``, ``X``: transferred to it (``X``: blind), ``C``: it joined | one more, of the third |

PBXs write one record for a trunk call whoever it was transferred to [H]: how long each station had its part is not in
it. Each one's record then has the times of the whole call and says so (``durationOf`` in ``extraPbxData``).

| completion | incoming | outgoing | internal |
| --- | --- | --- | --- |
| ``A`` | answered by the attendant | answer supervision | |
| ``T`` | answered by pickup or night service | barred | |
| ``B``, ``O`` | busy | busy | busy |
| ``E`` | wrong number | wrong number | wrong number |
| ``D``, ``S``, ``U`` | do not disturb, out of service, attendant not there | the same | the same |
| ``I`` | | | an internal call |

``A``, ``B``, ``E`` and ``T`` are Mitel's ([H], and the SX-200 manual MITL9105/9110-096-451); the others come with
Extended Reporting Level 1, after a public parser. A letter that is not in the table changes nothing. Asterisks for the
time to answer: not answered, and the duration is how long it rang [L]. An outgoing call with a duration counts as
answered even without ``A``, which many trunks cannot give; one that nobody took has no duration [L].

The start is when the call came in or was dialled: one example of [E] counts the time to answer from there. What
``layouts`` calls [E], [H] and [L] is meant here too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cloudlink.model import Call, Cause, Direction
from cloudlink.uplink import CallRecorded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Set
    from datetime import datetime

    from gateway.smdr.parser import SmdrRecord

_STATION = re.compile(r"[0-9*#]+")

_FAILED = {
    "B": Cause.BUSY,
    "O": Cause.BUSY,
    "E": Cause.DEST_NOT_OBTAINABLE,
    "D": Cause.DO_NOT_DISTURB,
    "S": Cause.DEST_NOT_OBTAINABLE,
    "U": Cause.RESOURCES_NOT_AVAILABLE,
}
_TRANSFERRED = {"T", "X"}


@dataclass(frozen=True, slots=True)
class _Course:
    """How the call went; both times in seconds."""

    answered: bool
    ringing: int
    talking: int
    failure: Cause | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    """An extension's part in the call, with the parties as it sees them."""

    extension: str
    direction: Direction
    source: str
    target: str
    joined_later: bool = False


def recorded(
    record: SmdrRecord,
    extensions: Set[str],
    began: datetime,
    new_id: Callable[[str], str],
    outside_prefix: str = "",
) -> Iterator[CallRecorded]:
    """The call records of those of the ``extensions`` that took part.

    ``began`` is aware UTC, ``new_id`` gives an extension's id for this call. ``outside_prefix`` is taken off numbers
    that were dialled on a trunk.
    """
    # Whoever reached nobody had dialled somebody, perhaps one of ours.
    called = record.called or _dialled_extension(record, extensions)
    from_station, to_station = _is_station(record.calling), _is_station(called)
    outgoing = from_station and not to_station
    outside = record.digits.removeprefix(outside_prefix) if outgoing else "" if from_station else record.ani
    course = _course(record, outgoing=outgoing)
    caller = record.calling if from_station else outside
    parts = []
    if from_station:
        parts.append(_Part(record.calling, Direction.OUTBOUND, caller, called if to_station else outside))
    if to_station:
        parts.append(_Part(called, Direction.INBOUND, caller, called))
    if _is_station(record.third):
        # Whom the third party then speaks with: the outsider, or else whoever did not bring it in.
        other = outside if outgoing else caller
        parts.append(_Part(record.third, Direction.INBOUND, other, record.third, joined_later=True))
    for part in parts:
        if part.extension in extensions:
            call = _call(record, course, part, began, new_id(part.extension))
            yield CallRecorded(part.extension, call)


def _course(record: SmdrRecord, *, outgoing: bool) -> _Course:
    lasted = record.duration or 0
    failure = _FAILED.get(record.completion)
    if outgoing and record.completion == "T":
        failure = Cause.DEST_NOT_OBTAINABLE
    supervised = outgoing and record.completion == "A"
    told = record.time_to_answer is not None and not outgoing
    answered = failure is None and not record.unanswered and (lasted > 0 or supervised or told)
    if answered:
        return _Course(answered, record.time_to_answer or 0, lasted)
    return _Course(answered, 0 if outgoing else lasted, 0, failure)


def _cause(record: SmdrRecord, course: _Course, part: _Part) -> Cause | None:
    if course.failure is not None:
        return course.failure
    if part.joined_later and record.joining in _TRANSFERRED:
        return Cause.TRANSFER
    inbound = part.direction is Direction.INBOUND
    if inbound and record.forwarding == "F":
        return Cause.CALL_FORWARD
    if inbound and record.completion == "T":
        return Cause.REDIRECTED
    if course.answered:
        return None
    return Cause.CALL_NOT_ANSWER if inbound else Cause.CALL_CANCELLED


def _call(record: SmdrRecord, course: _Course, part: _Part, began: datetime, call_id: str) -> Call:
    return Call(
        call_id=call_id,
        direction=part.direction,
        created_on=began,
        from_=part.source or None,
        from_number_e164=_is_e164(part.source),
        to=part.target or None,
        to_number_e164=_is_e164(part.target),
        cause=_cause(record, course, part),
        end_time=began + timedelta(seconds=course.ringing + course.talking),
        completed=course.answered,
        ring_time=float(course.ringing),
        billing_time=float(course.talking),
        extra_pbx_data=_extra(record),
    )


def _extra(record: SmdrRecord) -> dict[str, Any]:
    told = {
        "source": "smdr",
        "trunk": next((party for party in (record.calling, record.called) if party[:1] in {"T", "X"}), ""),
        "attendant": record.attendant,
        "completion": record.completion,
        "forwarding": record.forwarding,
        "joining": record.joining,
        "thirdParty": record.third,
        "durationOf": "call" if record.third else "",
    }
    return {name: value for name, value in told.items() if value}


def _dialled_extension(record: SmdrRecord, extensions: Set[str]) -> str:
    return next((number for number in (record.digits, record.dnis) if number in extensions), "")


def _is_station(party: str) -> bool:
    return _STATION.fullmatch(party) is not None


def _is_e164(number: str) -> bool:
    return number.startswith("+") and number[1:].isdigit()
