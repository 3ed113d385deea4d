"""Line states are only ever wanted as they are now: a newer one of the same extension makes an older one useless."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudlink.uplink import LineChanged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeVar

    from cloudlink.uplink import Fact

    T = TypeVar("T")


def tells(fact: Fact) -> int:
    """Which parts of a line's state the fact tells, one bit each; 0 for what is no state and always wanted."""
    if not isinstance(fact, LineChanged):
        return 0
    parts = (fact.state, fact.dnd, fact.message_waiting)
    return sum(1 << bit for bit, part in enumerate(parts) if part is not None)


def latest(facts: Sequence[T], about: Callable[[T], tuple[str, int]]) -> list[T]:
    """The facts without those whose every part a newer one tells, in their order.

    ``about`` answers the extension of one and what it ``tells``.
    """
    told: dict[str, int] = {}
    return [*_unsaid(reversed(facts), about, told)][::-1]


def _unsaid(facts: Iterable[T], about: Callable[[T], tuple[str, int]], told: dict[str, int]) -> Iterable[T]:
    for fact in facts:
        extension, parts = about(fact)
        already = told.get(extension, 0)
        if not parts or parts & ~already:
            told[extension] = already | parts
            yield fact
