"""The company's mail server, by SMTP.

Certificates are checked, against the system's authorities (``SSL_CERT_FILE`` names others to OpenSSL). ``starttls``
means that nothing is said before TLS is up; a server that does not offer it is refused.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiosmtplib

from cloudlink.service.mail.server import SmtpSecurity

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from email.message import EmailMessage

    from cloudlink.service.mail.server import MailServer

_TIMEOUT_S = 30.0
_PERMANENT = 500


class NotAccepted(Exception):
    """The server did not take a message. The text is what it said; ``code`` its reply code, 0 when there is none."""

    def __init__(self, words: str, code: int = 0) -> None:
        super().__init__(f"{code} {words}" if code else words)
        self.code = code


class Rejected(NotAccepted):
    """The message will never be taken: its address or its content is refused for good."""


class Delayed(NotAccepted):
    """The server wants it later."""


class Unreachable(NotAccepted):
    """Nobody's mail can be handed in now: no connection, no TLS, no sign-in, or the sender is not allowed."""


class Connection:
    """An open connection to the server."""

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self._client = client

    async def send(self, mail: EmailMessage) -> None:
        """Hands one message in. Raises ``Rejected``, ``Delayed``, ``Unreachable``."""
        try:
            await self._client.send_message(mail)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refusal(error.recipients[0]) from None
        except aiosmtplib.SMTPNotSupported as error:
            raise Rejected(str(error)) from None
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPHeloError) as error:
            raise Unreachable(error.message, error.code) from None
        except aiosmtplib.SMTPResponseException as error:
            raise _refusal(error) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unreachable(str(error) or type(error).__name__) from None


@asynccontextmanager
async def connected(server: MailServer) -> AsyncIterator[Connection]:
    """Connects and signs in. Raises ``Unreachable``."""
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.username or None,
        password=server.password or None,
        timeout=_TIMEOUT_S,
        use_tls=server.security is SmtpSecurity.TLS,
        start_tls=server.security is SmtpSecurity.STARTTLS,
        tls_context=server.authorities,
    )
    try:
        await client.connect()
    except aiosmtplib.SMTPResponseException as error:
        raise Unreachable(error.message, error.code) from None
    except (aiosmtplib.SMTPException, OSError) as error:
        raise Unreachable(str(error) or type(error).__name__) from None
    try:
        yield Connection(client)
    finally:
        await _leave(client)


async def _leave(client: aiosmtplib.SMTP) -> None:
    try:
        if client.is_connected:
            await client.quit()
    except (aiosmtplib.SMTPException, OSError):
        # What had to be said was said before.
        client.close()


def _refusal(error: aiosmtplib.SMTPResponseException) -> NotAccepted:
    return (Rejected if error.code >= _PERMANENT else Delayed)(error.message, error.code)
