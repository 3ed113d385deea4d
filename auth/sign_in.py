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
from cloudlink.identity import AuthProvider
from store import sign_ins

if TYPE_CHECKING:
    from auth.tab_sign_in import TabLink, TabSignIns
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
    """The open sign-ins, at most one for each Teams user; a new one takes the place of an earlier one.

    ``tabs`` are the sign-ins of our pages inside Teams, whose links end at the same page.
    """

    def __init__(self, opened: sign_ins.SignIns, directory: Directory, tabs: TabSignIns | None = None) -> None:
        self._opened = opened
        self._directory = directory
        self._tabs = tabs

    async def begin(self, user: TeamsUser, conversation_id: str, display_name: str, locale: str) -> str:
        """Opens a sign-in for ten minutes; answers the token that ends the link, ``/sign-in/{token}``.

        ``display_name`` is whom the page will say that it connects; ``locale`` is the page's language.
        """
        # What is shown as a name must not hold line breaks, or marks that turn the direction of the words around it.
        name = "".join(filter(str.isprintable, display_name))[:_LONGEST_NAME]
        return await self._opened.open(user, conversation_id, name, locale[:_LONGEST_LANGUAGE], LIFETIME)

    async def anybodys(self, token: str) -> sign_ins.SignIn | TabLink:
        """The sign-in behind a link of the chat or of a tab. Raises as ``of_link`` does."""
        return self._of_tab(token) or await self.of_link(token)

    async def of_link(self, token: str) -> sign_ins.SignIn:
        """The sign-in behind a link of the chat. Raises ``UnknownLink``, ``UsedLink``."""
        found = await self._opened.find(token)
        if found is None:
            raise UnknownLink
        if found.granted:
            raise UsedLink
        return found

    async def grant(self, token: str, principal: Principal, provider: AuthProvider = AuthProvider.CLOUDLINK) -> str:
        """Grants the sign-in to whom the page has just recognised; answers the code, grouped for typing.

        A tab's code is never typed. Raises ``UsedLink`` also when the link expired since ``of_link``, and
        ``TooManyAttempts``.
        """
        if self._tabs is not None and (of_tab := self._of_tab(token)) is not None:
            return await self._tabs.grant(of_tab, principal, provider)
        code = new_code()
        if not await self._opened.grant(token, principal, canonical(code)):
            raise UsedLink
        return code

    def _of_tab(self, token: str) -> TabLink | None:
        return self._tabs.link_of(token) if self._tabs else None

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
