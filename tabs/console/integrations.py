"""Integrations of an account: single sign-on, synchronisation and presence, each with a page that says how.

A secret is shown once or never: that of SCIM when it is made, that of an application not at all.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from auth.entra.pages import RETURN
from cloudlink.administration.integrations import IntegrationKind
from cloudlink.administration.refusals import Reason, Refused
from cloudlink.port import UnknownId
from graph.permissions import READ_PRESENCE, Feature, Kind, needed_for
from tabs.console.check_sentences import result, told
from tabs.console.contact_sentences import contacts_told
from tabs.console.forms import Form
from tabs.console.presence_sentences import presence_checks
from tabs.console.sentences import FIELDS, INTEGRATION_PURPOSES, INTEGRATIONS, field_labels, label, refusal
from tabs.console.visit import see
from tabs.console.watchers import told_watchers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiohttp import web

    from cloudlink.administration.integrations import Integration
    from graph.permissions import Permission
    from tabs.console.check_sentences import ToldCheck
    from tabs.console.once import Once
    from tabs.console.services import Services
    from tabs.console.visit import Visit

_FIELDS = {
    IntegrationKind.ENTRA_SSO: ("tenantId", "clientId"),
    IntegrationKind.ENTRA_SYNC: ("extensionAttribute",),
    IntegrationKind.TEAMS_PRESENCE: ("name", "tenantId", "clientId"),
}
_CERTIFICATES = frozenset({IntegrationKind.TEAMS_PRESENCE})
_CHOICES = {IntegrationKind.TEAMS_PRESENCE: ("ringing", "fromTeams")}
_SECRETS = frozenset({IntegrationKind.ENTRA_SSO, IntegrationKind.TEAMS_PRESENCE})
_PERMISSIONS: dict[IntegrationKind, Sequence[Permission]] = {
    IntegrationKind.ENTRA_SSO: needed_for(Feature.SIGN_IN, Kind.DELEGATED),
    IntegrationKind.ENTRA_SYNC: (),
    IntegrationKind.TEAMS_PRESENCE: needed_for(Feature.PRESENCE),
}


class IntegrationPages:
    """``/console/accounts/{account_id}/integrations`` and below."""

    def __init__(self, services: Services, public_url: str, once: Once) -> None:
        self._services = services
        self._once = once
        self._integrations = services.integrations
        self._public_url = public_url

    async def show_all(self, visit: Visit) -> web.StreamResponse:
        """Tenants, integrations and domains."""
        return await self.overview(visit, Form({"domain": ""}))

    async def overview(self, visit: Visit, form: Form) -> web.Response:
        """The same, with the form of a domain as it was sent. Raises ``Refused`` in a partner's own account."""
        _require_customer(visit)
        there = {each.kind: each for each in await self._integrations.all(visit.actor, visit.account_id)}
        return visit.page(
            "integrations.html",
            "integrations",
            status=HTTPStatus.BAD_REQUEST if form.refused else HTTPStatus.OK,
            form=form,
            labels={"domain": visit.say("Domain")},
            kinds=[(kind, INTEGRATIONS[kind], INTEGRATION_PURPOSES[kind], there.get(kind)) for kind in IntegrationKind],
            tenants=await self._services.tenants.all(visit.actor, visit.account_id),
            domains=await self._services.domains.all(visit.actor, visit.account_id),
            can_connect=self._services.entra is not None,
            contacts=await self._contacts(visit),
            contact_permissions=[(each.name, each.purpose(visit.say)) for each in needed_for(Feature.CONTACTS)],
        )

    async def _contacts(self, visit: Visit) -> Mapping[str, str]:
        """What became of the contacts of each tenant, by its id."""
        if self._services.contacts is None:
            return {}
        syncs = await self._services.contacts.of_account(visit.account_id)
        return {sync.tenant_id: contacts_told(sync, visit) for sync in syncs}

    async def show(self, visit: Visit) -> web.StreamResponse:
        """How one is set up, and what it is set to."""
        _require_customer(visit)
        kind = _kind(visit)
        integration = await self._find(visit, kind)
        return await self._page(visit, kind, _form_of(kind, integration), integration)

    async def save(self, visit: Visit) -> web.StreamResponse:
        """Adds or changes it."""
        kind, sent = _kind(visit), visit.sent
        values = {name: sent.text(name) for name in _FIELDS[kind]}
        values |= {name: "true" if sent.checked(name) else "" for name in _CHOICES.get(kind, ())}
        # A secret and a certificate are fields too, so that what is wrong with them stands there; no value comes back.
        form = Form(dict.fromkeys(_form_fields(kind), "") | values)
        try:
            await self._integrations.save(
                visit.actor,
                visit.account_id,
                kind,
                values,
                secret=sent.optional("secret") if kind in _SECRETS else None,
                secret_expires_on=_day(sent.text("secret_expires_on")),
                certificate=_certificate(visit) if kind in _CERTIFICATES else None,
            )
        except Refused as problem:
            if not problem.field:
                raise
            marked = form.with_error(problem.field, refusal(problem.reason, visit.say))
            return await self._page(visit, kind, marked, await self._find(visit, kind))
        raise see(visit.path("integrations", kind), "saved")

    async def switch_on(self, visit: Visit) -> web.StreamResponse:
        """From now on it works, if what it needs is there."""
        kind = _kind(visit)
        try:
            await self._integrations.set_enabled(visit.actor, visit.account_id, kind, enabled=True)
        except Refused as problem:
            if problem.reason is not Reason.STATE:
                raise
            integration = await self._find(visit, kind)
            form = replace(_form_of(kind, integration), error=_missing(problem.field, visit))
            return await self._page(visit, kind, form, integration)
        raise see(visit.path("integrations", kind), "integration-on")

    async def switch_off(self, visit: Visit) -> web.StreamResponse:
        """Rests; its settings stay."""
        kind = _kind(visit)
        await self._integrations.set_enabled(visit.actor, visit.account_id, kind, enabled=False)
        raise see(visit.path("integrations", kind), "integration-off")

    async def test(self, visit: Visit) -> web.StreamResponse:
        """Tries what it needs, and says what was found. By a button, since it asks Microsoft."""
        _require_customer(visit)
        kind = _kind(visit)
        checks = list(told(await self._services.checks.run(visit.actor, visit.account_id, kind), visit))
        if kind is IntegrationKind.TEAMS_PRESENCE and self._services.presence is not None:
            checks += presence_checks(await self._services.presence.overview(visit.actor, visit.account_id), visit)
        integration = await self._find(visit, kind)
        return await self._page(visit, kind, _form_of(kind, integration), integration, checks)

    async def remove(self, visit: Visit) -> web.StreamResponse:
        """Ends it with its secrets."""
        await self._integrations.remove(visit.actor, visit.account_id, _kind(visit))
        raise see(visit.path("integrations"), "integration-removed")

    async def new_token(self, visit: Visit) -> web.StreamResponse:
        """A secret for Entra ID's provisioning, which only the form that made it shows, also when it is sent again."""

        async def make() -> str:
            return (await self._services.scim_tokens.create(visit.actor, visit.account_id))[1]

        secret = await self._once(visit.form_key, make)
        return visit.page("scim_token.html", "integrations", secret=secret, address=self._scim_address(visit))

    async def revoke_token(self, visit: Visit) -> web.StreamResponse:
        """Void at once."""
        await self._services.scim_tokens.revoke(visit.actor, visit.account_id, visit.id("token_id"))
        raise see(visit.path("integrations", IntegrationKind.ENTRA_SYNC), "token-revoked")

    async def _find(self, visit: Visit, kind: IntegrationKind) -> Integration | None:
        found = await self._integrations.all(visit.actor, visit.account_id)
        return next((each for each in found if each.kind == kind), None)

    async def _page(
        self,
        visit: Visit,
        kind: IntegrationKind,
        form: Form,
        integration: Integration | None,
        checks: Sequence[ToldCheck] = (),
    ) -> web.Response:
        tokens = []
        if kind is IntegrationKind.ENTRA_SYNC:
            tokens = list(await self._services.scim_tokens.all(visit.actor, visit.account_id))
        proved = [each.tenant_id for each in await self._services.tenants.all(visit.actor, visit.account_id)]
        return visit.page(
            "integration.html",
            "integrations",
            status=HTTPStatus.BAD_REQUEST if form.refused else HTTPStatus.OK,
            kind=kind,
            title=INTEGRATIONS[kind](visit.say),
            purpose=INTEGRATION_PURPOSES[kind](visit.say),
            form=form,
            labels=field_labels(visit.say),
            integration=integration,
            tenants=proved,
            tokens=tokens,
            checks=checks,
            result=result(checks, visit) if checks else None,
            redirect_uri=self._public_url + RETURN,
            scim_address=self._scim_address(visit),
            permissions=_PERMISSIONS[kind],
            consent=self._consent(integration),
            ends=_day_of(integration, visit),
            watchers=await told_watchers(self._services, visit) if _has_watchers(kind, integration) else None,
            watching_permission=READ_PRESENCE,
        )

    def _consent(self, integration: Integration | None) -> str:
        """Where the tenant's administrator consents to the customer's own application; empty until it is named."""
        told = integration.configuration if integration else {}
        if self._services.entra is None or not told.get("clientId"):
            return ""
        return self._services.entra.consent.of_application(told["tenantId"], told["clientId"])

    def _scim_address(self, visit: Visit) -> str:
        return f"{self._public_url}/scim/v2/{visit.account_id}"


