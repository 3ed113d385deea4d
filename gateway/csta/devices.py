"""Device identifiers: text with a structure, never to be compared as text.

A switching-function form is ``N<number&extension!terminal>name;key=value``; seen are ``N<123!98>`` (MiVoice Office
400) and ``N<302118840100>;noa=nk`` (Unify). Anything else is a plain number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_SWITCHING_FORM = re.compile(r"N<(?P<number>[^&!>]*)(?:&[^!>]*)?(?:!(?P<terminal>[^>]*))?>(?P<name>[^;]*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class DeviceId:
    """What identifies a device: its ``number``, which terminal of that number, and the ``name`` shown with it."""

    number: str
    terminal: str | None = None
    name: str | None = None


# A PBX names the same few thousand devices again and again.
@lru_cache(maxsize=8192)
def parse_device_id(text: str) -> DeviceId | None:
    """The device in an identifier's text; ``None`` when no number is in it."""
    text = text.strip()
    match = _SWITCHING_FORM.match(text)
    if match is None:
        number = text.partition(";")[0]
        return DeviceId(number) if number else None
    number = match["number"].strip()
    return DeviceId(number, match["terminal"] or None, match["name"].strip() or None) if number else None
