"""Problem reports: what people say does not work, for whoever looks after the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from cloudlink.administration.reports import ReportState
from tabs.console.sentences import REPORT_STATES, label
from tabs.console.visit import see

if TYPE_CHECKING:
    from tabs.console.services import Services
    from tabs.console.visit import Visit


class ReportPages:
    """``/console/accounts/{account_id}/reports`` and below."""

    def __init__(self, services: Services) -> None:
        self._reports = services.reports

    async def overview(self, visit: Visit) -> web.StreamResponse:
        """The newest of one state, or of both: ``state``."""
        state = _state(visit.request)
        found = await self._reports.all(visit.actor, visit.account_id, state=state)
        own, say = visit.path("reports"), visit.say
        lists = [(own, say("All"), state is None)]
        lists += [(f"{own}?state={each}", label(REPORT_STATES, each, say), state is each) for each in ReportState]
        return visit.page(
            "reports.html",
            "reports",
            reports=found,
            lists=lists,
            states=REPORT_STATES,
            filtered=state is not None,
        )

    async def show(self, visit: Visit) -> web.StreamResponse:
        """One, with all that its author sent."""
        report = await self._reports.get(visit.actor, visit.account_id, visit.id("report_id"))
        return visit.page(
            "report.html",
            "reports",
            report=report,
            state=label(REPORT_STATES, report.state, visit.say),
        )

    async def close(self, visit: Visit) -> web.StreamResponse:
        """It is dealt with."""
        await self._set(visit, ReportState.CLOSED)
        raise see(visit.path("reports"), "report-closed")

    async def open_again(self, visit: Visit) -> web.StreamResponse:
        """It is not, after all."""
        await self._set(visit, ReportState.OPEN)
        raise see(visit.path("reports", visit.id("report_id")), "report-opened")

    async def _set(self, visit: Visit, state: ReportState) -> None:
        await self._reports.set_state(visit.actor, visit.account_id, visit.id("report_id"), state)


def _state(request: web.Request) -> ReportState | None:
    state = request.query.get("state")
    try:
        return ReportState(state) if state else None
    except ValueError:
        raise web.HTTPNotFound from None
