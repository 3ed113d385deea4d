"""*Add to tenant*: an Entra administrator's consent, which proves that a tenant belongs to an account.

Two steps at Entra ID, one after the other in the same browser. The admin consent endpoint grants our application what
it asks for. What it returns, a ``tenant`` in the query, could be written by anybody, so it is only where the second
step asks: a sign-in in that very tenant, whose id token says by ``wids`` that the person holds a directory role that
may consent. The registration must have that claim emitted: ``"groupMembershipClaims": "DirectoryRole"`` in its
manifest (Microsoft identity platform, "Configure group claims"; role template ids from "Microsoft Entra built-in
roles"). Then the tenant is the account's, unless it is another's already.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

from auth.entra.flows import LIFETIME, MANY_TENANTS, FlowFailed
from cloudlink.administration.actor import Actor
from cloudlink.model import Principal
from cloudlink.port import TooManyAttempts
from store.entra_states import new_state

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auth.entra.flows import EntraFlows, Returned
    from cloudlink.administration.tenants import Tenant, Tenants
    from cloudlink.port import CloudLink
    from store.entra_states import EntraStates

logger = logging.getLogger(__name__)

STEP = "prove"
_PURPOSE = "consent"
# What the consent page answers to Cancel, with AADSTS65004 (v2-admin-consent, "Error response").
_CANCELLED = "consent_required"
# Global, Privileged Role, Cloud Application and Application Administrator: who may consent for a whole tenant.
CONSENTING_ROLES = frozenset(
    {
        "62e90394-69f5-4237-9190-012177145e10",
        "e8611ab8-c189-46e8-94e1-60213ab1f814",
        "158c047a-c907-4556-b7ef-446551a6b5f7",
        "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    }
)


@dataclass(frozen=True, slots=True)
class Application:
    """Our application as the consent page names it. ``scope`` is ``https://graph.microsoft.com/.default``."""

    app_id: str
    entra_url: str
    redirect_uri: str
    scope: str


class TenantConsent:
    """Both steps. Raises ``FlowFailed`` with what went wrong, ``CloudLinkUnavailable`` when Entra ID is silent."""

    def __init__(
        self, application: Application, states: EntraStates, flows: EntraFlows, tenants: Tenants, cloudlink: CloudLink
    ) -> None:
        self._application = application
        self._states = states
        self._flows = flows
        self._tenants = tenants
        self._cloudlink = cloudlink

    async def begin(self, browser: str, who: Principal, account_id: str) -> str:
        """The address of the consent page, for an administrator of the account who is signed in here as ``who``.

        Raises ``TooManyAttempts`` for who has begun it again and again.
        """
        state = new_state()
        details = {"account": account_id, "asker": [who.account_id, who.principal_id]}
        opener = who.principal_id
        if wait := await self._states.keep(state, _PURPOSE, details, LIFETIME, browser=browser, opener=opener):
            raise TooManyAttempts(wait)
        query = {
            "client_id": self._application.app_id,
            "redirect_uri": self._application.redirect_uri,
            "state": state,
            "scope": self._application.scope,
        }
        return f"{self._application.entra_url}/{MANY_TENANTS}/v2.0/adminconsent?{urlencode(query)}"

    def of_application(self, tenant_id: str, client_id: str) -> str:
        """Where an administrator of the tenant consents to all that an application of its own asks for.

        An address of the first version, which needs no redirect URI: it ends on a page of Microsoft's (Entra ID,
        "Construct the URL for granting tenant-wide admin consent").
        """
        return f"{self._application.entra_url}/{tenant_id}/adminconsent?{urlencode({'client_id': client_id})}"

    async def consented(self, browser: str, answer: Mapping[str, str]) -> str:
        """After the consent page: the address of the sign-in that proves who consented."""
        kept = await self._states.take(answer.get("state", ""), _PURPOSE, browser)
        if kept is None:
            raise FlowFailed("state")
        if "error" in answer or answer.get("admin_consent", "").lower() != "true":
            error = answer.get("error", _CANCELLED)[:80]
            raise FlowFailed("access_denied" if error == _CANCELLED else error, kept["account"])
        tenant_id = _guid(answer.get("tenant", ""))
        details = {"step": STEP, "account": kept["account"], "asker": kept["asker"], "tenant": tenant_id}
        return await self._flows.begin(browser, details, opener=kept["asker"][1], tenant=tenant_id)

    async def prove(self, returned: Returned, *, address: str, correlation_id: str) -> Tenant:
        """After the sign-in: the tenant, which is the account's from now on.

        Raises also ``UnknownId``, ``NotAllowed``, ``Refused`` (``IN_USE``) of ``Tenants.prove``.
        """
        details = returned.details
        if details.get("step") != STEP or returned.identity.tenant_id != details["tenant"]:
            raise FlowFailed("issuer")
        roles = returned.claims.get("wids")
        if not isinstance(roles, list):
            raise FlowFailed("no_roles")
        if CONSENTING_ROLES.isdisjoint(map(str, roles)):
            raise FlowFailed("not_administrator")
        # Who asked may have lost their own rights meanwhile.
        asker = await self._cloudlink.user(Principal(*details["asker"]))
        actor = Actor.of_user(asker, address=address, correlation_id=correlation_id)
        tenant = await self._tenants.prove(actor, details["account"], details["tenant"])
        logger.info("a tenant was proved", extra={"account_id": tenant.account_id, "tenant_id": tenant.tenant_id})
        return tenant


def _guid(tenant: str) -> str:
    try:
        return str(UUID(tenant))
    except ValueError:
        raise FlowFailed("tenant") from None
