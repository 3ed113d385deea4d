"""The account console at ``/console``: pages for partners and administrators, in a browser or as a Teams tab.

- ``frame``       session to ``Visit``: who is there, whose pages, a change only from our own page; pages for problems
- ``visit``       what a page knows of its request, and how it answers
- ``navigation``  where each role can go: a new page group is one line there
- ``services``    the contracts of ``cloudlink.administration`` that pages ask
- ``forms``       reading what is sent; a form with values and what is wrong. ``once``: sent twice, done once
- ``sentences``   refusals, notes, names of values; ``audit_sentences`` those of the log, ``check_sentences`` those of
                  an integration's test; ``choices`` of selects
- ``teams``  the way in for a tab, with a bearer; a browser comes by ``tabs.sign_in``
- ``dashboard``, ``accounts`` (``account_forms``), ``users`` (``user_forms``), ``imports``, ``gateways``,
  ``mails``, ``integrations`` (``watchers``), ``tenants``, ``presence``, ``rollouts``, ``applications``, ``reports``,
  ``audit``  the page groups

Each page is HTML from ``templates/console`` that works without a script: links, and forms that answer with a redirect.
In Teams the same pages are fetched by ``scripts/console/teams.ts``. A page asks one contract, shows what it answers,
and decides no right itself: CloudLink does. A new page group is a module here with a class of handlers, its lines in
``_routes``, its templates, and its place in ``navigation``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from auth.forms import Forms
from auth.session import BrowserSessions
from store.clock import Clock, utc_now
from tabs.console.accounts import AccountPages
from tabs.console.applications import ApplicationPages
from tabs.console.audit import AuditPages
from tabs.console.dashboard import Dashboard
from tabs.console.frame import Frame
from tabs.console.gateways import GatewayPages
from tabs.console.imports import ImportPages
from tabs.console.integrations import IntegrationPages
from tabs.console.mails import MailPages
from tabs.console.navigation import ACCOUNTS, ENTRANCE, HOME
from tabs.console.once import Once
from tabs.console.presence import PresencePages
from tabs.console.reports import ReportPages
from tabs.console.rollouts import RolloutPages
from tabs.console.services import Entra, Services
from tabs.console.teams import tab
from tabs.console.tenants import TenantPages
from tabs.console.users import UserPages
from tabs.console.watchers import WatcherPages
from tabs.sign_in import SignInPages
from tabs.visitors import Visitors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiohttp import web

    from auth.entra.routing import EntraRouting
    from cloudlink.identity import Sessions
    from cloudlink.port import CloudLink
    from tabs.console.frame import Answer

__all__ = ["Entra", "Services", "add_console"]

_ACCOUNT = ACCOUNTS + "/{account_id}"
_USER = _ACCOUNT + "/users/{principal_id}"
_IMPORT = _ACCOUNT + "/imports/{import_id}"
_GATEWAY = _ACCOUNT + "/gateways/{gateway_id}"
_MAIL = _ACCOUNT + "/mails/{mail_id}"
_ROLLOUT = _ACCOUNT + "/rollouts/{rollout_id}"
_APPLICATION = _ACCOUNT + "/applications/{client_id}"
_REPORT = _ACCOUNT + "/reports/{report_id}"
_INTEGRATION = _ACCOUNT + "/integrations/{kind}"
_WATCHERS = _ACCOUNT + "/integrations/teamsPresence/watchers"
_TOKENS = _ACCOUNT + "/integrations/entraSync/tokens"


def add_console(
    app: web.Application,
    services: Services,
    sessions: Sessions,
    cloudlink: CloudLink,
    *,
    public_url: str,
    microsoft: EntraRouting | None = None,
    now: Clock = utc_now,
) -> None:
    """Puts the console into the server. It uses ``/static/console.js`` and the sheets.

    ``microsoft`` leads to the sign-on of people's companies, if there is one. ``request.remote`` is the address
    whose attempts are counted: a server behind a proxy has to set it to the client's.
    """
    secure = public_url.startswith("https://")
    browsers = BrowserSessions(sessions, secure=secure)
    SignInPages(ENTRANCE, cloudlink, browsers, Forms(secure=secure), microsoft).add_to(app)
    frame = Frame(services.accounts, Visitors(sessions, browsers), now)
    app.router.add_post(f"{HOME}/sign-out", frame.changes(frame.sign_out))
    app.router.add_get(f"{HOME}/teams", tab)
    for method, path, answer in _routes(services, public_url):
        app.router.add_route(method, path, frame.shows(answer) if method == "GET" else frame.changes(answer))


def _routes(services: Services, public_url: str) -> Iterator[tuple[str, str, Answer]]:
    """Method, path and answer of each page. A fixed part of a path stands before a name in its place."""
    once = Once()
    dashboard = Dashboard(services)
    yield "GET", HOME, dashboard.show
    yield from _account_routes(AccountPages(services, once))
    yield "GET", _ACCOUNT, dashboard.show
    yield from _user_routes(UserPages(services, once))
    yield from _import_routes(ImportPages(services, once))
    yield from _gateway_routes(GatewayPages(services))
    yield from _mail_routes(MailPages(services))
    integrations = IntegrationPages(services, public_url, once)
    yield from _watcher_routes(WatcherPages(services))
    yield from _integration_routes(integrations)
    yield from _tenant_routes(TenantPages(services, integrations.overview))
    yield from _presence_routes(PresencePages(services))
    yield from _rollout_routes(RolloutPages(services))
    yield from _application_routes(ApplicationPages(services))
    yield from _report_routes(ReportPages(services))
    yield "GET", f"{_ACCOUNT}/audit", AuditPages(services).overview


def _account_routes(pages: AccountPages) -> Iterator[tuple[str, str, Answer]]:
    yield "GET", ACCOUNTS, pages.overview
    yield "GET", f"{ACCOUNTS}/new", pages.new
    yield "POST", f"{ACCOUNTS}/new", pages.create
    yield "GET", f"{_ACCOUNT}/settings", pages.settings
    yield "POST", f"{_ACCOUNT}/settings", pages.save
    yield "POST", f"{_ACCOUNT}/activate", pages.activate
    yield "POST", f"{_ACCOUNT}/deactivate", pages.deactivate
    yield "POST", f"{_ACCOUNT}/export", pages.export
    yield "GET", f"{_ACCOUNT}/delete", pages.ask_to_delete
    yield "POST", f"{_ACCOUNT}/delete", pages.delete


def _user_routes(pages: UserPages) -> Iterator[tuple[str, str, Answer]]:
    yield "GET", f"{_ACCOUNT}/users", pages.overview
    yield "GET", f"{_ACCOUNT}/users/new", pages.new
    yield "POST", f"{_ACCOUNT}/users/new", pages.create
    yield "GET", _USER, pages.show
    yield "POST", _USER, pages.save
    yield "POST", f"{_USER}/activate", pages.activate
    yield "POST", f"{_USER}/deactivate", pages.deactivate
    yield "POST", f"{_USER}/invite", pages.invite
    yield "POST", f"{_USER}/reset-password", pages.reset_password
    yield "GET", f"{_USER}/delete", pages.ask_to_delete
    yield "POST", f"{_USER}/delete", pages.delete


def _import_routes(pages: ImportPages) -> Iterator[tuple[str, str, Answer]]:
    yield "GET", f"{_ACCOUNT}/imports", pages.overview
    yield "POST", f"{_ACCOUNT}/imports", pages.preview
    yield "GET", _IMPORT, pages.show
    yield "POST", f"{_IMPORT}/start", pages.start
    yield "GET", f"{_IMPORT}/report.csv", pages.report


def _gateway_routes(pages: GatewayPages) -> Iterator[tuple[str, str, Answer]]:
    yield "GET", f"{_ACCOUNT}/gateways", pages.overview
    yield "GET", f"{_ACCOUNT}/gateways/new", pages.new
    yield "POST", f"{_ACCOUNT}/gateways/new", pages.create
    yield "GET", _GATEWAY, pages.show
    yield "POST", _GATEWAY, pages.save
    yield "POST", f"{_GATEWAY}/pair", pages.pair_again
    yield "POST", f"{_GATEWAY}/revoke", pages.revoke
    yield "POST", f"{_GATEWAY}/remove", pages.remove


def _mail_routes(pages: MailPages) -> Iterator[tuple[str, str, Answer]]:
    yield "GET", f"{_ACCOUNT}/mails", pages.overview
    yield "POST", _MAIL, pages.show
    yield "POST", f"{_MAIL}/retry", pages.retry


def _integration_routes(pages: IntegrationPages) -> Iterator[tuple[str, str, Answer]]:
    yield "GET", f"{_ACCOUNT}/integrations", pages.show_all
    yield "POST", _TOKENS, pages.new_token
    yield "POST", _TOKENS + "/{token_id}/revoke", pages.revoke_token
    yield "GET", _INTEGRATION, pages.show
    yield "POST", _INTEGRATION, pages.save
    yield "POST", f"{_INTEGRATION}/test", pages.test
    yield "POST", f"{_INTEGRATION}/on", pages.switch_on
    yield "POST", f"{_INTEGRATION}/off", pages.switch_off
    yield "POST", f"{_INTEGRATION}/remove", pages.remove


def _watcher_routes(pages: WatcherPages) -> Iterator[tuple[str, str, Answer]]:
    yield "GET", f"{_WATCHERS}/connect", pages.connect
    yield "POST", _WATCHERS + "/{watcher_id}/remove", pages.remove


def _tenant_routes(pages: TenantPages) -> Iterator[tuple[str, str, Answer]]:
    yield "GET", f"{_ACCOUNT}/tenants/connect", pages.connect
    yield "POST", f"{_ACCOUNT}/tenants/forget", pages.forget
    yield "POST", f"{_ACCOUNT}/domains", pages.add_domain
    yield "POST", f"{_ACCOUNT}/domains/verify", pages.verify_domain
    yield "POST", f"{_ACCOUNT}/domains/remove", pages.remove_domain


def _presence_routes(pages: PresencePages) -> Iterator[tuple[str, str, Answer]]:
    yield "GET", f"{_ACCOUNT}/presence", pages.show
    yield "POST", f"{_ACCOUNT}/presence/match", pages.match_again


def _rollout_routes(pages: RolloutPages) -> Iterator[tuple[str, str, Answer]]:
    yield "GET", f"{_ACCOUNT}/rollouts", pages.overview
    yield "POST", f"{_ACCOUNT}/rollouts", pages.start
    yield "GET", _ROLLOUT, pages.show
    yield "POST", f"{_ROLLOUT}/retry", pages.retry
    yield "POST", f"{_ROLLOUT}/cancel", pages.cancel


def _application_routes(pages: ApplicationPages) -> Iterator[tuple[str, str, Answer]]:
    yield "GET", f"{_ACCOUNT}/applications", pages.overview
    yield "GET", f"{_ACCOUNT}/applications/new", pages.new
    yield "POST", f"{_ACCOUNT}/applications/new", pages.create
    yield "GET", _APPLICATION, pages.show
    yield "POST", _APPLICATION, pages.save
    yield "POST", f"{_APPLICATION}/secret", pages.new_secret
    yield "POST", f"{_APPLICATION}/remove", pages.remove


def _report_routes(pages: ReportPages) -> Iterator[tuple[str, str, Answer]]:
    yield "GET", f"{_ACCOUNT}/reports", pages.overview
    yield "GET", _REPORT, pages.show
    yield "POST", _REPORT, pages.change
    yield "GET", f"{_REPORT}/picture", pages.picture
