"""The telephone numbers of a message: an action that people choose from the message's menu."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from bot import cards, invokes
from bot.cards import SHARE_VERB, FoundNumber
from bot.extension import answers
from bot.extension.asked import Malformed
from bot.extension.contacts import contact_result
from bot.people import Party, find_parties
from dialing import NumberError, lone_digits, normalise, numbers_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.extension.asked import MessageRead
    from bot.extension.contacts import Contacts
    from bot.invokes import Body
    from bot.turn import Turn
    from cloudlink.model import Principal
    from cloudlink.port import CloudLink
    from dialing import DialPlan, Number
    from store.dial_links import DialLink, DialLinks

FETCH = "composeExtension/fetchTask"
SUBMIT = "composeExtension/submitAction"

_MOST = 10
# Each word that may be an extension is looked for in the directory.
_MOST_EXTENSIONS = 5
# More rows than this do not fit into a small dialog.
_FEW = 2


class MessageNumbers:
    """Answers the command *Call a number*, and the buttons of its dialog."""

    def __init__(self, cloudlink: CloudLink, contacts: Contacts, dial_links: DialLinks) -> None:
        self._cloudlink = cloudlink
        self._contacts = contacts
        self._dial_links = dial_links

    async def answer(self, turn: Turn, who: Principal, read: MessageRead) -> Body:
        """A dialog with the numbers that the message mentions, or a sentence when there is none."""
        plan = (await self._cloudlink.account(who)).dialing
        # A message that is made to be hard would keep everybody else waiting.
        numbers = await asyncio.to_thread(numbers_in, read.text, plan, most=_MOST)
        parties = [(Party("", number.dialled), number) for number in numbers] + await self._extensions(
            who, read.text, plan
        )
        if not parties:
            return invokes.sentence(FETCH, turn.say("There is no telephone number in this message."))
        shared = await self._contacts.shared(who, turn.say, parties)
        found = [FoundNumber(view, dial_id) for view, dial_id in shared]
        title = turn.say("Numbers in this message")
        return answers.dialog(title, cards.numbers(found, turn.say), tall=len(found) > _FEW)

    async def pressed(self, turn: Turn, who: Principal, data: Mapping[str, Any]) -> Body:
        """The contact card of the number that is to be shared. Raises ``Malformed`` for a button that is not ours."""
        dial_id = data.get("dial")
        if data.get("verb") != SHARE_VERB or not isinstance(dial_id, str):
            raise Malformed("value.data is of no button of ours")
        link = await self._own(who, dial_id)
        if link is None:
            return invokes.sentence(SUBMIT, turn.say("This dialog is out of date. Please open it again."))
        plan = (await self._cloudlink.account(who)).dialing
        try:
            number = normalise(link.number, plan)
        except NumberError:
            return invokes.sentence(SUBMIT, turn.say("Your company does not allow calls to this number."))
        ((view, _),) = await self._contacts.shared(who, turn.say, [(Party(link.name or "", link.number), number)])
        return answers.results([contact_result(view, turn.say)])

    async def _own(self, who: Principal, dial_id: str) -> DialLink | None:
        link = await self._dial_links.find(dial_id)
        own = link is not None and (link.account_id, link.principal_id) == (who.account_id, who.principal_id)
        return link if own else None

    async def _extensions(self, who: Principal, text: str, plan: DialPlan) -> list[tuple[Party, Number]]:
        """Digits that stand alone, as far as somebody in the directory has them for an extension."""
        found = []
        for digits in lone_digits(text, plan, most=_MOST_EXTENSIONS):
            parties = await find_parties(self._cloudlink, who, digits, limit=_MOST)
            found += [(each, normalise(digits, plan)) for each in parties if each.number == digits][:1]
        return found
