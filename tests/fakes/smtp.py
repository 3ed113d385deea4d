"""A mail server: aiosmtpd on a real socket in the test's own event loop, which can refuse, delay and hang up."""

from __future__ import annotations

import asyncio
import warnings
from collections import deque
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from email.message import EmailMessage
    from types import TracebackType

OK = "250 OK"
HANG_UP = "hang up"


@dataclass
class PostOffice:
    """``answers`` are given to the next messages' ends, ``to_recipients`` to the next RCPT commands; then all is well.

    ``HANG_UP`` in their place drops the connection there without a word.
    """

    tls: ssl.SSLContext | None = None
    starttls: ssl.SSLContext | None = None
    login: tuple[str, str] | None = None
    utf8: bool = True
    port: int = 0
    answers: deque[str] = field(default_factory=deque)
    to_recipients: deque[str] = field(default_factory=deque)
    received: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)
    connections: int = 0
    on_data: Callable[[], object] = lambda: None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, "127.0.0.1", self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd names its hooks by the commands
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.to_recipients.popleft() if self.to_recipients else OK
        if answer == HANG_UP:
            _hang_up(server)
        elif answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.on_data()
        answer = self.answers.popleft() if self.answers else OK
        if answer == HANG_UP:
            _hang_up(server)
        elif answer == OK:
            content = envelope.content
            assert isinstance(content, bytes)
            self.raw.append(content)
            self.received.append(message_from_bytes(content, policy=policy.default))
            self.recipients += envelope.rcpt_tos
            self.secured.append(session.ssl is not None or self.tls is not None)
        return answer

    def _protocol(self) -> SMTP:
        self.connections += 1
        with warnings.catch_warnings():
            # It warns of sign-ins without STARTTLS, and cannot know that its socket may be TLS from the beginning.
            warnings.simplefilter("ignore")
            return SMTP(
                self,
                hostname="mail.example.com",
                enable_SMTPUTF8=self.utf8,
                tls_context=self.starttls,
                require_starttls=self.starttls is not None,
                authenticator=self._authenticate if self.login else None,
                auth_required=self.login is not None,
                auth_require_tls=self.tls is None,
                loop=asyncio.get_running_loop(),
            )

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, credentials: Any
    ) -> AuthResult:
        if not isinstance(credentials, LoginPassword):
            return AuthResult(success=False, handled=False)
        given = (credentials.login.decode(), credentials.password.decode())
        return AuthResult(success=given == self.login, handled=False)


def _hang_up(server: SMTP) -> None:
    assert server.transport is not None
    server.transport.abort()  # type: ignore[attr-defined]
