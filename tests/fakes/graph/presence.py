"""``setPresence``, ``clearPresence``, ``GET presence`` and ``getPresencesByUserId``, by their pages in the reference.

Not documented, and answered with 400 here: a ``sessionId`` that is not the id of the application that asks, and pairs
that are not in the list. Two of these, InAMeeting and OutOfOffice, are said to have no effect, which nobody would
notice. Nor are the codes of errors documented.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.fakes.graph.exchange import Call, Refused, Reply, Route

if TYPE_CHECKING:
    from tests.fakes.entra import Person, Tenant
    from tests.fakes.graph.service import FakeGraph
    from tests.fakes.graph.sessions import Pair

LARGEST_READ = 650
_READ = frozenset({"Presence.Read.All", "Presence.ReadWrite.All"})
_WRITE = frozenset({"Presence.ReadWrite.All"})
_PAIRS = frozenset(
    {
        ("Available", "Available"),
        ("Busy", "InACall"),
        ("Busy", "InAConferenceCall"),
        ("Away", "Away"),
        ("DoNotDisturb", "Presenting"),
    }
)
_SHORTEST, _LONGEST, _USUAL = 5.0, 240.0, 5.0
# A duration of ISO 8601 without years and months, whose length depends on the calendar.
_DURATION = re.compile(
    r"P(?:(?P<days>\d{1,4})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,4})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,8}(?:\.\d+)?)S)?)?"
)


def _set(graph: FakeGraph, tenant: Tenant, match: re.Match[str], call: Call) -> Reply:
    body = _body_of_a_session(call)
    pair = (str(body.get("availability")), str(body.get("activity")))
    if pair not in _PAIRS:
        raise Refused(400, "BadRequest", "This combination of availability and activity is not supported.")
    minutes = _minutes(body.get("expirationDuration"))
    graph.presences.begin(tenant.tenant_id, call.application, _person(tenant, match["user"]).object_id, pair, minutes)
    return Reply(200)


def _clear(graph: FakeGraph, tenant: Tenant, match: re.Match[str], call: Call) -> Reply:
    _body_of_a_session(call)
    person = _person(tenant, match["user"])
    if not graph.presences.end(tenant.tenant_id, call.application, person.object_id):
        raise Refused(404, "NotFound", "The presence session does not exist.")
    return Reply(200)


def _get(graph: FakeGraph, tenant: Tenant, match: re.Match[str], call: Call) -> Reply:
    object_id = _person(tenant, match["user"]).object_id
    return Reply(200, _resource(object_id, graph.presences.of(object_id)))


def _get_many(graph: FakeGraph, tenant: Tenant, _: re.Match[str], call: Call) -> Reply:
    ids = call.body.get("ids") if isinstance(call.body, dict) else None
    if not isinstance(ids, list) or not 1 <= len(ids) <= LARGEST_READ:
        raise Refused(400, "BadRequest", f"The request must hold between 1 and {LARGEST_READ} ids.")
    people = [tenant.people.by_id(str(object_id)) for object_id in ids]
    found = [_resource(person.object_id, graph.presences.of(person.object_id)) for person in people if person]
    return Reply(200, {"value": found})


def _body_of_a_session(call: Call) -> dict[str, Any]:
    body = call.body if isinstance(call.body, dict) else {}
    if str(body.get("sessionId")).lower() != call.application.lower():
        raise Refused(400, "BadRequest", "The session id must be the id of the application.")
    return body


def _minutes(duration: object) -> float:
    if duration is None:
        return _USUAL
    match = _DURATION.fullmatch(str(duration))
    parts = {name: float(value) for name, value in match.groupdict().items() if value} if match else {}
    minutes = timedelta(**parts) / timedelta(minutes=1)
    if not _SHORTEST <= minutes <= _LONGEST:
        raise Refused(400, "BadRequest", "The expiration must be a duration of 5 to 240 minutes.")
    return minutes


def _person(tenant: Tenant, object_id: str) -> Person:
    """By object id only: "replace {id} with the user's GUID"."""
    person = tenant.people.by_id(object_id)
    if person is None:
        raise Refused(404, "NotFound", "The user was not found.")
    return person


def _resource(object_id: str, pair: Pair) -> dict[str, Any]:
    availability, activity = pair
    return {"id": object_id, "availability": availability, "activity": activity, "statusMessage": None}


_PRESENCE = "/users/(?P<user>[^/]+)/presence"
ROUTES = (
    Route("POST", re.compile(_PRESENCE + "/setPresence"), _WRITE, "presenceWrites", _set),
    Route("POST", re.compile(_PRESENCE + "/clearPresence"), _WRITE, "presenceWrites", _clear),
    Route("GET", re.compile(_PRESENCE), _READ, "presenceReads", _get),
    Route("POST", re.compile("/communications/getPresencesByUserId"), _READ, "presenceReads", _get_many),
)
