"""The stand-ins in a process of their own."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from graph.batch import send_once
from graph.client import Graph
from graph.messages import Answer
from graph.presence import set_presence
from graph.session import microsoft_session
from graph.tokens import Registration
from tests.fakes.microsoft import microsoft
from tests.graph.conftest import APP_ID, SECRET

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.entra import Tenant
    from tests.fakes.graph import FakeGraph, Write


def writes(graph: FakeGraph, since: int = 0) -> list[Write]:
    return graph.presences.writes[since:]


def shown(graph: FakeGraph, tenant_id: str, object_id: str) -> tuple[str, str]:
    tenant = graph.identity.tenants[tenant_id]
    person = tenant.people.by_id(object_id)
    if person is None:
        raise LookupError(object_id)
    return graph.presences.shown(tenant, person)


async def test_they_answer_late_and_tell_what_was_written_by_our_own_clock(
    tmp_path: Path, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = tenant.add("ada@example.com")
    async with microsoft(tmp_path, APP_ID, SECRET, tenant, answers_after=0.05) as apart, microsoft_session() as session:
        for name, value in apart.addresses.environment.items():
            monkeypatch.setenv(name, value)
        registration = Registration(APP_ID, apart.addresses.entra_url, SECRET)
        ours = Graph(session, registration, apart.addresses.graph_url).tenant(tenant.tenant_id)
        await ours.tokens.bearer()

        sent = time.monotonic()
        (outcome,) = await send_once(ours, [set_presence(person.object_id, APP_ID, "Busy", "InACall", 60)])
        answered = time.monotonic()

        assert isinstance(outcome, Answer)
        (write,) = await apart.ask(writes, since=0)
        assert sent <= write.at <= answered - 0.05
        assert await apart.ask(shown, tenant.tenant_id, person.object_id) == ("Busy", "InACall")
        with pytest.raises(LookupError):
            await apart.ask(shown, tenant.tenant_id, "nobody")
        process_id = apart.process_id
    with pytest.raises(ProcessLookupError):
        os.kill(process_id, 0)
