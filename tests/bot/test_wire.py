"""Activities as JSON, and bodies that are none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.turn import Reply
from bot.wire import NotAnActivity, answer_to, to_activity, to_json

MESSAGE: dict[str, Any] = {
    "type": "message",
    "id": "f:1",
    "channelId": "msteams",
    "serviceUrl": "https://smba.trafficmanager.net/emea/",
    "text": "call log",
    "locale": "fr-FR",
    "from": {"id": "29:person", "name": "Front Desk"},
    "recipient": {"id": "28:bot", "name": "Mitel Assistant"},
    "conversation": {"id": "a:1", "conversationType": "personal"},
    "channelData": {"tenant": {"id": "tenant-1"}},
    "unknownField": {"anything": 1},
}


def body(**changes: object) -> bytes:
    return json.dumps({**MESSAGE, **changes}).encode()


def test_the_fields_in_use_are_read() -> None:
    activity = to_activity(body())

    assert (activity.type, activity.id, activity.text, activity.locale) == ("message", "f:1", "call log", "fr-FR")
    assert (activity.from_property.id, activity.from_property.name) == ("29:person", "Front Desk")
    assert (activity.conversation.id, activity.conversation.tenant_id) == ("a:1", "tenant-1")


@pytest.mark.parametrize(
    ("junk", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not a JSON object"),
        (b'"message"', "not a JSON object"),
        (b"{}", "conversation is not an object"),
        (body(type=None), "type is missing"),
        (body(type=7), "type is not a string"),
        (body(serviceUrl=""), "serviceUrl is missing"),
        (body(text=["call log"]), "text is not a string"),
        (body(text="x" * 30_000), "text is not a string of at most 28672"),
        (body(text="\ud800"), "not JSON"),
        (body(conversation={}), "id is missing"),
        (body(conversation={"id": "x" * 401}), "id is not a string of at most 400"),
        (body(entities="clientInfo"), "entities is not a list"),
        (body(entities=[1]), "entities is not a list"),
        (body(**{"from": "me"}), "from is not an object"),
    ],
)
def test_what_is_no_activity_is_refused_with_the_reason(junk: bytes, why: str) -> None:
    with pytest.raises(NotAnActivity, match=why):
        to_activity(junk)


def test_a_reply_is_written_without_empty_fields() -> None:
    message = answer_to(to_activity(body()), Reply(card={"type": "AdaptiveCard"}))

    assert to_json(message) == {
        "type": "message",
        "replyToId": "f:1",
        "locale": "fr-FR",
        "attachments": [
            {"contentType": "application/vnd.microsoft.card.adaptive", "content": {"type": "AdaptiveCard"}}
        ],
        "from": {"id": "28:bot", "name": "Mitel Assistant"},
        "recipient": {"id": "29:person", "name": "Front Desk"},
        "conversation": {"id": "a:1"},
    }
