"""Every card in every state, by name: what all judges of ``test_judges`` look at."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot import cards
from bot.cards import notices
from bot.cards.call_log import CallLogView, call_log
from bot.cards.call_search import CallSearchView, Place, call_search
from bot.cards.desk_phone import desk_call, with_desk_phone
from bot.cards.repeats import CallRow
from bot.cards.reports import (
    ReportForm,
    ReportRow,
    report_discarded,
    report_form,
    report_preview,
    report_sent,
    report_states,
)
from bot.cards.settings import SettingsView
from bot.cards.settings import settings as settings_card
from bot.cards.statistics import StatisticsView, statistics_card
from cloudlink.administration.reports import Draft, Fact, NewReport, Report
from cloudlink.call_sentences import PROBLEMS, rings
from cloudlink.model import Call
from cloudlink.port import CallKind
from cloudlink.statistics import Period, Statistics, statistics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.cards import Card
    from i18n import Translator

NOW = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
DIAL = "https://assistant.example.com/dial/aDialIdOfFortyThreeCharactersaDialIdOfForty"
DIAL_ADDRESS = "https://assistant.example.com/dial/"
CALL = notices.MissedView("c1", "Front Desk", "+33199000011", NOW, "Europe/Paris", dial_url=DIAL)
SETTINGS = SettingsView(
    missed_calls=True,
    daily_summary=False,
    report_news=True,
    quiet=True,
    starts="20:00",
    ends="07:00",
    days=(0, 1, 6),
    language="fr",
    languages={"none": "As in Teams and the telephone account", "en": "English", "fr": "Français"},
    zone="",
    zones={"none": "As in the telephone account", "Europe/Paris": "Europe/Paris"},
    call_with="deskPhone",
    ways_to_call={"micollab": "MiCollab on this device", "deskPhone": "My desk phone, which rings first"},
)
REPORT = notices.ReportView("1A2B3C4D", "Closed", "Restart <b>Teams</b>.\nThen call.", NOW, "Europe/Paris")
SIGN_IN = "https://assistant.example.com/sign-in/token"

MISSED = CallRow("Front Desk", "+33199000011", "inbound", True, NOW, None, 3, DIAL)
ANSWERED = CallRow(None, "+33199000012", "inbound", False, NOW - timedelta(days=1), 200.0, 1, DIAL)
WITHHELD = CallRow(None, None, "inbound", True, NOW - timedelta(days=3), None)
UNANSWERED = CallRow("Warehouse", "203", "outbound", False, NOW - timedelta(days=40), None, 1, DIAL)
LONGEST = CallRow("W" * 500, "+" + "9" * 500, "outbound", False, NOW - timedelta(days=400), 86_399.0, 200, DIAL)
LONGEST_CONTACT = cards.CallView("W" * 500, "+" + "9" * 500, DIAL)
LONG_CALL = Call("c", "inbound", NOW, from_="+" + "9" * 100, from_name="W" * 200, completed=True, ring_time=86_399.0)
FIGURES = replace(
    statistics([replace(LONG_CALL, call_id=f"c{n}", from_=f"+{n}" + "9" * 100) for n in range(20)], UTC), cut=True
)


def page(
    rows: Sequence[CallRow], *, kind: CallKind = CallKind.ALL, cursor: str | None = None, first: bool = True
) -> CallLogView:
    """A page read in Paris at ``NOW``."""
    return CallLogView(kind, rows, cursor, first, NOW, "Europe/Paris")


def found(rows: Sequence[CallRow], older: Place | None, place: Place | None = None) -> CallSearchView:
    """What was found, read in Paris at ``NOW``."""
    return CallSearchView(place or Place("W" * 100), rows, older, NOW, "Europe/Paris")


def report_cards(say: Translator) -> dict[str, Card]:
    """Reporting a problem, from the form to the answer, with the longest and most hostile of texts."""
    hostile = "**bold** [x](https://example.com) \u202e" + "\U0001f600" * 100
    longest = NewReport("other", "w" * 4_000, "w" * 3_000 + hostile, {each.value: "f" * 200 for each in Fact})
    brief = NewReport("callLog", "No calls", "No calls", {"version": "1.2.3", "errors": "one\ntwo"})
    key = ("7c9e6679-7425-40de-944b-e07fc1f90ae7", "account", "desk", "Front Desk")
    open_ = Report(*key, "callLog", "No calls", {}, "open", "", NOW, NOW, has_picture=False)
    answered = replace(open_, category="unheard of", state="closed", answer=f"Restart Teams.\n{hostile * 9}")
    rows = [ReportRow(each, "today 14:05") for each in (open_, answered)]
    return {
        "report form": report_form(ReportForm(), say),
        "report form refused": report_form(ReportForm("nothing", "w" * 4_000, True, "Please choose."), say),
        "report preview": report_preview(Draft(key[0], brief, False, []), say),
        "longest report preview": report_preview(
            Draft(key[0], longest, True, ["support@example.com"] * 10), say, problem="Look again."
        ),
        "report sent": report_sent(open_, say),
        "report discarded": report_discarded(say),
        "reports": report_states(rows, say),
        "no reports": report_states([], say),
    }


def every_card(say: Translator) -> dict[str, Card]:
    """Each card of the room in each of its states."""
    people = [
        cards.CallView("Warehouse East", "204", DIAL),
        cards.CallView("Warehouse West", "205", DIAL, "● On a call"),
    ]
    return {
        "call log": call_log(page([MISSED, ANSWERED, WITHHELD, UNANSWERED], cursor="older"), say),
        "longest call log": call_log(page([LONGEST] * 10, cursor="c" * 200, first=False), say),
        "end of call log": call_log(page([], first=False), say),
        **{f"no {kind} calls": call_log(page([], kind=kind), say) for kind in CallKind},
        "found calls": call_search(found([MISSED, ANSWERED], Place("Ware", "older")), say),
        "longest found calls": call_search(found([LONGEST] * 10, Place("W" * 100, "c" * 200, 200)), say),
        **{f"nothing found{' yet' * yet}": call_search(found([], Place("W") if yet else None), say) for yet in (0, 1)},
        "end of found calls": call_search(found([], None, Place("W", "c")), say),
        "statistics": statistics_card(StatisticsView(Period.ALL, FIGURES, NOW, "Europe/Paris"), say),
        "no statistics": statistics_card(StatisticsView(Period.WEEK, Statistics(), NOW, "Europe/Paris"), say),
        "call by name": cards.call(people[0], say),
        "call a number": cards.call(cards.CallView(None, "+33199000013", DIAL), say),
        "contact": cards.contact(people[0], say),
        "contact of a number": cards.contact(cards.CallView(None, "+33199000013", DIAL), say),
        "longest contact": cards.contact(LONGEST_CONTACT, say),
        "numbers": cards.numbers([cards.FoundNumber(each, "aDialIdOfFortyThreeCharacters") for each in people], say),
        "number": cards.numbers([cards.FoundNumber(cards.CallView(None, "+33199000013", DIAL), "aDialId")], say),
        "longest numbers": cards.numbers([cards.FoundNumber(LONGEST_CONTACT, "d" * 64)] * 10, say),
        "link to the call log": cards.call_log_link("https://assistant.example.com/tabs/calls", say),
        "choose": cards.choose(people, say),
        "choose among many": cards.choose(people * 3, say, more=True),
        "call from the desk phone": with_desk_phone(cards.choose(people, say), DIAL_ADDRESS),
        "desk phone rings": desk_call(people[0], rings(say, "201", "+" + "9" * 40), say, placed=True),
        **{
            f"desk phone: {problem}": desk_call(LONGEST_CONTACT, sentence(say), say, placed=False)
            for problem, sentence in PROBLEMS.items()
        },
        "sign in": cards.sign_in(cards.SignInView(SIGN_IN, popup=False), say),
        "sign in by pop-up": cards.sign_in(cards.SignInView(SIGN_IN, popup=True), say),
        "signed in": cards.signed_in(say),
        "signed out": cards.signed_out(say),
        **report_cards(say),
        "welcome": cards.welcome(say),
        "help": cards.help_card(say),
        "missed call": notices.missed_call(CALL, say),
        "missed calls of somebody withheld": notices.missed_call(
            replace(CALL, name=None, number=None, dial_url=None), say
        ),
        "missed calls of one caller": notices.missed_call(
            replace(CALL, times=12, note="About <b>the</b> [order](x)"), say
        ),
        "note on a missed call": notices.missed_call_note(replace(CALL, note="About the order\nof Monday"), say),
        "missed call dismissed": notices.missed_call_dismissed(CALL, say),
        "missed call answered elsewhere": notices.missed_call_answered(CALL, say),
        "quiet hours": notices.missed_meanwhile([MISSED, WITHHELD], 4, "Europe/Paris", say, quiet=True),
        "many missed calls": notices.missed_meanwhile([LONGEST] * 11, 2_200, "Europe/Paris", say, quiet=False),
        "day": notices.day(notices.DayView(3, 12, 1, [MISSED, WITHHELD], "Europe/Paris"), say),
        "day without open calls": notices.day(notices.DayView(0, 1, 0, [], "Europe/Paris"), say),
        "day of a switchboard": notices.day(notices.DayView(1_200, 9, 9, [LONGEST] * 12, "Europe/Paris"), say),
        "answered report": notices.report_news(REPORT, say),
        "report in progress": notices.report_news(replace(REPORT, state="In progress", answer=""), say),
        "settings": settings_card(SETTINGS, say),
        "settings as they were saved": settings_card(replace(SETTINGS, saved=True, days=(), zone="Europe/Paris"), say),
        "error": cards.error("It did not work.", say),
        "error with reference": cards.error("It did not work.", say, reference="7F3K"),
    }
