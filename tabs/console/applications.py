"""Applications of an account: who may ask the public API and the OpenID provider for tokens, and how."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from cloudlink.administration.clients import GRANT_TYPES, Client, NewClient
from cloudlink.administration.refusals import Refused
from cloudlink.model import Role
from cloudlink.port import UnknownId
from tabs.console.forms import Form
from tabs.console.sentences import GRANTS, field_labels, label, refusal
from tabs.console.visit import see

if TYPE_CHECKING:
    from aiohttp import web

    from tabs.console.forms import Sent
    from tabs.console.services import Services
    from tabs.console.visit import Visit

_ADDRESSES = ("redirect_uris", "post_logout_redirect_uris")
_EMPTY = Client("", "", "")


class ApplicationPages:
    """``/console/accounts/{account_id}/applications`` and below."""

    def __init__(self, services: Services) -> None:
        self._clients = services.clients

    async def overview(self, visit: Visit) -> web.StreamResponse:
        """All of them."""
        found = await self._clients.all(visit.actor, visit.account_id)
        return visit.page("applications.html", "applications", applications=found)

    async def new(self, visit: Visit) -> web.StreamResponse:
        """The empty form."""
        visit.require_administrator()
        return _form_page(visit, _form_of(_EMPTY), None)

    async def create(self, visit: Visit) -> web.StreamResponse:
        """Registers it; a secret is shown on the page that follows alone."""
        try:
            made, secret = await self._clients.create(visit.actor, visit.account_id, _new(visit.sent))
        except Refused as problem:
            return _form_page(visit, _again(visit, problem), None)
        return visit.page("application_secret.html", "applications", application=made, secret=secret)

    async def show(self, visit: Visit) -> web.StreamResponse:
        """One as a form."""
        visit.require_administrator()
        found = await self._application(visit)
        return _form_page(visit, _form_of(found), found)

    async def save(self, visit: Visit) -> web.StreamResponse:
        """Changes all but its id and its secret."""
        found = await self._application(visit)
        active = visit.sent.checked("active")
        try:
            await self._clients.change(visit.actor, visit.account_id, found.client_id, _new(visit.sent), active=active)
        except Refused as problem:
            return _form_page(visit, _again(visit, problem), found)
        raise see(visit.path("applications"), "saved")

    async def new_secret(self, visit: Visit) -> web.StreamResponse:
        """The old one is void."""
        found = await self._application(visit)
        secret = await self._clients.new_secret(visit.actor, visit.account_id, found.client_id)
        return visit.page("application_secret.html", "applications", application=found, secret=secret)

    async def remove(self, visit: Visit) -> web.StreamResponse:
        """Ends it with its sessions."""
        await self._clients.remove(visit.actor, visit.account_id, visit.id("client_id"))
        raise see(visit.path("applications"), "application-removed")

    async def _application(self, visit: Visit) -> Client:
        wanted = visit.id("client_id")
        for client in await self._clients.all(visit.actor, visit.account_id):
            if client.client_id == wanted:
                return client
        raise UnknownId("no such application")


def _new(sent: Sent) -> NewClient:
    redirect_uris, post_logout = (tuple(sent.text(name).split()) for name in _ADDRESSES)
    return NewClient(
        name=sent.text("name"),
        description=sent.text("description"),
        redirect_uris=redirect_uris,
        post_logout_redirect_uris=post_logout,
        grant_types=tuple(grant for grant in GRANT_TYPES if sent.checked(f"grant_{grant}")),
        role=sent.optional("role"),
        confidential=sent.checked("confidential"),
    )


def _form_of(client: Client) -> Form:
    return Form(
        {
            "name": client.name,
            "description": client.description,
            "redirect_uris": "\n".join(client.redirect_uris),
            "post_logout_redirect_uris": "\n".join(client.post_logout_redirect_uris),
            "role": client.role or "",
            "confidential": client.confidential,
            "active": client.active,
            **{f"grant_{grant}": grant in client.grant_types for grant in GRANT_TYPES},
        }
    )


def _again(visit: Visit, problem: Refused) -> Form:
    sent, known = visit.sent, _form_of(_EMPTY).values
    values = {name: sent.checked(name) if isinstance(value, bool) else sent.text(name) for name, value in known.items()}
    return Form(values).with_error(problem.field, refusal(problem.reason, visit.say))


def _form_page(visit: Visit, form: Form, application: Client | None) -> web.Response:
    say = visit.say
    return visit.page(
        "application.html",
        "applications",
        status=HTTPStatus.BAD_REQUEST if form.refused else HTTPStatus.OK,
        form=form,
        application=application,
        grants=[(f"grant_{grant}", label(GRANTS, grant, say)) for grant in GRANT_TYPES],
        roles=[("", say("None")), (Role.USER, say("User")), (Role.ACCOUNT_ADMIN, say("Account Admin"))],
        labels=field_labels(say),
    )
