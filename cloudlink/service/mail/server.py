"""Where the company's mail server is; apart from ``smtp``, so that settings name it without loading a client."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from email.headerregistry import Address


class SmtpSecurity(StrEnum):
    """How the connection is protected."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in, and from whom it is. Without ``username`` nobody signs in there.

    ``authorities`` replaces the system's, for a server with a certificate of its own.
    """

    host: str
    port: int
    sender: Address
    security: SmtpSecurity = SmtpSecurity.STARTTLS
    username: str = ""
    password: str = field(default="", repr=False)
    authorities: ssl.SSLContext | None = None
