"""Signing in: a link to our page, then the code that the page shows, typed into the chat it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from auth.sign_in import Burned, NoSignIn, WrongCode
from bot import cards
from bot.commands import Command
from bot.turn import Reply
from cloudlink.codes import is_code
from store.dialogs import DialogState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auth.sign_in import SignIn
    from bot.single_sign_on import SingleSignOn
    from bot.turn import Turn
    from store.dialogs import Dialogs

NAME = "signIn"
# A little longer than the link, so that a code that comes too late is told so.
LIFETIME = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class WaitingForCode:
    """``wanted`` is what the person had asked for when they turned out not to be signed in."""

    wanted: Command | None = None

    def to_json(self) -> dict[str, Any]:
        return {"wanted": self.wanted.to_json() if self.wanted else None}

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Self:
        return cls(Command.from_json(source["wanted"]) if source["wanted"] else None)


class SignInDialog:
    """Opens sign-ins and takes their codes. With ``popup`` Teams shows our page in a window of its own.

    With ``single_sign_on`` Teams is asked for a token first, and the page is for whoever has none.
    """

    def __init__(
        self,
        sign_in: SignIn,
        dialogs: Dialogs,
        *,
        public_url: str,
        popup: bool,
        single_sign_on: SingleSignOn | None = None,
    ) -> None:
        self._sign_in = sign_in
        self._dialogs = dialogs
        self._public_url = public_url
        self._popup = popup
        self._single_sign_on = single_sign_on

    async def begin(self, turn: Turn, wanted: Command | None = None) -> Reply:
        """A card with a new link; an earlier link of this person is void from now on."""
        token = await self._sign_in.begin(turn.user, turn.conversation_id, turn.display_name, turn.say.locale)
        waiting = DialogState(NAME, WaitingForCode(wanted).to_json())
        await self._dialogs.save(turn.user, turn.conversation_id, waiting, LIFETIME)
        url = f"{self._public_url}/sign-in/{token}"
        if self._single_sign_on is not None and turn.object_id:
            return Reply(oauth_card=self._single_sign_on.offer(turn.say, offer_id=str(uuid4()), url=url))
        return Reply(card=cards.sign_in(cards.SignInView(url, popup=self._popup), turn.say))

    async def token(self, turn: Turn, token: str) -> bool:
        """Takes the token that Teams got for its user; whether they are signed in by it."""
        if self._single_sign_on is None or not await self._single_sign_on.exchange(turn, token):
            return False
        await self._dialogs.clear(turn.user, turn.conversation_id)
        return True

    async def sign_out(self, turn: Turn) -> None:
        """Forgets whom the person was signed in as, and every open dialog and link of theirs."""
        await self._sign_in.sign_out(turn.user)

    async def typed(self, turn: Turn) -> str | None:
        """Takes what was typed into the open dialog; a sentence when the person is not signed in by it."""
        # Anything else is no wrong try, of which there are only five.
        if not is_code(turn.text):
            return turn.say("Please write the code that the sign-in page shows, or “sign in” for a new link.")
        return await self.code(turn, turn.text)

    async def code(self, turn: Turn, code: str) -> str | None:
        """Takes a code; ``None`` when it was right, otherwise the sentence that says what to do next."""
        say = turn.say
        try:
            await self._sign_in.complete(turn.user, turn.conversation_id, code)
        except WrongCode as wrong:
            return say.plural(
                "That is not the code of the sign-in page. {n} try is left.",
                "That is not the code of the sign-in page. {n} tries are left.",
                wrong.tries_left,
            )
        except Burned:
            await self._dialogs.clear(turn.user, turn.conversation_id)
            return say("That was one wrong code too many. Write “sign in” for a new link.")
        except NoSignIn:
            return say("No sign-in is waiting for a code here. Open the link first, or write “sign in” for a new one.")
        await self._dialogs.clear(turn.user, turn.conversation_id)
        return None


def wanted(dialog: DialogState | None) -> Command | None:
    """What the person had asked for before the dialog was opened."""
    return WaitingForCode.from_json(dialog.state).wanted if dialog and dialog.name == NAME else None
