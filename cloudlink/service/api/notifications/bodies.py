"""What the Notifications API takes: Mitel's own fields."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cloudlink.service.api.bodies import Body
from cloudlink.wire import VERSION

TOPIC = "platform-api-media"


class NewSubscription(Body):
    """``deviceId`` is the address of a webhook, and free text for a WebSocket. Other topics have no events here."""

    application_id: str = Field(min_length=1, max_length=64)
    device_id: str = Field("", max_length=2000)
    transport: Literal["webhook", "websocket"]
    topic: Literal["platform-api-media"]
    subject_filter: str = Field(f"/{VERSION}/endpoints/", max_length=400)
    publication_filter: str = Field("", max_length=400)
