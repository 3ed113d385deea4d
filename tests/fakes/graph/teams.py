"""The app catalogue of a company, and the apps installed for its people."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.fakes.graph.directory import find
from tests.fakes.graph.exchange import Call, Refused, Reply, Route

if TYPE_CHECKING:
    from tests.fakes.entra import Tenant
    from tests.fakes.graph.odata import Item
    from tests.fakes.graph.service import FakeGraph

_CATALOGUE = frozenset({"AppCatalog.Read.All", "AppCatalog.ReadWrite.All"})
_INSTALL = frozenset({"TeamsAppInstallation.ReadWriteSelfForUser.All", "TeamsAppInstallation.ReadWriteForUser.All"})


@dataclass(frozen=True)
class App:
    """``external_id`` is the id in the manifest, ``app_id`` the catalogue's own."""

    app_id: str
    external_id: str
    name: str = "Mitel Assistant"
    distribution: str = "organization"

    @property
    def item(self) -> Item:
        """The teamsApp resource."""
        return {
            "id": self.app_id,
            "externalId": self.external_id,
            "displayName": self.name,
            "distributionMethod": self.distribution,
        }


def _list_catalogue(graph: FakeGraph, tenant: Tenant, _: re.Match[str], call: Call) -> Reply:
    return graph.pages.reply(call, [app.item for app in graph.catalogue.get(tenant.tenant_id, [])], usual=100)


def _list_installed(graph: FakeGraph, tenant: Tenant, match: re.Match[str], call: Call) -> Reply:
    person = find(tenant, match["user"])
    apps = [a for a in graph.catalogue.get(tenant.tenant_id, []) if (person.object_id, a.app_id) in graph.installed]
    expand = call.query.get("$expand") == "teamsApp"
    if "$filter" in call.query and not expand:
        raise Refused(400, "BadRequest", "A filter on teamsApp needs its expansion.")
    items = [{"id": _installation_id(person.object_id, app.app_id), "teamsApp": app.item} for app in apps]
    if not expand:
        items = [{"id": item["id"]} for item in items]
    return graph.pages.reply(call, items, usual=100)


def _install(graph: FakeGraph, tenant: Tenant, match: re.Match[str], call: Call) -> Reply:
    """201 without a body."""
    person = find(tenant, match["user"])
    bind = call.body.get("teamsApp@odata.bind", "") if isinstance(call.body, dict) else ""
    prefix = f"{graph.url}/v1.0/appCatalogs/teamsApps/"
    apps = {app.app_id for app in graph.catalogue.get(tenant.tenant_id, [])}
    if not bind.startswith(prefix):
        raise Refused(400, "BadRequest", "Bad Request: teamsApp@odata.bind is missing or names no app.")
    app_id = bind.removeprefix(prefix)
    if app_id not in apps:
        raise Refused(404, "NotFound", "The definition for this app could not be found in the catalog.")
    if person.object_id in graph.without_teams:
        raise Refused(404, "NotFound", "Failed to find user in Teams.")
    if person.object_id in graph.blocked:
        message = f"App is blocked by app permission policy. UserObjectId: {person.object_id}, AppId: {app_id}"
        raise Refused(403, "Forbidden", message, inner_code="AccessDenied")
    if (person.object_id, app_id) in graph.installed:
        raise Refused(409, "Conflict", "App entitlement already exists for the user.", inner_code="Conflict")
    graph.installed.add((person.object_id, app_id))
    return Reply(201)


def _uninstall(graph: FakeGraph, tenant: Tenant, match: re.Match[str], call: Call) -> Reply:
    person = find(tenant, match["user"])
    for entry in graph.installed:
        if entry[0] == person.object_id and _installation_id(*entry) == match["installation"]:
            graph.installed.remove(entry)
            return Reply(204)
    raise Refused(404, "NotFound", "The app is not installed.")


def _installation_id(user_id: str, app_id: str) -> str:
    return base64.b64encode(f"{user_id}##{app_id}".encode()).decode()


_INSTALLED = "/users/(?P<user>[^/]+)/teamwork/installedApps"
ROUTES = (
    Route("GET", re.compile("/appCatalogs/teamsApps"), _CATALOGUE, "teams", _list_catalogue),
    Route("GET", re.compile(_INSTALLED), _INSTALL, "teams", _list_installed),
    Route("POST", re.compile(_INSTALLED), _INSTALL, "teams", _install),
    Route("DELETE", re.compile(_INSTALLED + "/(?P<installation>[^/]+)"), _INSTALL, "teams", _uninstall),
)
