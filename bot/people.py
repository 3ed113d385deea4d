"""People who can be called: of the account's directory, and its Microsoft 365 contacts."""

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
    """People whom ``text`` finds, by name; everybody for an empty one. ``limit`` is how many at most."""
    found = await cloudlink.find_people(who, text, limit=limit)
    return [Party(person.name, person.numbers[0].number) for person in found.items if person.numbers]
