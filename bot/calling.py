"""``call``: from a number or a name to a card with a call button."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot import cards
from bot.cards import CallView
from bot.dialogs import choose
from bot.dialogs.choose import Choosing
from bot.people import LONGEST_SEARCH, Party, dialable, find_parties
from bot.turn import Reply
from cloudlink.line_sentences import in_words
from dialing import Barred, NotANumber, normalise
from store.dialogs import DialogState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.commands import Command
    from bot.turn import Turn
    from cloudlink.model import Principal
    from cloudlink.port import CloudLink
    from store.dial_links import DialLinks
    from store.dialogs import Dialogs

# Long enough to come back to the chat after a meeting.
_LINK_LIFETIME = timedelta(hours=12)
_MOST_MATCHES = 6


class Calling:
    """Finds whom to call. ``dial_url`` makes the address of a dial link's page."""

    def __init__(
        self, cloudlink: CloudLink, dial_links: DialLinks, dialogs: Dialogs, dial_url: Callable[[str], str]
    ) -> None:
        self._cloudlink = cloudlink
        self._dial_links = dial_links
        self._dialogs = dialogs
        self._dial_url = dial_url

    async def said(self, turn: Turn, who: Principal, command: Command) -> Reply:
        """A card for the number, or for the colleague of that name; otherwise a sentence that says what to write."""
        argument = command.argument
        if not argument:
            return Reply(text=turn.say("Write “call” and a number or a name, for example: call 201"))
        if any(map(str.isalpha, argument)):
            return await self._by_name(turn, who, argument)
        plan = (await self._cloudlink.account(who)).dialing
        try:
            normalise(argument, plan)
        except Barred:
            return Reply(text=turn.say("Your company does not allow calls to this number."))
        except NotANumber:
            return Reply(text=turn.say("“{text}” is not a number that can be called.", text=argument))
        return await self._card(turn, who, Party("", argument))

    async def goes_on(self, turn: Turn, who: Principal, dialog: DialogState) -> Reply:
        """Goes on after several people were shown: one of them was named, or the name has got more letters."""
        choosing = Choosing.from_json(dialog.state)
        if person := choosing.answer(turn.text):
            return await self._chosen(turn, who, person)
        if any(map(str.isalpha, turn.text)):
            for name in (f"{choosing.asked} {turn.text}", turn.text):
                if people := await self._named(who, name):
                    return await self._one_of(turn, who, people, name)
        return Reply(text=turn.say("Please write the number in front of the person, or more letters of the name."))

    async def _by_name(self, turn: Turn, who: Principal, name: str) -> Reply:
        people = await self._named(who, name)
        if not people:
            return Reply(text=turn.say("Nobody in your company's telephone system is called “{name}”.", name=name))
        return await self._one_of(turn, who, people, name)

    async def _named(self, who: Principal, name: str) -> Sequence[Party]:
        """Who may be meant, with each number once that may be called, and more than are shown where there are more."""
        if len(name) > LONGEST_SEARCH:
            return []
        found = await find_parties(self._cloudlink, who, name, limit=_MOST_MATCHES + 1)
        plan = (await self._cloudlink.account(who)).dialing
        shown = dialable(found, plan, most=_MOST_MATCHES + 1)
        return [replace(party, number=number.dialled) for party, number in shown]

    async def _one_of(self, turn: Turn, who: Principal, people: Sequence[Party], name: str) -> Reply:
        """The one who was found, or a choice that waits for an answer."""
        if len(people) == 1:
            return await self._chosen(turn, who, people[0])
        shown = tuple(people[:_MOST_MATCHES])
        state = DialogState(choose.NAME, Choosing(shown, name).to_json())
        await self._dialogs.save(turn.user, turn.conversation_id, state, choose.LIFETIME)
        views = [await self._view(turn, who, person) for person in shown]
        return Reply(card=cards.choose(views, turn.say, more=len(people) > len(shown)))

    async def _chosen(self, turn: Turn, who: Principal, person: Party) -> Reply:
        await self._dialogs.clear(turn.user, turn.conversation_id)
        return await self._card(turn, who, person)

    async def _card(self, turn: Turn, who: Principal, person: Party) -> Reply:
        return Reply(card=cards.call(await self._view(turn, who, person), turn.say))

    async def _view(self, turn: Turn, who: Principal, person: Party) -> CallView:
        link = await self._dial_links.for_number(who, person.number, person.name or None, _LINK_LIFETIME)
        line = in_words(turn.say, person.state)
        return CallView(name=person.name or None, number=person.number, dial_url=self._dial_url(link), line=line)
