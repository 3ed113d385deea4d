"""A company whose people, telephones and gateway are rows alone."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import insert

from benchmarks.presence.site import opened
from cloudlink.administration.accounts import NewAccount
from cloudlink.administration.gateways import PbxModel
from cloudlink.gateway_report import GatewayReport, PbxReport, QueueReport
from cloudlink.model import CallState, Role, UserAvailability
from cloudlink.service import gateway_reports, spools
from cloudlink.service.provision import Provisioning
from cloudlink.service.spools import Gateway
from cloudlink.uplink import Hello
from store.clock import utc_now
from store.outbox import Outbox
from store.schema import endpoints, users

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sqlalchemy import Connection

    from store.database import Database

_TOLD_EVERY_S = 30.0


def address(place: int) -> str:
    """Of the person with that number, from 0."""
    return f"p{place}@example.com"


async def filled(folder: Path, people: int, busy: int) -> Gateway:
    """An account with so many users and their telephones as its gateway has told of them: one of ``busy`` in a call."""
    async with opened(folder) as database:
        provisioning = Provisioning(database, Outbox(database))
        account_id = (await provisioning.create_account(NewAccount("Company"))).account_id
        gateway = Gateway(account_id, "bench")
        await provisioning.issue_gateway_key(account_id, "bench", name="Gateway", pbx=PbxModel.OFFICE_400.value)
        await database.write(lambda connection: _fill(connection, gateway, people, busy))
        return gateway


def _fill(connection: Connection, gateway: Gateway, people: int, busy: int) -> None:
    ids = [str(uuid4()) for _ in range(people)]
    connection.execute(insert(users), [_user(gateway, *each) for each in enumerate(ids)])
    states = [CallState.IDLE if place % busy else CallState.CONNECTED for place in range(people)]
    connection.execute(
        insert(endpoints), [_telephone(gateway, place, ids[place], state) for place, state in enumerate(states)]
    )


def _user(gateway: Gateway, place: int, principal_id: str) -> dict[str, object]:
    return {
        "account_id": gateway.account_id,
        "principal_id": principal_id,
        "name": f"Person {place}",
        "name_folded": f"person {place}",
        "email": address(place),
        "email_folded": address(place),
        "role": Role.USER,
        "extension": _extension(place),
        "active": True,
        "created_on": utc_now(),
    }


def _telephone(gateway: Gateway, place: int, principal_id: str, state: CallState) -> dict[str, object]:
    return {
        "account_id": gateway.account_id,
        "endpoint_id": str(uuid4()),
        "principal_id": principal_id,
        "name": _extension(place),
        "type": "DESK_PHONE",
        "state": state,
        "user_availability": UserAvailability.AVAILABLE,
        "message_waiting": False,
        "dnd": False,
        "changed_at": utc_now(),
        "told_by": gateway.gateway_id,
    }


def _extension(place: int) -> str:
    return str(100_000 + place)


@asynccontextmanager
async def linked(folder: Path, gateway: Gateway, people: int) -> AsyncIterator[None]:
    """The gateway is linked meanwhile, to no server that is there."""
    async with opened(folder) as database:
        hello = Hello("spool", "1.0")
        await database.write(lambda connection: spools.open_spool(connection, gateway, hello, utc_now()))
        task = asyncio.create_task(_tell_again_and_again(database, gateway, people))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _tell_again_and_again(database: Database, gateway: Gateway, people: int) -> None:
    began = utc_now() - timedelta(hours=1)

    def tell(connection: Connection) -> None:
        now = utc_now()
        pbx = PbxReport(model="office400", address="pbx", connected_since=began, wanted=people, running=people)
        report = GatewayReport(at=now, started_at=began, version="1.0", pbx=pbx, queue=QueueReport())
        spools.still_linked(connection, [gateway], now)
        gateway_reports.keep(connection, gateway, report, now)

    while True:
        await database.write(tell)
        await asyncio.sleep(_TOLD_EVERY_S)
