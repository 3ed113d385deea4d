"""What Graph's stand-in is asked, in its own process."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.presence.office import APPLICATION_ID

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from tests.fakes.entra import Person
    from tests.fakes.graph import FakeGraph, Write


def writes(graph: FakeGraph, since: int) -> Sequence[Write]:
    """Those of applications, from that number on."""
    return graph.presences.writes[since:]


def in_a_call(graph: FakeGraph) -> Collection[str]:
    """Object ids of those whom our session shows in a call."""
    return {
        person.object_id
        for person in _people(graph)
        if graph.presences.session(person, APPLICATION_ID) == ("Busy", "InACall")
    }


def asked(graph: FakeGraph) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Of each service: how much in the fullest window, and in all."""
    return dict(graph.windows.fullest), dict(graph.windows.total)


def sign_in(graph: FakeGraph) -> None:
    """Everybody has Teams open."""
    for person in _people(graph):
        graph.presences.client(person, "Available", "Available")


def choose(graph: FakeGraph, object_id: str, *, on: bool) -> float:
    """Somebody chooses do not disturb, or takes it back; when that was."""
    person = next(iter(graph.identity.tenants.values())).people.by_id(object_id)
    assert person is not None
    if on:
        graph.presences.prefer(person, "DoNotDisturb", "DoNotDisturb")
    else:
        graph.presences.reset(person)
    return time.monotonic()


def end_all(graph: FakeGraph) -> None:
    """No session of ours is left."""
    for tenant in graph.identity.tenants.values():
        for person in tenant.people:
            if graph.presences.session(person, APPLICATION_ID) is not None:
                graph.presences.end(tenant.tenant_id, APPLICATION_ID, person.object_id)


def _people(graph: FakeGraph) -> Sequence[Person]:
    return [person for tenant in graph.identity.tenants.values() for person in tenant.people]
