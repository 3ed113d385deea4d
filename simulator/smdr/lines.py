"""A record as a line of text."""

from datetime import datetime

from simulator.smdr.log import Record
from simulator.switch import Party

_UNANSWERED = "****"


def line(record: Record, layout: int) -> str:
    """The line, without its end, in one of ``settings.SMDR_LAYOUTS``.

    A number that is too long for its field loses its last digits.
    """
    extended = layout not in (90, 112)
    party, called = (7, 15 if layout == 207 else 7) if extended else (4, 4)
    seconds = ":%S" if layout == 207 else ""
    text = (
        f"{_long_call(record)}{record.began.astimezone():%m/%d %H:%M{seconds}}  {_duration(record, extended)} "
        f"{_name(record.calling, party)} {_time_to_answer(record)} {_digits(record):26.26}{_completion(record):1}"
        f"{record.forwarded:1}{_name(record.called, called)}{record.joining:1} {_name(record.third, party)} "
        f"{'':12} 001"
    )
    if layout in (112, 120, 207):
        ani, dnis = {112: (10, 10), 120: (10, 7), 207: (20, 7)}[layout]
        text += f"   {_caller(record):{ani}.{ani}} {_dialled_in(record):{dnis}.{dnis}}"
    return text.ljust(layout)


def _seconds(since: datetime | None, until: datetime | None) -> int:
    return int((until - since).total_seconds()) if since and until else 0


def _lasted(record: Record) -> int | None:
    """How long they talked, or how long it rang; ``None`` for a call to outside that nobody took."""
    if record.answered_at is not None:
        return _seconds(record.answered_at, record.ended)
    return None if record.outgoing else _seconds(record.rang_at, record.ended)


def _long_call(record: Record) -> str:
    minutes = (_lasted(record) or 0) // 60
    return " " if minutes < 5 else "-" if minutes < 10 else "%" if minutes < 30 else "+"


def _duration(record: Record, extended: bool) -> str:
    lasted, hours = _lasted(record), 4 if extended else 2
    if lasted is None:
        return " " * (hours + 6)
    return f"{lasted // 3600:0{hours}}:{lasted // 60 % 60:02}:{lasted % 60:02}"


def _time_to_answer(record: Record) -> str:
    if record.outgoing:
        return "    "
    if record.answered_at is None:
        return _UNANSWERED
    return f"{_seconds(record.rang_at, record.answered_at):04}"


def _completion(record: Record) -> str:
    if record.outgoing:
        return "A" if record.answered_at else ""
    return record.completion or ("I" if record.internal else "")


def _digits(record: Record) -> str:
    dialled = record.dialled.replace("+", "00")
    return f"{dialled:21.21}00000" if record.outgoing else dialled


def _caller(record: Record) -> str:
    """As the network tells it: the national number, or with 00 before it."""
    if not record.calling.trunk or record.calling.hidden:
        return ""
    return record.calling.number.replace("+33", "0").replace("+", "00")


def _dialled_in(record: Record) -> str:
    return record.dialled if record.calling.trunk else ""


def _name(party: Party | None, width: int) -> str:
    return f"{party.device if party else '':{width}.{width}}"
