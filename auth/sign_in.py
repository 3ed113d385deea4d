"""Connecting a Teams user to a CloudLink user: a link, a grant on its page, a code typed into the chat.

The link may be opened by anybody, so the page that it opens connects nobody yet. It ends with a code, and the code
works only for the Teams user, in the conversation, whose link it was: without it a stranger could send their own link
to somebody, who would sign in for them.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from cloudlink.codes import canonical, new_code
from store import sign_ins

if TYPE_CHECKING:
    from cloudlink.model import Principal
    from store.directory import Directory
    from store.identity import TeamsUser

logger = logging.getLogger(__name__)

LIFETIME = timedelta(minutes=10)
_LONGEST_NAME = 200
_LONGEST_LANGUAGE = 20


class SignInFailed(Exception):
    """A code, or a link, that signs nobody in."""


class WrongCode(SignInFailed):
    """Not the code of the open sign-in, which allows ``tries_left`` more."""

    def __init__(self, tries_left: int) -> None:
        super().__init__(f"{tries_left} tries left")
        self.tries_left = tries_left


class Burned(SignInFailed):
    """That was the last wrong try; only a new link helps."""


class NoSignIn(SignInFailed):
    """No sign-in of this Teams user waits for a code in this conversation."""


class UnknownLink(SignInFailed):
    """The link was never given, or it has expired, was replaced by a newer one or has served its purpose."""


class UsedLink(SignInFailed):
    """The link's page has shown its code already."""


class SignIn:
    """The open sign-ins, at most one for each Teams user; a new one takes the place of an earlier one."""

    def __init__(self, opened: sign_ins.SignIns, directory: Directory) -> None:
        self._opened = opened
        self._directory = directory

    async def begin(self, user: TeamsUser, conversation_id: str, display_name: str, locale: str) -> str:
        """Opens a sign-in for ten minutes; answers the token that ends the link, ``/sign-in/{token}``.

        ``display_name`` is whom the page will say that it connects; ``locale`` is the page's language.
        """
        # What is shown as a name must not hold line breaks, or marks that turn the direction of the words around it.
        name = "".join(filter(str.isprintable, display_name))[:_LONGEST_NAME]
        return await self._opened.open(user, conversation_id, name, locale[:_LONGEST_LANGUAGE], LIFETIME)

    async def of_link(self, token: str) -> sign_ins.SignIn:
        """The sign-in behind a link. Raises ``UnknownLink``, ``UsedLink``."""
        found = await self._opened.find(token)
        if found is None:
            raise UnknownLink
        if found.granted:
            raise UsedLink
        return found

    async def grant(self, token: str, principal: Principal) -> str:
        """Grants the sign-in to whom the page has just recognised; answers the code, grouped for typing.

        Raises ``UsedLink`` also when the link expired since ``of_link``.
        """
        code = new_code()
        if not await self._opened.grant(token, principal, canonical(code)):
            raise UsedLink
        return code

    async def complete(self, user: TeamsUser, conversation_id: str, code: str) -> Principal:
        """Signs the Teams user in. Raises ``WrongCode``, ``Burned``, ``NoSignIn``."""
        answer = await self._opened.redeem(user, conversation_id, canonical(code))
        match answer:
            case sign_ins.Redeemed(principal):
                await self._directory.connect(user, principal)
                logger.info("signed in", extra={"account_id": principal.account_id})
                return principal
            case sign_ins.WrongCode(tries_left):
                raise WrongCode(tries_left)
            case sign_ins.Burned():
                logger.warning("a sign-in was burned by wrong codes", extra={"tenant_id": user.tenant_id})
                raise Burned
            case None:
                raise NoSignIn

    async def recognised(self, user: TeamsUser, principal: Principal) -> None:
        """Signs the Teams user in whom their company has recognised, without link and code."""
        await self._directory.connect(user, principal)
        logger.info("signed in by the company", extra={"account_id": principal.account_id})

    async def sign_out(self, user: TeamsUser) -> None:
        """Forgets the connection, the dialogs and the open sign-in of the Teams user."""
        await self._directory.disconnect(user)
