"""Requests to Graph: with a token of the tenant, within its budget, repeated where that does no harm."""

from __future__ import annotations

import asyncio
import copy
import json
import logging
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from aiohttp import ClientConnectorError, ClientError, ConnectionTimeoutError
from yarl import URL

from graph.budget import Budget, service_of
from graph.errors import GraphError, GraphUnavailable, NotConsented, Throttled, Unauthenticated, refusal
from graph.messages import Answer, Request
from graph.retry import Patience
from graph.timing import Timing
from graph.tokens import Registration, TokenSource, TokenUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import ClientResponse, ClientSession

    from graph.budget import Bucket, Rate, Service

logger = logging.getLogger(__name__)

VERSION = "/v1.0"
# A page of 999 users is below 1 MB.
_LARGEST_ANSWER = 16 * 1024 * 1024
# The connections are shared: a tenant whose answers are slow must leave some to the others.
_IN_FLIGHT = 16


class Graph:
    """Microsoft Graph at ``url`` (``https://graph.microsoft.com`` but for sovereign clouds), for every tenant.

    ``rates``: what each tenant may be asked of a service, where that is not the service's own ``rate``.
    """

    def __init__(
        self,
        session: ClientSession,
        registration: Registration,
        url: str,
        *,
        timing: Timing | None = None,
        rates: Mapping[Service, Rate] | None = None,
    ) -> None:
        self._session = session
        self._registration = registration
        self._url = url
        self._timing = timing or Timing()
        self._rates = rates
        self._tenants: dict[str, TenantGraph] = {}

    def tenant(self, tenant_id: str) -> TenantGraph:
        """Graph for one tenant. All that ask for the same tenant share its token and its budget.

        ``tenant_id`` must be one that an account has proved to be its own.
        """
        if tenant_id not in self._tenants:
            tokens = TokenSource(self._registration, tenant_id, self._url, self._timing.clock)
            self._tenants[tenant_id] = TenantGraph(
                self._session, tokens, self._url, tenant_id, timing=self._timing, rates=self._rates
            )
        return self._tenants[tenant_id]


class TenantGraph:
    """Graph for one tenant. ``tokens`` are its tokens, ``base_url`` is what a path begins with."""

    def __init__(
        self,
        session: ClientSession,
        tokens: TokenSource,
        url: str,
        tenant_id: str,
        *,
        timing: Timing,
        patience: Patience | None = None,
        rates: Mapping[Service, Rate] | None = None,
    ) -> None:
        self.tokens = tokens
        self.timing = timing
        self.patience = patience or Patience()
        self.base_url = url + VERSION
        self._session = session
        self._tenant_id = tenant_id
        self._budget = Budget(timing, rates)
        self._in_flight = asyncio.Semaphore(_IN_FLIGHT)

    def within(self, patience: Patience) -> TenantGraph:
        """The same tenant, its token and its budget, for a caller of other patience: a person waits, a job can."""
        other = copy.copy(self)
        other.patience = patience
        return other

    async def send(self, request: Request, charges: Mapping[Service, int] | None = None) -> Answer:
        """The answer to a request, after as many attempts as patience allows. Raises ``GraphError``.

        ``charges`` tells what a batch costs (nothing, when ``budget`` has been charged before); any other request costs
        one of the service that answers it.
        """
        charges = {service_of(request.path): 1} if charges is None else charges
        attempt = 1
        while True:
            await self._budget.admit(charges, self.patience.longest_wait)
            try:
                return await self._exchange(request)
            except GraphError as error:
                wait = self.heed(error, request, charges, attempt=attempt)
                if wait is None:
                    raise
            await self.timing.sleep(wait)
            attempt += 1

    def budget(self, service: Service) -> Bucket:
        """The tenant's budget of a service, for whoever decides only at the last moment what to send."""
        return self._budget[service]

    def heed(
        self, error: GraphError, request: Request, charges: Mapping[Service, int], *, attempt: int
    ) -> float | None:
        """Seconds to wait until ``request`` may be sent again after that attempt, ``None`` when it may not.

        When Graph throttles, the whole tenant waits: its budget for those services is paused, and the next attempt
        waits for the budget alone.
        """
        known = {"status": error.status, "code": error.code, "request_id": error.request_id, "tenant": self._tenant_id}
        logger.info("Graph refused", extra={**known, "services": [service.name for service in charges]})
        wait = self.patience.wait(error, repeatable=request.repeatable, attempt=attempt)
        if not isinstance(error, Throttled):
            return wait
        self._budget.pause(charges, error.retry_after if error.retry_after is not None else wait or 0)
        return None if wait is None else 0

    def relative(self, link: str) -> str:
        """The path of a link that Graph gave us, such as ``@odata.nextLink``.

        Raises ``GraphError`` when it leads elsewhere: our token is for Graph alone.
        """
        if not link.startswith(self.base_url + "/"):
            raise GraphError("foreignLink")
        return link.removeprefix(self.base_url)

    async def _exchange(self, request: Request) -> Answer:
        bearer = await self._bearer(request)
        own_id = str(uuid4())
        headers = {"Authorization": f"Bearer {bearer}", "client-request-id": own_id}
        # The path is encoded already, and a link of Graph's must go back as it came.
        url = URL(self.base_url + request.path, encoded=True)
        try:
            # A redirect would carry the bearer elsewhere.
            async with (
                self._in_flight,
                self._session.request(
                    request.method, url, json=request.body, headers=headers, allow_redirects=False
                ) as response,
            ):
                return await _answer(response, request)
        except Unauthenticated:
            self.tokens.forget(bearer)
            raise
        except (ClientError, TimeoutError) as error:
            raise _no_answer(error, own_id) from error

    async def _bearer(self, request: Request) -> str:
        try:
            return await self.tokens.bearer()
        except TokenUnavailable as error:
            if error.not_consented:
                absent = NotConsented(error.code)
                absent.permission = request.needs
                raise absent from error
            unavailable = GraphUnavailable(error.code)
            unavailable.undone = True
            raise unavailable from error


def _no_answer(error: Exception, own_id: str) -> GraphUnavailable:
    unavailable = GraphUnavailable(type(error).__name__, request_id=own_id)
    unavailable.undone = isinstance(error, ClientConnectorError | ConnectionTimeoutError)
    return unavailable


async def _answer(response: ClientResponse, request: Request) -> Answer:
    body = _json(await _limited(response))
    if 200 <= response.status < 300:
        if body is None:
            raise GraphError(
                "malformedAnswer", request_id=response.headers.get("request-id", ""), status=response.status
            )
        return Answer(response.status, body)
    raise refusal(response.status, response.headers, body or {}, request)


async def _limited(response: ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > _LARGEST_ANSWER:
            raise GraphError("answerTooLarge", status=response.status)
    return bytes(body)


def _json(raw: bytes) -> dict[str, Any] | None:
    """``{}`` for no body, ``None`` for one that is no JSON object."""
    if not raw:
        return {}
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
