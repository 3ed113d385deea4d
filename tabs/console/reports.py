"""Problem reports: what people say does not work, for whoever looks after the account."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from cloudlink.administration.refusals import Refused
from cloudlink.administration.report_sentences import CATEGORIES, FACTS, STATES, named
from cloudlink.administration.reports import LONGEST_TEXT, ReportState
from tabs.console.forms import Form
from tabs.console.sentences import refusal
from tabs.console.visit import see
from tabs.pictures import picture_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloudlink.administration.reports import Report
    from tabs.console.services import Services
    from tabs.console.visit import Visit

COLOURS: Mapping[str, str] = {ReportState.OPEN: "warning", ReportState.CLOSED: "success"}


class ReportPages:
    """``/console/accounts/{account_id}/reports`` and below."""

    def __init__(self, services: Services) -> None:
        self._reports = services.reports

    async def overview(self, visit: Visit) -> web.StreamResponse:
        """The newest of one state, or of all: ``state``."""
        state = _state(visit.request.query.get("state"))
        found = await self._reports.all(visit.actor, visit.account_id, state=state)
        own, say = visit.path("reports"), visit.say
        lists = [(own, say("All"), state is None)]
        lists += [(f"{own}?state={each}", STATES[each](say), state is each) for each in ReportState]
        return visit.page(
            "reports.html",
            "reports",
            reports=[
                (each, named(CATEGORIES, each.category, say), named(STATES, each.state, say), _colour(each))
                for each in found
            ],
            lists=lists,
            filtered=state is not None,
        )

    async def show(self, visit: Visit) -> web.StreamResponse:
        """One, with all that its author sent."""
        report = await self._reports.get(visit.actor, visit.account_id, visit.id("report_id"))
        return self._page(visit, report, Form({"state": report.state, "answer": report.answer}))

    async def picture(self, visit: Visit) -> web.StreamResponse:
        """Its screenshot."""
        return picture_response(await self._reports.picture(visit.actor, visit.account_id, visit.id("report_id")))

    async def change(self, visit: Visit) -> web.StreamResponse:
        """Its ``state`` and the ``answer`` to its author."""
        report_id, answer = visit.id("report_id"), visit.sent.text("answer")
        state = _state(visit.sent.text("state"))
        if state is None:
            raise web.HTTPBadRequest
        try:
            await self._reports.change(visit.actor, visit.account_id, report_id, state, answer)
        except Refused as refused:
            report = await self._reports.get(visit.actor, visit.account_id, report_id)
            form = Form({"state": state, "answer": answer})
            return self._page(visit, report, form.with_error(refused.field, refusal(refused.reason, visit.say)))
        raise see(visit.path("reports", report_id), "report-changed")

    @staticmethod
    def _page(visit: Visit, report: Report, form: Form) -> web.StreamResponse:
        say = visit.say
        return visit.page(
            "report.html",
            "reports",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if form.refused else HTTPStatus.OK,
            report=report,
            form=form,
            state=named(STATES, report.state, say),
            colour=_colour(report),
            category=named(CATEGORIES, report.category, say),
            facts=[(named(FACTS, name, say), value) for name, value in report.facts.items()],
            states=[(each.value, STATES[each](say)) for each in ReportState],
            longest=LONGEST_TEXT,
        )


def _colour(report: Report) -> str:
    return COLOURS.get(report.state, "informative")


def _state(text: str | None) -> ReportState | None:
    try:
        return ReportState(text) if text else None
    except ValueError:
        raise web.HTTPNotFound from None