def _require_customer(visit: Visit) -> None:
    visit.require_administrator()
    if visit.account.partner:
        raise Refused(Reason.PARTNER_ACCOUNT)


def _kind(visit: Visit) -> IntegrationKind:
    """Raises ``UnknownId``."""
    try:
        return IntegrationKind(visit.id("kind"))
    except ValueError:
        raise UnknownId("no such integration") from None


def _form_of(kind: IntegrationKind, integration: Integration | None) -> Form:
    configuration = integration.configuration if integration else {}
    return Form({name: configuration.get(name, "") for name in _form_fields(kind)})


def _form_fields(kind: IntegrationKind) -> Sequence[str]:
    secrets = (*(("secret",) if kind in _SECRETS else ()), *(("certificate",) if kind in _CERTIFICATES else ()))
    return (*_FIELDS[kind], *_CHOICES.get(kind, ()), *secrets)


def _has_watchers(kind: IntegrationKind, integration: Integration | None) -> bool:
    return kind is IntegrationKind.TEAMS_PRESENCE and integration is not None and integration.has_secret


def _certificate(visit: Visit) -> str | None:
    """As a file or as text; what is no text at all is refused as no certificate."""
    if visit.sent.upload is not None and visit.sent.upload.content:
        return visit.sent.upload.content.decode("utf-8", "replace")
    return visit.sent.optional("certificate")


def _day_of(integration: Integration | None, visit: Visit) -> str:
    """By UTC, as the day was entered."""
    ends = integration.secret_expires_on if integration else None
    return visit.say.date(ends, zone="UTC") if ends else ""


def _day(text: str) -> datetime | None:
    """The end of a day as a date field sends it; ``None`` for none."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(hour=23, minute=59, tzinfo=UTC)
    except ValueError:
        return None


def _missing(field: str, visit: Visit) -> str:
    if field == "tenantId":
        return visit.say("Connect the tenant first: an administrator of it has to consent.")
    if field == "token":
        return visit.say("Make a secret token first, and enter it in Entra ID.")
    return visit.say("{field} is missing.", field=label(FIELDS, field, visit.say))
