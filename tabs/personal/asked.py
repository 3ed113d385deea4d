"""Which calls a page, a form or a link of the call log is about: a list and a search in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import urlencode

from cloudlink.port import CallKind
from cloudlink.search import Query, Search
from i18n import clock_of
from tabs.personal.navigation import CALLS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from i18n import Translator
    from store.call_notes import CallNotes
    from tabs.personal.frame import PersonalVisit


@dataclass(frozen=True, slots=True)
class Asked:
    """The list of ``kind``, or what ``search`` finds in it."""

    kind: CallKind
    search: Search

    @classmethod
    def read(cls, fields: Mapping[str, str]) -> Self:
        """From an address or a form. Raises ``ValueError`` for what cannot be."""
        return cls(CallKind(fields.get("kind", CallKind.ALL)), Search.read(fields))

    def fields(self) -> dict[str, str]:
        """What ``read`` reads."""
        return {"kind": self.kind.value, **self.search.fields()}

    def address(self, path: str = "", **more: str) -> str:
        """The call log, or a page below it, with the same list and search."""
        return f"{CALLS.path}{path}?{urlencode({**self.fields(), **more})}"

    async def query(self, visit: PersonalVisit, notes: CallNotes) -> Query:
        """What to look for among the person's calls. Their notes are read for a search of words alone."""
        own = await notes.all(visit.who) if self.search.text else {}
        words = {call_id: note.words for call_id, note in own.items()}
        return Query(self.kind, self.search, clock_of(visit.zone), words)


def kinds(say: Translator) -> Mapping[CallKind, str]:
    """The names of the lists, in their order."""
    return {
        CallKind.ALL: say("All"),
        CallKind.MISSED: say("Missed"),
        CallKind.INCOMING: say("Incoming"),
        CallKind.OUTGOING: say("Outgoing"),
    }
