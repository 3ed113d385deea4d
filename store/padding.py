"""Lists of values for ``IN``, of few different lengths.

A database prepares a statement anew for each number of parameters, which on PostgreSQL costs a round trip more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def padded(values: Iterable[str]) -> list[str]:
    """The values, the last repeated until their number is a power of two. None stay none."""
    found = list(values)
    if found:
        found += found[-1:] * ((1 << (len(found) - 1).bit_length()) - len(found))
    return found
