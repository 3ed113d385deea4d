"""Cards of signing in and out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cards.call_log import call_log_button
from bot.cards.vocabulary import card, open_sign_in, open_url, paragraph, title

if TYPE_CHECKING:
    from bot.cards.vocabulary import Card
    from i18n import Translator


@dataclass(frozen=True, slots=True)
class SignInView:
    """``url`` is the sign-in page of one person; with ``popup`` Teams opens it in its own window."""

    url: str
    popup: bool


def sign_in(view: SignInView, say: Translator) -> Card:
    """The way to the sign-in page, and what to do with the code that it shows."""
    heading = say("Sign in to your telephone system")
    steps = say("Sign in on the page that opens. Then write the code that the page shows into this chat.")
    button = (open_sign_in if view.popup else open_url)(say("Sign in"), view.url, tooltip=heading)
    return card([title(heading), paragraph(steps)], actions=[button], lang=say.language, summary=heading)


def signed_in(say: Translator) -> Card:
    """The code was right."""
    heading = say("You are signed in.")
    hint = say("Your calls are one press away. Write “help” to see what else I can do.")
    return card(
        [title(heading), paragraph(hint)],
        actions=[call_log_button(say("Call log"))],
        lang=say.language,
        summary=heading,
    )


def signed_out(say: Translator) -> Card:
    """Everything that was known of the person is forgotten."""
    heading = say("You are signed out.")
    hint = say("I have forgotten your connection. Write “sign in” to connect again.")
    return card([title(heading), paragraph(hint)], lang=say.language, summary=heading)
