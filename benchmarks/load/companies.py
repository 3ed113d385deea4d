"""As many users as Mitel states for each PBX, with the role that it asks for: a company each, or one of them all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import update

from cloudlink.administration.accounts import NewAccount
from cloudlink.administration.gateways import CAPACITY, PbxModel
from cloudlink.service.administration.people import add_many
from cloudlink.service.provision import OPERATOR, Provisioning, known_as
from store.clock import utc_now
from store.database import open_database
from store.outbox import Outbox
from store.schema import accounts, users

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from cloudlink.administration.users import TelephonyRole
    from store.database import Database

FIRST_EXTENSION = 20_000
"""Where the simulators begin to number."""
_CHUNK = 500


_APART = 10_000
"""Between the first extensions of the PBXs that share an account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """So many users beside a PBX that carries so many busy hour calls, and what its gateway needs.

    Their extensions are numbered from ``first_extension``. Several may be of one account.
    """

    pbx: PbxModel
    users: int
    bhcc: int
    account_id: str
    gateway_id: str
    gateway_key: str
    first_extension: int = FIRST_EXTENSION

    @property
    def title(self) -> str:
        return CAPACITY[self.pbx].name

    @property
    def emails(self) -> dict[str, str]:
        """Of the users, by extension."""
        return {
            str(self.first_extension + place): f"p{place}.{self.pbx.value}@example.com" for place in range(self.users)
        }


async def companies(database: Path, sizes: dict[PbxModel, int]) -> list[Company]:
    """Makes an account for each PBX in a new database; ``sizes`` are its users. The busy hour is as full as it is."""
    store = await open_database(f"sqlite:///{database}")
    try:
        made = []
        for pbx, users in sizes.items():
            account_id = await _account(store, CAPACITY[pbx].name, users)
            made.append(await _beside(store, account_id, pbx, users, FIRST_EXTENSION))
        return made
    finally:
        await store.close()


async def one_company(database: Path, sizes: dict[PbxModel, int]) -> list[Company]:
    """As ``companies``, with all PBXs in one account."""
    store = await open_database(f"sqlite:///{database}")
    try:
        account_id = await _account(store, "Company", sum(sizes.values()))
        return [
            await _beside(store, account_id, pbx, users, FIRST_EXTENSION + number * _APART)
            for number, (pbx, users) in enumerate(sizes.items())
        ]
    finally:
        await store.close()


async def _account(store: Database, name: str, users: int) -> str:
    account_id = (await Provisioning(store, Outbox(store)).create_account(NewAccount(name))).account_id
    # Its own limit is 1,000 roles, and a partner may raise it to what one PBX carries; what is measured here is what
    # the PBXs carry.
    limit = update(accounts).where(accounts.c.account_id == account_id).values(telephony_role_limit=users)
    await store.write(lambda connection: connection.execute(limit))
    return account_id


async def _beside(store: Database, account_id: str, pbx: PbxModel, users: int, first_extension: int) -> Company:
    """A gateway beside the PBX, and its users."""
    provisioning, capacity = Provisioning(store, Outbox(store)), CAPACITY[pbx]
    gateway_id = f"bench-{pbx.value}"
    company = Company(
        pbx=pbx,
        users=users,
        bhcc=round(capacity.bhcc * users / capacity.users),
        account_id=account_id,
        gateway_id=gateway_id,
        gateway_key=await provisioning.issue_gateway_key(account_id, gateway_id, name="Gateway", pbx=pbx.value),
        first_extension=first_extension,
    )
    news = [
        known_as(f"Person {place}", email, extension) for place, (extension, email) in enumerate(company.emails.items())
    ]
    for first in range(0, users, _CHUNK):
        some = news[first : first + _CHUNK]
        await store.write(partial(add_many, actor=OPERATOR, account_id=account_id, news=some, now=utc_now()))
    if capacity.telephony_role is not None:
        await store.write(partial(_give_roles, company=company, role=capacity.telephony_role))
    return company


def _give_roles(connection: Connection, company: Company, role: TelephonyRole) -> None:
    """At once: one by one, all holders are counted for each."""
    first, last = company.first_extension, company.first_extension + company.users - 1
    own = (users.c.account_id == company.account_id) & users.c.extension.between(str(first), str(last))
    connection.execute(update(users).where(own).values(telephony_role=role))
