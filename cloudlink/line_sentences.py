"""How a line is, as people read it in a tab or on a card: the sign and the words say it, colour only repeats it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cloudlink.model import LineState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloudlink.administration.report_sentences import Says


class Line(NamedTuple):
    """A sign that is no letter, and words."""

    sign: str
    words: str


def lines(say: Says) -> Mapping[str, Line]:
    """Every state that a line can be in."""
    return {
        LineState.IDLE: Line("○", say("Free")),
        LineState.RINGING: Line("◔", say("Ringing")),
        LineState.ON_CALL: Line("●", say("On a call")),
        LineState.DO_NOT_DISTURB: Line("⊖", say("Do not disturb")),
        LineState.UNKNOWN: Line("?", say("Line not known")),
    }


def in_words(say: Says, state: str) -> str:
    """Sign and words for a card; empty where nobody knows, which a card need not say."""
    line = None if state == LineState.UNKNOWN else lines(say).get(state)
    return f"{line.sign} {line.words}" if line else ""
