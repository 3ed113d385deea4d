"""From an outbox event to what subscribers are told: Mitel's envelope around the fields of a call or an endpoint.

A gateway tells a call when it is over, so a publication of a call has the state ``completed``; that a telephone rings
is told as its line's state. ``eventType`` of the latter is ours, Mitel's sample has a call's alone. So is all of the
publication that a gateway is away: one for all endpoints that it told of, which have the state ``unknown`` from then on
until another one says that they are known again and can be asked for.

Left out, since we know nothing of them: ``deviceId``, ``isCtiEvent``, ``callLegOwner`` and the times within Mitel's
media service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import bindparam, select

from cloudlink import topics
from cloudlink.model import CallState
from cloudlink.service.api.notifications.bodies import TOPIC
from cloudlink.wire import VERSION, call_to_wire, endpoint_to_wire, time_to_wire
from store.devices import DEVICE_COLUMNS, tellers_of
from store.rows import CALL_COLUMNS, to_call
from store.schema import calls, endpoints

if TYPE_CHECKING:
    from datetime import datetime

    from cloudlink.wire import Json
    from store.database import Database
    from store.outbox import Event

CALL_EVENT = "CallStateNotification"
LINE_EVENT = "EndpointStateNotification"
GATEWAY_EVENT = "GatewayStateNotification"

_CALL = select(*CALL_COLUMNS, calls.c.endpoint_id).where(
    calls.c.account_id == bindparam("account_id"),
    calls.c.principal_id == bindparam("principal_id"),
    calls.c.call_id == bindparam("call_id"),
)
_ENDPOINT = select(*DEVICE_COLUMNS).where(
    endpoints.c.account_id == bindparam("account_id"), endpoints.c.endpoint_id == bindparam("endpoint_id")
)


async def of(database: Database, event: Event, now: datetime) -> Json | None:
    """What the event tells, without the subscription's own part; ``None`` when there is nothing (any more)."""
    if event.topic == topics.CALL_RECORDED:
        return await _of_call(database, event)
    if event.topic == topics.LINE_CHANGED:
        return await _of_line(database, event, now)
    if event.topic == topics.LINES_KNOWN:
        return _of_gateway(event)
    return None


def for_subscription(publication: Json, subscription_id: str, now: datetime) -> Json:
    """The publication as one subscriber gets it."""
    notification = {"createdOn": time_to_wire(now), "correlationId": publication["publicationId"]}
    return {**publication, "subscription": {"subscriptionId": subscription_id}, "notification": notification}


async def _of_call(database: Database, event: Event) -> Json | None:
    key = {"account_id": event.account_id, **{name: event.payload[name] for name in ("principal_id", "call_id")}}
    rows = await database.read(_CALL, key)
    if not rows:
        return None
    call, endpoint_id = to_call(rows[0][:-1]), rows[0][-1]
    content = {**call_to_wire(call), "endpointId": endpoint_id}
    if call.extra_pbx_data:
        # Here the object itself, as in Mitel's sample.
        content["extraPbxData"] = dict(call.extra_pbx_data)
    return _published(event, f"{endpoint_id}/calls/{call.call_id}", content, CALL_EVENT)


async def _of_line(database: Database, event: Event, now: datetime) -> Json | None:
    endpoint_id = event.payload["endpoint_id"]
    rows = await database.read(_ENDPOINT, {"account_id": event.account_id, "endpoint_id": endpoint_id})
    if not rows:
        return None
    # A state that has changed again since is told as it was.
    then = {name: value for name, value in event.payload.items() if name in {"state", "dnd", "message_waiting"}}
    device = (await tellers_of(database, event.account_id, now)).device(rows[0])
    return _published(event, endpoint_id, {**endpoint_to_wire(device), **_camel(then)}, LINE_EVENT)


def _of_gateway(event: Event) -> Json:
    known = bool(event.payload["known"])
    state = {} if known else {"state": CallState.UNKNOWN.value}
    return _published(event, "", {"gatewayId": event.payload["gateway_id"], "known": known, **state}, GATEWAY_EVENT)


def _published(event: Event, subject: str, content: dict[str, Any], kind: str) -> Json:
    publication_id = str(uuid5(NAMESPACE_URL, f"{event.account_id}/events/{event.id}"))
    principal_id = event.payload.get("principal_id")
    whose = {"accountId": event.account_id, **({"principalId": principal_id} if principal_id else {})}
    return {
        "publicationId": publication_id,
        "topic": TOPIC,
        "method": "PUT",
        "subject": f"/{VERSION}/endpoints/{subject}",
        "content": {
            **content,
            **whose,
            **({"userId": principal_id} if principal_id else {}),
            "timestamp": time_to_wire(event.created_on),
            "eventId": publication_id,
            "eventType": kind,
        },
        "publisher": whose,
    }


def _camel(state: dict[str, Any]) -> dict[str, Any]:
    return {("messageWaiting" if name == "message_waiting" else name): value for name, value in state.items()}
