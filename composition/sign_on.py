"""What takes the tokens that Teams gets for its users, in the chat and in tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auth.entra.teams_tokens import TeamsTokens, metadata_url
from auth.keys import SigningKeys
from bot.single_sign_on import SingleSignOn
from graph.session import microsoft_session

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from auth.sign_in import SignIn
    from cloudlink.identity import EntraSignIn
    from composition.parts import Parts


async def single_sign_on(parts: Parts, entra: EntraSignIn, sign_in: SignIn) -> SingleSignOn | None:
    """The bot's; ``None`` without an Application ID URI, and in the demo."""
    resource = parts.settings.app_id_uri
    if parts.unauthenticated or not resource:
        return None
    session = await parts.resources.enter_async_context(microsoft_session())
    return SingleSignOn(teams_tokens(parts, session), entra, sign_in, resource=resource)


def teams_tokens(parts: Parts, session: ClientSession) -> TeamsTokens:
    """Judges tokens by the keys that it fetches with ``session``."""
    settings = parts.settings
    audiences = [audience for audience in (settings.app_id, settings.app_id_uri) if audience]
    keys = SigningKeys(session, metadata_url(settings.entra_url))
    return TeamsTokens(keys, audiences, entra_url=settings.entra_url, v1_issuer=settings.entra_v1_issuer)
