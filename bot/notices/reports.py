"""News of one's problem reports: somebody looks after one, answers it or closes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards.notices import ReportView, report_news
from cloudlink.administration.report_sentences import STATES, named
from cloudlink.port import UnknownId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.notices.post import Post
    from bot.notices.readers import Reader
    from cloudlink.administration.reports import OwnReports
    from store.clock import Clock
    from store.notices import Notice, Notices


class ReportNews:
    """Tells them. However often a report was changed meanwhile, its present state is told once."""

    def __init__(self, reports: OwnReports, notices: Notices, post: Post, *, worker: str, now: Clock) -> None:
        self._reports = reports
        self._notices = notices
        self._post = post
        self._worker = worker
        self._now = now

    async def tell(self, reader: Reader, batch: Sequence[Notice]) -> None:
        """One card for each report. Raises ``CloudLinkError``."""
        if not reader.preferences.report_news:
            await self._notices.drop(batch, self._worker)
            return
        over = reader.preferences.quiet_until(self._now(), reader.zone)
        if over is not None:
            await self._notices.later(batch, self._worker, over, kept=True)
            return
        by_report: dict[str, list[Notice]] = {}
        for notice in batch:
            by_report.setdefault(str(notice.details["report"]), []).append(notice)
        for report_id, about in by_report.items():
            await self._one(reader, report_id, about)

    async def _one(self, reader: Reader, report_id: str, about: Sequence[Notice]) -> None:
        try:
            report = await self._reports.get(reader.who, report_id)
        except UnknownId:
            await self._notices.drop(about, self._worker)
            return
        state = named(STATES, report.state, reader.say)
        view = ReportView(report.reference, state, report.answer, report.changed_on, reader.zone)
        await self._post.deliver(reader, about, report_news(view, reader.say))
