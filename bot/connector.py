"""The one place that sends to the Teams connector (the Bot Framework's REST API v3 at an activity's ``serviceUrl``)."""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote
from weakref import WeakValueDictionary

import orjson
from aiohttp import ClientError, ClientSession, ClientTimeout, ConnectionTimeoutError, DummyCookieJar, TCPConnector

from auth.outbound import TokenUnavailable
from auth.service_urls import ForeignServiceUrl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import ClientResponse

logger = logging.getLogger(__name__)

# What Microsoft's rate limit page says to try again, with exponential backoff and jitter.
_TRY_AGAIN = frozenset({412, 429, 502, 504})


class ConnectorError(Exception):
    """The connector did not take a message. ``status`` is its HTTP status, 0 when it did not answer at all."""

    def __init__(self, status: int, code: str = "") -> None:
        said = f"answered {status}" if status else "cannot be asked"
        super().__init__(f"the connector {said} {code}".rstrip())
        self.status = status


class ConnectorBusy(ConnectorError):
    """It may take the message later: too many requests, or a gateway on the way failed. ``retry_after`` in seconds."""

    def __init__(self, status: int, code: str = "", retry_after: float | None = None) -> None:
        super().__init__(status, code)
        self.retry_after = retry_after


class ConversationGone(ConnectorError):
    """The person has removed or blocked the bot, or the conversation or message is no longer there."""


class ConnectorRefused(ConnectorError):
    """It will not take this message, now or later."""


class Tokens(Protocol):
    """Who may speak for the bot. Fulfilled by ``auth.outbound.ConnectorTokens``."""

    async def bearer(self, service_url: str) -> str | None:
        """A token for this connector, ``None`` where none is needed.

        Raises ``ForeignServiceUrl`` for a connector that is not Teams', ``TokenUnavailable`` when there is none now.
        """


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to keep trying: ``attempts`` are counted, the rest is in seconds. Each wait is twice the last one.

    A connector that asks for more than ``longest_wait`` is not asked again.
    """

    attempts: int = 5
    in_all: float = 90.0
    first_wait: float = 0.5
    longest_wait: float = 30.0


def connector_session() -> ClientSession:
    """A pool of connections for every service URL. Close it at shutdown, after the last turn."""
    return ClientSession(
        connector=TCPConnector(limit=256, limit_per_host=128, keepalive_timeout=60),
        timeout=ClientTimeout(total=30, connect=10),
        cookie_jar=DummyCookieJar(),
        headers={"Content-Type": "application/json; charset=utf-8", "Accept": "application/json"},
    )


class Connector:
    """Sends, updates and deletes messages; those of one conversation leave in the order in which they were given.

    Every method raises ``ConnectorBusy`` when patience is over, ``ConversationGone``, ``ConnectorRefused``, or
    ``ConnectorError`` when the network fails.
    """

    def __init__(self, session: ClientSession, tokens: Tokens, patience: Patience | None = None) -> None:
        self._session = session
        self._tokens = tokens
        self._patience = patience or Patience()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def send(
        self, service_url: str, conversation_id: str, activity: Mapping[str, Any], *, reply_to: str | None = None
    ) -> str:
        """Posts a message, as a reply if told so; answers the id that Teams gave it (empty if none)."""
        answer = await self._request("POST", service_url, conversation_id, reply_to, activity)
        return str(answer.get("id") or "")

    async def update(
        self, service_url: str, conversation_id: str, activity_id: str, activity: Mapping[str, Any]
    ) -> None:
        """Puts another message in the place of one that the bot has sent."""
        await self._request("PUT", service_url, conversation_id, activity_id, activity)

    async def delete(self, service_url: str, conversation_id: str, activity_id: str) -> None:
        """Takes back a message that the bot has sent."""
        await self._request("DELETE", service_url, conversation_id, activity_id, None)

    async def _request(
        self,
        method: str,
        service_url: str,
        conversation_id: str,
        activity_id: str | None,
        activity: Mapping[str, Any] | None,
    ) -> dict[str, Any]:
        url = _activities_url(service_url, conversation_id, activity_id)
        body = None if activity is None else orjson.dumps(activity)
        # asyncio's lock is fair, so whoever came first sends first, retries included.
        async with self._turns.setdefault(url.partition("/activities")[0], asyncio.Lock()):
            try:
                return await self._attempt(method, service_url, url, body)
            except ConnectorBusy as busy:
                return await self._attempt_again(busy, method, service_url, url, body)

    async def _attempt_again(
        self, busy: ConnectorBusy, method: str, service_url: str, url: str, body: bytes | None
    ) -> dict[str, Any]:
        import stamina  # noqa: PLC0415 - a ninth of the time that importing the bot takes

        async for attempt in stamina.retry_context(
            on=self._try_again,
            attempts=self._patience.attempts,
            timeout=self._patience.in_all,
            wait_initial=self._patience.first_wait,
            wait_jitter=self._patience.first_wait,
            wait_max=self._patience.longest_wait,
        ):
            with attempt:
                if attempt.num == 1:
                    # It was made before, without the cost of preparing for another.
                    raise busy
                return await self._attempt(method, service_url, url, body)
        raise busy

    def _try_again(self, error: Exception) -> bool | float:
        """Whether, or after how many seconds: what the connector asks for, else stamina's growing wait with jitter."""
        if not isinstance(error, ConnectorBusy):
            return False
        logger.info("the connector is busy", extra={"status": error.status})
        if error.retry_after is None:
            return True
        # The jitter keeps conversations that were refused together from coming back together.
        jitter = random.uniform(0, self._patience.first_wait)  # noqa: S311 - keeps no secret
        return error.retry_after <= self._patience.longest_wait and error.retry_after + jitter

    async def _attempt(self, method: str, service_url: str, url: str, body: bytes | None) -> dict[str, Any]:
        headers = await self._authorization(service_url)
        try:
            # A redirect would carry the bearer to a host that nobody has allowed.
            async with self._session.request(
                method, url, data=body, headers=headers, allow_redirects=False
            ) as response:
                return await _answer(response)
        except (ClientError, TimeoutError) as error:
            logger.warning("the connector did not answer", extra={"cause": type(error).__name__})
            if method == "POST" and _was_sent(error):
                # It may have taken the message: to send it again would show it twice.
                raise ConnectorError(0) from error
            raise ConnectorBusy(0) from error

    async def _authorization(self, service_url: str) -> dict[str, str] | None:
        try:
            bearer = await self._tokens.bearer(service_url)
        except TokenUnavailable as error:
            raise ConnectorBusy(0, error.code) from error
        except ForeignServiceUrl as error:
            raise ConnectorRefused(0, "ForeignServiceUrl") from error
        return {"Authorization": f"Bearer {bearer}"} if bearer else None


