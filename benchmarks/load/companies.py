"""A company for each PBX, as many users as Mitel states for it, all with the role that it asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from cloudlink.administration.accounts import NewAccount
from cloudlink.administration.gateways import CAPACITY, PbxModel
from cloudlink.service.administration.accounts import AccountService
from cloudlink.service.administration.people import add_many
from cloudlink.service.provision import OPERATOR, Provisioning, known_as
from store.clock import utc_now
from store.database import open_database
from store.outbox import Outbox

if TYPE_CHECKING:
    from pathlib import Path

    from store.database import Database

FIRST_EXTENSION = 20_000
"""Where the simulators begin to number."""
_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """An account with so many users beside a PBX that carries so many busy hour calls, and what its gateway needs."""

    pbx: PbxModel
    users: int
    bhcc: int
    account_id: str
    gateway_id: str
    gateway_key: str

    @property
    def title(self) -> str:
        return CAPACITY[self.pbx].name


async def companies(database: Path, sizes: dict[PbxModel, int]) -> list[Company]:
    """Makes them in a new database; ``sizes`` are users of each PBX. The busy hour is as full as the PBX is."""
    store = await open_database(f"sqlite:///{database}")
    try:
        return [await _company(store, pbx, users) for pbx, users in sizes.items()]
    finally:
        await store.close()


async def _company(store: Database, pbx: PbxModel, users: int) -> Company:
    outbox = Outbox(store)
    provisioning, capacity = Provisioning(store, outbox), CAPACITY[pbx]
    account_id = (await provisioning.create_account(NewAccount(capacity.name))).account_id
    gateway_id = f"bench-{pbx.value}"
    key = await provisioning.issue_gateway_key(account_id, gateway_id, name="Gateway", pbx=pbx.value)
    if capacity.telephony_role is not None:
        # Its own limit is 1,000 roles unless the partner raises it; what is measured here is the PBX's own limit.
        await AccountService(store, outbox).change(OPERATOR, account_id, {"telephony_role_limit": capacity.users})
    for first in range(0, users, _CHUNK):
        news = [
            replace(
                known_as(f"Person {place}", f"p{place}.{pbx.value}@example.com", str(FIRST_EXTENSION + place)),
                telephony_role=capacity.telephony_role,
            )
            for place in range(first, min(first + _CHUNK, users))
        ]
        await store.write(partial(add_many, actor=OPERATOR, account_id=account_id, news=news, now=utc_now()))
    return Company(
        pbx=pbx,
        users=users,
        bhcc=round(capacity.bhcc * users / capacity.users),
        account_id=account_id,
        gateway_id=gateway_id,
        gateway_key=key,
    )
