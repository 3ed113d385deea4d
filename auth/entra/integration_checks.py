"""Runs the checks of an integration for an administrator of its account."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from auth.entra.checks import Check, Finding, State, Subject, subjects
from auth.entra.probes import Microsoft, TenantProbes
from cloudlink.administration.integrations import IntegrationKind
from cloudlink.administration.users import UserFilter
from store.clock import Clock, utc_now

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from cloudlink.administration.actor import Actor
    from cloudlink.administration.integrations import Integration, Integrations, ScimTokens
    from cloudlink.administration.tenants import Tenants
    from cloudlink.administration.users import Users

# As long before the end as a new secret takes in a company with a change process.
SOON = timedelta(days=30)


class IntegrationChecks:
    """``microsoft`` is ``None`` on a server without an application at Entra ID."""

    def __init__(
        self,
        integrations: Integrations,
        tenants: Tenants,
        scim_tokens: ScimTokens,
        users: Users,
        *,
        microsoft: Microsoft | None,
        now: Clock = utc_now,
    ) -> None:
        self._integrations = integrations
        self._tenants = tenants
        self._scim_tokens = scim_tokens
        self._users = users
        self._microsoft = microsoft
        self._now = now

    async def run(self, actor: Actor, account_id: str, kind: IntegrationKind) -> Sequence[Check]:
        """A check for each of ``subjects``. Raises ``UnknownId``, ``NotAllowed``, and nothing of Microsoft's."""
        saved = await self._integrations.all(actor, account_id)
        integration = next((each for each in saved if each.kind == kind), None)
        if integration is None:
            found = [Check(Subject.SETTINGS, Finding.NOT_SAVED)]
        else:
            tried = self._sync if kind is IntegrationKind.ENTRA_SYNC else self._with_tenant
            found = [Check(Subject.SETTINGS, Finding.ON if integration.enabled else Finding.OFF)]
            found += [check async for check in tried(actor, account_id, integration)]
        order = subjects(kind, own_application=integration is None or "clientId" in integration.configuration)
        left = order[order.index(found[-1].subject) + 1 :]
        return [*found, *(Check(subject, Finding.NOT_TRIED) for subject in left)]

    async def _sync(self, actor: Actor, account_id: str, _: Integration) -> AsyncIterator[Check]:
        tokens = await self._scim_tokens.all(actor, account_id)
        now = self._now()
        valid = [token for token in tokens if token.expires_at is None or token.expires_at > now]
        ends = [token.expires_at for token in valid if token.expires_at]
        if not valid:
            yield Check(Subject.TOKEN, Finding.ENDED if tokens else Finding.NO_TOKEN)
        elif len(ends) < len(valid):
            yield Check(Subject.TOKEN, Finding.VALID)
        else:
            yield Check(Subject.TOKEN, Finding.VALID_UNTIL, at=max(ends))
        used = max((token.used_on for token in tokens if token.used_on), default=None)
        yield Check(Subject.USE, Finding.USED if used else Finding.NEVER_USED, at=used)
        came = (await self._users.find(actor, account_id, kind=UserFilter.SYNCHRONISED, limit=1)).total
        yield Check(Subject.USERS, Finding.COUNTED if came else Finding.NOBODY, number=came)

    async def _with_tenant(self, actor: Actor, account_id: str, integration: Integration) -> AsyncIterator[Check]:
        tenant_id = integration.configuration["tenantId"]
        proved = {tenant.tenant_id for tenant in await self._tenants.all(actor, account_id)}
        yield Check(Subject.TENANT, Finding.PROVED if tenant_id in proved else Finding.NOT_PROVED)
        if tenant_id not in proved:
            return
        if self._microsoft is None:
            yield Check(Subject.DISCOVERY, Finding.NO_MICROSOFT)
            return
        probes = await self._probes(self._microsoft, account_id, integration)
        discovery = await probes.discovery()
        yield discovery
        if discovery.state is not State.PASSED:
            return
        application = await probes.application()
        yield application
        if integration.configuration.get("clientId"):
            yield self._secret(integration)
        if integration.kind == IntegrationKind.TEAMS_PRESENCE and application.state is State.PASSED:
            for check in await probes.permissions():
                yield check
            for check in await probes.presence():
                yield check

    async def _probes(self, microsoft: Microsoft, account_id: str, integration: Integration) -> TenantProbes:
        told = integration.configuration
        secret = await self._integrations.secret(account_id, IntegrationKind(integration.kind))
        return TenantProbes(microsoft, told["tenantId"], told.get("clientId", ""), secret or "")

    def _secret(self, integration: Integration) -> Check:
        """By the end that somebody has entered: Entra ID tells it to nobody who has no permission of its own."""
        ends, now = integration.secret_expires_on, self._now()
        if ends is None:
            return Check(Subject.SECRET, Finding.END_NOT_ENTERED)
        if ends <= now:
            return Check(Subject.SECRET, Finding.ENDED, at=ends)
        return Check(Subject.SECRET, Finding.ENDS_SOON if ends < now + SOON else Finding.VALID_UNTIL, at=ends)
