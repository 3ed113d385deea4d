"""What the stand-in knows, what a test may change, and the way of a request through it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.fakes.graph import batch, directory, presence, subscriptions, teams
from tests.fakes.graph.exchange import Call, Refused, Reply, Route
from tests.fakes.graph.guard import check_roles, claims_of
from tests.fakes.graph.odata import Pages
from tests.fakes.graph.sessions import Presences
from tests.fakes.graph.throttling import Fault, Windows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.fakes.entra import Entra, Person
    from tests.fakes.graph.odata import Item
    from tests.fakes.graph.teams import App

ROUTES: tuple[Route, ...] = (*presence.ROUTES, *directory.ROUTES, *teams.ROUTES, *subscriptions.ROUTES)


class Reset(Exception):
    """The connection ends without an answer."""


class Lost(Reset):
    """The same, but the answer of a batch misses that of an item only."""


class FakeGraph:
    """Its users are the people of ``identity``'s tenants. Every attribute may be changed while it runs.

    ``groups`` are people by tenant and group id, ``contacts`` organisational contacts by tenant, ``catalogue`` apps by
    tenant, ``installed`` pairs of object id and app id; ``blocked`` and ``without_teams`` hold object ids;
    ``presences`` are people's sessions. ``basic_profiles`` is whether ``User.ReadBasic.All`` reads ``/users``.

    ``faults`` are tried in order. ``withdrawn`` are roles by tenant that a token still names and that Graph refuses
    already. ``open`` cleared keeps whoever asks waiting, ``hold`` those of one tenant; ``answers_after`` is how many
    seconds of real time each answer takes, for benchmarks. ``clock`` runs the windows of throttling and the sessions.

    ``calls`` is every request that came, items of batches too, ``tenants`` whose they were, ``headers`` those of each
    HTTP request. A benchmark that asks for hours sets ``remembers`` to false, and only ``presences.writes`` grows.
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
        self.presences = Presences(clock)
        self.basic_profiles = True
        self.faults: list[Fault] = []
        self.withdrawn: dict[str, set[str]] = {}
        self.windows = Windows(clock)
        self.pages = Pages()
        self.subscriptions = subscriptions.Subscriptions()
        self.remembers = True
        self.calls: list[Call] = []
        self.tenants: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self.arrived = asyncio.Condition()
        self.open = asyncio.Event()
        self.open.set()
        self.answers_after = 0.0
        self._held: dict[str, asyncio.Event] = {}

    def listen(self, url: str) -> None:
        """It is reached there from now on, and Entra ID gives tokens for it."""
        self.url = self.pages.url = self.identity.graph_url = url

    async def arrive(self, headers: Mapping[str, str]) -> None:
        """An HTTP request has come."""
        if self.remembers:
            async with self.arrived:
                self.headers.append(headers)
                self.arrived.notify_all()

    async def wait_for_requests(self, count: int) -> None:
        """Returns when so many HTTP requests have come."""
        async with self.arrived:
            await asyncio.wait_for(self.arrived.wait_for(lambda: len(self.headers) >= count), 10)

    def hold(self, tenant_id: str) -> None:
        """Requests of that tenant wait until ``release``, and are carried out then."""
        self._held[tenant_id] = asyncio.Event()

    def release(self, tenant_id: str) -> None:
        """Raises ``KeyError`` for a tenant that is not held."""
        self._held.pop(tenant_id).set()

    def release_all(self) -> None:
        """Nobody waits any longer."""
        self.open.set()
        for tenant_id in list(self._held):
            self.release(tenant_id)

    async def answer(self, call: Call, authorization: str) -> Reply:
        """One HTTP request. Raises ``Reset``."""
        await self.open.wait()
        try:
            claims = claims_of(self.identity, self.url, authorization)
            if claims["tid"] in self._held:
                await self._held[claims["tid"]].wait()
            if (call.method, call.path) == ("POST", "/$batch"):
                return self._batch(call, claims)
            return self._resource(call, claims)
        except Refused as refused:
            return refused.reply

    def _batch(self, call: Call, claims: Mapping[str, Any]) -> Reply:
        if self.remembers:
            self.calls.append(call)
        after = self._fail(call, claims["tid"])
        reply = batch.answer(call.body, lambda item: self._item(item, claims))
        if after:
            raise after
        return reply

    def _item(self, call: Call, claims: Mapping[str, Any]) -> Reply | None:
        try:
            return self._resource(call, claims)
        except Refused as refused:
            return refused.reply
        except Lost:
            return None

    def _resource(self, call: Call, claims: Mapping[str, Any]) -> Reply:
        tenant = self.identity.tenants[claims["tid"]]
        left = set(claims.get("roles", ())) - self.withdrawn.get(tenant.tenant_id, set())
        call = replace(call, claims={**claims, "roles": left})
        if self.remembers:
            self.calls.append(call)
            self.tenants.append(tenant.tenant_id)
        after = self._fail(call, tenant.tenant_id)
        for route in ROUTES:
            match = route.pattern.fullmatch(call.path)
            if match and route.method == call.method:
                check_roles(route, call)
                self.windows.count(tenant.tenant_id, call.application, route.service, route.cost)
                reply = route.answer(self, tenant, match, call)
                if after:
                    raise after
                return reply
        raise Refused(400, "BadRequest", "Resource not found for the segment.")

    def _fail(self, call: Call, tenant_id: str) -> Reset | None:
        """Raises the fault whose turn it is; answers one that comes after the request was carried out."""
        fault = next((fault for fault in self.faults if fault.hits(call, tenant_id)), None)
        if fault is None:
            return None
        if fault.status:
            raise fault.refusal
        if fault.lost:
            return Lost()
        if not fault.done:
            raise Reset
        return Reset()
