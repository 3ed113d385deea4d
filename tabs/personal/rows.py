"""Calls as rows of the page and of the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloudlink.model import Direction
from cloudlink.repeats import name_of, repeats
from i18n import in_zone
from store.call_notes import CallNote
from tabs.personal.call_links import CallLink, call_link

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloudlink.model import Account, Call
    from i18n import Translator
    from tabs.personal.frame import PersonalVisit

# Hiding a row names each of its calls in a form of at most 16 KB.
_MOST_REPEATS = 50


@dataclass(frozen=True, slots=True)
class Item:
    """One call of a row."""

    call_id: str
    details: str
    note: CallNote | None


@dataclass(frozen=True, slots=True)
class Row:
    """Calls in a row with one party. ``link`` is the call button's.

    ``number`` is what may be copied, ``shown_number`` what stands beside the name.
    """

    fate: str
    missed: bool
    who: str
    number: str
    shown_number: str
    details: str
    link: CallLink
    items: Sequence[Item]

    @property
    def noted(self) -> bool:
        """Whether any of the calls has a note."""
        return any(item.note for item in self.items)


@dataclass(frozen=True, slots=True)
class Drawing:
    """What rows are drawn by: links to dial pages and notes, by call id."""

    visit: PersonalVisit
    account: Account
    links: Mapping[str, str]
    notes: Mapping[str, CallNote]

    def rows(self, calls: Sequence[Call]) -> list[Row]:
        """One row for calls in a row with the same party."""
        return [self._row(group) for group in repeats(calls, _MOST_REPEATS)]

    def _row(self, group: Sequence[Call]) -> Row:
        say, newest, name = self.visit.say, group[0], name_of(group)
        link = call_link(self.visit, self.account, newest.peer or "", self.links.get(newest.call_id))
        items = [Item(call.call_id, details(call, self.visit), self.notes.get(call.call_id)) for call in group]
        return Row(
            fate=fate(newest, say),
            missed=newest.missed,
            who=name or newest.peer or say("Unknown number"),
            number=newest.peer or "",
            shown_number=newest.peer or "" if name else "",
            details=items[0].details,
            link=link,
            items=items,
        )


def details(call: Call, visit: PersonalVisit) -> str:
    """When it was, and how long people talked."""
    say = visit.say
    told = [say.when(call.created_on, now=visit.now, zone=visit.zone)]
    if call.completed:
        told.append(say.duration(call.billing_time))
    elif not call.missed:
        told.append(say("no answer"))
    return " · ".join(told)


def fate(call: Call, say: Translator) -> str:
    """Direction and fate in words."""
    if call.missed:
        return say("Missed call")
    return say("Incoming call") if call.direction == Direction.INBOUND else say("Outgoing call")


def columns(say: Translator) -> Sequence[str]:
    """The head of the file."""
    return [say("Time"), say("Kind of call"), say("Name"), say("Number"), say("Seconds"), say("Note"), say("Tags")]


def cells(call: Call, note: CallNote | None, visit: PersonalVisit) -> Sequence[str]:
    """A line of the file. The time is that of ISO 8601, which spreadsheets of every language read."""
    local = in_zone(call.created_on, visit.zone).replace(tzinfo=None, microsecond=0)
    seconds = str(round(call.billing_time)) if call.completed else ""
    own = note or CallNote()
    party = [call.peer_name or "", call.peer or ""]
    return [local.isoformat(" "), fate(call, visit.say), *party, seconds, own.text, ", ".join(own.tags)]
