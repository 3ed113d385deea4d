"""A place in a call log as opaque text: the start and row id of the last call shown.

A cursor is a place and no permission: the account and principal always come from who asks.
"""

from __future__ import annotations

import base64
import struct
from datetime import UTC, datetime, timedelta

_UNKNOWN = "not a cursor of this call log"
_PLACE = struct.Struct(">QQ")
# A signed column of 64 bits holds no larger row id; a database driver fails on one.
_LARGEST_ROW_ID = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def encode(created_on: datetime, row_id: int) -> str:
    """The place after the call with this start (to the microsecond) and row id; 22 characters, fit for a URL."""
    place = _PLACE.pack((created_on - _EPOCH) // timedelta(microseconds=1), row_id)
    return base64.urlsafe_b64encode(place).rstrip(b"=").decode()


def decode(cursor: str) -> tuple[datetime, int]:
    """The place that ``encode`` was given. Raises ``ValueError`` for any other text."""
    try:
        place = base64.b64decode(cursor.encode("ascii") + b"==", altchars=b"-_", validate=True)
        microseconds, row_id = _PLACE.unpack(place)
        created_on = _EPOCH + timedelta(microseconds=microseconds)
    except (ValueError, struct.error, OverflowError):
        raise ValueError(_UNKNOWN) from None
    if row_id > _LARGEST_ROW_ID:
        raise ValueError(_UNKNOWN)
    return created_on, row_id
