"""What an operator sets up on the server itself: accounts, users, and keys of gateways.

``ensure_*`` may be called at every start: what is there already stays as it is, so nothing that an administrator has
changed since is undone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from cloudlink import topics
from cloudlink.administration.actor import Actor, ActorKind
from cloudlink.administration.refusals import Refused
from cloudlink.administration.users import NewUser, Source
from cloudlink.gateway_key import GatewayKey
from cloudlink.model import Role
from cloudlink.port import UnknownId
from cloudlink.service.administration import audit, people
from cloudlink.service.administration.accounts import AccountService
from cloudlink.service.administration.rights import Right, require_in
from cloudlink.service.passwords import hash_password
from store import outbox as events
from store.clock import Clock, utc_now
from store.directory import fold
from store.rows import ACCOUNT_COLUMNS, USER_COLUMNS, to_account, to_user
from store.schema import accounts, gateways, users

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloudlink.administration.accounts import NewAccount
    from cloudlink.model import Account, User
    from store.database import Database
    from store.outbox import Outbox

OPERATOR = Actor(ActorKind.OPERATOR, "Operator")

_ACCOUNT_BY_NAME = select(*ACCOUNT_COLUMNS).where(accounts.c.name == bindparam("name")).order_by(accounts.c.created_on)
_USER_BY_EMAIL = select(*USER_COLUMNS).where(
    users.c.account_id == bindparam("account_id"), users.c.email_folded == bindparam("email")
)


def known_as(
    name: str, email: str, extension: str | None = None, password: str | None = None, role: str = Role.USER
) -> NewUser:
    """A person of whom only the whole name is known; without ``password`` they cannot sign in yet."""
    return NewUser("", "", email, role, name=name, extension=extension, password=password, source=Source.OPERATOR)


class Provisioning:
    """The operator's writing side. Nobody is sent a mail."""

    def __init__(self, database: Database, outbox: Outbox, now: Clock = utc_now) -> None:
        self._database = database
        self._outbox = outbox
        self._now = now
        self._accounts = AccountService(database, outbox, now)

    async def create_account(self, new: NewAccount) -> Account:
        """Makes an account as described. Raises ``Refused``."""
        return (await self._accounts.create(OPERATOR, new)).account

    async def ensure_account(self, new: NewAccount) -> Account:
        """The oldest account of that name, made as described when there is none."""
        rows = await self._database.read(_ACCOUNT_BY_NAME, {"name": new.name})
        return to_account(rows[0]) if rows else await self.create_account(new)

    async def create_user(self, account_id: str, new: NewUser) -> User:
        """Makes a user, and the endpoint of their extension. Raises ``Refused``, ``UnknownId`` (the account)."""
        password_hash = None if new.password is None else await hash_password(new.password)
        record = await self._database.write(
            lambda connection: people.add(
                connection, OPERATOR, account_id, new, self._now(), password_hash=password_hash
            )
        )
        self._outbox.wake()
        return record.user

    async def ensure_user(self, account_id: str, new: NewUser) -> User:
        """The account's user with that e-mail address, made as described when there is none.

        Raises ``Refused`` when another user has the extension, ``UnknownId`` when there is no such account.
        """
        if (there := await self._user(account_id, new.email)) is not None:
            return there
        try:
            return await self.create_user(account_id, new)
        except Refused:
            # Another process may have made the same user at the same moment.
            if (there := await self._user(account_id, new.email)) is not None:
                return there
            raise

    async def create_gateway(self, account_id: str) -> tuple[str, str]:
        """A new gateway's id and private key, which is shown here once: its public key alone is stored."""
        gateway_id = str(uuid4())
        return gateway_id, await self.issue_gateway_key(account_id, gateway_id)

    async def issue_gateway_key(
        self, account_id: str, gateway_id: str, *, name: str | None = None, pbx: str | None = None
    ) -> str:
        """A new private key for a gateway, made when it is not there; the old is void, what it has sent stays known.

        ``name`` and ``pbx`` (a ``PbxModel``) are given to one that is made. Raises ``UnknownId`` for an account that
        is not there, and for another account's gateway.
        """
        key = GatewayKey.new()

        def work(connection: Connection) -> None:
            require_in(connection, OPERATOR, account_id, Right.ADMINISTER)
            made = {"gateway_id": gateway_id, "account_id": account_id, "name": name, "pbx": pbx}
            self._store_key(connection, made, key.public)
            subject = ("gateway", gateway_id, name or gateway_id)
            audit.record(connection, OPERATOR, account_id, "gateway.keyIssued", subject=subject, now=self._now())
            events.append(connection, account_id, topics.GATEWAY_CHANGED, {"gateway_id": gateway_id}, self._now())

        await self._database.write(work)
        self._outbox.wake()
        return key.private

    async def _user(self, account_id: str, email: str) -> User | None:
        rows = await self._database.read(_USER_BY_EMAIL, {"account_id": account_id, "email": fold(email)})
        return to_user(rows[0]) if rows else None

    def _store_key(self, connection: Connection, made: Mapping[str, object], public_key: str) -> None:
        same = (gateways.c.gateway_id == made["gateway_id"]) & (gateways.c.account_id == made["account_id"])
        if connection.execute(update(gateways).where(same).values(public_key=public_key)).rowcount:
            return
        row = {**made, "public_key": public_key, "received": 0}
        try:
            connection.execute(insert(gateways), {**row, "created_on": self._now()})
        except IntegrityError:
            raise UnknownId("no such gateway") from None
