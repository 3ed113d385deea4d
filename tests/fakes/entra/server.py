"""http.server in front of the stand-in. It closes each connection, since MSAL keeps its own until the process ends."""

from __future__ import annotations

from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.fakes.entra.answers import Answer, Refusal, page, refused, refused_page
from tests.fakes.entra.browser import admin_consent, authorize, sign_out
from tests.fakes.entra.grants import token
from tests.fakes.entra.provider import Entra
from tests.fakes.tls import self_signed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.fakes.entra.directory import Tenant


@contextmanager
def entra(folder: Path, app_id: str, secret: str, *tenants: Tenant) -> Iterator[Entra]:
    """A running Entra ID that knows one application; its certificate is written to ``folder``."""
    files = self_signed(folder)
    identity = Entra(app_id, secret, *tenants)
    identity.certificate = files.certificate
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(identity)) as server:
        server.socket = files.serving().wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        identity.url = f"https://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield identity
        finally:
            identity.open.set()
            server.shutdown()
            thread.join()


def _handler(identity: Entra) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(_respond(identity, self.path, None))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer(_respond(identity, self.path, dict(parse_qsl(body, keep_blank_values=True))))

        def _answer(self, answer: Answer) -> None:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Length", str(len(answer.body)))
            if answer.location:
                self.send_header("Location", answer.location)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Says nothing; the tests read ``grants``."""

    return Handler


def _respond(identity: Entra, path: str, form: Mapping[str, str] | None) -> Answer:
    address = urlsplit(path)
    authority, _, endpoint = address.path.lstrip("/").partition("/")
    query = dict(parse_qsl(address.query, keep_blank_values=True))
    try:
        answer = _for_program(identity, endpoint, unquote(authority), form)
    except Refusal as refusal:
        return refused(refusal)
    try:
        return answer or _for_browser(identity, endpoint, unquote(authority), query, form)
    except Refusal as refusal:
        return refused_page(refusal)


def _for_program(identity: Entra, endpoint: str, authority: str, form: Mapping[str, str] | None) -> Answer | None:
    match endpoint:
        case "v2.0/.well-known/openid-configuration":
            return identity.metadata(authority)
        case "discovery/v2.0/keys":
            return identity.published_keys(authority)
        case "oauth2/v2.0/token":
            return token(identity, authority, form or {})
    return None


def _for_browser(
    identity: Entra, endpoint: str, authority: str, query: Mapping[str, str], form: Mapping[str, str] | None
) -> Answer:
    match endpoint:
        case "oauth2/v2.0/authorize":
            return authorize(identity, authority, query, form)
        case "v2.0/adminconsent":
            return admin_consent(identity, authority, query, form)
        case "oauth2/v2.0/logout":
            return sign_out(identity, query)
    return page("Not found", "", status=404)
