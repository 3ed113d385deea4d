"""Puts the parts of this package together."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from bot.notices.answered import AnsweredElsewhere
from bot.notices.daily import DailySummary
from bot.notices.listening import Listener
from bot.notices.missed import MissedCalls, MissedCards
from bot.notices.pace import Pace
from bot.notices.post import Post
from bot.notices.readers import Readers
from bot.notices.reports import ReportNews
from bot.notices.summaries import Summaries
from bot.notices.telling import Telling
from bot.notices.worker import NoticeWorker
from store.clock import Clock, utc_now
from store.conversations import Conversations
from store.dial_links import DialLinks
from store.directory import Directory
from store.notices import Kind
from store.notices import Notices as NoticeRows
from store.preferences import PreferenceStore

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.connected_tenants import IsConnected
    from bot.connector import Connector
    from bot.notices.telling import Tells
    from cloudlink.administration.reports import OwnReports
    from cloudlink.port import CloudLink
    from store.database import Database


@dataclass(frozen=True, slots=True)
class Notices:
    """``listener.on_event`` is a consumer of the outbox, ``worker.run`` runs beside it."""

    listener: Listener
    worker: NoticeWorker


def notices(
    database: Database,
    cloudlink: CloudLink,
    connector: Connector,
    *,
    app_id: str,
    public_url: str,
    reports: OwnReports | None = None,
    is_connected: IsConnected | None = None,
    pace: Pace | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    now: Clock = utc_now,
) -> Notices:
    """What one server tells unasked; news of problem reports where there are ``reports``, and only to people of tenants
    that ``is_connected`` lets be served.

    ``connector`` is to try once: trying again is left to the rows.
    """
    worker = str(uuid4())
    rows, directory = NoticeRows(database, now), Directory(database, now)
    conversations, preferences = Conversations(database, now), PreferenceStore(database, now)
    address = f"{public_url}/dial/"
    post = Post(
        connector, pace or Pace(), rows, conversations, dial_address=address, worker=worker, sleep=sleep, now=now
    )
    drawing = MissedCards(cloudlink, DialLinks(database, now), lambda dial_id: f"{address}{dial_id}")
    missed = MissedCalls(cloudlink, rows, drawing, post, worker=worker, now=now)
    readers = Readers(directory, conversations, preferences, cloudlink, is_connected)
    daily = DailySummary(cloudlink, rows, drawing, post, worker=worker, now=now)
    answered = AnsweredElsewhere(rows, drawing, post, worker=worker, now=now)
    by_kind: dict[Kind, Tells] = {Kind.MISSED: missed, Kind.ANSWERED: answered, Kind.SUMMARY: daily}
    if reports is not None:
        by_kind[Kind.REPORT] = ReportNews(reports, rows, post, worker=worker, now=now)
    telling = Telling(rows, readers, by_kind, worker=worker, now=now)
    summaries = Summaries(database, preferences, directory, app_id=app_id, now=now)
    telling_worker = NoticeWorker(rows, telling, summaries.plan, worker=worker, now=now)
    listener = Listener(directory, rows, app_id=app_id, reports=reports is not None, wake=telling_worker.wake, now=now)
    return Notices(listener, telling_worker)
