"""What one is told and when, one's language and clocks, as a form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.cards.vocabulary import card, choices, execute, line, paragraph, plain, time_input, title, toggle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.cards.vocabulary import Card, Part
    from i18n import Translator

SAVE_SETTINGS_VERB = "saveSettings"
NONE = "none"
"""What stands for nothing chosen: a client may leave an empty value out."""


@dataclass(frozen=True, slots=True)
class SettingsView:
    """Times are ``HH:MM``, ``days`` numbers with Monday as 0; the empty language and zone stand for none chosen.

    ``ways_to_call`` is empty where there is no choice.
    """

    missed_calls: bool
    daily_summary: bool
    report_news: bool
    quiet: bool
    starts: str
    ends: str
    days: Sequence[int]
    language: str
    languages: Mapping[str, str]
    zone: str
    zones: Mapping[str, str]
    call_with: str = ""
    ways_to_call: Mapping[str, str] = field(default_factory=dict)
    saved: bool = False


def settings(view: SettingsView, say: Translator) -> Card:
    """The form, with a word when it was just saved."""
    heading = say("Settings")
    saved = [line(plain("✓ " + say("Your settings are saved."), color="good", weight="bolder"))] if view.saved else []
    days = {str(day): name for day, name in say.weekdays()}
    body: list[Part] = [
        title(heading),
        *saved,
        toggle("missed_calls", say("Tell me of missed calls"), on=view.missed_calls),
        toggle("daily_summary", say("Daily summary at eight in the morning"), on=view.daily_summary),
        toggle("report_news", say("News of my problem reports"), on=view.report_news),
        toggle("quiet", say("Quiet hours: keep messages for later"), on=view.quiet),
        _label(say("Starts at")),
        time_input("from", view.starts),
        _label(say("Ends at")),
        time_input("until", view.ends),
        _label(say("Beginning on")),
        choices("days", days, ",".join(map(str, view.days)), several=True),
        *_calling(view, say),
        _label(say("Language")),
        choices("language", view.languages, view.language or NONE),
        _label(say("Time zone")),
        choices("time_zone", view.zones, view.zone or NONE),
        paragraph(say("The tab “Settings” offers every time zone.")),
    ]
    button = execute(say("Save"), {"verb": SAVE_SETTINGS_VERB})
    return card(body, actions=[button], lang=say.language, summary=heading)


def chosen(data: Mapping[str, object]) -> dict[str, str]:
    """The fields of the form from a button's data."""
    fields = {name: value for name, value in data.items() if isinstance(value, str)}
    return {name: "" if value == NONE else value for name, value in fields.items()} | {"days": fields.get("days", "")}


def _calling(view: SettingsView, say: Translator) -> list[Part]:
    if not view.ways_to_call:
        return []
    return [_label(say("Call with")), choices("call_with", view.ways_to_call, view.call_with)]


def _label(text: str) -> Part:
    return line(plain(text, weight="bolder"), spacing="small")
