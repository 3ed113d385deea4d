"""Writes SMDR lines from the column tables, character by character, for tests that read them.

Shares nothing with the gateway's parser and nothing with the simulator: three hands, so that a slip of one shows.
"""

from __future__ import annotations

from dataclasses import dataclass

STANDARD = "z##### tttttt dddddddd pppp rrrr nnnnnnnnnnnnnnnnnnnnnnnnnnhsqqqqk 3333 aaaaaaaaaaaaoiii  "
EXTENDED = "z##### tttttt dddddddddd ppppppp rrrr nnnnnnnnnnnnnnnnnnnnnnnnnnhsqqqqqqqk 3333333 aaaaaaaaaaaaoiii  "
STANDARD_ANI = STANDARD + " AAAAAAAAAA DDDDDDDDDD"
EXTENDED_ANI = EXTENDED + " AAAAAAAAAA DDDDDDD"
LEVEL_2 = (
    "z##### ttttttttt dddddddddd ppppppp rrrr nnnnnnnnnnnnnnnnnnnnnnnnnnhsqqqqqqqqqqqqqqqk 3333333 aaaaaaaaaaaaoiii"
    "   AAAAAAAAAAAAAAAAAAAA DDDDDDD"
)
LEVEL_1 = LEVEL_2.replace("ttttttttt", "tttttt")
LAYOUTS = {90: STANDARD, 101: EXTENDED, 112: STANDARD_ANI, 120: EXTENDED_ANI, 138: LEVEL_1, 141: LEVEL_2}


@dataclass(kw_only=True)
class Fields:
    """Texts of the fields as they stand in a line."""

    long_call: str = ""
    date: str = "03/05"
    start: str = "13:14"
    duration: str = "00:01:12"
    calling: str = ""
    answer: str = ""
    digits: str = ""
    completion: str = ""
    forwarding: str = ""
    called: str = ""
    joining: str = ""
    third: str = ""
    account: str = ""
    system: str = "000"
    ani: str = ""
    dnis: str = ""


def line(layout: str, **texts: str) -> str:
    """A line of that layout. Texts that do not fit are an error of the test."""
    fields = Fields(**texts)
    if "dddddddddd" in layout and fields.duration:
        fields.duration = "00" + fields.duration
    if "ttttttttt" in layout:
        fields.start = f"{fields.start[:5]}:27{fields.start[5:]}"
    written = layout.replace("#####", fields.date)
    for mark, text in {
        "z": fields.long_call,
        "t": fields.start,
        "d": fields.duration,
        "p": fields.calling,
        "r": fields.answer,
        "n": fields.digits,
        "h": fields.completion,
        "s": fields.forwarding,
        "q": fields.called,
        "k": fields.joining,
        "3": fields.third,
        "a": fields.account,
        "o": "",
        "i": fields.system,
        "A": fields.ani,
        "D": fields.dnis,
    }.items():
        at, width = layout.find(mark), layout.count(mark)
        assert len(text) <= width, f"{text!r} is wider than {width}"
        written = written[:at] + text.ljust(width) + written[at + width :]
    assert len(written) == len(layout)
    return written
