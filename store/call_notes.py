"""What people write to their own calls: a note and tags. Nobody else sees them, and the telephone system neither.

For the tab and for the bot::

    notes = CallNotes(database, now)
    await cloudlink.call(who, call_id)                       # raises UnknownId for a call that is not theirs
    note = CallNote.read("Call back about the invoice", "invoice, urgent")   # ValueError when too long
    await notes.write(who, call_id, note)                    # an empty one takes the note away
    (await notes.of(who, [call_id])).get(call_id)            # None without a note

A note goes with its user. It names its call by id alone, since with the hosted CloudLink there is no record here.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Self

from sqlalchemy import bindparam, delete, select

from store.clock import Clock, utc_now
from store.schema import call_notes
from store.upsert import insert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection, Select

    from cloudlink.model import Principal
    from store.database import Database

LONGEST_NOTE = 1000
MOST_TAGS = 10
LONGEST_TAG = 30
# So many calls in one question: the statement has a parameter for each.
_AT_ONCE = 50
_c = call_notes.c
_OWN = (_c.account_id == bindparam("of_account"), _c.principal_id == bindparam("of_principal"))
_ALL = select(_c.call_id, _c.note, _c.tags).where(*_OWN)
_SAVE = insert(call_notes)
_SAVE = _SAVE.on_conflict_do_update(
    index_elements=list(call_notes.primary_key),
    set_={name: _SAVE.excluded[name] for name in ("note", "tags", "changed_on")},
)
_FORGET = delete(call_notes).where(*_OWN, _c.call_id == bindparam("id"))


@dataclass(frozen=True, slots=True)
class CallNote:
    """``text`` may have several lines; ``tags`` are as they were typed, none twice."""

    text: str = ""
    tags: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str, tags: str = "") -> Self:
        """From what a person typed, ``tags`` with commas between them. Raises ``ValueError`` for what is too long."""
        note, named = _clean(text).strip(), dict[str, str]()
        for tag in filter(None, (" ".join(_clean(each).split()) for each in tags.split(","))):
            named.setdefault(tag.casefold(), tag)
        if len(note) > LONGEST_NOTE or len(named) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in named.values()):
            raise ValueError("the note or its tags are too long")
        return cls(note, tuple(named.values()))

    @property
    def words(self) -> str:
        """All of it, for whoever searches."""
        return "\n".join((self.text, *self.tags))


class CallNotes:
    """The notes of everybody; each question names whose."""

    def __init__(self, database: Database, now: Clock = utc_now) -> None:
        self._database = database
        self._now = now

    async def of(self, who: Principal, call_ids: Sequence[str]) -> dict[str, CallNote]:
        """The notes of those calls that have one, by call id."""
        found: dict[str, CallNote] = {}
        for start in range(0, len(call_ids), _AT_ONCE):
            some = call_ids[start : start + _AT_ONCE]
            named = {f"call_{place}": call_id for place, call_id in enumerate(some)}
            found |= _notes(await self._database.read(_of_calls(len(some)), {**_key(who), **named}))
        return found

    async def all(self, who: Principal) -> Mapping[str, CallNote]:
        """All of the person's notes, by call id."""
        return _notes(await self._database.scan(_ALL, _key(who)))

    async def write(self, who: Principal, call_id: str, note: CallNote) -> None:
        """Puts the note in place of what was there. Whoever asks has made sure that the call is theirs."""
        row = {
            "account_id": who.account_id,
            "principal_id": who.principal_id,
            "call_id": call_id,
            "note": note.text,
            "tags": list(note.tags),
            "changed_on": self._now(),
        }

        def work(connection: Connection) -> None:
            if note == CallNote():
                connection.execute(_FORGET, {**_key(who), "id": call_id})
            else:
                connection.execute(_SAVE, row)

        await self._database.write(work)


@cache
def _of_calls(count: int) -> Select[str, str, object]:
    return _ALL.where(_c.call_id.in_([bindparam(f"call_{place}") for place in range(count)]))


def _key(who: Principal) -> dict[str, object]:
    return {"of_account": who.account_id, "of_principal": who.principal_id}


def _notes(rows: Iterable[Sequence[object]]) -> dict[str, CallNote]:
    return {str(call_id): CallNote(str(text), _tags(tags)) for call_id, text, tags in rows}


def _tags(stored: object) -> tuple[str, ...]:
    return tuple(map(str, stored)) if isinstance(stored, list) else ()


def _clean(text: str) -> str:
    """With lines as everywhere else, and without the characters that draw nothing or turn the text around them."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in lines if sign in "\n\t" or not _is_control(sign))


def _is_control(sign: str) -> bool:
    # "Cs" are lone surrogates, which no database takes; of "Cf", only those that turn text around, not a joiner.
    return (
        unicodedata.category(sign) in {"Cc", "Cs"}
        or sign in "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )
