"""From a person of Entra ID to the user of an account.

A tenant belongs to the one account that has proved it, and only there are its people looked for. The first time a
person is found by their UPN among the login ids, then by the UPN or mail among the e-mail addresses; whoever may set
these names in the tenant decides who that is, which is why the tenant has to be proved, and why guests are not looked
for: their own tenant names them. From then on tenant and object id alone count: a UPN that is given to somebody else
finds nobody, since the user is taken.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from cloudlink.administration.actor import SYSTEM
from cloudlink.administration.integrations import IntegrationKind
from cloudlink.identity import NotLinked, OwnApplication
from cloudlink.service.administration import audit
from store.clock import Clock, utc_now
from store.directory import fold
from store.rows import USER_COLUMNS, to_user
from store.schema import accounts, domains, entra_links, integrations, tenants, users

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from cloudlink.identity import EntraIdentity
    from cloudlink.model import User
    from store.database import Database
    from store.vault import Vault

logger = logging.getLogger(__name__)

_ENABLED = and_(
    integrations.c.account_id == accounts.c.account_id,
    integrations.c.kind == bindparam("kind", IntegrationKind.ENTRA_SSO.value),
    integrations.c.enabled.is_(True),
)
_ACCOUNT = (
    select(accounts.c.account_id, integrations.c.kind)
    .select_from(tenants.join(accounts).outerjoin(integrations, _ENABLED))
    .where(tenants.c.tenant_id == bindparam("tenant_id"), accounts.c.active.is_(True))
)
_SYNC = select(integrations.c.kind).where(
    integrations.c.account_id == bindparam("account_id"),
    integrations.c.kind == IntegrationKind.ENTRA_SYNC.value,
    integrations.c.enabled.is_(True),
)
_FOUND = (*USER_COLUMNS, users.c.synchronised)
_LINKED = (
    select(*_FOUND)
    .join(
        entra_links,
        (entra_links.c.account_id == users.c.account_id) & (entra_links.c.principal_id == users.c.principal_id),
    )
    .where(
        entra_links.c.tenant_id == bindparam("tenant_id"),
        entra_links.c.object_id == bindparam("object_id"),
        entra_links.c.account_id == bindparam("account_id"),
    )
)
_NOT_LINKED = ~(
    select(entra_links.c.object_id)
    .where(
        entra_links.c.account_id == users.c.account_id,
        entra_links.c.principal_id == users.c.principal_id,
        entra_links.c.tenant_id == bindparam("tenant_id"),
    )
    .exists()
)
_BY_LOGIN = select(*_FOUND).where(
    users.c.account_id == bindparam("account_id"), users.c.login_id_folded == bindparam("name"), _NOT_LINKED
)
_BY_EMAIL = select(*_FOUND).where(
    users.c.account_id == bindparam("account_id"), users.c.email_folded == bindparam("name"), _NOT_LINKED
)
_REGISTER = (
    update(users)
    .where(
        users.c.account_id == bindparam("of_account"),
        users.c.principal_id == bindparam("of_principal"),
        users.c.registered_on.is_(None),
    )
    .values(registered_on=bindparam("at"))
)
_ROUTE = (
    select(integrations.c.configuration)
    .select_from(domains.join(accounts).join(integrations, _ENABLED))
    .where(domains.c.verified_domain == bindparam("domain"), accounts.c.active.is_(True))
)
_OWN_APPLICATION = (
    select(integrations.c.configuration, integrations.c.secret_encrypted)
    .select_from(tenants.join(accounts).join(integrations, _ENABLED))
    .where(
        tenants.c.tenant_id == bindparam("tenant_id"),
        accounts.c.active.is_(True),
        integrations.c.secret_encrypted.is_not(None),
    )
)
_PASSWORDS = (
    select(accounts.c.mitel_credentials, integrations.c.kind)
    .select_from(accounts.outerjoin(integrations, _ENABLED))
    .where(accounts.c.account_id == bindparam("account_id"))
)


async def password_allowed(database: Database, account_id: str) -> bool:
    """Whether the account's people may sign in by password: where single sign-on is on, its switch decides."""
    rows = await database.read(_PASSWORDS, {"account_id": account_id})
    return bool(rows) and (rows[0][0] or rows[0][1] is None)


