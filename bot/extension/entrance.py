"""Signing in from the compose box: Teams' own token where single sign-on is on, otherwise our sign-in page."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from auth.sign_in import SignInFailed
from bot.extension import answers
from cloudlink.codes import is_code

if TYPE_CHECKING:
    from auth.sign_in import SignIn
    from bot.extension.asked import Credentials
    from bot.invokes import Body
    from bot.single_sign_on import SingleSignOn
    from bot.turn import Turn
    from cloudlink.model import Principal
    from store.directory import Directory

logger = logging.getLogger(__name__)


class Entrance:
    """Says whom a person is signed in as, and offers a sign-in to whom is not."""

    def __init__(
        self, directory: Directory, sign_in: SignIn, *, public_url: str, single_sign_on: SingleSignOn | None
    ) -> None:
        self._directory = directory
        self._sign_in = sign_in
        self._public_url = public_url
        self._single_sign_on = single_sign_on

    async def principal(self, turn: Turn, given: Credentials) -> Principal | None:
        """Whom the person is signed in as, by now or by what they come back with. Raises ``CloudLinkUnavailable``.

        Teams may ask again with a code that has served its purpose, so an open session is looked for first.
        """
        who = await self._directory.principal_of(turn.user)
        if who is None and await self._comes_back(turn, given):
            who = await self._directory.principal_of(turn.user)
        return who

    async def offer(self, turn: Turn, *, silent: bool) -> Body:
        """A new link to the sign-in page, in place of an earlier one; ``silent`` where Teams can bring a token."""
        token = await self._sign_in.begin(turn.user, turn.conversation_id, turn.display_name, turn.say.locale)
        can_be_silent = silent and self._single_sign_on is not None and turn.object_id is not None
        url = f"{self._public_url}/sign-in/{token}"
        return answers.sign_in(url, turn.say("Sign in to your telephone system"), silent=can_be_silent)

    async def forget(self, turn: Turn) -> None:
        """Signs out whom CloudLink knows no more."""
        await self._sign_in.sign_out(turn.user)

    async def _comes_back(self, turn: Turn, given: Credentials) -> bool:
        if given.token and self._single_sign_on and await self._single_sign_on.exchange(turn, given.token):
            return True
        # A window that was closed brings back an empty text, or a word such as "CancelledByUser".
        return given.state is not None and is_code(given.state) and await self._redeem(turn, given.state)

    async def _redeem(self, turn: Turn, code: str) -> bool:
        try:
            await self._sign_in.complete(turn.user, turn.conversation_id, code)
        except SignInFailed as failure:
            logger.info("no sign-in by the code of the page", extra={"cause": type(failure).__name__})
            return False
        return True
