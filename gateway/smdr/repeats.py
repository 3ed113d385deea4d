"""Ids that stay the same when the PBX sends a line again, so that CloudLink keeps one of the two.

The id of a call is a digest of the extension, the year, the whole line, and how many times the same line had come on
the same connection. So no file has to remember anything:

- a buffer that is sent again after the connection was lost, or after this gateway started again, gives the ids that its
  lines had before;
- two calls that are alike to the letter are two when both lines come on one connection, since a PBX sends a line once;
- two such calls on either side of a lost connection cannot be told from one line that was sent twice, and are one. With
  a start in seconds (Extended Reporting Level 2) or call identifiers (Network OLI) in the lines there are none such.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b
from typing import Any

_LINES = 10_000
"""Latest lines of a connection among which equal ones are looked for. Equal calls end within the same minute."""

_IDS = 60_000
"""Latest ids that are not sent to CloudLink a second time: about what a PBX keeps (20,000 lines) with three parties."""

_ID_BYTES = 16


class Repeats:
    """Of one PBX, as long as the process lives."""

    def __init__(self) -> None:
        self._times: OrderedDict[bytes, int] = OrderedDict()
        self._told: OrderedDict[str, None] = OrderedDict()

    def connected(self) -> None:
        """A connection begins: what comes now may have come before."""
        self._times.clear()

    def occurrence(self, text: str) -> int:
        """How many times this line has come on this connection, this time included."""
        key = _digest(text)
        times = self._times.pop(key, 0) + 1
        self._times[key] = times
        _forget_oldest(self._times, _LINES)
        return times

    def told(self, call_id: str) -> bool:
        """Whether CloudLink was told of this call before; it counts as told from now on."""
        if call_id in self._told:
            return True
        self._told[call_id] = None
        _forget_oldest(self._told, _IDS)
        return False


def call_id(extension: str, year: int, text: str, occurrence: int) -> str:
    """The id of an extension's part in the call that the line tells."""
    return _digest(f"{extension}\n{year}\n{occurrence}\n{text}").hex()


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=_ID_BYTES).digest()


def _forget_oldest(kept: OrderedDict[Any, Any], most: int) -> None:
    if len(kept) > most:
        kept.popitem(last=False)
