"""Teams apps: finding ours in a company's catalogue, and installing it for people.

``TeamsAppInstallation.ReadWriteSelfForUser.All`` is for the app whose manifest names our registration in
``webApplicationInfo``, and Graph installs only what is in the company's catalogue or the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from graph.errors import Conflict, NotFound, NotPermitted
from graph.messages import Answer, Method, Request
from graph.paging import items
from graph.paths import literal, path
from graph.permissions import INSTALL_ITSELF, READ_CATALOGUE

if TYPE_CHECKING:
    from graph.batch import Outcome
    from graph.client import TenantGraph


@dataclass(frozen=True, slots=True)
class CatalogueApp:
    """``app_id`` is the catalogue's own id; the manifest's id is its external one."""

    app_id: str
    name: str


class Installation(StrEnum):
    """What became of installing the app for one person."""

    INSTALLED = "installed"
    ALREADY_INSTALLED = "already-installed"
    BLOCKED = "blocked"
    """A policy of the company (app permission policy) keeps the app from this person."""
    NO_TEAMS = "no-teams"
    """Graph does not find the person, or they have no Teams."""


async def find_in_catalogue(graph: TenantGraph, manifest_id: str) -> CatalogueApp | None:
    """The app as its company has uploaded it, ``None`` when it has not. Raises ``GraphError``."""
    wanted = f"externalId eq {literal(manifest_id)} and distributionMethod eq 'organization'"
    query = path("appCatalogs", "teamsApps", filter=wanted)
    async for item in items(graph, Request(Method.GET, query, READ_CATALOGUE)):
        if isinstance(item.get("id"), str):
            return CatalogueApp(item["id"], str(item.get("displayName") or ""))
    return None


def installing(graph: TenantGraph, user_id: str, app_id: str) -> Request:
    """The request that installs the app for a person; ``installation`` reads what became of it.

    It may be sent twice: the second one finds the app there.
    """
    address = path("users", user_id, "teamwork", "installedApps")
    body = {"teamsApp@odata.bind": graph.base_url + path("appCatalogs", "teamsApps", app_id)}
    return Request(Method.POST, address, INSTALL_ITSELF, body, idempotent=True)


def installation(outcome: Outcome) -> Installation:
    """Raises the ``GraphError`` that is no answer about this person: a permission that is missing, a throttled one."""
    match outcome:
        case Answer():
            return Installation.INSTALLED
        case Conflict():
            return Installation.ALREADY_INSTALLED
        case NotFound():
            return Installation.NO_TEAMS
        # A missing permission has no inner code; a policy has (seen in OfficeDev's Company Communicator, issue 1537).
        case NotPermitted(inner_code="AccessDenied"):
            return Installation.BLOCKED
    raise outcome
