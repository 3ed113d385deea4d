"""E-mail domains of an account, verified by a TXT record in DNS.

Several accounts may have added a domain, but only one can have it verified. A verified domain sends its people's
sign-ins to Entra ID and does nothing else, so a wrong one never lets anybody in.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from cloudlink.administration.refusals import Reason, Refused
from cloudlink.administration.tenants import Domain
from cloudlink.port import CloudLinkUnavailable, UnknownId
from cloudlink.service.administration import audit
from cloudlink.service.administration.integrations import require_customer
from cloudlink.service.administration.rights import Right, require, require_in
from store.clock import Clock, utc_now
from store.schema import domains

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from sqlalchemy import Connection

    from cloudlink.administration.actor import Actor
    from store.database import Database


PREFIX = "mitel-assistant-verification="
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}", re.ASCII)
_LONGEST = 253
_DNS_SECONDS = 5.0

_c = domains.c
_COLUMNS = (_c.domain, _c.verification, _c.verified_on)
_ALL = select(*_COLUMNS).where(_c.account_id == bindparam("account_id")).order_by(_c.domain)
_THIS = and_(_c.account_id == bindparam("of_account"), _c.domain == bindparam("of_domain"))
_ONE = select(*_COLUMNS).where(_THIS)
_VERIFY = (
    update(domains)
    .where(_THIS, _c.verification == bindparam("looked_up"))
    .values(verified_domain=bindparam("of_domain"), verified_on=bindparam("at"))
)
_REMOVE = delete(domains).where(_THIS)


class AccountDomains:
    """Fulfils ``Domains``; ``look_up`` asks DNS."""

    def __init__(
        self, database: Database, look_up: Callable[[str], Awaitable[Sequence[str]]], now: Clock = utc_now
    ) -> None:
        self._database = database
        self._look_up = look_up
        self._now = now

    async def all(self, actor: Actor, account_id: str) -> Sequence[Domain]:
        await require(self._database, actor, account_id, Right.ADMINISTER)
        return [Domain(*row) for row in await self._database.read(_ALL, {"account_id": account_id})]

    async def add(self, actor: Actor, account_id: str, domain: str) -> Domain:
        name = _name(domain)

        def work(connection: Connection) -> Domain:
            require_in(connection, actor, account_id, Right.ADMINISTER)
            require_customer(connection, account_id)
            if (there := self._find(connection, account_id, name)) is not None:
                return there
            added = Domain(name, PREFIX + secrets.token_urlsafe(18), None)
            row = {"account_id": account_id, "domain": name, "verification": added.verification}
            connection.execute(insert(domains), {**row, "created_on": self._now()})
            self._record(connection, actor, account_id, name, "domain.added")
            return added

        return await self._database.write(work)

    async def verify(self, actor: Actor, account_id: str, domain: str) -> Domain:
        await require(self._database, actor, account_id, Right.ADMINISTER)
        rows = await self._database.read(_ONE, {"of_account": account_id, "of_domain": domain})
        if not rows:
            raise UnknownId("no such domain")
        asked = Domain(*rows[0])
        if asked.verification not in await self._look_up(asked.domain):
            raise Refused(Reason.STATE, "domain")

        def work(connection: Connection) -> Domain:
            require_in(connection, actor, account_id, Right.ADMINISTER)
            now = self._now()
            found = {"of_account": account_id, "of_domain": domain, "looked_up": asked.verification, "at": now}
            try:
                if not connection.execute(_VERIFY, found).rowcount:
                    raise UnknownId("the domain was removed meanwhile")
            except IntegrityError:
                raise Refused(Reason.IN_USE, "domain") from None
            self._record(connection, actor, account_id, domain, "domain.verified")
            return Domain(asked.domain, asked.verification, now)

        return await self._database.write(work)

    async def remove(self, actor: Actor, account_id: str, domain: str) -> None:
        def work(connection: Connection) -> None:
            require_in(connection, actor, account_id, Right.ADMINISTER)
            if connection.execute(_REMOVE, {"of_account": account_id, "of_domain": domain}).rowcount == 0:
                raise UnknownId("no such domain")
            self._record(connection, actor, account_id, domain, "domain.removed")

        await self._database.write(work)

    def _find(self, connection: Connection, account_id: str, name: str) -> Domain | None:
        row = connection.execute(_ONE, {"of_account": account_id, "of_domain": name}).first()
        return None if row is None else Domain(*row)

    def _record(self, connection: Connection, actor: Actor, account_id: str, name: str, action: str) -> None:
        audit.record(connection, actor, account_id, action, subject=("domain", name, name), now=self._now())


def dns_look_up(nameservers: Sequence[str] = (), port: int = 53) -> Callable[[str], Awaitable[Sequence[str]]]:
    """Asks DNS: the machine's own servers, or those given (addresses) at ``port``."""

    async def look_up(name: str) -> Sequence[str]:
        import dns.asyncresolver  # noqa: PLC0415 - whoever verifies a domain can wait for the import, the start cannot
        import dns.exception  # noqa: PLC0415
        import dns.resolver  # noqa: PLC0415

        resolver = dns.asyncresolver.Resolver(configure=not nameservers)
        if nameservers:
            resolver.nameservers, resolver.port = list(nameservers), port
        try:
            answer = await resolver.resolve(name + ".", "TXT", lifetime=_DNS_SECONDS)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.DNSException as error:
            raise CloudLinkUnavailable("DNS did not answer") from error
        return [b"".join(record.strings).decode(errors="replace") for record in answer]

    return look_up


def _name(domain: str) -> str:
    """The domain in its ASCII form. Raises ``Refused``."""
    try:
        name = domain.strip().rstrip(".").lower().encode("idna").decode()
    except UnicodeError:
        raise Refused(Reason.UNKNOWN_VALUE, "domain") from None
    if len(name) > _LONGEST or not _DOMAIN.fullmatch(name):
        raise Refused(Reason.UNKNOWN_VALUE, "domain")
    return name
