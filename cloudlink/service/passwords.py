"""Passwords as Argon2id hashes.

Hashing takes tens of milliseconds and 64 MiB by design, so it runs on two threads of its own: never on the event
loop, and never so many at once that a burst of sign-ins takes the machine's memory.

Keyboards and systems send one letter as different characters (an accent of its own, or not), so what is hashed is the
NFKC form, as NIST SP 800-63B asks.
"""

from __future__ import annotations

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import Parameters, PasswordHasher

_THREADS = ThreadPoolExecutor(2, thread_name_prefix="argon2")
_chosen: list[Parameters] = []


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the password is right, and its hash by today's parameters when the stored one is by older."""

    right: bool
    new_hash: str | None = None


async def hash_password(password: str) -> str:
    """What is stored in place of the password."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, lambda: _hasher().hash(normal_form(password)))


async def verify_password(stored: str | None, password: str) -> Verdict:
    """Compares in equal time whether right, wrong, or (``None``) there is no password to compare with."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _verify, stored, normal_form(password))


def use(parameters: Parameters) -> None:
    """Hashes by these from now on, not by the library's own: tests hash a thousand times, and have no secrets."""
    _chosen.append(parameters)
    _hasher.cache_clear()
    _decoy.cache_clear()


def normal_form(password: str) -> str:
    """What is hashed."""
    return unicodedata.normalize("NFKC", password)


def _verify(stored: str | None, password: str) -> Verdict:
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415 - as in _hasher

    decoy = _decoy()
    try:
        _hasher().verify(decoy if stored is None else stored, password)
    except (VerificationError, InvalidHashError):
        return Verdict(right=False)
    if stored is None:
        return Verdict(right=False)
    return Verdict(right=True, new_hash=_hasher().hash(password) if _hasher().check_needs_rehash(stored) else None)


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # noqa: PLC0415 - the first sign-in can wait for it, the start cannot

    return PasswordHasher.from_parameters(_chosen[-1]) if _chosen else PasswordHasher()


@cache
def _decoy() -> str:
    """What the password of an unknown e-mail is compared with."""
    return _hasher().hash("nobody has this password")
