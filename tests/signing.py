"""The key that signs CloudLink's tokens in tests that are not about keys."""

from __future__ import annotations

from functools import cache

from cloudlink.service.identity.keys import generate


@cache
def one_key() -> tuple[str, str]:
    """For ``Keys``: made once, since that takes longer than most tests. A second key wants ``generate``."""
    return generate()
