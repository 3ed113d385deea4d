"""Which of several people: a name that fits more than one waits for a number or a fuller name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "choose"
LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be called."""

    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Choosing:
    """The people in the order in which they were shown, so that "2" means the second of them."""

    people: tuple[Person, ...]

    def to_json(self) -> dict[str, Any]:
        return {"people": [[person.name, person.number] for person in self.people]}

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Self:
        return cls(tuple(Person(name, number) for name, number in source["people"]))

    def answer(self, text: str) -> Person | None:
        """The person meant by name or number, or by position counted from one; ``None`` when that is not one."""
        folded = text.strip().casefold()
        meant = [person for person in self.people if folded in {person.name.casefold(), person.number}]
        if not meant and folded.isdecimal() and 1 <= int(folded) <= len(self.people):
            return self.people[int(folded) - 1]
        return meant[0] if len(meant) == 1 else None
