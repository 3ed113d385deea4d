"""Which passwords are taken: NIST SP 800-63B's way, length and a list of what everybody tries, and no composition.

The list is the 30,000 commonest passwords of public leaks that ``zxcvbn`` ships (MIT); those long enough to be asked
about are 11,600. Someone's own e-mail address or name is as easily tried.
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING

from cloudlink.identity import PasswordTooLong, WeakPassword
from cloudlink.service.passwords import normal_form
from store.directory import fold

if TYPE_CHECKING:
    from cloudlink.model import User

MIN_CHARACTERS = 8
MAX_BYTES = 1000


async def check(password: str, user: User) -> None:
    """Raises ``WeakPassword``, ``PasswordTooLong``."""
    if len(password) < MIN_CHARACTERS:
        raise WeakPassword(common=False)
    if len(password.encode()) > MAX_BYTES:
        raise PasswordTooLong("more than 1,000 bytes")
    folded = fold(normal_form(password))
    # The first question loads the list, which takes a moment.
    if folded in _own(user) or folded in await asyncio.to_thread(_common):
        raise WeakPassword(common=True)


def _own(user: User) -> set[str]:
    email, name = fold(user.email), fold(user.name)
    return {email, email.partition("@")[0], name, name.replace(" ", "")}


@cache
def _common() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415 - its dictionaries can wait for the first user

    return frozenset(word for word in map(fold, FREQUENCY_LISTS["passwords"]) if len(word) >= MIN_CHARACTERS)
