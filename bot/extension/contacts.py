"""Contact cards: a name, a number and a link that dials it, to be shared with people whom we do not know."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot import cards
from bot.cards import CallView
from bot.extension.answers import Result
from cloudlink.line_sentences import in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.people import Party
    from cloudlink.model import Principal
    from dialing import Number
    from i18n import Translator
    from store.dial_links import DialLinks

# Somebody answers a message after a holiday, not after a year.
LINK_LIFETIME = timedelta(days=90)


class Contacts:
    """Makes contact cards. ``dial_url`` makes the address of a dial link's page."""

    def __init__(self, dial_links: DialLinks, dial_url: Callable[[str], str]) -> None:
        self._dial_links = dial_links
        self._dial_url = dial_url

    async def shared(
        self, who: Principal, say: Translator, parties: Sequence[tuple[Party, Number]]
    ) -> list[tuple[CallView, str]]:
        """Each party, by that number, with the id of a dial link that lives as long as a message matters."""
        wanted = [(number.dialled, party.name or None) for party, number in parties]
        links = await self._dial_links.for_numbers(who, wanted, LINK_LIFETIME)
        return [
            (CallView(party.name or None, number.shown, self._dial_url(link), in_words(say, party.state)), link)
            for (party, number), link in zip(parties, links, strict=True)
        ]


def contact_result(view: CallView, say: Translator) -> Result:
    """The card that is inserted, and its two lines in a list, of which only the list says how the line is."""
    more = [view.number] if view.name else []
    more += [view.line] if view.line else []
    return Result(cards.contact(view, say), view.name or view.number, " ".join(more))
