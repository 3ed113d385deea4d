"""Prints figures beside their bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Figures:
    """``missed`` are those beyond their bound."""

    def __init__(self) -> None:
        self.missed: list[str] = []

    def title(self, text: str) -> None:
        """What follows."""
        print(text, flush=True)

    def say(self, text: str) -> None:
        """Something that has no bound."""
        print(f"  {text}", flush=True)

    def at_most(self, name: str, value: float, bound: float) -> None:
        """A figure that is to be no larger. One that is no number has missed."""
        kept = value <= bound
        print(f"  {name}: {value:,.4g} (at most {bound:,g}){'' if kept else ' MISSED'}", flush=True)
        if not kept:
            self.missed.append(name)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Of values in order of size; not a number of none."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")
