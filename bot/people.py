"""People who can be called: of the account's directory, and its Microsoft 365 contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloudlink.model import LineState
from dialing import NumberError, normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cloudlink.model import Principal
    from cloudlink.port import CloudLink
    from dialing import DialPlan, Number

# No name is longer, so nothing longer is worth a search.
LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who can be called; ``name`` is empty when only the number is known, ``state`` is their line's."""

    name: str
    number: str
    state: str = LineState.UNKNOWN


async def find_parties(cloudlink: CloudLink, who: Principal, text: str, *, limit: int) -> Sequence[Party]:
    """People whom ``text`` finds, by name, with each of their numbers; everybody for an empty one.

    ``limit`` is how many people at most.
    """
    found = await cloudlink.find_people(who, text, limit=limit)
    return [Party(person.name, each.number, person.state) for person in found.items for each in person.numbers]


def dialable(parties: Iterable[Party], plan: DialPlan, *, most: int) -> list[tuple[Party, Number]]:
    """The first ``most`` numbers that the account lets be called, each once, with the first party that has a name."""
    found: dict[str, tuple[Party, Number]] = {}
    for party in parties:
        if len(found) == most:
            break
        try:
            number = normalise(party.number, plan)
        except NumberError:
            continue
        known = found.get(number.dialled)
        if known is None or not known[0].name:
            found[number.dialled] = (party, number)
    return list(found.values())
