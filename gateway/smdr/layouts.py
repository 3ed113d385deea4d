"""Where the fields of a line stand. Mitel's table is not public as such; this is put together from what is.

Sources: [H] Mitel's help "SMDR - Recorded Information" and "Summary of Fields" (3300 ICP System Administration; copies
are on the web), which shows the standard line of 90 characters and its 112 with ANI/DNIS; [E] its page of examples;
[S] the source of MiSMDR (GPL, 2013), whose tables have the extended layouts and both reporting levels; [L] lines of a
real PBX with numbers blotted out, in the tests of a public parser (Java, package ``io.isontheline.smdr``), which have
207 characters; [P] pbxdom.com, "Mitel SMDR records explained". Columns count from 0.

The standard line [H]::

    zmm/dd hh:mmp hh:mm:ss pppp fttt xxxxxxxxxxxxxxxxxxxxxmmmmmhsqqqqk rrrr aaaaaaaaaaaasiii

``z`` long call, ``p`` after the time: afternoon, ``pppp`` calling party, ``f`` attendant, ``ttt`` time to answer,
``x`` digits dialled, ``m`` meter pulses (else more digits), ``h`` completion, ``s`` speed call or forwarding, ``qqqq``
called party, ``k`` transfer or conference, ``rrrr`` third party, ``a`` account code, ``s`` route optimisation, ``iii``
system identifier.

| option of the PBX | what it changes | source |
| --- | --- | --- |
| Extended Digit Length (101) | duration ``hhhh:mm:ss``; calling, called and third party 7 wide | [H], [S] |
| ANI/DNIS reporting (112; with both 120) | three blanks after ``iii``, ANI 10, blank, DNIS 10 or 7 | [H], [S] |
| Extended Reporting Level 1 | called party 15 wide, ANI 20 | [S], [L] |
| Extended Reporting Level 2 | as level 1, start ``hh:mm:ssp`` | [H], [S], [L] |
| Extended Time to Answer | four digits where ``fttt`` is | [H], [L] |
| Network OLI | more behind the DNIS, not read here | [H] |

So nothing has to be set: the start has seconds or not, the duration has two or four digits of hours, and the system
identifier shows how wide the called party is. A blank duration (a call that nobody took [L]) leaves the second open:
then the length of the line tells it, and if not that, what the lines before had.
"""

from __future__ import annotations

from dataclasses import dataclass

_LEVEL_1_CALLED = 15

# Without the three characters of seconds. 131 and 139 are with Network OLI [H].
_STANDARD_LENGTHS = {90, 112, 131}
_EXTENDED_LENGTHS = {101, 120, 139}


@dataclass(frozen=True, slots=True)
class Layout:
    """Widths of those fields that differ, in characters."""

    duration: int
    party: int
    called: int
    ani: int
    dnis: int


STANDARD = Layout(duration=8, party=4, called=4, ani=10, dnis=10)
EXTENDED = Layout(duration=10, party=7, called=7, ani=10, dnis=7)


def by_length(length: int) -> Layout | None:
    """The layout of a line with this many characters, seconds of the start not counted; ``None`` when none has."""
    if length in _STANDARD_LENGTHS:
        return STANDARD
    return EXTENDED if length in _EXTENDED_LENGTHS else None


def with_wide_called_party(layout: Layout) -> Layout:
    """The same under Extended Reporting Level 1 or 2."""
    return Layout(layout.duration, layout.party, called=_LEVEL_1_CALLED, ani=20, dnis=7)