def _was_sent(error: Exception) -> bool:
    """Whether the request had gone out whole and only its answer did not come."""
    return isinstance(error, TimeoutError) and not isinstance(error, ConnectionTimeoutError)


def _activities_url(service_url: str, conversation_id: str, activity_id: str | None) -> str:
    url = f"{service_url.rstrip('/')}/v3/conversations/{quote(conversation_id, safe='')}/activities"
    return f"{url}/{quote(activity_id, safe='')}" if activity_id else url


async def _answer(response: ClientResponse) -> dict[str, Any]:
    body = await response.read()
    try:
        answer = orjson.loads(body) if body else {}
    except ValueError:
        answer = {}
    answer = answer if isinstance(answer, dict) else {}
    if response.status in range(200, 300):
        return answer
    raise _error(response, answer)


def _error(response: ClientResponse, answer: Mapping[str, Any]) -> ConnectorError:
    detail = answer.get("error")
    code = str(detail.get("code", ""))[:80] if isinstance(detail, dict) else ""
    if response.status in _TRY_AGAIN:
        return ConnectorBusy(response.status, code, _seconds(response.headers.get("Retry-After")))
    if response.status in {403, 404}:
        return ConversationGone(response.status, code)
    return ConnectorRefused(response.status, code)


def _seconds(retry_after: str | None) -> float | None:
    """``Retry-After`` in seconds; its other form, a date, is not used by Teams and read as absent."""
    return float(retry_after) if retry_after and retry_after.isdecimal() else None
