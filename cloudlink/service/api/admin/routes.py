"""The Admin API over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from aiohttp import web
from sqlalchemy import bindparam, select

from cloudlink.port import UnknownId
from cloudlink.service.api import bodies, paging
from cloudlink.service.api.admin import directory
from cloudlink.service.api.admin.bodies import (
    AccountToChange,
    ClientToMake,
    ForgottenPassword,
    UserToChange,
    UserToMake,
)
from cloudlink.service.api.errors import BadRequest, as_json
from cloudlink.service.api.gate import Gate, actor_of, is_administrator, require_administrator
from cloudlink.service.api.routing import link
from cloudlink.wire import account_to_wire, client_to_wire, collection, contacts_to_wire, user_to_wire
from store.directory import fold
from store.schema import users

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloudlink.administration.accounts import AccountRecord, Accounts
    from cloudlink.administration.clients import Clients
    from cloudlink.administration.users import UserRecord, Users
    from cloudlink.identity import Bearers, Caller
    from store.database import Database

_BY_EMAIL = select(users.c.principal_id).where(
    users.c.account_id == bindparam("account_id"), users.c.email_folded == bindparam("email"), users.c.active.is_(True)
)


@dataclass(frozen=True, slots=True)
class Administration:
    """The contracts that the API hands its questions to."""

    accounts: Accounts
    users: Users
    clients: Clients


def admin_routes(
    bearers: Bearers, database: Database, administration: Administration
) -> Sequence[web.AbstractRouteDef]:
    """Routes for ``add_api``, as the service ``admin``."""
    admin = Admin(database, administration)
    gate = Gate(bearers)
    return [
        web.get("/accounts/{account_id}", gate(admin.account)),
        web.put("/accounts/{account_id}", gate(admin.change_account)),
        web.get("/accounts/{account_id}/contacts", gate(admin.contacts)),
        web.get("/accounts/{account_id}/contacts/{contact_id}", gate(admin.contact)),
        web.post("/accounts/{account_id}/clients", gate(admin.make_client)),
        web.get("/users", gate(admin.users)),
        web.post("/users", gate(admin.make_user)),
        web.get("/users/{user_id}", gate(admin.user)),
        web.put("/users/{user_id}", gate(admin.change_user)),
        web.delete("/users/{user_id}", gate(admin.delete_user)),
        web.put("/users/{email}/password", gate(admin.forgotten_password)),
    ]


class Admin:
    """The operations."""

    def __init__(self, database: Database, administration: Administration) -> None:
        self._database = database
        self._accounts = administration.accounts
        self._users = administration.users
        self._clients = administration.clients

    async def account(self, request: web.Request, caller: Caller) -> web.Response:
        """One account: the caller's own, or a customer of a partner."""
        return as_json(account_to_wire(await self._account(request, caller), link(request)))

    async def change_account(self, request: web.Request, caller: Caller) -> web.Response:
        """Changes what was sent."""
        changes = (await bodies.read(request, AccountToChange)).changes()
        record = await self._accounts.change(actor_of(request, caller), request.match_info["account_id"], changes)
        return as_json(account_to_wire(record, link(request)))

    async def contacts(self, request: web.Request, caller: Caller) -> web.Response:
        """All of them: an account has few."""
        return as_json(collection(contacts_to_wire(await self._account(request, caller)), link(request)))

    async def contact(self, request: web.Request, caller: Caller) -> web.Response:
        """One of them."""
        for contact in contacts_to_wire(await self._account(request, caller)):
            if contact["contactId"] == request.match_info["contact_id"]:
                return as_json({**contact, "_links": {"self": link(request)}})
        raise UnknownId("no such contact")

    async def make_client(self, request: web.Request, caller: Caller) -> web.Response:
        """An application; its secret is shown here and never again."""
        new = (await bodies.read(request, ClientToMake)).new()
        account_id = request.match_info["account_id"]
        client, secret = await self._clients.create(actor_of(request, caller), account_id, new)
        return as_json(client_to_wire(client, secret), HTTPStatus.CREATED)

    async def users(self, request: web.Request, caller: Caller) -> web.Response:
        """Users of the caller's account by name."""
        asked = paging.read(request.query)
        records, cursor = await directory.page(
            self._database,
            caller.account_id,
            request.query.get("$filter"),
            asked,
            colleagues=not is_administrator(caller),
        )
        items = [user_to_wire(record, _user_link(request, record)) for record in records]
        return as_json(
            collection(items, link(request), paging.following(link(request, "/users"), request.query, cursor))
        )

    async def user(self, request: web.Request, caller: Caller) -> web.Response:
        """One user; whoever is no administrator sees themselves alone."""
        user_id = request.match_info["user_id"]
        if not is_administrator(caller) and (caller.user is None or caller.user.principal_id != user_id):
            raise UnknownId("not this caller's")
        record = await self._users.get(actor_of(request, caller), caller.account_id, user_id)
        return as_json(user_to_wire(record, link(request)))

    async def make_user(self, request: web.Request, caller: Caller) -> web.Response:
        """Makes a user and sends the welcome mail."""
        new = (await bodies.read(request, UserToMake)).new()
        record = await self._users.create(actor_of(request, caller), caller.account_id, new)
        return as_json(user_to_wire(record, _user_link(request, record)), HTTPStatus.CREATED)

    async def change_user(self, request: web.Request, caller: Caller) -> web.Response:
        """Changes what was sent."""
        changes = (await bodies.read(request, UserToChange)).changes()
        user_id = request.match_info["user_id"]
        record = await self._users.change(actor_of(request, caller), caller.account_id, user_id, changes)
        return as_json(user_to_wire(record, link(request)))

    async def delete_user(self, request: web.Request, caller: Caller) -> web.Response:
        """Ends a user with their calls."""
        user_id = request.match_info["user_id"]
        await self._users.delete(actor_of(request, caller), caller.account_id, user_id)
        return web.Response(status=HTTPStatus.NO_CONTENT, headers={"Cache-Control": "no-store"})

    async def forgotten_password(self, request: web.Request, caller: Caller) -> web.Response:
        """Sends the mail by which a password is set anew. Users ask for themselves alone, so 404 tells them nothing."""
        asked = await bodies.read(request, ForgottenPassword)
        email = request.match_info["email"]
        if asked.email is not None and fold(asked.email) != fold(email):
            raise BadRequest("email: differs from the address in the path")
        if caller.user is None or fold(caller.user.email) != fold(email):
            require_administrator(caller)
        account_id = asked.account_id or caller.account_id
        actor = actor_of(request, caller)
        await self._accounts.get(actor, account_id)
        rows = await self._database.read(_BY_EMAIL, {"account_id": account_id, "email": fold(email)})
        if not rows:
            raise UnknownId("no such user")
        await self._users.reset_password(actor, account_id, rows[0][0])
        return as_json({})

    async def _account(self, request: web.Request, caller: Caller) -> AccountRecord:
        return await self._accounts.get(actor_of(request, caller), request.match_info["account_id"])


def _user_link(request: web.Request, record: UserRecord) -> str:
    return link(request, f"/users/{quote(record.user.principal_id, safe='')}")
