"""``report``: from a form to what would be sent, to a reference; and how one's reports stand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bot.cards.reports import (
    CATEGORY_FIELD,
    CHANGE_VERB,
    DISCARD_VERB,
    NUMBERS_FIELD,
    PREVIEW_VERB,
    SEND_VERB,
    TEXT_FIELD,
    ReportForm,
    ReportRow,
    report_discarded,
    report_form,
    report_preview,
    report_sent,
    report_states,
)
from bot.turn import Reply
from cloudlink.administration.refusals import Reason, Refused
from cloudlink.administration.reports import LONGEST_TEXT
from cloudlink.port import UnknownId
from reporting.desk import Written
from reporting.facts import Told
from store.clock import Clock, utc_now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.cards import Card
    from bot.commands import Command
    from bot.features import Pressed
    from bot.turn import Turn
    from cloudlink.administration.reports import Report
    from cloudlink.model import Principal
    from i18n import Translator
    from reporting.desk import Desk

_REFERENCE = re.compile(r"[0-9A-Fa-f]{8}", re.ASCII)
_MOST = 5
_LONGEST_ID = 64


class Reporting:
    """Commands and buttons."""

    def __init__(self, desk: Desk, now: Clock = utc_now) -> None:
        self._desk = desk
        self._reports = desk.reports
        self._now = now

    def pressed(self) -> Mapping[str, Pressed]:
        """By verb."""
        return {
            PREVIEW_VERB: self._preview,
            SEND_VERB: self._send,
            CHANGE_VERB: self._change,
            DISCARD_VERB: self._discard,
        }

    async def said(self, turn: Turn, who: Principal, command: Command) -> Reply:
        """The form; or, with a reference, how that report stands."""
        wanted = command.argument.strip("# .")
        if not _REFERENCE.fullmatch(wanted):
            return Reply(card=report_form(await self._form(who), turn.say))
        try:
            report = await self._reports.by_reference(who, wanted)
        except UnknownId:
            reference = wanted.upper()
            sentence = turn.say("You have sent no report with the reference {reference}.", reference=reference)
            return Reply(text=sentence)
        return Reply(card=report_states(await self._rows(turn, who, report), turn.say))

    async def status(self, turn: Turn, who: Principal, _: Command) -> Reply:
        """How the latest ones stand."""
        found = await self._reports.sent(who, limit=_MOST)
        return Reply(card=report_states(await self._rows(turn, who, *found), turn.say))

    async def _preview(self, turn: Turn, who: Principal, data: Mapping[str, Any]) -> Card:
        category, text = (_text(data, name) for name in (CATEGORY_FIELD, TEXT_FIELD))
        written = Written(category, text, data.get(NUMBERS_FIELD) == "true")
        told = Told(turn.say("Chat with Mitel Assistant"), device=turn.platform, zone=await self._zone(turn, who))
        try:
            draft = await self._desk.prepare(who, written, told, turn.say, keep_picture=True)
        except Refused as refused:
            problem = _sentence(refused, turn.say)
            return report_form(ReportForm(category, text[:LONGEST_TEXT], written.keep_numbers, problem), turn.say)
        return report_preview(draft, turn.say)

    async def _send(self, turn: Turn, who: Principal, data: Mapping[str, Any]) -> Card:
        say = turn.say
        try:
            return report_sent(await self._reports.send(who, _text(data, "draft")[:_LONGEST_ID]), say)
        except UnknownId:
            # Written anew elsewhere, or too long ago: what waits is shown, if anything does.
            problem = say("This was changed meanwhile. Please look again.")
        except Refused as refused:
            problem = _sentence(refused, say)
        draft = await self._reports.find_draft(who)
        if draft is None:
            return report_form(ReportForm(problem=say("This is not there any more. Please write it anew.")), say)
        return report_preview(draft, say, problem=problem)

    async def _change(self, turn: Turn, who: Principal, _: Mapping[str, Any]) -> Card:
        return report_form(await self._form(who), turn.say)

    async def _discard(self, turn: Turn, who: Principal, _: Mapping[str, Any]) -> Card:
        await self._reports.discard(who)
        return report_discarded(turn.say)

    async def _form(self, who: Principal) -> ReportForm:
        draft = await self._reports.find_draft(who)
        if draft is None:
            return ReportForm()
        return ReportForm(draft.new.category, draft.new.written, draft.new.keep_numbers)

    async def _rows(self, turn: Turn, who: Principal, *reports: Report) -> list[ReportRow]:
        zone, now = await self._zone(turn, who), self._now()
        return [ReportRow(each, turn.say.when(each.created_on, now=now, zone=zone)) for each in reports]

    async def _zone(self, turn: Turn, who: Principal) -> str:
        return turn.zone or (await self._desk.cloudlink.account(who)).time_zone


class NobodyReads:
    """Stands in where nobody is named who would read reports: says so instead of taking them."""

    async def said(self, turn: Turn, _who: Principal, _command: Command) -> Reply:
        """The sentence."""
        return Reply(text=turn.say("Nobody is named here to read problem reports. Please tell your administrator."))


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _sentence(refused: Refused, say: Translator) -> str:
    match refused.field, refused.reason:
        case "text", Reason.REQUIRED:
            return say("Please say what is wrong.")
        case "text", Reason.TOO_LONG:
            return say("This is too long. Please say it in 4,000 characters.")
        case "text", Reason.BAD_CHARACTER:
            return say("This has a character that cannot be used here.")
        case "category", _:
            return say("Please choose what it is about.")
        case _, Reason.TOO_MANY:
            return say("You have sent many reports today. Please try again tomorrow.")
        case _:
            return say("The report could not be kept. Please write it anew.")
