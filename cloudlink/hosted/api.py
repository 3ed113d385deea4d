"""Requests to the public API.

Headers and the answer to throttling are those that Mitel describes: ``Authorization``, ``X-Mitel-App``,
``x-mitel-correlation-id``; at status 429 at most three more tries, after ``Retry-After`` or two seconds and a little.
"""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson
import stamina
from aiohttp import ClientError, ClientTimeout
from yarl import URL

from cloudlink import correlation
from cloudlink.port import CloudLinkError, CloudLinkUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import ClientResponse, ClientSession

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 4_000_000
_TRIES = 4
_DEFAULT_WAIT_S = 2.0
_LONGEST_WAIT_S = 3600.0
_JITTER_S = (1.0, 2.0)
# A person waits for the answer: what cannot be had in this time is told as unavailable.
_PATIENCE_S = 10.0
_REQUEST_TIMEOUT = ClientTimeout(total=8.0, connect=4.0)
_MISSING = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


class ApiError(CloudLinkError):
    """An answer that is not the one asked for; ``name`` is the API's own word for it."""

    def __init__(self, status: int, name: str) -> None:
        super().__init__(f"{status} {name}")
        self.status = status
        self.name = name

    @property
    def missing(self) -> bool:
        return self.status in _MISSING


class Unauthorised(ApiError):
    """The token is not, or no longer, good."""


class Failed(CloudLinkUnavailable):
    """The service says that it, or what stands behind it, fails: a status from 500."""

    def __init__(self, status: int) -> None:
        super().__init__(f"CloudLink answered {status}")
        self.status = status


class Throttled(CloudLinkUnavailable):
    """Too many requests. ``retry_after`` is in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"throttled for {retry_after:.0f} s")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Request:
    """One request to a service: ``authentication``, ``admin``, ``media`` or ``notifications``.

    ``path`` begins with / and is encoded (``segments``), ``query`` is not. ``patient`` has it wait when throttled.
    """

    method: str
    service: str
    path: str
    query: Mapping[str, str] | None = None
    body: Mapping[str, Any] | None = None
    patient: bool = True
    headers: Mapping[str, str] | None = None


def segments(*parts: str) -> str:
    """An encoded path of these parts."""
    return "".join(f"/{quote(part, safe='$')}" for part in parts)


class Api:
    """The API at ``template``, an address that holds ``{service}``: ``https://{service}.api.mitel.io/2017-09-01``."""

    def __init__(self, session: ClientSession, template: str, *, application: str) -> None:
        """``application`` names and versions us in ``X-Mitel-App``: ``name/version``."""
        self._session = session
        self._template = template.rstrip("/")
        self._application = application

    def address(self, service: str, path: str = "") -> str:
        """The absolute address of a path of a service."""
        return self._template.format(service=service) + path

    async def send(self, request: Request, *, bearer: str | None = None) -> Any:
        """The JSON of the answer, ``None`` for an empty one.

        Raises ``Unauthorised``, ``ApiError``, ``CloudLinkUnavailable`` when the service is silent, throttles for too
        long or answers what is not JSON.
        """
        async for attempt in stamina.retry_context(
            on=_wait, attempts=_TRIES if request.patient else 1, timeout=_PATIENCE_S
        ):
            with attempt:
                return await self._once(request, bearer)
        raise AssertionError("the last attempt returns or raises")

    async def _once(self, request: Request, bearer: str | None) -> Any:
        headers = {
            **(request.headers or {}),
            "Accept": "application/json",
            "X-Mitel-App": f"{self._application};platform=server;",
            correlation.HEADER: correlation.current() or correlation.begin(),
        }
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer}"
        try:
            async with self._session.request(
                request.method,
                URL(self.address(request.service, request.path), encoded=True),
                params=request.query,
                json=request.body,
                headers=headers,
                timeout=_REQUEST_TIMEOUT,
                allow_redirects=False,
            ) as response:
                return await _read(response, request)
        except (ClientError, TimeoutError) as error:
            logger.warning("CloudLink is silent", extra={"service": request.service, "error": type(error).__name__})
            raise CloudLinkUnavailable("CloudLink did not answer") from error


async def _read(response: ClientResponse, request: Request) -> Any:
    if response.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Throttled(_retry_after(response))
    if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        told = {"service": request.service, "status": response.status, "theirs": _their_id(response)}
        logger.warning("CloudLink failed", extra=told)
        raise Failed(response.status)
    body = await _json(response)
    if response.status == HTTPStatus.UNAUTHORIZED:
        raise Unauthorised(response.status, _name(body))
    if not response.ok or response.status >= HTTPStatus.MULTIPLE_CHOICES:
        raise ApiError(response.status, _name(body))
    return body


async def _json(response: ClientResponse) -> Any:
    content = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        content += chunk
        if len(content) > MAX_BODY_BYTES:
            raise CloudLinkUnavailable("CloudLink's answer is too long")
    if not content:
        return None
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        raise CloudLinkUnavailable("CloudLink's answer is not JSON") from None


def _name(body: object) -> str:
    """``name`` of the API's errors, ``error`` of OAuth's."""
    told = body if isinstance(body, dict) else {}
    return str(told.get("error") or told.get("name") or "")[:100]


def _their_id(response: ClientResponse) -> str:
    return response.headers.get(correlation.HEADER, "")[:64]


def _retry_after(response: ClientResponse) -> float:
    told = response.headers.get("Retry-After", "")
    return min(float(told), _LONGEST_WAIT_S) if told.isascii() and told.isdigit() else _DEFAULT_WAIT_S


def _wait(error: Exception) -> float | bool:
    """How long until the next try, or that there is none: nothing but throttling is known to be safe to repeat."""
    if not isinstance(error, Throttled) or error.retry_after > _PATIENCE_S:
        return False
    return error.retry_after + random.uniform(*_JITTER_S)  # noqa: S311 - it spreads requests and guards nothing
