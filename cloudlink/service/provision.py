"""Makes accounts, users and gateways.

``ensure_*`` may be called at every start: what is there already stays as it is, so nothing that an administrator has
changed since is undone.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from cloudlink.model import Account, CallState, Role, User, UserAvailability
from cloudlink.port import UnknownId
from cloudlink.service.passwords import hash_password
from store import upsert
from store.clock import Clock, utc_now
from store.directory import fold, hash_key
from store.outbox import append
from store.rows import ACCOUNT_COLUMNS, USER_COLUMNS, to_account, to_user
from store.schema import accounts, endpoints, gateways, users

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from store.database import Database
    from store.outbox import Outbox

EXTENSIONS_CHANGED = "extensions.changed"

_ACCOUNT_BY_NAME = select(*ACCOUNT_COLUMNS).where(accounts.c.name == bindparam("name")).order_by(accounts.c.created_on)
_USER_BY_EMAIL = select(*USER_COLUMNS).where(
    users.c.account_id == bindparam("account_id"), users.c.email_folded == bindparam("email")
)
_ADD_ENDPOINT = upsert.insert(endpoints)
_ADD_ENDPOINT = _ADD_ENDPOINT.on_conflict_do_update(
    index_elements=[endpoints.c.account_id, endpoints.c.name],
    set_={"principal_id": _ADD_ENDPOINT.excluded.principal_id},
)


class AlreadyThere(ValueError):
    """What is to be made bears a name that is taken; the text says which."""


@dataclass(frozen=True, slots=True)
class NewUser:
    """A person to make. ``extension`` is what the PBX calls their device; without ``password`` they cannot sign in."""

    name: str
    email: str
    extension: str | None = None
    password: str | None = field(default=None, repr=False)
    role: str = Role.USER
    mobile: str | None = None
    language_code: str | None = None
    time_zone: str | None = None


class Provisioning:
    """The writing side of accounts, users and gateways."""

    def __init__(self, database: Database, outbox: Outbox, now: Clock = utc_now) -> None:
        self._database = database
        self._outbox = outbox
        self._now = now

    async def create_account(self, account: Account) -> Account:
        """Makes an account as described; an empty ``account_id`` is given one."""
        account = account if account.account_id else replace(account, account_id=str(uuid4()))
        row = {**asdict(account), "created_on": self._now()}
        await self._database.write(lambda connection: connection.execute(insert(accounts), row))
        return account

    async def ensure_account(self, account: Account) -> Account:
        """The oldest account of that name, made as described when there is none."""
        rows = await self._database.read(_ACCOUNT_BY_NAME, {"name": account.name})
        return to_account(rows[0]) if rows else await self.create_account(account)

    async def create_user(self, account_id: str, new: NewUser) -> User:
        """Makes a user, and the endpoint of their extension. Raises ``AlreadyThere``, ``UnknownId`` (the account)."""
        password_hash = None if new.password is None else await hash_password(new.password)
        user = User(
            account_id=account_id,
            principal_id=str(uuid4()),
            name=new.name,
            email=new.email,
            role=new.role,
            extension=new.extension,
            mobile=new.mobile,
            language_code=new.language_code,
            time_zone=new.time_zone,
        )
        await self._database.write(lambda connection: self._insert_user(connection, user, password_hash))
        self._outbox.wake()
        return user

    async def ensure_user(self, account_id: str, new: NewUser) -> User:
        """The account's user with that e-mail address, made as described when there is none.

        Raises ``AlreadyThere`` when another user has the extension, ``UnknownId`` when there is no such account.
        """
        if (there := await self._user(account_id, new.email)) is not None:
            return there
        try:
            return await self.create_user(account_id, new)
        except AlreadyThere:
            # Another process may have made the same user at the same moment.
            if (there := await self._user(account_id, new.email)) is not None:
                return there
            raise

    async def create_gateway(self, account_id: str) -> tuple[str, str]:
        """A new gateway's id and key; the key is shown here once and stored as a hash."""
        gateway_id = str(uuid4())
        return gateway_id, await self.issue_gateway_key(account_id, gateway_id)

    async def issue_gateway_key(self, account_id: str, gateway_id: str) -> str:
        """A new key for a gateway, made when it is not there; the old key is void, what it has sent stays known.

        Raises ``UnknownId`` (the account), ``AlreadyThere`` when it is another account's gateway.
        """
        key = secrets.token_urlsafe(32)

        def work(connection: Connection) -> None:
            _require_account(connection, account_id)
            row = {"gateway_id": gateway_id, "account_id": account_id, "key_hash": hash_key(key), "received": 0}
            same = (gateways.c.gateway_id == gateway_id) & (gateways.c.account_id == account_id)
            if connection.execute(update(gateways).where(same).values(key_hash=row["key_hash"])).rowcount == 0:
                _insert(connection, gateways, {**row, "created_on": self._now()}, "another account has this gateway")

        await self._database.write(work)
        return key

    async def _user(self, account_id: str, email: str) -> User | None:
        rows = await self._database.read(_USER_BY_EMAIL, {"account_id": account_id, "email": fold(email)})
        return to_user(rows[0]) if rows else None

    def _insert_user(self, connection: Connection, user: User, password_hash: str | None) -> None:
        _require_account(connection, user.account_id)
        row = {
            **asdict(user),
            "name_folded": fold(user.name),
            "email_folded": fold(user.email),
            "password_hash": password_hash,
            "created_on": self._now(),
        }
        _insert(connection, users, row, "the account has a user with this e-mail address or extension")
        if user.extension is not None:
            connection.execute(_ADD_ENDPOINT, _endpoint_of(user, user.extension))
            append(connection, user.account_id, EXTENSIONS_CHANGED, {}, self._now())


def _insert(connection: Connection, table: Table, row: dict[str, object], clash: str) -> None:
    try:
        connection.execute(insert(table), row)
    except IntegrityError:
        raise AlreadyThere(clash) from None


def _require_account(connection: Connection, account_id: str) -> None:
    if connection.execute(select(accounts.c.account_id).where(accounts.c.account_id == account_id)).first() is None:
        raise UnknownId("no such account")


def _endpoint_of(user: User, extension: str) -> dict[str, object]:
    return {
        "account_id": user.account_id,
        "endpoint_id": str(uuid4()),
        "principal_id": user.principal_id,
        "name": extension,
        "type": "deskphone",
        "state": CallState.UNKNOWN,
        "user_availability": UserAvailability.AVAILABLE,
        "message_waiting": False,
        "dnd": False,
    }
