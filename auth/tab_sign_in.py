"""Signing in to our pages inside Teams with a CloudLink account: a window over the tab, which ends with a code.

The tab makes a secret and opens ``/sign-in/tab.{challenge}``; the challenge is the secret's SHA-256, as in PKCE
(RFC 7636). Whoever signs in there is granted a code, which the page hands to Teams and Teams to the tab that opened it.
With the secret, that tab alone can exchange the code for its bearer (``tab_session``): once, within a minute. Nothing
is kept until then, so opening the page costs nothing.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cloudlink.identity import AuthProvider
from cloudlink.model import Principal
from cloudlink.port import TooManyAttempts
from store.entra_states import new_state

if TYPE_CHECKING:
    from store.entra_states import EntraStates

LIFETIME = timedelta(minutes=1)
_PREFIX = "tab."
_PURPOSE = "tab"
# SHA-256 in unpadded base64url, and what makes one.
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_VERIFIER = re.compile(r"[A-Za-z0-9_-]{43,128}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TabLink:
    """A link that a tab has opened. It names nobody: the tab does not know yet who is there."""

    challenge: str


class TabSignIns:
    """The codes that are on their way to their tabs. ``states`` keep them, encrypted, for one use."""

    def __init__(self, states: EntraStates) -> None:
        self._states = states

    @staticmethod
    def link_of(token: str) -> TabLink | None:
        """What the end of a sign-in link stands for; ``None`` when it is no tab's."""
        challenge = token.removeprefix(_PREFIX)
        ours = token.startswith(_PREFIX) and _CHALLENGE.fullmatch(challenge)
        return TabLink(challenge) if ours else None

    async def grant(self, link: TabLink, who: Principal, provider: AuthProvider) -> str:
        """The code for whom a page has just recognised. Raises ``TooManyAttempts``: one user has so many at once."""
        code = new_state()
        granted = {"account": who.account_id, "principal": who.principal_id, "provider": provider.value}
        opener = f"{who.account_id}/{who.principal_id}"
        if wait := await self._states.keep(code, _PURPOSE, granted, LIFETIME, browser=link.challenge, opener=opener):
            raise TooManyAttempts(wait)
        return code

    async def redeem(self, code: str, verifier: str) -> tuple[Principal, AuthProvider] | None:
        """Whom the code was granted to, and who had checked them; ``None`` for any code that is not good here.

        A wrong secret uses the code up.
        """
        if not _VERIFIER.fullmatch(verifier):
            return None
        granted = await self._states.take(code, _PURPOSE, _challenge_of(verifier))
        if granted is None:
            return None
        return Principal(granted["account"], granted["principal"]), AuthProvider(granted["provider"])


def _challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
