"""``/tabs/report``: writing down a problem, seeing exactly what would be sent, sending it, and how one's reports stand.

What is written is kept as a draft from the first step on, so a connection that breaks loses nothing; sending a draft
twice makes one report.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import hdrs, web

from cloudlink.administration.refusals import Reason, Refused
from cloudlink.administration.report_sentences import CATEGORIES, FACTS, STATES, named
from cloudlink.administration.reports import LONGEST_TEXT, Category
from cloudlink.port import UnknownId
from dialing import device_of
from reporting.desk import Written
from reporting.facts import Told
from reporting.pictures import LARGEST, Fault, PictureRefused, check
from tabs.personal.navigation import REPORT
from tabs.pictures import picture_response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cloudlink.administration.reports import Draft, Picture
    from i18n import Translator
    from reporting.desk import Desk
    from tabs.personal.frame import PersonalVisit

# One more byte than is allowed tells that there were more.
KEPT = LARGEST + 1
_LONGEST_ID = 64

_FAULTS: Mapping[Fault, Callable[[Translator], str]] = {
    Fault.NO_PICTURE: lambda say: say("This file is no picture. Choose a PNG, JPEG or WebP file."),
    Fault.DAMAGED: lambda say: say("This picture is damaged or incomplete. Take the screenshot again."),
    Fault.TOO_LARGE: lambda say: say("This picture is larger than 4 MB. Choose a smaller part of the screen."),
    Fault.TOO_MANY_PIXELS: lambda say: say("This picture has too many pixels. Choose a smaller part of the screen."),
}
_REFUSALS: Mapping[tuple[str, Reason], Callable[[Translator], str]] = {
    ("category", Reason.REQUIRED): lambda say: say("Please choose what it is about."),
    ("text", Reason.REQUIRED): lambda say: say("Please say what is wrong."),
    ("text", Reason.TOO_LONG): lambda say: say("This is too long. Please say it in 4,000 characters."),
    ("text", Reason.BAD_CHARACTER): lambda say: say("This has a character that cannot be used here."),
    ("", Reason.TOO_MANY): lambda say: say("You have sent many reports today. Please try again tomorrow."),
}


class ReportPages:
    """Handlers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._reports = desk.reports

    async def show(self, visit: PersonalVisit) -> web.StreamResponse:
        """The form, with the draft that waits, and the reports that were sent."""
        draft = await self._reports.find_draft(visit.who)
        values = _of_draft(draft) if draft else {"category": "", "text": "", "keep_numbers": False}
        return await self._form(visit, values, {}, draft)

    async def write(self, visit: PersonalVisit) -> web.StreamResponse:
        """Keeps what was written and leads to what would be sent; 422 with the form for what cannot be."""
        sent = visit.sent
        written = Written(sent.get("category", ""), sent.get("text", ""), "keep_numbers" in sent)
        values = {"category": written.category, "text": written.text, "keep_numbers": written.keep_numbers}
        try:
            picture = check(visit.upload.content) if visit.upload else None
        except PictureRefused as refused:
            return await self._refused(visit, values, {"picture": _FAULTS[refused.fault](visit.say)})
        try:
            await self._prepare(visit, written, picture)
        except Refused as refused:
            return await self._refused(visit, values, {refused.field: _sentence(refused, visit.say)})
        raise web.HTTPSeeOther(f"{REPORT.path}/preview")

    async def preview(self, visit: PersonalVisit) -> web.StreamResponse:
        """Exactly what would be sent."""
        draft = await self._reports.find_draft(visit.who)
        if draft is None:
            raise web.HTTPSeeOther(REPORT.path)
        return self._preview(visit, draft)

    async def send(self, visit: PersonalVisit) -> web.StreamResponse:
        """Sends the draft ``draft_id``, if it is still the one; then its reference."""
        try:
            report = await self._reports.send(visit.who, _id(visit.sent.get("draft_id", "")))
        except UnknownId:
            # Written anew elsewhere, or too long ago: what waits is shown, if anything does.
            raise web.HTTPSeeOther(f"{REPORT.path}/preview") from None
        except Refused as refused:
            draft = await self._reports.find_draft(visit.who)
            if draft is None:
                raise web.HTTPSeeOther(REPORT.path) from None
            return self._preview(visit, draft, error=_sentence(refused, visit.say))
        raise web.HTTPSeeOther(f"{REPORT.path}/sent/{report.report_id}")

    async def discard(self, visit: PersonalVisit) -> web.StreamResponse:
        """Forgets what was written."""
        await self._reports.discard(visit.who)
        raise web.HTTPSeeOther(REPORT.path)

    async def sent(self, visit: PersonalVisit) -> web.StreamResponse:
        """One report, with its reference, state and answer; just after it was sent, and later."""
        report = await self._reports.get(visit.who, _id(visit.request.match_info["report_id"]))
        return visit.page(
            "report_sent.html",
            report=report,
            category=named(CATEGORIES, report.category, visit.say),
            state=named(STATES, report.state, visit.say),
            facts=_facts(report.facts, visit.say),
            written_on=visit.say.when(report.created_on, now=visit.now, zone=visit.zone),
            picture=f"{REPORT.path}/picture/{report.report_id}" if report.has_picture else "",
        )

    async def picture(self, visit: PersonalVisit) -> web.StreamResponse:
        """The screenshot of one's own report or draft."""
        report_id = _id(visit.request.match_info["report_id"])
        try:
            return picture_response(await self._reports.picture(visit.who, report_id))
        except UnknownId:
            return picture_response(await self._reports.draft_picture(visit.who, report_id))

    async def _prepare(self, visit: PersonalVisit, written: Written, picture: Picture | None) -> None:
        sent = visit.sent
        browser = visit.request.headers.get(hdrs.USER_AGENT, "")
        told = Told(
            client=sent.get("client", "") or visit.say("Browser"),
            device=device_of(browser),
            browser=browser,
            zone=visit.zone,
            failed_requests=sent.get("failed_requests", ""),
        )
        keep = "remove_picture" not in sent
        await self._desk.prepare(visit.who, written, told, visit.say, picture, keep_picture=keep)

    async def _refused(
        self, visit: PersonalVisit, values: Mapping[str, object], errors: Mapping[str, str]
    ) -> web.StreamResponse:
        return await self._form(visit, values, errors, await self._reports.find_draft(visit.who))

    async def _form(
        self,
        visit: PersonalVisit,
        values: Mapping[str, object],
        errors: Mapping[str, str],
        draft: Draft | None,
    ) -> web.StreamResponse:
        sent = await self._reports.sent(visit.who)
        return visit.page(
            "report.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
            values=values,
            errors=errors,
            categories=[(each.value, CATEGORIES[each](visit.say)) for each in Category],
            longest=LONGEST_TEXT,
            largest=LARGEST,
            too_large=_FAULTS[Fault.TOO_LARGE](visit.say),
            no_picture=_FAULTS[Fault.NO_PICTURE](visit.say),
            picture=_picture_of(draft),
            draft=draft,
            sent=[
                (each, named(CATEGORIES, each.category, visit.say), named(STATES, each.state, visit.say))
                for each in sent
            ],
        )

    @staticmethod
    def _preview(visit: PersonalVisit, draft: Draft, error: str = "") -> web.StreamResponse:
        return visit.page(
            "report_preview.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK,
            draft=draft,
            error=error,
            category=named(CATEGORIES, draft.new.category, visit.say),
            facts=_facts(draft.new.facts, visit.say),
            redacted=draft.new.written != draft.new.text and not draft.new.keep_numbers,
            picture=_picture_of(draft),
        )


class NobodyReads:
    """Stands in where nobody reads reports: the page says so, and whom to ask."""

    def __init__(self, ask: str) -> None:
        self._ask = ask

    async def show(self, visit: PersonalVisit) -> web.StreamResponse:
        """The page."""
        return visit.page("report_nobody.html", ask=self._ask)


def _of_draft(draft: Draft) -> Mapping[str, object]:
    new = draft.new
    return {"category": new.category, "text": new.written, "keep_numbers": new.keep_numbers}


def _picture_of(draft: Draft | None) -> str:
    return f"{REPORT.path}/picture/{draft.draft_id}" if draft and draft.has_picture else ""


def _facts(facts: Mapping[str, str], say: Translator) -> list[tuple[str, str]]:
    return [(named(FACTS, name, say), value) for name, value in facts.items()]


def _sentence(refused: Refused, say: Translator) -> str:
    sentence = _REFUSALS.get((refused.field, refused.reason))
    return sentence(say) if sentence else say("The report could not be kept. Please write it anew.")


def _id(text: str) -> str:
    """Raises ``UnknownId`` for what no id of ours is."""
    if not 0 < len(text) <= _LONGEST_ID or not text.isascii() or not text.replace("-", "").isalnum():
        raise UnknownId("not an id")
    return text
