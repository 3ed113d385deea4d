"""Mitel's public API and the OpenID provider of the embedded CloudLink."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auth.openid import add_openid_pages
from auth.session import BrowserSessions
from cloudlink.service.api.admin.routes import Administration, admin_routes
from cloudlink.service.api.media.routes import media_routes
from cloudlink.service.api.notifications.routes import Notifications
from cloudlink.service.api.routing import add_api
from cloudlink.service.identity.authentication_api import AuthenticationApi
from cloudlink.service.identity.grants import Grants
from cloudlink.service.identity.keys import Keys
from cloudlink.service.identity.openid import OpenId, OpenIdApi
from cloudlink.service.identity.tokens import Tokens
from tabs.console.navigation import ENTRANCE

if TYPE_CHECKING:
    from cloudlink.service.call_control import CallControl
    from composition.doors import Embedded
    from composition.parts import Parts


def add_public_api(parts: Parts, service: Embedded, calling: CallControl) -> None:
    """Puts the four services, and the provider with its pages, into the server."""
    app, database, now, url = parts.app, parts.database, parts.now, parts.public_url
    keys = Keys(database, parts.vault, now)
    tokens = Tokens(database, keys, url, now)
    grants = Grants(database, parts.vault, tokens, service.cloudlink, now=now)
    authentication = AuthenticationApi(database, keys, tokens, grants, service.clients)
    loopback = parts.settings.webhook_loopback
    notifications = Notifications(tokens, database, parts.outbox, loopback=loopback, now=now)
    notifications.run_in(app)
    services = {
        "admin": admin_routes(tokens, database, Administration(service.accounts, service.users, service.clients)),
        "authentication": authentication.routes(),
        "media": media_routes(tokens, database, calling, now),
        "notifications": notifications.routes(),
    }
    add_api(app, services, public_url=url, domain=parts.settings.api_domain or None)
    app.add_routes(OpenIdApi(database, tokens, authentication).routes())
    # Applications' sign-in is the browser's session at the console.
    browsers = BrowserSessions(service.sessions, secure=parts.secure)
    add_openid_pages(app, OpenId(database, tokens, now), browsers, sign_in=ENTRANCE.path, now=now)
