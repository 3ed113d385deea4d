"""An office, with its Entra ID and Graph on loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cloudlink.conftest import outbox, password_hash, people, provisioning
from tests.fakes.graph import fake_graph
from tests.graph.conftest import identity, other_tenant, tenant
from tests.presence.office import Office, Time, office_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cloudlink.service.provision import Provisioning
    from store.database import Database
    from store.outbox import Outbox
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock
    from tests.fakes.entra import Entra, Tenant

__all__ = ["identity", "other_tenant", "outbox", "password_hash", "people", "provisioning", "tenant"]


@pytest.fixture
def standing() -> Time:
    """Monotonic time that a test moves."""
    return Time()


@pytest.fixture
async def office(
    database: Database,
    outbox: Outbox,
    clock: SteppedClock,
    standing: Time,
    people: People,
    *,
    tenant: Tenant,
    identity: Entra,
    provisioning: Provisioning,
) -> AsyncIterator[Office]:
    """Whose gateway is linked, and whose presence is off."""
    gateway_id, _ = await provisioning.create_gateway(people.account.account_id)
    async with (
        fake_graph(identity, standing.clock) as microsoft,
        office_of(
            database,
            outbox,
            clock,
            standing,
            people,
            tenant=tenant,
            microsoft=microsoft,
            identity=identity,
            gateway_id=gateway_id,
        ) as made,
    ):
        yield made
