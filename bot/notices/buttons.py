"""The buttons of a missed call's card. All that is believed of them is which call they may mean."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.cards.notices import (
    DISMISS_VERB,
    NOTE_FIELD,
    NOTE_VERB,
    SAVE_NOTE_VERB,
    SHOW_MISSED_VERB,
    missed_call,
    missed_call_dismissed,
    missed_call_note,
)
from bot.features import OutOfDate
from store.call_notes import CallNote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.cards import Card
    from bot.cards.notices import MissedView
    from bot.features import Pressed
    from bot.notices.missed import MissedCards
    from bot.notices.readers import Clocks
    from bot.turn import Turn
    from cloudlink.model import Principal
    from store.call_notes import CallNotes
    from store.notices import Notices

_LONGEST_ID = 64


class MissedButtons:
    """Answers each with the card that takes its place."""

    def __init__(self, notices: Notices, notes: CallNotes, drawing: MissedCards, clocks: Clocks) -> None:
        self._notices = notices
        self._notes = notes
        self._drawing = drawing
        self._clocks = clocks

    def pressed(self) -> Mapping[str, Pressed]:
        """By verb."""
        return {
            DISMISS_VERB: self._dismiss,
            NOTE_VERB: self._note,
            SAVE_NOTE_VERB: self._save,
            SHOW_MISSED_VERB: self._show,
        }

    async def _note(self, turn: Turn, who: Principal, data: Mapping[str, Any]) -> Card:
        return missed_call_note(await self._view(turn, who, data), turn.say)

    async def _save(self, turn: Turn, who: Principal, data: Mapping[str, Any]) -> Card:
        """The note belongs to the newest of the calls; its tags stay. An empty one is taken away."""
        view = await self._view(turn, who, data)
        text = data.get(NOTE_FIELD, "")
        if not isinstance(text, str):
            raise OutOfDate("no such note")
        before = (await self._notes.of(who, [view.call_id])).get(view.call_id, CallNote())
        try:
            note = replace(CallNote.read(text), tags=before.tags)
        except ValueError:
            raise OutOfDate("a longer note than the field takes") from None
        await self._notes.write(who, view.call_id, note)
        return missed_call(replace(view, note=note.text), turn.say)

    async def _show(self, turn: Turn, who: Principal, data: Mapping[str, Any]) -> Card:
        return missed_call(await self._view(turn, who, data), turn.say)

    async def _dismiss(self, turn: Turn, who: Principal, data: Mapping[str, Any]) -> Card:
        """What is left is a line; further calls of that caller come in a card of their own."""
        view = await self._view(turn, who, data)
        if told := await self._notices.message_of(turn.user, who, view.call_id):
            await self._notices.forget_message(turn.user, told.activity_id)
        return missed_call_dismissed(view, turn.say)

    async def _view(self, turn: Turn, who: Principal, data: Mapping[str, Any]) -> MissedView:
        """Of the calls that the message tells. Raises ``OutOfDate``."""
        call_id = data.get("call")
        if not isinstance(call_id, str) or not 0 < len(call_id) <= _LONGEST_ID:
            raise OutOfDate("no such call")
        told = await self._notices.message_of(turn.user, who, call_id)
        calls = await self._drawing.known(who, told.call_ids if told else [call_id])
        if not calls:
            raise OutOfDate("no such call")
        view = await self._drawing.view(who, calls, await self._clocks.zone(who))
        note = (await self._notes.of(who, [view.call_id])).get(view.call_id, CallNote())
        return replace(view, note=note.text)
