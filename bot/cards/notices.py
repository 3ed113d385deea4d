"""Cards that nobody has asked for: a missed call, what came while it was quiet, the calls of a day, an answer.

They stay in the chat for days, so they name the day and never say "today".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.cards.call_log import call_log_button
from bot.cards.vocabulary import (
    brief,
    buttons,
    card,
    columns,
    execute,
    line,
    open_url,
    paragraph,
    plain,
    text_input,
    title,
    visible,
)
from cloudlink.port import CallKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.cards.repeats import CallRow
    from bot.cards.vocabulary import Card, Part
    from i18n import Translator

NOTE_VERB = "missedNote"
SAVE_NOTE_VERB = "missedSaveNote"
SHOW_MISSED_VERB = "missedShow"
DISMISS_VERB = "missedDismiss"
NOTE_FIELD = "note"
LONGEST_NOTE = 1_000
MOST_ROWS = 10
# A moment so long ago is told by its date.
_LONG_AGO = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class MissedView:
    """Missed calls of one caller. ``call_id`` and ``at`` are of the newest; ``dial_url`` is ``None`` when withheld."""

    call_id: str
    name: str | None
    number: str | None
    at: datetime
    zone: str
    times: int = 1
    dial_url: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class DayView:
    """The calls of a day; ``rows`` are the missed ones that are still open, newest first."""

    missed: int
    answered: int
    outgoing: int
    rows: Sequence[CallRow]
    zone: str


@dataclass(frozen=True, slots=True)
class ReportView:
    """A problem report as it stands: ``state`` in words; ``answer`` is what support has written, or empty."""

    reference: str
    state: str
    answer: str
    at: datetime
    zone: str


def missed_call(view: MissedView, say: Translator) -> Card:
    """Who called and when, with buttons to call back, to note something and to be done with it."""
    call = [_call_back(view.dial_url, _who(view, say), say)] if view.dial_url else []
    more = [_button(say("Note"), NOTE_VERB, view), _button(say("Dismiss"), DISMISS_VERB, view)]
    return card(_about(view, say), actions=[*call, *more], lang=say.language, summary=_summary(view, say))


def missed_call_note(view: MissedView, say: Translator) -> Card:
    """The same with a field for the note."""
    field = text_input(NOTE_FIELD, say("Note on this call"), view.note, longest=LONGEST_NOTE)
    body = [*_about(view, say, note=False), field]
    actions = [_button(say("Save"), SAVE_NOTE_VERB, view), _button(say("Cancel"), SHOW_MISSED_VERB, view)]
    return card(body, actions=actions, lang=say.language, summary=_summary(view, say))


def missed_call_dismissed(view: MissedView, say: Translator) -> Card:
    """What is left of it."""
    left = line(
        plain(_who(view, say), isSubtle=True),
        plain(f" · {say('Missed call')} · {moment(view.at, view.zone, say)}", isSubtle=True),
    )
    return card([left], lang=say.language, summary=_summary(view, say))


def missed_call_answered(view: MissedView, say: Translator) -> Card:
    """In place of the card of a call that was not missed after all."""
    fate = line(
        plain("✓ " + say("Answered on another of your telephones")),
        plain(f" · {moment(view.at, view.zone, say)}", isSubtle=True),
    )
    summary = say("Call from {who}, answered on another of your telephones", who=visible(_who(view, say)))
    return card([line(plain(_who(view, say), isSubtle=True)), fate], lang=say.language, summary=summary)


def missed_meanwhile(rows: Sequence[CallRow], calls: int, zone: str, say: Translator, *, quiet: bool) -> Card:
    """Several missed calls at once: those of the quiet hours, or those that could not be told before."""
    heading = say.plural("{n} missed call", "{n} missed calls", calls)
    when = say("These calls came during your quiet hours.") if quiet else say("These calls came one after another.")
    body = [title(heading), paragraph(when), *call_rows(rows[:MOST_ROWS], zone, say)]
    if len(rows) > MOST_ROWS:
        body.append(paragraph(say("Your call log has the others.")))
    button = call_log_button(say("Missed calls"), CallKind.MISSED)
    return card(body, actions=[button], lang=say.language, summary=heading)


def day(view: DayView, say: Translator) -> Card:
    """How many calls there were, and whom to call back."""
    heading = say("Your calls since yesterday")
    counts = [
        say.plural("{n} missed", "{n} missed", view.missed),
        say.plural("{n} answered", "{n} answered", view.answered),
        say.plural("{n} outgoing", "{n} outgoing", view.outgoing),
    ]
    body = [title(heading), line(plain(" · ".join(counts), weight="bolder"))]
    if view.rows:
        body += [paragraph(say("Not called back yet:")), *call_rows(view.rows[:MOST_ROWS], view.zone, say)]
    if len(view.rows) > MOST_ROWS:
        body.append(paragraph(say("Your call log has the others.")))
    button = call_log_button(say("Call log"))
    return card(body, actions=[button], lang=say.language, summary=f"{heading}: {', '.join(counts)}")


def report_news(view: ReportView, say: Translator) -> Card:
    """What has become of one's problem report."""
    heading = say("News of your problem report {reference}", reference=view.reference)
    state = line(plain(view.state, weight="bolder"), plain(f" · {moment(view.at, view.zone, say)}", isSubtle=True))
    answer = [line(plain(view.answer[:LONGEST_NOTE]))] if view.answer else []
    return card([title(heading), state, *answer], lang=say.language, summary=heading)


def call_rows(rows: Sequence[CallRow], zone: str, say: Translator) -> list[Part]:
    """One for each caller, with a button to call back."""
    return [_row(row, zone, say) for row in rows]


def moment(at: datetime, zone: str, say: Translator) -> str:
    """The day by its date, and the time."""
    return say.when(at, now=at + _LONG_AGO, zone=zone)


def _row(row: CallRow, zone: str, say: Translator) -> Part:
    who = brief(row.name or row.number or say("Unknown number"))
    party = [plain(who, weight="bolder")]
    if row.name and row.number:
        party.append(plain(f" {brief(row.number)}", isSubtle=True))
    details = [moment(row.started, zone, say)]
    if row.times > 1:
        details.append(say.plural("{n} time", "{n} times", row.times))
    text = [line(*party), line(plain(" · ".join(details), isSubtle=True), spacing="none")]
    if row.dial_url is None:
        return columns(text, separator=True)
    return columns(text, [buttons(_call_back(row.dial_url, who, say))], separator=True)


def _about(view: MissedView, say: Translator, *, note: bool = True) -> list[Part]:
    details = [moment(view.at, view.zone, say)]
    if view.times > 1:
        details.append(say.plural("{n} time", "{n} times", view.times))
    party = [plain(_who(view, say), weight="bolder", size="large")]
    if view.name and view.number:
        party.append(plain(f" {brief(view.number)}", isSubtle=True, size="large"))
    fate = line(plain("✕ " + say("Missed call"), color="attention"), plain(f" · {' · '.join(details)}", isSubtle=True))
    noted = [line(plain(say("Note"), weight="bolder"), plain(f" · {view.note}"))] if note and view.note else []
    return [line(*party), fate, *noted]


def _call_back(url: str, who: str, say: Translator) -> Part:
    return open_url(say("Call back"), url, tooltip=say("Call {who}", who=who))


def _button(text: str, verb: str, view: MissedView) -> Part:
    return execute(text, {"verb": verb, "call": view.call_id})


def _who(view: MissedView, say: Translator) -> str:
    return brief(view.name or view.number or say("Unknown number"))


def _summary(view: MissedView, say: Translator) -> str:
    return say("Missed call from {who}", who=visible(_who(view, say)))
