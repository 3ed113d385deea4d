"""The tabs that a telephone user has: ``/tabs/calls`` and its neighbours, in Teams or in a browser.

- ``navigation`` the tabs by name; each has a module here
- ``frame``     session to ``PersonalVisit``: who is there, and a change only from our own page
- ``call_log``  the person's calls: lists, pages, a file of them; ``asked`` which calls, ``rows`` how they are drawn
- ``hiding``    hides calls, a few or all, and takes that back
- ``notes``     one's own note on a call
- ``statistics``  what the calls add up to
- ``report``    a problem: written down, looked at as it would be sent, sent; and how earlier ones stand
- ``settings``  what one is told and when, language, clocks, and whom the chat belongs to
- ``contacts``  colleagues and Microsoft 365 contacts, with their lines
- ``call_links`` the address of a call button; ``desk_call`` rings the desk phone in its place
- ``live``      ``/tabs/…/events``: tells open pages that there are new calls, and how lines of colleagues are
- ``about``     who is signed in, first use of MiCollab on each device, and the version
- ``sign_out``  ``/tabs/sign-out``, in Teams or in a browser, which comes in by ``tabs.sign_in`` at ``/tabs/sign-in``
- ``shell``     ``/tabs/teams/…``: the framed page without a session, whose script gets one and shows the tab instead

Each page is HTML from ``templates/personal`` that works without a script; ``scripts/personal.ts`` adds what moves. In
Teams the same pages are fetched with a bearer (``scripts/teams.ts``). Pages see CloudLink through its port, so they are
the person's own data alone. A new tab is a module here with its routes, a template, and a line in ``navigation``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from auth.forms import Forms
from auth.session import BrowserSessions
from cloudlink.identity import SessionKind
from reporting.desk import NoDesk
from store.call_notes import CallNotes
from store.clock import Clock, utc_now
from store.dial_links import DialLinks
from store.directory import Directory
from store.hidings import Hidings
from store.preferences import PreferenceStore
from tabs.guide import USER_GUIDE, user_guide
from tabs.micollab import UserWarnings
from tabs.personal import desk_call
from tabs.personal.about import AboutPage
from tabs.personal.call_log import CallLogPages
from tabs.personal.contacts import ContactPages
from tabs.personal.frame import PersonalFrame
from tabs.personal.hiding import HidingPages
from tabs.personal.live import LiveStreams
from tabs.personal.navigation import ABOUT, CALLS, CONTACTS, ENTRANCE, REPORT, SETTINGS
from tabs.personal.notes import NotePages
from tabs.personal.report import KEPT, NobodyReads, ReportPages
from tabs.personal.settings import SettingsPages
from tabs.personal.shell import shell
from tabs.personal.sign_out import SIGN_OUT, SignOut
from tabs.personal.statistics import StatisticsPages
from tabs.sign_in import SignInPages
from tabs.visitors import Visitors

if TYPE_CHECKING:
    from aiohttp import web

    from auth.entra.routing import EntraRouting
    from cloudlink.identity import Sessions
    from cloudlink.port import CloudLink
    from reporting.desk import Desk
    from store.database import Database
    from store.outbox import Outbox

__all__ = ["add_personal_tabs"]


def add_personal_tabs(  # noqa: PLR0917 - one call, in the composition
    app: web.Application,
    cloudlink: CloudLink,
    sessions: Sessions,
    database: Database,
    outbox: Outbox,
    desk: Desk | NoDesk,
    *,
    public_url: str,
    user_guide_url: str = "",
    microsoft: EntraRouting | None = None,
    forgot: bool = True,
    now: Clock = utc_now,
) -> LiveStreams:
    """Puts the tabs into the server. They use ``/static/personal.js`` and the sheets.

    The answer's ``run`` is to run along with the server, or open pages learn nothing new.
    ``user_guide_url`` is a guide of the company's own, in place of ours. ``microsoft`` and
    ``forgot`` are those of ``tabs.sign_in``.
    """
    secure = public_url.startswith("https://")
    browsers = BrowserSessions(sessions, secure=secure)
    SignInPages(ENTRANCE, cloudlink, browsers, Forms(secure=secure), microsoft, forgot=forgot).add_to(app)
    visitors = Visitors(sessions, browsers, {SessionKind.TEAMS, SessionKind.TAB})
    preferences = PreferenceStore(database, now)
    frame = PersonalFrame(cloudlink, visitors, preferences, desk.errors, now)
    live = LiveStreams(cloudlink, outbox, visitors)
    app.router.add_get("/tabs/teams/{tab}", shell)
    about = AboutPage(cloudlink, UserWarnings(database), user_guide_url or USER_GUIDE, desk.version)
    app.router.add_get(ABOUT.path, frame.shows(about.show))
    app.router.add_get(USER_GUIDE, user_guide)
    app.router.add_post(SIGN_OUT, frame.changes(SignOut(visitors).end))
    _add_call_log(app, frame, cloudlink, database, now)
    _add_contacts(app, frame, cloudlink, database, now)
    app.router.add_post(desk_call.PATH, frame.changes(desk_call.DeskCall(cloudlink).place))
    app.router.add_get(f"{CONTACTS.path}/events", live.lines)
    settings = SettingsPages(cloudlink, preferences, Directory(database, now))
    app.router.add_get(SETTINGS.path, frame.shows(settings.show))
    app.router.add_post(SETTINGS.path, frame.changes(settings.save))
    app.router.add_post(f"{SETTINGS.path}/disconnect", frame.changes(settings.disconnect))
    app.router.add_get(f"{CALLS.path}/events", live.calls)
    _add_report(app, frame, desk)
    app.on_shutdown.append(live.close)
    return live


def _add_call_log(
    app: web.Application, frame: PersonalFrame, cloudlink: CloudLink, database: Database, now: Clock
) -> None:
    notes, hidings = CallNotes(database, now), Hidings(database, now)
    calls = CallLogPages(cloudlink, DialLinks(database, now), notes, hidings, UserWarnings(database))
    hiding, noting = HidingPages(cloudlink, notes, hidings), NotePages(cloudlink, notes)
    get, post = app.router.add_get, app.router.add_post
    get(CALLS.path, frame.shows(calls.show))
    get(f"{CALLS.path}/export.csv", frame.shows(calls.export))
    post(f"{CALLS.path}/hide", frame.changes(hiding.hide))
    get(f"{CALLS.path}/hide-all", frame.shows(hiding.ask))
    post(f"{CALLS.path}/hide-all", frame.changes(hiding.hide_all))
    post(f"{CALLS.path}/undo", frame.changes(hiding.undo))
    get(f"{CALLS.path}/statistics", frame.shows(StatisticsPages(cloudlink).show))
    get(f"{CALLS.path}/note", frame.shows(noting.show))
    post(f"{CALLS.path}/note", frame.changes(noting.save))


def _add_report(app: web.Application, frame: PersonalFrame, desk: Desk | NoDesk) -> None:
    if isinstance(desk, NoDesk):
        app.router.add_get(REPORT.path, frame.shows(NobodyReads(desk.ask).show))
        return
    pages = ReportPages(desk)
    app.router.add_get(REPORT.path, frame.shows(pages.show))
    app.router.add_post(REPORT.path, frame.changes(pages.write, upload=KEPT))
    app.router.add_get(f"{REPORT.path}/preview", frame.shows(pages.preview))
    app.router.add_post(f"{REPORT.path}/send", frame.changes(pages.send))
    app.router.add_post(f"{REPORT.path}/discard", frame.changes(pages.discard))
    app.router.add_get(f"{REPORT.path}/sent/{{report_id}}", frame.shows(pages.sent))
    app.router.add_get(f"{REPORT.path}/picture/{{report_id}}", frame.shows(pages.picture))


def _add_contacts(
    app: web.Application, frame: PersonalFrame, cloudlink: CloudLink, database: Database, now: Clock
) -> None:
    contacts = ContactPages(cloudlink, DialLinks(database, now))
    app.router.add_get(CONTACTS.path, frame.shows(contacts.show))
    app.router.add_get(f"{CONTACTS.path}/lines", frame.shows(contacts.lines))
