"""What each kind of mail says, in the reader's language; ``rendering`` gives it its looks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from cloudlink.administration.integrations import IntegrationKind
from cloudlink.administration.report_sentences import CATEGORIES, FACTS, named

if TYPE_CHECKING:
    from i18n import Translator

Values = Mapping[str, str]


class Template(StrEnum):
    """The kinds of mail."""

    WELCOME = "welcome"
    RESET = "reset"
    REPORT_RECEIPT = "report_receipt"
    REPORT_FOR_SUPPORT = "report_for_support"
    SECRET_ENDS = "secret_ends"  # noqa: S105 - the name of a template


PASSWORD_TEMPLATES = (Template.WELCOME, Template.RESET)
# Values that open something: they appear in the mail and nowhere else.
SECRETS = ("link", "code")


@dataclass(frozen=True, slots=True)
class Letter:
    """The parts of a mail, in the order in which they are read. ``quote`` is what somebody wrote, ``facts`` are names
    and values that the app knows of it.
    """

    subject: str
    greeting: str
    paragraphs: tuple[str, ...]
    button: str = ""
    link: str = ""
    code: str = ""
    code_label: str = ""
    quote: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    closing: tuple[str, ...] = ()


def letter(template: str, say: Translator, values: Values) -> Letter:
    """The letter of a template. ``values`` are those of the function below, with ``name`` and ``account``.

    Raises ``KeyError`` for a template or a value that is not there.
    """
    return _LETTERS[Template(template)](say, values)


def _welcome(say: Translator, values: Values) -> Letter:
    """``link``, ``days``."""
    return Letter(
        say("Welcome to Mitel Assistant"),
        _greeting(say, values),
        (
            say("{account} has made a telephone account for you.", account=values["account"]),
            say("Choose a password to finish building your account. Then sign in with your e-mail address."),
        ),
        button=say("Finish building your account"),
        link=values["link"],
        closing=(
            _life(say, values),
            say("If you did not expect this message, you need not do anything."),
        ),
    )


def _reset(say: Translator, values: Values) -> Letter:
    """``link``, ``days``, ``code``, ``minutes``."""
    return Letter(
        say("Set a new password"),
        _greeting(say, values),
        (
            say(
                "Somebody, probably you, wants to set a new password for your telephone account at {account}.",
                account=values["account"],
            ),
        ),
        button=say("Set a new password"),
        link=values["link"],
        code=values["code"],
        code_label=say(
            "Or type this code on the page where you asked for it, within {minutes} minutes:",
            minutes=values["minutes"],
        ),
        closing=(
            _life(say, values),
            say("If it was not you, do nothing: your password stays as it is. Give the code and the link to nobody."),
        ),
    )


def _report_receipt(say: Translator, values: Values) -> Letter:
    """``reference``, ``text``; ``support`` unless the account has no support contact."""
    has_it = (
        say("Thank you. Your support has your problem report. Its reference is {reference}.",
            reference=values["reference"])
        if values.get("support")
        else say("Thank you. Your administrators have your problem report. Its reference is {reference}.",
                 reference=values["reference"])
    )  # fmt: skip
    return Letter(
        say("Your problem report {reference}", reference=values["reference"]),
        _greeting(say, values),
        (has_it, say("You wrote:")),
        quote=values["text"],
        closing=(
            say("Write “{command}” to Mitel Assistant in Teams to see how it stands.", command=say("report status")),
        ),
    )


def _report_for_support(say: Translator, values: Values) -> Letter:
    """``reference``, ``author``, ``category``, ``text``, ``facts`` as JSON; ``picture`` if there is one, and ``link``
    if there is a console.
    """
    facts = [(named(FACTS, name, say), value) for name, value in json.loads(values["facts"]).items()]
    category = named(CATEGORIES, values["category"], say)
    there = say("There is a screenshot with it, in the console.") if values["picture"] else ""
    return Letter(
        say("Problem report {reference}: {category}", reference=values["reference"], category=category),
        _greeting(say, values) if values["name"] else say("Hello,"),
        (say("{author} at {account} reports a problem:", author=values["author"], account=values["account"]),),
        button=say("Open the report"),
        link=values["link"],
        quote=values["text"],
        facts=tuple(facts),
        closing=tuple(filter(None, (there,))),
    )


def _secret_ends(say: Translator, values: Values) -> Letter:
    """``integration``, ``ends`` (ISO 8601), ``link``; ``over`` once it has ended."""
    name = _INTEGRATIONS[values["integration"]](say)
    day = say.date(datetime.fromisoformat(values["ends"]), zone="UTC")
    subject, told = (
        (
            say("“{name}” has lost its access to Microsoft", name=name),
            say(
                "What {account} has entered for “{name}”, a client secret or a certificate, ended on {day}. Since then"
                " it does not work.",
                account=values["account"], name=name, day=day,
            ),
        )
        if values["over"]
        else (
            say("“{name}” loses its access to Microsoft on {day}", name=name, day=day),
            say(
                "What {account} has entered for “{name}”, a client secret or a certificate, ends on {day}. After that"
                " it does not work.",
                account=values["account"], name=name, day=day,
            ),
        )
    )  # fmt: skip
    new = say("Make a new one for the same application in Entra ID, and enter it in the console. Nothing else changes.")
    return Letter(subject, _greeting(say, values), (told, new), button=say("Open the integration"), link=values["link"])


def _greeting(say: Translator, values: Values) -> str:
    return say("Hello {name},", name=values["name"])


def _life(say: Translator, values: Values) -> str:
    return say("The link works once, within {days} days.", days=values["days"])


_LETTERS: Mapping[Template, Callable[[Translator, Values], Letter]] = {
    Template.WELCOME: _welcome,
    Template.RESET: _reset,
    Template.REPORT_RECEIPT: _report_receipt,
    Template.REPORT_FOR_SUPPORT: _report_for_support,
    Template.SECRET_ENDS: _secret_ends,
}
_INTEGRATIONS: Mapping[str, Callable[[Translator], str]] = {
    IntegrationKind.ENTRA_SSO: lambda say: say("Single sign-on with Entra ID"),
    IntegrationKind.TEAMS_PRESENCE: lambda say: say("Presence in Teams"),
}
