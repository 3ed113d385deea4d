"""Subscriptions to presence, and the notifications that they bring (change-notifications-delivery-webhooks).

Only for tokens of signed-in people. A person has one by one application: another is a conflict, worded as people have
reported it (microsoft-graph-docs issue 16728). The listener must echo a token, decoded, as plain text before a
subscription is made. Graph takes https alone; the stand-in takes what a test listens on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from aiohttp import ClientError, ClientSession, ClientTimeout

from tests.fakes.graph.exchange import Call, Refused, Reply, Route

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.fakes.entra import Tenant
    from tests.fakes.graph.service import FakeGraph

MOST_PEOPLE = 650
LONGEST = timedelta(minutes=60)
_RESOURCE = re.compile(
    r"/?communications/presences\?\$filter=id in \((?P<ids>'[^']+'(?:,\s*'[^']+')*)\)", re.IGNORECASE
)
_SCOPES = frozenset({"Presence.Read.All"})
# "Your client must respond within 10 seconds."
_PATIENCE = ClientTimeout(10)


@dataclass
class Made:
    """One subscription; ``owner`` is application, tenant and person."""

    owner: tuple[str, str, str]
    people: frozenset[str]
    body: dict[str, Any]
    ends_at: datetime
    subscription_id: str = field(default_factory=lambda: str(uuid4()))

    @property
    def item(self) -> dict[str, Any]:
        """As Graph shows it; the secret of the listener is not among it."""
        told = {name: self.body.get(name) for name in ("resource", "changeType", "notificationUrl")}
        return told | {"id": self.subscription_id, "applicationId": self.owner[0], "expirationDateTime": _written(self)}

    def notification(self, **more: object) -> dict[str, object]:
        """What stands in each of them."""
        return {
            "subscriptionId": self.subscription_id,
            "clientState": self.body.get("clientState"),
            "subscriptionExpirationDateTime": _written(self),
            "tenantId": self.owner[1],
            **more,
        }


class Subscriptions:
    """``made`` are those that have not been deleted; ``now`` ends them, ``asked`` counts questions to listeners."""

    def __init__(self) -> None:
        self.made: dict[str, Made] = {}
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.asked = 0

    @property
    def live(self) -> list[Made]:
        """Those that have not ended."""
        return [made for made in self.made.values() if made.ends_at > self.now()]

    async def notify(self, *object_ids: str) -> list[int]:
        """Tells of a change of each person; answers the status of each listener that was told."""
        statuses = []
        for made in self.live:
            told = [
                made.notification(
                    changeType="updated",
                    resource=f"communications/presences?$filter=id+in+(%27{each}%27)",
                    resourceData={
                        "@odata.type": "#Microsoft.Graph.presence",
                        "@odata.id": f"users/{each}/presence",
                        "id": each,
                    },
                )
                for each in object_ids
                if each in made.people
            ]
            if told:
                statuses.append(await _post(made.body["notificationUrl"], told))
        return statuses

    async def tell_life(self, event: str) -> list[int]:
        """A lifecycle notification, such as ``reauthorizationRequired``, of each."""
        return [
            await _post(made.body["lifecycleNotificationUrl"], [made.notification(lifecycleEvent=event)])
            for made in self.live
        ]

    async def make(self, owner: tuple[str, str, str], body: dict[str, Any], people: Sequence[str]) -> Reply:
        """Asks the listener, then makes it."""
        ends_at = _end(body, self.now())
        if any(made.owner == owner for made in self.live):
            reason = "A subscripton already exists. It must be deleted before a another can be made."
            raise Refused(
                409, "ExtensionError", f"Operation: Create; Exception: [Status Code: Conflict; Reason: {reason}]"
            )
        for name in ("notificationUrl", "lifecycleNotificationUrl"):
            if name in body:
                self.asked += 1
                await _validate(body[name])
        made = Made(owner, frozenset(people), body, ends_at)
        self.made[made.subscription_id] = made
        return Reply(201, made.item)


async def _validate(url: str) -> None:
    token = f"Validation: Testing client application reachability for subscription Request-Id: {uuid4()}"
    status = "NoResponse"
    try:
        async with (
            ClientSession(timeout=_PATIENCE) as session,
            session.post(url, params={"validationToken": token}, headers={"Content-Type": "text/plain"}) as answer,
        ):
            status = str(answer.status)
            if (answer.status, answer.content_type, await answer.text()) == (200, "text/plain", token):
                return
    except (ClientError, TimeoutError):
        pass
    message = f"Subscription validation request failed. Response must match validationToken query parameter ({status})."
    raise Refused(400, "ValidationError", message)


async def _post(url: str, notifications: list[dict[str, object]]) -> int:
    async with ClientSession() as session, session.post(url, json={"value": notifications}) as answer:
        return answer.status


def _end(body: dict[str, Any], now: datetime) -> datetime:
    try:
        ends_at = datetime.fromisoformat(body["expirationDateTime"])
    except (KeyError, TypeError, ValueError):
        raise Refused(400, "InvalidRequest", "Property expirationDateTime is missing or no date.") from None
    if not now < ends_at <= now + LONGEST:
        raise Refused(400, "ExtensionError", "Subscription expiration can only be 60 minutes in the future.")
    return ends_at


def _written(made: Made) -> str:
    """With the seven digits that Graph writes."""
    return made.ends_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def _owner(call: Call) -> tuple[str, str, str]:
    return call.claims["appid"], call.claims["tid"], call.claims["oid"]


def _create(graph: FakeGraph, tenant: Tenant, _: re.Match[str], call: Call) -> Reply:
    body = call.body if isinstance(call.body, dict) else {}
    match = _RESOURCE.fullmatch(str(body.get("resource")))
    if match is None or body.get("changeType") != "updated" or len(str(body.get("clientState", ""))) > 128:
        raise Refused(400, "InvalidRequest", "The resource, change type or client state is not one of presence.")
    people = re.findall("'([^']+)'", match["ids"])
    if len(people) > MOST_PEOPLE:
        raise Refused(400, "ExtensionError", f"At most {MOST_PEOPLE} ids can be subscribed to.")
    return Reply(202, later=lambda: graph.subscriptions.make(_owner(call), body, people))


def _list(graph: FakeGraph, tenant: Tenant, _: re.Match[str], call: Call) -> Reply:
    """Of this person by this application alone."""
    mine = [made.item for made in graph.subscriptions.live if made.owner == _owner(call)]
    return graph.pages.reply(call, mine, usual=100)


def _renew(graph: FakeGraph, tenant: Tenant, match: re.Match[str], call: Call) -> Reply:
    made = _own(graph, match, call)
    made.ends_at = _end(call.body if isinstance(call.body, dict) else {}, graph.subscriptions.now())
    return Reply(200, made.item)


def _delete(graph: FakeGraph, tenant: Tenant, match: re.Match[str], call: Call) -> Reply:
    del graph.subscriptions.made[_own(graph, match, call).subscription_id]
    return Reply(204)


def _own(graph: FakeGraph, match: re.Match[str], call: Call) -> Made:
    for made in graph.subscriptions.live:
        if made.subscription_id == match["subscription"] and made.owner == _owner(call):
            return made
    raise Refused(404, "ResourceNotFound", "The object was not found.")


_ONE = re.compile("/subscriptions/(?P<subscription>[^/]+)")
_ALL = re.compile("/subscriptions")
ROUTES = (
    Route("POST", _ALL, frozenset(), "directory", _create, scopes=_SCOPES),
    Route("GET", _ALL, frozenset(), "directory", _list, scopes=_SCOPES),
    Route("PATCH", _ONE, frozenset(), "directory", _renew, scopes=_SCOPES),
    Route("DELETE", _ONE, frozenset(), "directory", _delete, scopes=_SCOPES),
)
