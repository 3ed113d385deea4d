"""What the stand-in knows, what a test may change, and the way of a request through it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.fakes.graph import batch, directory, subscriptions, teams
from tests.fakes.graph.exchange import Call, Refused, Reply, Route
from tests.fakes.graph.guard import check_roles, claims_of
from tests.fakes.graph.odata import Pages
from tests.fakes.graph.throttling import Fault, Windows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.fakes.entra import Entra, Person
    from tests.fakes.graph.odata import Item
    from tests.fakes.graph.teams import App

ROUTES: tuple[Route, ...] = (*directory.ROUTES, *teams.ROUTES, *subscriptions.ROUTES)


class Reset(Exception):
    """The connection ends without an answer."""


class FakeGraph:
    """Its users are the people of ``identity``'s tenants. Every attribute may be changed while it runs.

    ``groups`` are people by tenant and group id, ``contacts`` organisational contacts by tenant, ``catalogue`` apps by
    tenant, ``installed`` pairs of object id and app id; ``blocked`` and ``without_teams`` hold object ids. ``faults``
    are tried in order. ``calls`` is every request that came, items of batches too, ``tenants`` whose they were,
    ``headers`` those of each HTTP request. ``open`` cleared keeps whoever asks waiting. ``clock`` runs the windows of
    throttling.
    """

    def __init__(self, identity: Entra, clock: Callable[[], float] = time.monotonic) -> None:
        self.identity = identity
        self.url = ""
        self.groups: dict[tuple[str, str], list[Person]] = {}
        self.contacts: dict[str, list[Item]] = {}
        self.catalogue: dict[str, list[App]] = {}
        self.installed: set[tuple[str, str]] = set()
        self.blocked: set[str] = set()
        self.without_teams: set[str] = set()
        self.faults: list[Fault] = []
        self.windows = Windows(clock)
        self.pages = Pages()
        self.subscriptions = subscriptions.Subscriptions()
        self.calls: list[Call] = []
        self.tenants: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self.arrived = asyncio.Condition()
        self.open = asyncio.Event()
        self.open.set()

    def listen(self, url: str) -> None:
        """It is reached there from now on, and Entra ID gives tokens for it."""
        self.url = self.pages.url = self.identity.graph_url = url

    async def wait_for_requests(self, count: int) -> None:
        """Returns when so many HTTP requests have come."""
        async with self.arrived:
            await asyncio.wait_for(self.arrived.wait_for(lambda: len(self.headers) >= count), 10)

    def answer(self, call: Call, authorization: str) -> Reply:
        """One HTTP request. Raises ``Reset``."""
        try:
            claims = claims_of(self.identity, self.url, authorization)
            if (call.method, call.path) != ("POST", "/$batch"):
                return self._resource(call, claims)
            self.calls.append(call)
            self._fail(call)
            return batch.answer(call.body, lambda item: self._item(item, claims))
        except Refused as refused:
            return refused.reply

    def _item(self, call: Call, claims: Mapping[str, Any]) -> Reply:
        try:
            return self._resource(call, claims)
        except Refused as refused:
            return refused.reply

    def _resource(self, call: Call, claims: Mapping[str, Any]) -> Reply:
        self.calls.append(call)
        self.tenants.append(claims["tid"])
        done = self._fail(call)
        tenant = self.identity.tenants[claims["tid"]]
        for route in ROUTES:
            match = route.pattern.fullmatch(call.path)
            if match and route.method == call.method:
                check_roles(route, claims)
                self.windows.count(tenant.tenant_id, route.service, route.cost)
                reply = route.answer(self, tenant, match, replace(call, claims=claims))
                if done:
                    raise Reset
                return reply
        raise Refused(400, "BadRequest", "Resource not found for the segment.")

    def _fail(self, call: Call) -> bool:
        """Raises the fault whose turn it is; true for one that comes after the request was carried out."""
        fault = next((fault for fault in self.faults if fault.hits(call)), None)
        if fault is None:
            return False
        if fault.status:
            raise fault.refusal
        if not fault.done:
            raise Reset
        return True
