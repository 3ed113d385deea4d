"""The one subclass of botbuilder's ``CloudAdapter``, and the authentication behind it.

botbuilder 4.17.1 is archived; this keeps its interfaces and replaces what ails it. Its ``process`` serialises the body
of an invoke twice, so that every invoke which answers with a body ends in HTTP 500. It builds two REST clients for
every turn, sends replies through a thread pool, and fetches signing keys on the event loop.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from aiohttp import web
from botbuilder.core import InvokeResponse
from botbuilder.integration.aiohttp import CloudAdapter
from botbuilder.schema import Activity, ActivityTypes, ResourceResponse
from botframework.connector.auth import (
    AuthenticateRequestResult,
    BotFrameworkAuthentication,
    ClaimsIdentity,
    ConnectorFactory,
)

from auth.botframework import ActivityRefused, NotVerifiable
from bot import cards, invokes
from bot.connector import Connector, ConnectorError
from bot.turn import Reply
from bot.wire import NotAnActivity, answer_to, to_activity, to_json
from i18n import translator
from store.identity import TeamsUser

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botbuilder.core import Bot, TurnContext

    from bot.background import Background
    from bot.failures import NotedFailures

logger = logging.getLogger(__name__)

# Teams' own activities stay below 64 KB; a message of 28 KB with every character escaped is 170 KB.
_LARGEST_BODY = 256 * 1024


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds until Teams is answered: it delivers a message again after 15 s, and gives up an invoke after 5 s."""

    message: float = 10.0
    invoke: float = 4.0


class Verifier(Protocol):
    """Who says that an activity comes from Teams. Fulfilled by ``auth.botframework`` and ``auth.demo``."""

    async def verify(self, authorization: str | None, activity: Mapping[str, Any]) -> object:
        """Judges the ``Authorization`` header for an activity's ``serviceUrl`` and ``channelId``.

        Raises ``ActivityRefused``.
        """


class TeamsAdapter(CloudAdapter):  # type: ignore[misc]  # botbuilder ships no types
    """Receives activities over HTTP and sends replies through our ``Connector``."""

    def __init__(
        self,
        verifier: Verifier,
        connector: Connector,
        background: Background,
        deadlines: Deadlines,
        *,
        app_id: str = "",
        failures: NotedFailures | None = None,
    ) -> None:
        super().__init__(_Authentication(verifier, connector))
        self._app_id = app_id
        self._failures = failures
        self._deadlines = deadlines
        self.on_turn_error = self._apologise
        self._connector = connector
        self._background = background

    async def process(self, request: web.Request, bot: Bot, ws_response: object = None) -> web.Response:
        """Answers one POST of an activity.

        200 for a message once it is answered or the deadline is over (the work then goes on), the status and body of
        an invoke; 400 for what is no activity, 413 for too large a body, and for what ``Verifier`` refuses the status
        of its refusal.
        """
        try:
            activity = to_activity(await _read(request))
            identity = await self._verified(activity, request.headers.get("Authorization"))
        except NotAnActivity as error:
            return _refusal(HTTPStatus.BAD_REQUEST, "BadSyntax", str(error))
        except ActivityRefused as refusal:
            return _refusal(refusal.status, refusal.status.name, "the activity is not served")
        return await self._in_time(
            activity, self._background.start(self.process_activity(identity, activity, bot.on_turn))
        )

    async def _verified(self, activity: Activity, authorization: str | None) -> AuthenticateRequestResult:
        """Raises ``ActivityRefused``, also when the signing keys take too long to come."""
        try:
            async with asyncio.timeout(self._deadlines.invoke):
                return await self.bot_framework_authentication.authenticate_request(activity, authorization)
        except TimeoutError:
            raise NotVerifiable("the signing keys did not come in time") from None

    async def _in_time(self, activity: Activity, turn: asyncio.Task[InvokeResponse | None]) -> web.Response:
        is_invoke = activity.type == ActivityTypes.invoke
        await asyncio.wait({turn}, timeout=self._deadlines.invoke if is_invoke else self._deadlines.message)
        if not turn.done():
            logger.warning("a turn goes on after its deadline", extra={"activity_type": activity.type})
            return _answer(_still_working(activity) if is_invoke else None)
        return _answer(turn.result())

    async def send_activities(self, context: TurnContext, activities: list[Activity]) -> list[ResourceResponse]:
        """Sends replies one after another; an invoke's answer is kept for the HTTP response."""
        return [await self._send(context, activity) for activity in activities]

    async def _send(self, context: TurnContext, activity: Activity) -> ResourceResponse:
        if activity.type == ActivityTypes.invoke_response:
            context.turn_state[self._INVOKE_RESPONSE_KEY] = activity
            return ResourceResponse()
        sent = await self._connector.send(
            activity.service_url, activity.conversation.id, to_json(activity), reply_to=activity.reply_to_id
        )
        return ResourceResponse(id=sent)

    async def update_activity(self, context: TurnContext, activity: Activity) -> ResourceResponse:
        await self._connector.update(activity.service_url, activity.conversation.id, activity.id, to_json(activity))
        return ResourceResponse(id=activity.id)

    async def delete_activity(self, context: TurnContext, reference: Any) -> None:
        await self._connector.delete(reference.service_url, reference.conversation.id, reference.activity_id)

    async def _apologise(self, context: TurnContext, error: Exception) -> None:
        """Tells the person a reference that support finds beside the stack trace in the log."""
        reference = secrets.token_hex(4)
        logger.error("a turn failed", exc_info=error, extra={"reference": reference})
        is_invoke = context.activity.type == ActivityTypes.invoke
        if isinstance(error, ConnectorError):
            # Nothing can be said, but what the invoke asked for is done.
            if is_invoke:
                await self._answer_invoke(context, InvokeResponse(status=HTTPStatus.OK))
            return
        await self._note(context.activity, reference)
        say = translator(context.activity.locale)
        sorry = say("Something went wrong. Please try again.")
        apology = cards.error(sorry, say, reference=reference)
        if not is_invoke:
            await self._send(context, answer_to(context.activity, Reply(card=apology)))
        elif (context.activity.name or "").startswith(invokes.EXTENSION):
            told = f"{sorry} {say('Reference: {reference}', reference=reference)}"
            body = invokes.sentence(context.activity.name, told)
            await self._answer_invoke(context, InvokeResponse(status=HTTPStatus.OK, body=body))
        else:
            await self._answer_invoke(context, InvokeResponse(status=HTTPStatus.OK, body=invokes.card(apology)))

    async def _note(self, activity: Activity, reference: str) -> None:
        if self._failures is not None:
            tenant_id = activity.conversation.tenant_id or ""
            await self._failures.note(TeamsUser(self._app_id, tenant_id, activity.from_property.id), reference)

    async def _answer_invoke(self, context: TurnContext, answer: InvokeResponse) -> None:
        await self._send(context, Activity(type=ActivityTypes.invoke_response, value=answer))


