"""People of the account's directory who can be called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloudlink.model import Principal
    from cloudlink.port import CloudLink


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who can be called; ``name`` is empty when only the number is known."""

    name: str
    number: str


async def find_parties(cloudlink: CloudLink, who: Principal, text: str, *, limit: int) -> Sequence[Party]:
    """Colleagues whom ``text`` finds, by name; everybody for an empty one. ``limit`` is how many at most."""
    users = await cloudlink.find_users(who, text, limit=limit)
    return [Party(user.name, user.extension) for user in users if user.extension]
