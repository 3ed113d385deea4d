"""Cards that say what the assistant can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards.vocabulary import card, line, open_url, paragraph, plain, title

if TYPE_CHECKING:
    from bot.cards.vocabulary import Card, Part
    from i18n import Translator


def welcome(say: Translator) -> Card:
    """The greeting after an installation."""
    heading = say("Welcome to Mitel Assistant")
    about = say("I bring your telephone system into Teams: see your calls and call back from here. You can write:")
    return card([title(heading), paragraph(about), *_commands(say)], lang=say.language, summary=heading)


def help_card(say: Translator) -> Card:
    """What can be written to the assistant."""
    heading = say("What you can write")
    return card([title(heading), *_commands(say)], lang=say.language, summary=heading)


def connect_tenant(console_url: str, say: Translator) -> Card:
    """For people of a tenant that no account has connected."""
    heading = say("Your organisation is not connected yet")
    steps = say(
        "An administrator of your telephone account opens the account console, chooses Integrations, then Add to "
        "tenant, and consents there with an administrator of your Microsoft 365 organisation. After that, write to me "
        "again."
    )
    console = open_url(say("Open the account console"), console_url, tooltip=console_url)
    return card([title(heading), paragraph(steps)], actions=[console], lang=say.language, summary=heading)


def _commands(say: Translator) -> list[Part]:
    return [
        _command(say("call log"), say("your latest calls")),
        _command(say("missed calls"), say("the calls that you have missed")),
        _command(say("incoming calls"), say("the calls that came in")),
        _command(say("outgoing calls"), say("the calls that you have made")),
        _command(say("call 201"), say("call a number, or a colleague by name")),
        _command(say("search Warehouse"), say("find calls by name, number or note")),
        _command(say("stats"), say("what your calls add up to")),
        _command(say("settings"), say("what I tell you and when, and your language")),
        _command(say("report"), say("tell support of a problem")),
        _command(say("report status"), say("how your problem reports stand")),
        _command(say("sign in"), say("connect your telephone account")),
        _command(say("sign out"), say("disconnect it; I forget your connection")),
        _command(say("help"), say("this list")),
    ]


def _command(written: str, meaning: str) -> Part:
    return line(plain(written, weight="bolder"), plain(f" · {meaning}"), spacing="small")
