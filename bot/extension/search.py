"""Whom somebody may want to share or call: people of the directory, and the other parties of their latest calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.extension import answers
from bot.extension.contacts import contact_result
from bot.people import LONGEST_SEARCH, Party, dialable, find_parties
from store.directory import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.extension.asked import Query
    from bot.extension.contacts import Contacts
    from bot.invokes import Body
    from bot.turn import Turn
    from cloudlink.model import Principal
    from cloudlink.port import CloudLink

# As many as a person looks through before typing another letter.
MOST_RESULTS = 20
# The latest calls that are looked through for a name or number; the whole call log has a search of its own.
_LATEST = 100


class Search:
    """Answers the command *Find a contact*."""

    def __init__(self, cloudlink: CloudLink, contacts: Contacts) -> None:
        self._cloudlink = cloudlink
        self._contacts = contacts

    async def answer(self, turn: Turn, who: Principal, asked: Query) -> Body | None:
        """A contact card for each party that is found; ``None`` when there is none.

        All that is found comes at once, so there is nothing after the first ``asked.skip`` results.
        """
        if asked.skip:
            return answers.results([])
        plan = (await self._cloudlink.account(who)).dialing
        found = dialable(await self._parties(who, asked.text), plan, most=MOST_RESULTS)
        shared = await self._contacts.shared(who, turn.say, found)
        return answers.results([contact_result(view, turn.say) for view, _ in shared]) if shared else None

    async def _parties(self, who: Principal, text: str) -> Sequence[Party]:
        """Colleagues first, then parties of calls; before anything is typed, calls first."""
        if len(text) > LONGEST_SEARCH:
            return []
        recent = await self._recent(who, text)
        if recent and not text:
            return recent
        people = await find_parties(self._cloudlink, who, text, limit=MOST_RESULTS)
        return [*people, *recent, *_as_written(text)]

    async def _recent(self, who: Principal, text: str) -> Sequence[Party]:
        """The other parties of the latest calls, newest first, whose name or number holds ``text``."""
        page = await self._cloudlink.calls(who, limit=_LATEST)
        parties = [Party(call.peer_name or "", call.peer) for call in page.items if call.peer]
        return [party for party in parties if _holds(party, text)]


def _holds(party: Party, text: str) -> bool:
    digits = _digits(text)
    return fold(text) in fold(party.name) or (bool(digits) and digits in _digits(party.number))


def _digits(text: str) -> str:
    """The digits of what is written like a number; nothing of a text with a letter in it."""
    return "" if any(map(str.isalpha, text)) else "".join(filter(str.isdecimal, text))


def _as_written(text: str) -> list[Party]:
    """The number that was typed, which need not be anybody's whom we know."""
    return [Party("", text)] if _digits(text) else []
