"""Activities as JSON: a direct mapping to and from the few fields of botbuilder's ``Activity`` that are used here.

botbuilder's own (de)serialising walks a table of every field of every model; it took half of an echo's time. What
arrives is bounded and checked here, so that no later code meets a number where a name should be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from botbuilder.schema import Activity, ChannelAccount, ConversationAccount

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.turn import Reply

CARD = "application/vnd.microsoft.card.adaptive"
OAUTH_CARD = "application/vnd.microsoft.card.oauth"

# Teams' own ids stay below 200 characters, its messages below 28 KB; the store's columns set the other bounds.
_LONGEST_ID = 400
_LONGEST_TEXT = 28 * 1024
_MOST_MEMBERS = 1_000


class NotAnActivity(ValueError):
    """The body of a request is no activity; the text says why and is safe to send back."""


def to_activity(body: bytes) -> Activity:
    """The activity in the body of a request. Raises ``NotAnActivity``."""
    try:
        source = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise NotAnActivity("the body is not JSON") from None
    if not isinstance(source, dict):
        raise NotAnActivity("the body is not a JSON object")
    conversation = _object(source, "conversation")
    return Activity(
        type=_required(source, "type"),
        id=_id(source, "id"),
        name=_id(source, "name"),
        action=_id(source, "action"),
        channel_id=_required(source, "channelId"),
        service_url=_required(source, "serviceUrl"),
        reply_to_id=_id(source, "replyToId"),
        locale=_id(source, "locale"),
        local_timezone=_id(source, "localTimezone"),
        text=_string(source, "text", _LONGEST_TEXT),
        value=source.get("value"),
        from_property=_account(_object(source, "from")),
        recipient=_account(_object(source, "recipient")),
        members_added=[_account(member) for member in _objects(source, "membersAdded")],
        entities=_objects(source, "entities"),
        conversation=ConversationAccount(
            id=_required(conversation, "id"),
            conversation_type=_id(conversation, "conversationType"),
            tenant_id=_id(conversation, "tenantId") or _tenant(source),
            is_group=conversation.get("isGroup") is True,
        ),
    )


def answer_to(activity: Activity, reply: Reply) -> Activity:
    """A reply as the message that carries it, addressed to whom the activity came from."""
    return Activity(
        type="message",
        id=reply.replaces,
        reply_to_id=activity.id,
        text=reply.text or None,
        attachments=_attachments(reply),
        locale=activity.locale,
        service_url=activity.service_url,
        conversation=activity.conversation,
        from_property=activity.recipient,
        recipient=activity.from_property,
    )


def unasked(reference: Mapping[str, Any], card: Mapping[str, Any]) -> dict[str, Any]:
    """A message with a card into a conversation that ``reference`` has kept. Its notification shows what is spoken."""
    fields = {
        "type": "message",
        "summary": card.get("speak"),
        "locale": reference.get("locale"),
        "attachments": [{"contentType": CARD, "content": card}],
        "from": reference["bot"],
        "recipient": reference["user"],
        "conversation": {"id": reference["conversation"]["id"]},
    }
    return {name: value for name, value in fields.items() if value}


def _attachments(reply: Reply) -> list[dict[str, Any]]:
    cards = ((CARD, reply.card), (OAUTH_CARD, reply.oauth_card))
    return [{"contentType": kind, "content": card} for kind, card in cards if card]


def to_json(activity: Activity) -> dict[str, Any]:
    """A message on its way to the connector. Attachments are JSON already."""
    fields = {
        "type": activity.type,
        "id": activity.id,
        "text": activity.text,
        "locale": activity.locale,
        "replyToId": activity.reply_to_id,
        "attachments": activity.attachments,
        "from": {"id": activity.from_property.id, "name": activity.from_property.name},
        "recipient": {"id": activity.recipient.id, "name": activity.recipient.name},
        "conversation": {"id": activity.conversation.id},
    }
    return {name: value for name, value in fields.items() if value}


def reference(activity: Activity) -> dict[str, Any]:
    """Where the conversation of an activity can be reached later, as a ConversationReference.

    The activity's own id is left out, so that the reference changes only when the conversation does.
    """
    return {
        "channelId": activity.channel_id,
        "serviceUrl": activity.service_url,
        "conversation": {"id": activity.conversation.id, "tenantId": activity.conversation.tenant_id},
        "bot": {"id": activity.recipient.id, "name": activity.recipient.name},
        "user": {"id": activity.from_property.id, "name": activity.from_property.name},
        "locale": activity.locale,
    }


def _string(source: Mapping[str, Any], name: str, longest: int) -> str | None:
    value = source.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > longest:
        raise NotAnActivity(f"{name} is not a string of at most {longest} characters")
    return value


def _id(source: Mapping[str, Any], name: str) -> str | None:
    return _string(source, name, _LONGEST_ID)


def _required(source: Mapping[str, Any], name: str) -> str:
    value = _id(source, name)
    if not value:
        raise NotAnActivity(f"{name} is missing")
    return value


def _object(source: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = source.get(name)
    if not isinstance(value, dict):
        raise NotAnActivity(f"{name} is not an object")
    return value


def _objects(source: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    value = source.get(name) or []
    if not isinstance(value, list) or len(value) > _MOST_MEMBERS or not all(isinstance(item, dict) for item in value):
        raise NotAnActivity(f"{name} is not a list of objects")
    return value


def _account(source: Mapping[str, Any]) -> ChannelAccount:
    return ChannelAccount(
        id=_required(source, "id"), name=_id(source, "name"), aad_object_id=_id(source, "aadObjectId")
    )


def _tenant(source: Mapping[str, Any]) -> str | None:
    """The tenant where Teams repeats it; some clients leave it out of the conversation."""
    channel_data = source.get("channelData")
    tenant = channel_data.get("tenant") if isinstance(channel_data, dict) else None
    return _id(tenant, "id") if isinstance(tenant, dict) else None
