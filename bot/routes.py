"""Puts the bot into the web application."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bot.adapter import Deadlines, TeamsAdapter
from bot.assistant import Assistant
from bot.background import Background
from bot.call_log import CallLog
from bot.call_search import CallSearch
from bot.calling import Calling
from bot.cards import CALL_LOG_VERB, CALL_SEARCH_VERB, STATISTICS_VERB
from bot.cards.desk_phone import DESK_CALL_VERB
from bot.cards.settings import SAVE_SETTINGS_VERB
from bot.commands import Intent
from bot.connected_tenants import ConnectedTenants
from bot.desk_phone import DeskPhone
from bot.dialogs import choose
from bot.dialogs.sign_in import SignInDialog
from bot.extension.contacts import Contacts
from bot.extension.entrance import Entrance
from bot.extension.extension import MessageExtension
from bot.extension.links import Links
from bot.extension.numbers import MessageNumbers
from bot.extension.search import Search
from bot.failures import NotedFailures
from bot.features import Features
from bot.handler import TeamsHandler
from bot.notices.buttons import MissedButtons
from bot.notices.missed import MissedCards
from bot.notices.readers import Clocks
from bot.reporting import NobodyReads, Reporting
from bot.settings import AsTheyChose, Settings
from bot.statistics import CallStatistics
from store.activities import ActivitiesSeen
from store.call_notes import CallNotes
from store.clock import Clock, utc_now
from store.conversations import Conversations
from store.dial_links import DialLinks
from store.dialogs import Dialogs
from store.directory import Directory
from store.notices import Notices
from store.preferences import PreferenceStore

if TYPE_CHECKING:
    from aiohttp import web

    from auth.sign_in import SignIn
    from bot.adapter import Verifier
    from bot.connected_tenants import IsConnected
    from bot.connector import Connector
    from bot.single_sign_on import SingleSignOn
    from bot.turn import Answering
    from cloudlink.port import CloudLink
    from reporting.desk import Desk
    from store.database import Database

# Longer than a turn may take against a slow connector's first refusals, shorter than what stops a service.
_SHUTDOWN_PATIENCE = 20.0


def add_bot(
    app: web.Application,
    *,
    app_id: str,
    public_url: str,
    database: Database,
    cloudlink: CloudLink,
    sign_in: SignIn,
    desk: Desk | None,
    verifier: Verifier,
    connector: Connector,
    popup: bool = True,
    single_sign_on: SingleSignOn | None = None,
    is_connected: IsConnected | None = None,
    now: Clock = utc_now,
    deadlines: Deadlines | None = None,
) -> None:
    """Adds ``POST /api/messages``; a shutdown of ``app`` waits for the turns that are still going on.

    ``public_url`` is without a slash at its end. ``popup`` lets Teams open the sign-in page in a window of its own,
    which needs a page on https in a domain of the app's manifest. With ``is_connected``, people of a tenant that is not
    get instructions only. ``desk`` is where problems are reported; ``None`` where nobody would read them.
    """
    background = Background()
    dialogs = Dialogs(database, now)
    dialog = SignInDialog(sign_in, dialogs, public_url=public_url, popup=popup, single_sign_on=single_sign_on)
    answering: Answering = _assistant(public_url, database, cloudlink, dialogs, dialog, desk, now)
    answering = AsTheyChose(answering, Directory(database, now), PreferenceStore(database, now), f"{public_url}/dial/")
    if is_connected is not None:
        answering = ConnectedTenants(answering, is_connected, console_url=f"{public_url}/console")
    entrance = Entrance(Directory(database, now), sign_in, public_url=public_url, single_sign_on=single_sign_on)
    handler = TeamsHandler(
        answering,
        _extension(public_url, cloudlink, DialLinks(database, now), entrance, is_connected),
        app_id=app_id,
        conversations=Conversations(database, now),
        seen=ActivitiesSeen(database, now),
    )
    failures = NotedFailures(Directory(database, now), desk.errors) if desk else None
    adapter = TeamsAdapter(verifier, connector, background, deadlines or Deadlines(), app_id=app_id, failures=failures)

    async def messages(request: web.Request) -> web.Response:
        return await adapter.process(request, handler)

    async def drain(_: web.Application) -> None:
        await background.drain(_SHUTDOWN_PATIENCE)

    app.router.add_post("/api/messages", messages)
    app.on_shutdown.append(drain)


def _assistant(  # noqa: PLR0917 - one call, above
    public_url: str,
    database: Database,
    cloudlink: CloudLink,
    dialogs: Dialogs,
    sign_in: SignInDialog,
    desk: Desk | None,
    now: Clock,
) -> Assistant:
    dial_links, dial_url = DialLinks(database, now), partial(_dial_url, public_url)
    preferences = PreferenceStore(database, now)
    call_log = CallLog(cloudlink, dial_links, dial_url, now)
    calling = Calling(cloudlink, dial_links, dialogs, dial_url)
    search = CallSearch(cloudlink, CallNotes(database, now), dial_links, dial_url, now)
    statistics = CallStatistics(cloudlink, now)
    settings = Settings(cloudlink, preferences)
    missed = MissedButtons(
        Notices(database, now),
        CallNotes(database, now),
        MissedCards(cloudlink, dial_links, dial_url),
        Clocks(preferences, cloudlink),
    )
    reporting = Reporting(desk, now) if desk else None
    return Assistant(
        directory=Directory(database, now),
        conversations=Conversations(database, now),
        dialogs=dialogs,
        sign_in=sign_in,
        features=Features(
            said={
                Intent.CALL_LOG: call_log.said,
                Intent.CALL: calling.said,
                Intent.SEARCH: search.said,
                Intent.STATISTICS: statistics.said,
                Intent.SETTINGS: settings.said,
                Intent.REPORT: reporting.said if reporting else NobodyReads().said,
                Intent.REPORT_STATUS: reporting.status if reporting else NobodyReads().said,
            },
            pressed={
                CALL_LOG_VERB: call_log.pressed,
                CALL_SEARCH_VERB: search.pressed,
                STATISTICS_VERB: statistics.pressed,
                SAVE_SETTINGS_VERB: settings.pressed,
                DESK_CALL_VERB: DeskPhone(cloudlink, dial_links, dial_url, now).pressed,
                **missed.pressed(),
                **(reporting.pressed() if reporting else {}),
            },
            dialogs={choose.NAME: calling.goes_on},
        ),
    )


def _extension(
    public_url: str, cloudlink: CloudLink, dial_links: DialLinks, entrance: Entrance, is_connected: IsConnected | None
) -> MessageExtension:
    contacts = Contacts(dial_links, partial(_dial_url, public_url))
    return MessageExtension(
        entrance,
        Search(cloudlink, contacts),
        MessageNumbers(cloudlink, contacts, dial_links),
        Links(cloudlink, dial_links, public_url=public_url),
        is_connected=is_connected,
    )


def _dial_url(public_url: str, dial_id: str) -> str:
    return f"{public_url}/dial/{dial_id}"
