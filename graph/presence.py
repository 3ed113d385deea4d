"""What Teams shows of people: our application's session of each, and what all sessions come to.

``setPresence`` wants the application (client) id as ``sessionId``. An expiry is 5 minutes to 4 hours; a session that
has expired counts no more. Graph answers 404 for the end of a session that is not there (presence: clearPresence).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.errors import GraphError
from graph.messages import Method, Request
from graph.paths import path
from graph.permissions import WRITE_PRESENCE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graph.client import TenantGraph

LARGEST_READ = 650
"""People whose presence one request may ask for."""
SHORTEST_MINUTES, LONGEST_MINUTES = 5, 240


@dataclass(frozen=True, slots=True)
class Presence:
    """As Teams shows somebody; availability and activity in Graph's words, which may be new ones."""

    object_id: str
    availability: str
    activity: str


def set_presence(object_id: str, application_id: str, availability: str, activity: str, minutes: int) -> Request:
    """Opens our session of a person, or changes and renews it."""
    if not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES:
        raise ValueError(f"a session lasts {SHORTEST_MINUTES} to {LONGEST_MINUTES} minutes")
    body = {
        "sessionId": application_id,
        "availability": availability,
        "activity": activity,
        "expirationDuration": f"PT{minutes}M",
    }
    return _post(path("users", object_id, "presence", "setPresence"), body)


def clear_presence(object_id: str, application_id: str) -> Request:
    """Ends our session of a person. ``NotFound`` says that there was none."""
    return _post(path("users", object_id, "presence", "clearPresence"), {"sessionId": application_id})


async def read_presences(graph: TenantGraph, object_ids: Sequence[str]) -> list[Presence]:
    """Of at most ``LARGEST_READ`` people, in any order; who is not of the tenant is left out. Raises ``GraphError``."""
    if not 0 < len(object_ids) <= LARGEST_READ:
        raise ValueError(f"one request asks for 1 to {LARGEST_READ} people")
    request = _post(path("communications", "getPresencesByUserId"), {"ids": list(object_ids)})
    listed = (await graph.send(request)).body.get("value")
    if not isinstance(listed, list):
        raise GraphError("malformedAnswer")
    return [_presence(item) for item in listed if isinstance(item, dict)]


def _post(where: str, body: Mapping[str, Any]) -> Request:
    """All of these may be sent twice."""
    return Request(Method.POST, where, WRITE_PRESENCE, body, idempotent=True)


def _presence(item: Mapping[str, Any]) -> Presence:
    told = tuple(item.get(name) for name in ("id", "availability", "activity"))
    if not all(isinstance(value, str) for value in told):
        raise GraphError("malformedAnswer")
    return Presence(*(str(value) for value in told))