class EntraUsers:
    """Fulfils ``EntraSignIn``."""

    def __init__(self, database: Database, vault: Vault, now: Clock = utc_now) -> None:
        self._database = database
        self._vault = vault
        self._now = now

    async def user_of(self, identity: EntraIdentity) -> User:
        account_id = _signing_in(await self._database.read(_ACCOUNT, {"tenant_id": identity.tenant_id}))
        sync = bool(await self._database.read(_SYNC, {"account_id": account_id}))
        found = await self._database.read(_LINKED, {**_key(identity), "account_id": account_id})
        if not found and identity.guest:
            raise NotLinked("a guest, whose names another tenant writes")
        return _admitted(found[0], sync=sync) if found else await self._link(identity)

    async def tenant_for_email(self, email: str) -> str | None:
        domain = fold(email).rpartition("@")[2]
        try:
            ascii_domain = domain.encode("idna").decode()
        except UnicodeError:
            return None
        rows = await self._database.read(_ROUTE, {"domain": ascii_domain})
        return rows[0][0].get("tenantId") if rows else None

    async def own_application(self, tenant_id: str) -> OwnApplication | None:
        rows = await self._database.read(_OWN_APPLICATION, {"tenant_id": tenant_id})
        if not rows or rows[0][0].get("tenantId") != tenant_id or not rows[0][0].get("clientId"):
            return None
        return OwnApplication(rows[0][0]["clientId"], self._vault.decrypt(rows[0][1]))

    async def password_allowed(self, user: User) -> bool:
        return await password_allowed(self._database, user.account_id)

    async def _link(self, identity: EntraIdentity) -> User:
        def work(connection: Connection) -> User:
            # The tenant may have been forgotten meanwhile, and another client of the same person have come first.
            account_id = _signing_in(connection.execute(_ACCOUNT, {"tenant_id": identity.tenant_id}).all())
            linked = connection.execute(_LINKED, {**_key(identity), "account_id": account_id}).first()
            row = linked or _candidate(connection, identity, account_id)
            if row is None:
                raise NotLinked("no user has this name")
            user = _admitted(row, sync=bool(connection.execute(_SYNC, {"account_id": account_id}).first()))
            if linked is None:
                self._insert(connection, identity, user)
            return user

        try:
            return await self._database.write(work)
        except IntegrityError:
            raise NotLinked("the user belongs to another person of the tenant") from None

    def _insert(self, connection: Connection, identity: EntraIdentity, user: User) -> None:
        now = self._now()
        link = {**_key(identity), "account_id": user.account_id, "principal_id": user.principal_id, "linked_on": now}
        connection.execute(insert(entra_links), link)
        connection.execute(_REGISTER, {"of_account": user.account_id, "of_principal": user.principal_id, "at": now})
        audit.record(
            connection,
            SYSTEM,
            user.account_id,
            "user.linked",
            subject=("user", user.principal_id, user.name),
            now=now,
            after={"tenantId": identity.tenant_id, "objectId": identity.object_id, "login": identity.login},
        )
        logger.info("a person of Entra ID was linked", extra={"account_id": user.account_id})


def _signing_in(found: Sequence[Sequence[Any]]) -> str:
    """The account of a tenant, if it signs in by Entra ID."""
    if not found:
        raise NotLinked("no account has connected this tenant")
    account_id, sso = found[0]
    if sso is None:
        raise NotLinked("single sign-on is off")
    return str(account_id)


def _admitted(row: Sequence[Any], *, sync: bool) -> User:
    """The user of a row, if they may sign in so."""
    user = to_user(row[:-1])
    if not user.active:
        raise NotLinked("the user is not active")
    if sync and not row[-1]:
        raise NotLinked("Entra Sync has not assigned the user")
    return user


def _candidate(connection: Connection, identity: EntraIdentity, account_id: str) -> Sequence[Any] | None:
    """Whom the person's names find, among users who are nobody's of this tenant yet."""
    for statement, name in (
        (_BY_LOGIN, identity.login),
        (_BY_EMAIL, identity.login),
        (_BY_EMAIL, identity.email),
    ):
        parameters = {"account_id": account_id, "tenant_id": identity.tenant_id, "name": fold(name or "")}
        if name and (row := connection.execute(statement, parameters).first()) is not None:
            return row
    return None


def _key(identity: EntraIdentity) -> dict[str, str]:
    return {"tenant_id": identity.tenant_id, "object_id": identity.object_id}
