"""What each kind of mail says, in the reader's language; ``rendering`` gives it its looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from i18n import Translator

Values = Mapping[str, str]


class Template(StrEnum):
    """The kinds of mail."""

    WELCOME = "welcome"
    RESET = "reset"
    REPORT_RECEIPT = "report_receipt"


PASSWORD_TEMPLATES = (Template.WELCOME, Template.RESET)
# Values that open something: they appear in the mail and nowhere else.
SECRETS = ("link", "code")


@dataclass(frozen=True, slots=True)
class Letter:
    """The parts of a mail, in the order in which they are read. ``quote`` is what the reader wrote themselves."""

    subject: str
    greeting: str
    paragraphs: tuple[str, ...]
    button: str = ""
    link: str = ""
    code: str = ""
    code_label: str = ""
    quote: str = ""
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
    """``reference``, ``text``."""
    return Letter(
        say("Your problem report {reference}", reference=values["reference"]),
        _greeting(say, values),
        (
            say("Thank you. Your administrators have your problem report. Its reference is {reference}.",
                reference=values["reference"]),
            say("You wrote:"),
        ),
        quote=values["text"],
    )  # fmt: skip


def _greeting(say: Translator, values: Values) -> str:
    return say("Hello {name},", name=values["name"])


def _life(say: Translator, values: Values) -> str:
    return say("The link works once, within {days} days.", days=values["days"])


_LETTERS: Mapping[Template, Callable[[Translator, Values], Letter]] = {
    Template.WELCOME: _welcome,
    Template.RESET: _reset,
    Template.REPORT_RECEIPT: _report_receipt,
}
