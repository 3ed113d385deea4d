"""A place in a list that is sorted by texts, as an opaque text: the sort keys of the last row shown.

A cursor is a place and no permission: what may be seen always comes from who asks.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNKNOWN = "not a cursor of this list"


def encode(keys: Sequence[str]) -> str:
    """The place after the row with these keys, fit for a URL."""
    return base64.urlsafe_b64encode(json.dumps(list(keys)).encode()).rstrip(b"=").decode()


def decode(cursor: str, count: int) -> list[str]:
    """The ``count`` keys that ``encode`` was given. Raises ``ValueError`` for any other text."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        keys = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        raise ValueError(_UNKNOWN) from None
    if not isinstance(keys, list) or len(keys) != count or not all(_is_text(key) for key in keys):
        raise ValueError(_UNKNOWN)
    return keys


def _is_text(key: object) -> bool:
    """Whether it is one that a database can compare with: no NUL, no half of a character."""
    return isinstance(key, str) and "\0" not in key and not any("\ud800" <= sign <= "\udfff" for sign in key)
