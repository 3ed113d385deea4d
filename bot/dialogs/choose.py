"""Which of several people: a name that fits more than one waits for a number, or for more letters of the name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from bot.people import Party

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "choose"
LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Choosing:
    """The people in the order in which they were shown, so that "2" means the second of them.

    ``asked`` is what was written to find them.
    """

    people: tuple[Party, ...]
    asked: str

    def to_json(self) -> dict[str, Any]:
        return {"people": [[person.name, person.number] for person in self.people], "asked": self.asked}

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Self:
        people = tuple(Party(name, number) for name, number in source["people"])
        # A dialog that was opened by an earlier version does not know what was asked.
        return cls(people, source.get("asked", ""))

    def answer(self, text: str) -> Party | None:
        """The person meant by name or number, or by position counted from one; ``None`` when that is not one."""
        folded = text.strip().casefold()
        meant = [person for person in self.people if folded in {person.name.casefold(), person.number}]
        if not meant and folded.isdecimal() and 1 <= int(folded) <= len(self.people):
            return self.people[int(folded) - 1]
        return meant[0] if len(meant) == 1 else None
