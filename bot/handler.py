"""botbuilder's activity handler: from an activity to a ``Turn``, and from replies to activities."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botbuilder.core import InvokeResponse
from botbuilder.core.teams import TeamsActivityHandler
from botbuilder.schema import Activity, ActivityTypes

from bot import invokes
from bot.extension.asked import Malformed
from bot.extension.extension import UnknownInvoke
from bot.single_sign_on import CONNECTION
from bot.turn import Turn
from bot.wire import answer_to, reference
from cloudlink.codes import is_code
from i18n import translator
from store.identity import TeamsUser

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from botbuilder.core import TurnContext
    from botbuilder.schema import ConversationAccount

    from bot.extension.extension import Extending
    from bot.turn import Answering, Reply
    from store.activities import ActivitiesSeen
    from store.conversations import Conversations


class TeamsHandler(TeamsActivityHandler):  # type: ignore[misc]  # botbuilder ships no types
    """Gives each activity to ``answering`` once, and what the message extension is asked to ``extension``.

    ``app_id`` is the bot's own.
    """

    def __init__(
        self,
        answering: Answering,
        extension: Extending,
        *,
        app_id: str,
        conversations: Conversations,
        seen: ActivitiesSeen,
    ) -> None:
        self._answering = answering
        self._extension = extension
        self._app_id = app_id
        self._conversations = conversations
        self._seen = seen

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        activity = turn_context.activity
        if not await self._first_time(activity):
            return
        turn = self._turn(activity)
        if turn.personal:
            await self._remember(turn, activity)
        await _send(turn_context, await self._answering.message(turn))

    async def on_installation_update(self, turn_context: TurnContext) -> None:
        """An upgrade of the app, which botbuilder takes for an installation, changes nothing for the person."""
        activity = turn_context.activity
        if activity.action == "add":
            await self._greet(turn_context)
        elif activity.action == "remove":
            await self._forget(self._turn(activity))

    async def _forget(self, turn: Turn) -> None:
        if turn.personal:
            await self._conversations.forget(turn.user)

    async def on_conversation_update_activity(self, turn_context: TurnContext) -> None:
        """Teams tells of a personal installation a second time in this way, some clients only in this way."""
        activity = turn_context.activity
        added = {member.id for member in activity.members_added}
        if activity.recipient.id in added and self._turn(activity).personal:
            await self._greet(turn_context)

    async def on_invoke_activity(self, turn_context: TurnContext) -> None:
        """Answers an invoke, past ``TurnContext`` as ``_send`` does."""
        answer = Activity(type=ActivityTypes.invoke_response, value=await self._invoke(turn_context))
        await turn_context.adapter.send_activities(turn_context, [answer])

    async def _invoke(self, turn_context: TurnContext) -> InvokeResponse:
        """Card actions, the message extension and the ends of a sign-in; else 501, as for an unknown method."""
        activity = turn_context.activity
        value = activity.value if isinstance(activity.value, dict) else {}
        if activity.name == "adaptiveCard/action":
            return await self._card_action(activity, value.get("action"))
        if activity.name == "signin/verifyState":
            return await self._verify_state(turn_context, value.get("state"))
        if activity.name == "signin/tokenExchange":
            return await self._token_exchange(turn_context, value)
        if activity.name and activity.name.startswith(invokes.EXTENSION):
            return await self._extend(activity)
        return _unknown()

    async def _extend(self, activity: Activity) -> InvokeResponse:
        try:
            body = await self._extension.invoked(self._turn(activity), activity.name, activity.value)
        except Malformed as error:
            return _error(HTTPStatus.BAD_REQUEST, "BadRequest", str(error))
        except UnknownInvoke:
            return _unknown()
        return InvokeResponse(status=HTTPStatus.OK, body=body)

    async def _card_action(self, activity: Activity, action: object) -> InvokeResponse:
        data = action.get("data") if isinstance(action, dict) else None
        if not isinstance(data, dict):
            return _error(HTTPStatus.BAD_REQUEST, "BadRequest", "value.action.data is not an object")
        card = await self._answering.action(self._turn(activity, data))
        return InvokeResponse(status=HTTPStatus.OK, body=invokes.card(card))

    async def _verify_state(self, turn_context: TurnContext, code: object) -> InvokeResponse:
        if not isinstance(code, str):
            return _error(HTTPStatus.BAD_REQUEST, "BadRequest", "value.state is not a string")
        # A window that was closed brings back an empty text, or a word such as "CancelledByUser".
        if is_code(code):
            turn = self._turn(turn_context.activity)
            await _send(turn_context, await self._answering.code(turn, code))
        return InvokeResponse(status=HTTPStatus.OK)

    async def _token_exchange(self, turn_context: TurnContext, value: dict[str, Any]) -> InvokeResponse:
        """200 when the token signs the person in; 412 has Teams show the sign-in button.

        Each of a person's clients sends a token for the same offer: one of them is served.
        """
        offer_id, token = value.get("id"), value.get("token")
        if not isinstance(offer_id, str) or not isinstance(token, str):
            return _error(HTTPStatus.BAD_REQUEST, "BadRequest", "value.id or value.token is not a string")
        turn = self._turn(turn_context.activity)
        replies = None
        if await self._seen.first_time(f"{self._app_id} exchange {turn.user.user_id} {offer_id}"):
            replies = await self._answering.token(turn, token)
        if replies is None:
            failure = {"id": offer_id, "connectionName": CONNECTION, "failureDetail": "the token signs nobody in"}
            return InvokeResponse(status=HTTPStatus.PRECONDITION_FAILED, body=failure)
        await _send(turn_context, replies)
        return InvokeResponse(status=HTTPStatus.OK, body={"id": offer_id, "connectionName": CONNECTION})

    async def _first_time(self, activity: Activity) -> bool:
        """Teams delivers an activity again when its answer came late; one without an id cannot be recognised."""
        key = f"{self._app_id} {activity.conversation.id} {activity.id}"
        return not activity.id or await self._seen.first_time(key)

    async def _greet(self, turn_context: TurnContext) -> None:
        activity = turn_context.activity
        turn = self._turn(activity)
        if await self._first_time(activity) and (not turn.personal or await self._remember(turn, activity)):
            await _send(turn_context, await self._answering.welcome(turn))

    async def _remember(self, turn: Turn, activity: Activity) -> bool:
        """Keeps where the person can be reached; whether that is new."""
        return await self._conversations.remember(turn.user, turn.conversation_id, reference(activity))

    def _turn(self, activity: Activity, value: dict[str, Any] | None = None) -> Turn:
        conversation = activity.conversation
        client = _client_info(activity)
        return Turn(
            user=TeamsUser(self._app_id, conversation.tenant_id or "", activity.from_property.id),
            conversation_id=conversation.id,
            personal=_is_personal(conversation),
            say=translator(activity.locale or client.get("locale")),
            display_name=activity.from_property.name or "",
            text=_without_mentions(activity),
            value=value if value is not None else _submitted(activity),
            zone=activity.local_timezone or client.get("timezone"),
            reply_to_id=activity.reply_to_id,
            object_id=(activity.from_property.aad_object_id or "").lower() or None,
            platform=client.get("platform", ""),
        )


def _is_personal(conversation: ConversationAccount) -> bool:
    """By its type; where that is missing, not a group and not an id of the threads that several people read."""
    if conversation.conversation_type:
        return bool(conversation.conversation_type == "personal")
    return not conversation.is_group and not conversation.id.startswith("19:")


async def _send(turn_context: TurnContext, replies: Iterable[Reply]) -> None:
    """Gives replies to the adapter, past ``TurnContext.send_activity``.

    That deep-copies what it sends, though each of our replies is made for one turn, and its closures refer to each
    other, so that every card lived until the garbage collector came by.
    """
    adapter = turn_context.adapter
    for reply in replies:
        message = answer_to(turn_context.activity, reply)
        if reply.replaces:
            await adapter.update_activity(turn_context, message)
        else:
            await adapter.send_activities(turn_context, [message])


def _error(status: HTTPStatus, code: str, text: str) -> InvokeResponse:
    return InvokeResponse(status=status, body=invokes.error(status, code, text))


def _unknown() -> InvokeResponse:
    return _error(HTTPStatus.NOT_IMPLEMENTED, "NotImplemented", "this invoke is not known")


def _submitted(activity: Activity) -> dict[str, Any] | None:
    """The data of an ``Action.Submit``, which arrives as a message with a value."""
    return activity.value if isinstance(activity.value, dict) else None


def _client_info(activity: Activity) -> dict[str, str]:
    """What the Teams client says of itself, such as ``locale`` and ``timezone``."""
    for entity in activity.entities:
        if entity.get("type") == "clientInfo":
            return {name: value for name, value in entity.items() if isinstance(value, str)}
    return {}


def _without_mentions(activity: Activity) -> str:
    text: str = activity.text or ""
    for mention in _mentions_of_bot(activity):
        text = text.replace(mention, "")
    return text.strip()


def _mentions_of_bot(activity: Activity) -> Sequence[str]:
    """The ``<at>`` elements by which the text names the bot."""
    return [
        entity["text"]
        for entity in activity.entities
        if entity.get("type") == "mention"
        and isinstance(entity.get("text"), str)
        and isinstance(entity.get("mentioned"), dict)
        and entity["mentioned"].get("id") == activity.recipient.id
    ]
