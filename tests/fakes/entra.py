"""The token endpoint of Microsoft Entra ID on loopback, by https as MSAL demands, with a certificate of its own.

Authority metadata and the client credentials grant, with the errors that Entra ID documents for them. It runs in a
thread, since MSAL blocks, and closes each connection, since MSAL keeps its own until the process ends.
"""

from __future__ import annotations

import json
import ssl
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

METADATA = "/v2.0/.well-known/openid-configuration"
TOKEN = "/oauth2/v2.0/token"


class Entra:
    """``url`` is the base URL; ``certificate`` a file to trust. ``grants`` are the forms that asked ``tenants``."""

    def __init__(self, app_id: str, secret: str, certificate: Path) -> None:
        self.url = ""
        self.certificate = certificate
        self.grants: list[Mapping[str, str]] = []
        self.tenants: list[str] = []
        self.lifetime = 3600
        self.broken = False
        self._app_id = app_id
        self._secret = secret

    def metadata(self, tenant: str) -> tuple[int, Mapping[str, object]]:
        """Status and document."""
        authority = f"{self.url}/{tenant}"
        authorize = f"{authority}/oauth2/v2.0/authorize"
        endpoints = {"authorization_endpoint": authorize, "token_endpoint": authority + TOKEN}
        return 200, {"issuer": f"{authority}/v2.0", **endpoints}

    def token(self, tenant: str, form: Mapping[str, str]) -> tuple[int, Mapping[str, object]]:
        """Status and document."""
        self.grants.append(form)
        self.tenants.append(tenant)
        if self.broken:
            return 500, {}
        if (form.get("client_id"), form.get("client_secret")) != (self._app_id, self._secret):
            description = "AADSTS7000215: Invalid client secret provided."
            return 401, {"error": "invalid_client", "error_description": description}
        token = f"token-{len(self.grants)}"
        return 200, {"token_type": "Bearer", "expires_in": self.lifetime, "access_token": token}


@contextmanager
def entra(folder: Path, app_id: str, secret: str) -> Iterator[Entra]:
    """A running Entra ID that knows one application; its certificate is written to ``folder``."""
    context = _tls(folder)
    identity = Entra(app_id, secret, folder / "certificate.pem")
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(identity)) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        identity.url = f"https://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield identity
        finally:
            server.shutdown()
            thread.join()


def _handler(identity: Entra) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tenant = self.path.removesuffix(METADATA).strip("/")
            self._answer(*identity.metadata(tenant))

        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self._answer(*identity.token(self.path.removesuffix(TOKEN).strip("/"), form))

        def _answer(self, status: int, document: Mapping[str, object]) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        def log_message(self, *_: object) -> None:
            """Says nothing; the tests read ``grants``."""

    return Handler


def _tls(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    unlocked = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "certificate.pem").write_bytes(pem)
    (folder / "key.pem").write_bytes(unlocked)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context
