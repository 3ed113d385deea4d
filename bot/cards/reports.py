"""Cards for reporting a problem: the form, what would be sent, what was sent, and how reports stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cards.vocabulary import card, choices, execute, line, paragraph, plain, text_input, title, toggle
from cloudlink.administration.report_sentences import CATEGORIES, FACTS, STATES, named
from cloudlink.administration.reports import LONGEST_TEXT, Category

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.cards.vocabulary import Card, Part
    from cloudlink.administration.reports import Draft, Report
    from i18n import Translator

PREVIEW_VERB = "reportPreview"
SEND_VERB = "reportSend"
CHANGE_VERB = "reportChange"
DISCARD_VERB = "reportDiscard"
CATEGORY_FIELD, TEXT_FIELD, NUMBERS_FIELD = "category", "text", "numbers"
_LONGEST_ANSWER = 600


@dataclass(frozen=True, slots=True)
class ReportForm:
    """What stands in the fields, and the sentence that says what is wrong with it."""

    category: str = ""
    text: str = ""
    keep_numbers: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report and when it was sent, as its author's clock says."""

    report: Report
    moment: str


def report_form(form: ReportForm, say: Translator) -> Card:
    """Category, text, and whether numbers may stay."""
    heading = say("Report a problem")
    category = form.category if form.category in list(Category) else Category.CALL_LOG.value
    body = [
        title(heading),
        paragraph(say("Say what does not work. Before anything is sent you see all of it.")),
        *_problem(form.problem),
        paragraph(say("What is it about?")),
        choices(CATEGORY_FIELD, {each.value: CATEGORIES[each](say) for each in Category}, category),
        paragraph(say("What is wrong?")),
        text_input(TEXT_FIELD, say("What happened, and what you expected"), form.text, longest=LONGEST_TEXT),
        toggle(NUMBERS_FIELD, say("Leave telephone numbers as I have written them"), on=form.keep_numbers),
        paragraph(say("A screenshot can be added in the tab “Report a problem”.")),
    ]
    action = execute(say("See what will be sent"), {"verb": PREVIEW_VERB})
    return card(body, actions=[action], lang=say.language, summary=heading)


def report_preview(draft: Draft, say: Translator, *, problem: str = "") -> Card:
    """Exactly what would be sent, and to whom."""
    heading, new = say("This will be sent"), draft.new
    picture = [paragraph(say("Your screenshot from the tab is sent with it."))] if draft.has_picture else []
    body = [
        title(heading),
        *_problem(problem),
        *_recipients(draft, say),
        _fact(say("What it is about"), named(CATEGORIES, new.category, say)),
        *_lines(new.text),
        *picture,
        *(_fact(named(FACTS, name, say), value) for name, value in new.facts.items()),
    ]
    actions = [
        execute(say("Send"), {"verb": SEND_VERB, "draft": draft.draft_id}),
        execute(say("Change"), {"verb": CHANGE_VERB}),
        execute(say("Discard"), {"verb": DISCARD_VERB}),
    ]
    return card(body, actions=actions, lang=say.language, summary=heading)


def report_sent(report: Report, say: Translator) -> Card:
    """The reference, and how to ask about it."""
    heading = say("Your report is sent")
    body = [
        title(heading),
        line(plain(say("Reference: {reference}", reference=report.reference), weight="bolder")),
        paragraph(say("Write “{command}” to see how it stands.", command=say("report status"))),
    ]
    return card(body, lang=say.language, summary=heading)


def report_discarded(say: Translator) -> Card:
    """Nothing was sent."""
    heading = say("Nothing was sent, and what you have written is forgotten.")
    return card([paragraph(heading)], lang=say.language, summary=heading)


def report_states(rows: Sequence[ReportRow], say: Translator) -> Card:
    """How each report stands, with the answer to it."""
    heading = say("Your reports")
    nothing = say("You have sent no problem report. Write “{command}” to send one.", command=say("report"))
    parts = [part for row in rows for part in _row(row, say)] or [paragraph(nothing)]
    return card([title(heading), *parts], lang=say.language, summary=heading)


def _row(row: ReportRow, say: Translator) -> list[Part]:
    report = row.report
    state = named(STATES, report.state, say)
    first = line(plain(report.reference, weight="bolder"), plain(" · "), plain(state, weight="bolder"))
    about = f"{named(CATEGORIES, report.category, say)} · {row.moment}"
    second = line(plain(about, isSubtle=True), spacing="none")
    answer = report.answer if len(report.answer) <= _LONGEST_ANSWER else f"{report.answer[: _LONGEST_ANSWER - 1]}…"
    return [first, second, *_lines(answer)]


def _problem(sentence: str) -> list[Part]:
    return [line(plain("⚠ "), plain(sentence))] if sentence else []


def _recipients(draft: Draft, say: Translator) -> list[Part]:
    if not draft.recipients:
        return [paragraph(say("It goes to your administrators, who read it in their console."))]
    there = say("It goes to whoever looks after your telephone system, by e-mail to:")
    return [paragraph(there), line(plain(", ".join(draft.recipients)), spacing="none")]


def _fact(name: str, value: str) -> Part:
    return line(plain(f"{name}: ", weight="bolder"), plain(value.replace("\n", "; ")), spacing="small")


def _lines(text: str) -> list[Part]:
    """A text of several lines: a run of a card has none."""
    return [line(plain(each), spacing="small") for each in text.split("\n") if each.strip()]
