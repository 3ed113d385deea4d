"""Adds a watcher of presence: somebody of the tenant signs in to the customer's own application, and agrees that it
reads presence in their name. Without such a person Microsoft tells nobody of changes.

An administrator of the account begins it in the console; who then signs in is theirs to choose.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from auth.entra.flows import FlowFailed
from cloudlink.administration.actor import Actor
from cloudlink.model import Principal
from graph.permissions import READ_PRESENCE

if TYPE_CHECKING:
    from auth.entra.flows import EntraFlows, Returned
    from cloudlink.port import CloudLink
    from graph.tokens import Registration

logger = logging.getLogger(__name__)

WATCH = "watch"


class KeepsWatchers(Protocol):
    """Who keeps sign-ins (``presence.watcher_service``); for Account Admins and their partner."""

    async def application(self, actor: Actor, account_id: str) -> tuple[str, Registration]:
        """The tenant and the application of the account's presence. Raises ``Refused`` (``STATE``) without them."""

    async def signed_in(
        self, actor: Actor, account_id: str, *, application: tuple[str, str], object_id: str, refresh_token: str
    ) -> None:
        """Keeps a sign-in to this tenant and application.

        Raises ``Refused``: ``STATE`` when they are no longer the account's, ``TOO_MANY``.
        """


class WatcherSignIn:
    """The way to Microsoft and back. Raises also ``UnknownId`` and ``NotAllowed`` for who is no administrator."""

    def __init__(self, flows: EntraFlows, watchers: KeepsWatchers, cloudlink: CloudLink, graph_url: str) -> None:
        self._flows = flows
        self._watchers = watchers
        self._cloudlink = cloudlink
        self._scope = f"{graph_url}/{READ_PRESENCE.name}"

    async def begin(self, browser: str, actor: Actor, account_id: str) -> str:
        """The address to send the browser to. Raises ``Refused``, ``TooManyAttempts``, ``CloudLinkUnavailable``."""
        tenant_id, registration = await self._watchers.application(actor, account_id)
        asker = [actor.account_id, actor.actor_id]
        details = {
            "step": WATCH,
            "account": account_id,
            "asker": asker,
            "application": [tenant_id, registration.app_id],
        }
        return await self._flows.begin(
            browser,
            details,
            opener=str(actor.actor_id),
            tenant=tenant_id,
            registration=registration,
            # Whoever is signed in there already need not be the one who is to watch.
            prompt="select_account",
            scopes=[self._scope],
        )

    async def signed_in(self, returned: Returned, *, address: str, correlation_id: str) -> None:
        """Keeps the sign-in. Raises ``FlowFailed``, ``Refused``."""
        details = returned.details
        tenant_id, app_id = details["application"]
        if returned.identity.tenant_id != tenant_id:
            raise FlowFailed("issuer", details["account"], WATCH)
        if not returned.refresh_token:
            raise FlowFailed("no_refresh_token", details["account"], WATCH)
        # Who asked may have lost their own rights meanwhile.
        asker = await self._cloudlink.user(Principal(*details["asker"]))
        await self._watchers.signed_in(
            Actor.of_user(asker, address=address, correlation_id=correlation_id),
            details["account"],
            application=(tenant_id, app_id),
            object_id=returned.identity.object_id,
            refresh_token=returned.refresh_token,
        )
        logger.info("somebody watches presence", extra={"account_id": details["account"]})
