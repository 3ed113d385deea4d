"""A line to a record. Says what stands in the line, not what it means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from gateway.smdr import layouts
from gateway.smdr.layouts import EXTENDED, STANDARD, Layout

_HEAD = re.compile(
    r"(?P<long_call>[ %+-]?)(?P<month>\d\d)/(?P<day>\d\d) "
    r"(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d))?(?P<half>[apAP ]?) "
)
_DURATION = re.compile(r"(\d\d|\d{4}):(\d\d):(\d\d)(?: |$)")
_PARTY = re.compile(r"[0-9*#]+|[TX]\d+|ATT?\d*", re.IGNORECASE)
_NUMBER = re.compile(r"\+?[0-9*#]+")
_SYSTEM = re.compile(r"\d{3}(?: |$)")
_ANSWER = re.compile(r"(?P<attendant>\*?) *(?P<seconds>\d*)")
_METER_PULSES = re.compile(r" \d{5}$")

_LEAP_YEAR = 2000
_SECONDS_LENGTH = 3


class BadLine(ValueError):
    """A line that is no record; the text says why, without quoting it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmdrRecord:
    """The fields of a line; texts without blanks around them, empty where nothing stood.

    ``half`` is ``a``, ``p`` or empty; ``second`` is ``None`` in a layout without seconds. ``duration`` is in seconds,
    ``None`` when blank. ``time_to_answer`` is in seconds, ``None`` when blank; ``unanswered`` is asterisks in its
    place. ``text`` is the whole line.
    """

    long_call: str
    month: int
    day: int
    hour: int
    minute: int
    second: int | None
    half: str
    duration: int | None
    calling: str
    attendant: bool
    time_to_answer: int | None
    unanswered: bool
    digits: str
    completion: str
    forwarding: str
    called: str
    joining: str
    third: str
    ani: str
    dnis: str
    text: str


class Parser:
    """Reads the lines of one PBX, whose layout stays the same until somebody changes its options."""

    def __init__(self) -> None:
        self._last = STANDARD

    def read(self, line: str) -> SmdrRecord:
        """Raises ``BadLine``."""
        head = _HEAD.match(line)
        if head is None:
            raise BadLine("it does not begin with a date and a time")
        # The start of a line may have been stripped of its blank: columns count from what is certain.
        body = line[head.end() :]
        length = len(line) + (0 if head["long_call"] else 1) - (_SECONDS_LENGTH if head["second"] else 0)
        layout, duration = self._layout(body, length)
        record = _record(line, head, duration, _Fields(body, layout))
        self._last = STANDARD if layout.duration == STANDARD.duration else EXTENDED
        return record

    def _layout(self, body: str, length: int) -> tuple[Layout, int | None]:
        told = _DURATION.match(body)
        if told is None and body[: STANDARD.duration].strip():
            raise BadLine("the duration cannot be read")
        if told is None:
            layout, duration = layouts.by_length(length) or self._last, None
        else:
            hours, minutes, seconds = map(int, told.groups())
            layout = STANDARD if len(told[1]) == len("hh") else EXTENDED
            duration = hours * 3600 + minutes * 60 + seconds
        wide = layouts.with_wide_called_party(layout)
        if not _is_system(body, layout) and _is_system(body, wide):
            layout = wide
        return layout, duration


def _is_system(body: str, layout: Layout) -> bool:
    return _SYSTEM.fullmatch(_Fields(body, layout).system.ljust(4)) is not None


class _Fields:
    """The part of a line behind the start time, cut as the layout says."""

    def __init__(self, body: str, layout: Layout) -> None:
        at = layout.duration + 1
        self.calling, at = body[at : at + layout.party], at + layout.party + 1
        self.answer, at = body[at : at + 4], at + 5
        self.digits, at = body[at : at + 26], at + 26
        self.completion, self.forwarding, at = body[at : at + 1], body[at + 1 : at + 2], at + 2
        self.called, at = body[at : at + layout.called], at + layout.called
        self.joining, at = body[at : at + 1], at + 2
        self.third, at = body[at : at + layout.party], at + layout.party + 1
        # Account codes can be secret and are of no use here: they are passed over, with the mark behind them.
        at += 13
        self.system, at = body[at : at + 4], at + 6
        self.ani, at = body[at : at + layout.ani], at + layout.ani + 1
        self.dnis = body[at : at + layout.dnis]


def _record(line: str, head: re.Match[str], duration: int | None, fields: _Fields) -> SmdrRecord:
    calling, called, third = (_party(text) for text in (fields.calling, fields.called, fields.third))
    digits = _digits(fields.digits, calling)
    if not (calling or called or third or digits):
        raise BadLine("it names no party")
    answer = _ANSWER.match(fields.answer)
    record = SmdrRecord(
        long_call=head["long_call"].strip(),
        month=int(head["month"]),
        day=int(head["day"]),
        hour=int(head["hour"]),
        minute=int(head["minute"]),
        second=int(head["second"]) if head["second"] else None,
        half=head["half"].strip().lower(),
        duration=duration,
        calling=calling,
        attendant=answer is not None and bool(answer["attendant"]) and "**" not in fields.answer,
        time_to_answer=int(answer["seconds"]) if answer and answer["seconds"] else None,
        unanswered="***" in fields.answer,
        digits=digits,
        completion=fields.completion.strip().upper(),
        forwarding=fields.forwarding.strip().upper(),
        called=called,
        joining=fields.joining.strip().upper(),
        third=third,
        ani=_number(fields.ani),
        dnis=_number(fields.dnis),
        text=line,
    )
    _expect_a_time(record)
    return record


def _expect_a_time(record: SmdrRecord) -> None:
    try:
        date(_LEAP_YEAR, record.month, record.day)
    except ValueError:
        raise BadLine("there is no such date") from None
    if record.hour > 23 or record.minute > 59 or (record.second or 0) > 59:
        raise BadLine("there is no such time of day")


def _party(text: str) -> str:
    party = text.strip().upper()
    if party and not _PARTY.fullmatch(party):
        raise BadLine("a party is neither a station nor a trunk nor an attendant")
    return party


def _digits(field: str, calling: str) -> str:
    """The number dialled. Before it may stand the calling party's own, as some networks report it."""
    words = _METER_PULSES.sub("", field).split()
    dialled = words[1:] if len(words) > 1 and words[0] == calling else words
    return _number(dialled[0]) if dialled else ""


def _number(text: str) -> str:
    """What is no number there (a name, a mark for one that is withheld) tells nothing."""
    number = text.strip()
    return number if _NUMBER.fullmatch(number) else ""
