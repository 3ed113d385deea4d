"""Contact cards: a name, a number and a link that dials it, to be shared with people whom we do not know."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot import cards
from bot.cards import CallView
from bot.extension.answers import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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

    async def shared(self, who: Principal, parties: Sequence[tuple[str, Number]]) -> list[tuple[CallView, str]]:
        """Each party (name and number) with the id of a dial link that lives as long as a message matters."""
        wanted = [(number.dialled, name or None) for name, number in parties]
        links = await self._dial_links.for_numbers(who, wanted, LINK_LIFETIME)
        return [
            (CallView(name or None, number.shown, self._dial_url(link)), link)
            for (name, number), link in zip(parties, links, strict=True)
        ]


def contact_result(view: CallView, say: Translator) -> Result:
    """The card that is inserted, and its two lines in a list."""
    return Result(cards.contact(view, say), view.name or view.number, view.number if view.name else "")
