"""A vault, and a way to queue a mail."""

from __future__ import annotations

from email.headerregistry import Address
from typing import TYPE_CHECKING, Protocol

import pytest

from cloudlink.identity import LinkPurpose
from cloudlink.service.identity.password_links import send_link
from cloudlink.service.mail.server import MailServer, SmtpSecurity
from store.vault import Vault, new_key

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable

    from cloudlink.model import User
    from store.database import Database
    from tests.conftest import SteppedClock
    from tests.fakes.smtp import PostOffice

SENDER = Address("Mitel Assistant", addr_spec="no-reply@example.com")
PUBLIC_URL = "https://assistant.example.com"


class Invite(Protocol):
    """Queues a welcome or reset mail."""

    def __call__(self, user: User, purpose: LinkPurpose = LinkPurpose.WELCOME) -> Awaitable[None]: ...


@pytest.fixture
def vault() -> Vault:
    return Vault([new_key()])


@pytest.fixture
def invite(database: Database, vault: Vault, clock: SteppedClock) -> Invite:
    async def invite(user: User, purpose: LinkPurpose = LinkPurpose.WELCOME) -> None:
        now = clock()
        await database.write(lambda c: send_link(c, vault, user, purpose, public_url=PUBLIC_URL, now=now))

    return invite


def server_of(
    office: PostOffice,
    security: SmtpSecurity = SmtpSecurity.NONE,
    *,
    login: tuple[str, str] = ("", ""),
    authorities: ssl.SSLContext | None = None,
) -> MailServer:
    """How to reach it."""
    return MailServer("127.0.0.1", office.port, SENDER, security, *login, authorities=authorities)
