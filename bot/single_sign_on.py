"""Single sign-on in the chat: Teams asks for a token in silence and gives it to the bot (``signin/tokenExchange``).

The card that offers it is an OAuthCard with a ``tokenExchangeResource``, our Application ID URI. Teams gets a token for
it without a word where the person has consented; where it cannot, the card's button leads to our sign-in page. The
token is judged by us alone, so no OAuth connection at the Bot Framework's token service is needed; that Teams offers
the exchange without one is taken from its documentation and was not tried in a tenant.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from auth.entra.teams_tokens import TokenRefused
from cloudlink.identity import NotLinked

if TYPE_CHECKING:
    from auth.entra.teams_tokens import TeamsTokens
    from auth.sign_in import SignIn
    from bot.turn import Turn
    from cloudlink.identity import EntraIdentity, EntraSignIn
    from i18n import Translator

logger = logging.getLogger(__name__)

# Names our offer in the invoke that answers it; there is no connection of this name anywhere.
CONNECTION = "MitelAssistant"


class SingleSignOn:
    """Takes tokens for ``resource``, the Application ID URI of the registration."""

    def __init__(self, tokens: TeamsTokens, entra: EntraSignIn, sign_in: SignIn, *, resource: str) -> None:
        self._tokens = tokens
        self._entra = entra
        self._sign_in = sign_in
        self._resource = resource

    def offer(self, say: Translator, *, offer_id: str, url: str) -> dict[str, Any]:
        """The content of an OAuthCard; ``url`` is our sign-in page, for when there is no token."""
        return {
            "text": say("Sign in to your telephone system"),
            "connectionName": CONNECTION,
            "buttons": [{"type": "signin", "title": say("Sign in"), "value": url}],
            "tokenExchangeResource": {"id": offer_id, "uri": self._resource, "providerId": ""},
        }

    async def exchange(self, turn: Turn, token: str) -> bool:
        """Signs the person in by their token; whether that was possible.

        The token must be the presser's own: its tenant and object id are those that Teams tells of the sender. Raises
        ``CloudLinkUnavailable``.
        """
        try:
            user = await self._entra.user_of(await self._own_identity(turn, token))
        except (TokenRefused, NotLinked) as refusal:
            logger.info("no single sign-on", extra={"tenant_id": turn.user.tenant_id, "cause": str(refusal)})
            return False
        await self._sign_in.recognised(turn.user, user.principal)
        return True

    async def _own_identity(self, turn: Turn, token: str) -> EntraIdentity:
        identity = await self._tokens.verify(token)
        if (identity.tenant_id, identity.object_id) != (turn.user.tenant_id, turn.object_id):
            raise TokenRefused("somebody else's token")
        return identity
