"""Why a sign-in is not done yet, as a person reads it: the form is shown again with a sentence."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import TYPE_CHECKING

from cloudlink.port import SignInRefused, SingleSignOnOnly, TooManyAttempts

if TYPE_CHECKING:
    from i18n import Translator


class NotYet(Exception):
    """``retry_after`` is in seconds."""

    def __init__(self, status: HTTPStatus, sentence: str, retry_after: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.retry_after = retry_after


def outdated(say: Translator) -> NotYet:
    """For a form that does not prove that this browser got it from us."""
    return NotYet(HTTPStatus.FORBIDDEN, say("This page was open for too long. Please sign in again."))


def incomplete(say: Translator, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> NotYet:
    """For a form without what it asks for."""
    return NotYet(status, say("Please enter your e-mail address and your password."))


def not_yet(refusal: Exception, say: Translator) -> NotYet:
    """For what CloudLink answers in place of a user."""
    match refusal:
        case SingleSignOnOnly():
            sentence = say("Your company does not use passwords here. Sign in with Microsoft.")
            return NotYet(HTTPStatus.FORBIDDEN, sentence)
        case SignInRefused():
            sentence = say("This e-mail address and this password do not go together.")
            return NotYet(HTTPStatus.UNAUTHORIZED, sentence)
        case TooManyAttempts(retry_after=seconds):
            wait = math.ceil(seconds)
            sentence = say("Too many attempts. Please try again in {wait}.", wait=say.duration(wait))
            return NotYet(HTTPStatus.TOO_MANY_REQUESTS, sentence, wait)
        case _:
            sentence = say("Your telephone system cannot be reached. Please try again in a few minutes.")
            return NotYet(HTTPStatus.SERVICE_UNAVAILABLE, sentence)