class _Authentication(BotFrameworkAuthentication):  # type: ignore[misc]
    """botbuilder's seam for authentication: our verifier inside, and no REST client built for a turn."""

    def __init__(self, verifier: Verifier, connector: Connector) -> None:
        self._verifier = verifier
        self._connectors = _SameConnector(connector)

    async def authenticate_request(self, activity: Activity, auth_header: str | None) -> AuthenticateRequestResult:
        claims = {"serviceUrl": activity.service_url, "channelId": activity.channel_id}
        await self._verifier.verify(auth_header, claims)
        result = AuthenticateRequestResult()
        result.claims_identity = ClaimsIdentity({}, is_authenticated=True)
        result.connector_factory = self._connectors
        return result

    async def authenticate_streaming_request(
        self, auth_header: str, channel_id_header: str
    ) -> AuthenticateRequestResult:
        raise PermissionError("activities are not served over web sockets")

    def create_connector_factory(self, claims_identity: ClaimsIdentity) -> ConnectorFactory:
        return self._connectors

    async def create_user_token_client(self, claims_identity: ClaimsIdentity) -> None:
        """None: people sign in with CloudLink, not with the Bot Framework's token service."""


class _SameConnector(ConnectorFactory):  # type: ignore[misc]
    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    async def create(self, service_url: str, audience: str) -> Connector:
        return self._connector


async def _read(request: web.Request) -> bytes:
    """The body, however it is labelled. Raises ``HTTPRequestEntityTooLarge`` after 256 KB, before reading the rest."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > _LARGEST_BODY:
            raise web.HTTPRequestEntityTooLarge(_LARGEST_BODY)
    return bytes(body)


def _still_working(activity: Activity) -> InvokeResponse:
    say = translator(activity.locale)
    text = say("This is taking longer than usual. Please try again in a moment.")
    return InvokeResponse(status=HTTPStatus.OK, body=invokes.sentence(activity.name, text))


def _answer(response: InvokeResponse | None) -> web.Response:
    if response is None:
        return web.Response()
    if response.body is None:
        return web.Response(status=response.status)
    return web.json_response(response.body, status=response.status)


def _refusal(status: HTTPStatus, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)
