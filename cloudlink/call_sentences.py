"""What people are told of a call that their desk phone was to place, in a tab or on a card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudlink.port import CallProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cloudlink.administration.report_sentences import Says

PROBLEMS: Mapping[CallProblem, Callable[[Says], str]] = {
    CallProblem.NOT_A_NUMBER: lambda say: say("This is not a number that can be called."),
    CallProblem.SERVICE_CODE: lambda say: say("Codes with * or # can only be dialled on the telephone itself."),
    CallProblem.BARRED: lambda say: say("Your company does not allow calls to this number."),
    CallProblem.NOT_OFFERED: lambda say: say(
        "Your telephone system cannot call from your desk phone. Please call with MiCollab."
    ),
    CallProblem.NOT_CONNECTED: lambda say: say(
        "Your telephone system is not connected at the moment, and nobody was called. Please call with MiCollab, or "
        "try again in a few minutes."
    ),
    CallProblem.REFUSED: lambda say: say(
        "Your telephone system did not place the call. Perhaps your desk phone is in use or not plugged in."
    ),
    CallProblem.UNANSWERED: lambda say: say(
        "Your telephone system did not answer in time. Please see whether your desk phone rings before you try again."
    ),
    CallProblem.TOO_MANY: lambda say: say("These were many calls within a minute. Please wait a moment."),
}


def rings(say: Says, extension: str, number: str) -> str:
    """The call is placed."""
    return say(
        "Your desk phone {extension} rings. Lift it, and {number} is called.", extension=extension, number=number
    )
