"""What the assistant does with a turn: who it is, whether they may, and which ``Feature`` answers them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot import cards
from bot.commands import Command, Intent, understand
from bot.dialogs import sign_in
from bot.features import OutOfDate
from bot.turn import Reply
from cloudlink.port import CloudLinkError, UnknownId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.cards import Card
    from bot.features import Features
    from bot.turn import Turn
    from cloudlink.model import Principal
    from store.conversations import Conversations
    from store.dialogs import Dialogs, DialogState
    from store.directory import Directory


logger = logging.getLogger(__name__)


class Assistant:
    """Fulfils ``Answering``. Personal data goes only to a personal chat, and only to whom it belongs."""

    def __init__(
        self,
        *,
        directory: Directory,
        conversations: Conversations,
        dialogs: Dialogs,
        sign_in: sign_in.SignInDialog,
        features: Features,
    ) -> None:
        self._directory = directory
        self._conversations = conversations
        self._dialogs = dialogs
        self._sign_in = sign_in
        self._features = features

    async def welcome(self, turn: Turn) -> Sequence[Reply]:
        return [Reply(card=cards.welcome(turn.say))] if turn.personal else [_in_private(turn)]

    async def message(self, turn: Turn) -> Sequence[Reply]:
        if not turn.personal:
            return [_in_private(turn)]
        if turn.value is not None:
            return [Reply(card=await self.action(turn), replaces=turn.reply_to_id)]
        try:
            return await self._said(turn)
        except CloudLinkError as error:
            return [Reply(card=await self._no_answer(turn, error))]

    async def action(self, turn: Turn) -> Card:
        say = turn.say
        who = await self._actor(turn)
        if who is None:
            return cards.error(say("This card belongs to somebody else, or you have signed out."), say)
        try:
            return await self._features.pressed(turn, who, turn.value or {})
        except OutOfDate:
            return cards.error(say("This card is out of date. Write “call log” for a new one."), say)
        except CloudLinkError as error:
            return await self._no_answer(turn, error)

    async def code(self, turn: Turn, code: str) -> Sequence[Reply]:
        if not turn.personal:
            return [_in_private(turn)]
        dialog = await self._dialogs.load(turn.user, turn.conversation_id)
        if dialog is None and await self._directory.principal_of(turn.user):
            return []
        try:
            return await self._signed_in(turn, dialog, await self._sign_in.code(turn, code))
        except CloudLinkError as error:
            return [Reply(card=await self._no_answer(turn, error))]

    async def token(self, turn: Turn, token: str) -> Sequence[Reply] | None:
        if not turn.personal:
            return None
        dialog = await self._dialogs.load(turn.user, turn.conversation_id)
        try:
            if not await self._sign_in.token(turn, token):
                return None
            return await self._signed_in(turn, dialog, None)
        except CloudLinkError as error:
            logger.info("no answer after single sign-on", extra={"cause": type(error).__name__})
            return None

    async def _said(self, turn: Turn) -> Sequence[Reply]:
        if command := understand(turn.text):
            await self._leave_dialog(turn)
            return await self._do(turn, command)
        return await self._go_on(turn)

    async def _leave_dialog(self, turn: Turn) -> None:
        """A command leaves an open dialog behind. A sign-in stays open: its code is still to come."""
        dialog = await self._dialogs.load(turn.user, turn.conversation_id)
        if dialog and dialog.name != sign_in.NAME:
            await self._dialogs.clear(turn.user, turn.conversation_id)

    async def _no_answer(self, turn: Turn, error: CloudLinkError) -> Card:
        """What to do when CloudLink is silent, or knows the person no more."""
        say = turn.say
        if not isinstance(error, UnknownId):
            return cards.error(say("Your telephone system cannot be reached. Please try again in a few minutes."), say)
        await self._sign_in.sign_out(turn)
        return cards.error(say("Your telephone account is no longer active. Write “sign in” to connect again."), say)

    async def _do(self, turn: Turn, command: Command) -> Sequence[Reply]:
        if command.intent is Intent.HELP:
            return [Reply(card=cards.help_card(turn.say))]
        if command.intent is Intent.SIGN_OUT:
            await self._sign_in.sign_out(turn)
            return [Reply(card=cards.signed_out(turn.say))]
        if command.intent is Intent.SIGN_IN:
            return [await self._sign_in.begin(turn)]
        who = await self._directory.principal_of(turn.user)
        if who is None:
            return [await self._sign_in.begin(turn, command)]
        return [await self._features.said(turn, who, command)]

    async def _go_on(self, turn: Turn) -> Sequence[Reply]:
        """What is no command belongs to the dialog that is open."""
        dialog = await self._dialogs.load(turn.user, turn.conversation_id)
        if dialog and dialog.name == sign_in.NAME:
            return await self._signed_in(turn, dialog, await self._sign_in.typed(turn))
        who = await self._directory.principal_of(turn.user)
        if dialog and who and self._features.holds(dialog.name):
            return [await self._features.goes_on(turn, who, dialog)]
        return [Reply(card=cards.help_card(turn.say))]

    async def _signed_in(self, turn: Turn, dialog: DialogState | None, problem: str | None) -> Sequence[Reply]:
        """Unless there is a ``problem``: what the person had asked for before signing in."""
        if problem:
            return [Reply(text=problem)]
        wanted = sign_in.wanted(dialog)
        replies = [Reply(card=cards.signed_in(turn.say))]
        return [*replies, *await self._do(turn, wanted)] if wanted else replies

    async def _actor(self, turn: Turn) -> Principal | None:
        """Whom the presser of a button is signed in as, if the button is in their own personal chat."""
        user = turn.user
        owner = await self._conversations.owner(user.app_id, user.tenant_id, turn.conversation_id)
        return await self._directory.principal_of(user) if turn.personal and owner == user else None


def _in_private(turn: Turn) -> Reply:
    return Reply(text=turn.say("I answer in private only. Open a personal chat with me to see your calls."))
