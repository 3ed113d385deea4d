"""That Graph tells us of changes of presence: subscriptions (changenotifications-for-presence).

Only with a token of a signed-in person who has granted ``Presence.Read.All``; an application's own is refused
(``NotPermitted``). A person has one such subscription by one application at a time (``Conflict``), of at most
``LARGEST`` people and an hour. Renewing changes nothing but its end.

No resource data are asked for. They come encrypted to a certificate whose key we would have to keep and replace, with
tokens to check; without them a notification still names the person ("basic notification" since 2024), and what they
show is read with the application's own permission, as all the others are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from graph.errors import GraphError, NotFound
from graph.messages import Method, Request
from graph.paging import items
from graph.paths import literal, path
from graph.permissions import READ_PRESENCE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graph.client import TenantGraph

LARGEST = 650
"""People whose presence one subscription may cover."""
LONGEST = timedelta(minutes=60)
_PRESENCES = "communications/presences"


@dataclass(frozen=True, slots=True)
class Subscription:
    """As Graph keeps it. ``ends_at`` may be earlier than was asked for."""

    subscription_id: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Listener:
    """Where Graph sends notifications, which must be reached by https from the internet, and a secret of ours that
    comes back in each of them (at most 128 characters).
    """

    url: str
    client_state: str


async def subscribe(
    graph: TenantGraph, object_ids: Sequence[str], listener: Listener, ends_at: datetime
) -> Subscription:
    """To changes of these people's presence. Before it answers, Graph asks the listener whether it wants them.

    Raises ``Conflict`` while the person has another, ``GraphError`` with status 400 when the listener gave no answer.
    """
    if not 0 < len(object_ids) <= LARGEST:
        raise ValueError(f"a subscription covers 1 to {LARGEST} people")
    people = ",".join(literal(object_id) for object_id in object_ids)
    body = {
        "changeType": "updated",
        "resource": f"/{_PRESENCES}?$filter=id in ({people})",
        "notificationUrl": listener.url,
        "lifecycleNotificationUrl": listener.url,
        "clientState": listener.client_state,
        "expirationDateTime": _written(ends_at),
    }
    return _subscription((await graph.send(Request(Method.POST, path("subscriptions"), READ_PRESENCE, body))).body)


async def renew(graph: TenantGraph, subscription_id: str, ends_at: datetime) -> Subscription:
    """Lets it last until ``ends_at``. Raises ``NotFound`` for one that has ended, ``GraphError``."""
    body = {"expirationDateTime": _written(ends_at)}
    where = path("subscriptions", subscription_id)
    return _subscription((await graph.send(Request(Method.PATCH, where, READ_PRESENCE, body, idempotent=True))).body)


async def unsubscribe(graph: TenantGraph, subscription_id: str) -> None:
    """Ends it; one that has ended already is as good. Raises ``GraphError``."""
    try:
        await graph.send(Request(Method.DELETE, path("subscriptions", subscription_id), READ_PRESENCE))
    except NotFound:
        return


async def unsubscribe_all(graph: TenantGraph) -> None:
    """Ends every subscription to presence that this application has for this person. Raises ``GraphError``.

    For one that we know nothing of, such as one whose making was answered to nobody.
    """
    listed = [item async for item in items(graph, Request(Method.GET, path("subscriptions"), READ_PRESENCE))]
    for item in listed:
        if str(item.get("resource")).lstrip("/").lower().startswith(_PRESENCES):
            await unsubscribe(graph, _text(item, "id"))


def _subscription(body: Mapping[str, Any]) -> Subscription:
    try:
        ends_at = datetime.fromisoformat(_text(body, "expirationDateTime"))
    except ValueError:
        raise GraphError("malformedAnswer") from None
    # Graph writes UTC; without a Z it is UTC all the same.
    return Subscription(_text(body, "id"), ends_at if ends_at.tzinfo else ends_at.replace(tzinfo=UTC))


def _text(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    if not isinstance(value, str) or not value:
        raise GraphError("malformedAnswer")
    return value


def _written(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
