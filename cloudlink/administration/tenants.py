"""Which Entra ID tenants and which e-mail domains belong to an account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cloudlink.administration.actor import Actor


@dataclass(frozen=True, slots=True)
class Tenant:
    """An Entra ID tenant that an administrator of it has consented to for this account alone."""

    tenant_id: str
    account_id: str
    proved_on: datetime


@dataclass(frozen=True, slots=True)
class Domain:
    """An e-mail domain. It is verified by a DNS TXT record with the text ``verification`` at the domain."""

    domain: str
    verification: str
    verified_on: datetime | None


class Tenants(Protocol):
    """Account Admins and their partner. ``Refused`` with ``PARTNER_ACCOUNT`` in a partner's own account."""

    async def all(self, actor: Actor, account_id: str) -> Sequence[Tenant]:
        """Those that the account has proved, oldest first."""

    async def prove(self, actor: Actor, account_id: str, tenant_id: str) -> Tenant:
        """Notes an Entra administrator's consent, which the caller has checked.

        Raises ``Refused`` (``IN_USE``) when the tenant is another account's.
        """

    async def forget(self, actor: Actor, account_id: str, tenant_id: str) -> None:
        """Ends the tenant's links, and single sign-on when that is what it signs in by. Raises ``UnknownId``."""

    async def account_of(self, tenant_id: str) -> str | None:
        """Which active account's tenant it is, for the service's own use."""


class Domains(Protocol):
    """Account Admins and their partner. A domain only routes sign-ins to Entra ID; it proves nothing else."""

    async def all(self, actor: Actor, account_id: str) -> Sequence[Domain]:
        """By name."""

    async def add(self, actor: Actor, account_id: str, domain: str) -> Domain:
        """Adds it, not yet verified. Raises ``Refused`` for what is no domain."""

    async def verify(self, actor: Actor, account_id: str, domain: str) -> Domain:
        """Looks at DNS.

        Raises ``UnknownId``, ``Refused`` (``STATE``: no such record yet; ``IN_USE``: verified by another account), or
        ``CloudLinkUnavailable`` when DNS does not answer.
        """

    async def remove(self, actor: Actor, account_id: str, domain: str) -> None:
        """Routes no sign-in any more. Raises ``UnknownId``."""
