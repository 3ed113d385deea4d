"""What telephones did, against what Graph was told of it. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from benchmarks.presence.telephones import Change
    from tests.fakes.graph import Write


@dataclass
class Told:
    """``latencies`` are seconds from a change that Teams should show to the request that told it, in order of size.

    ``begun`` and ``ended`` are what Teams is to show as calls. ``collapsed`` changes were over before anything had been
    written of them, and ``late`` writes told what was over when they arrived.
    """

    latencies: list[float] = field(default_factory=list)
    begun: int = 0
    ended: int = 0
    sets: int = 0
    clears: int = 0
    renewals: int = 0
    collapsed: int = 0
    late: int = 0

    @property
    def for_each_party(self) -> float:
        """Writes for each party of a call, but for renewals."""
        return self.sets / self.begun + self.clears / self.ended if self.begun and self.ended else float("nan")


def compare(changes: Iterable[Change], writes: Iterable[Write], since: float, until: float) -> Told:
    """All from the beginning, of which what happened from ``since`` to ``until`` is counted."""
    by_person: dict[str, list[tuple[float, bool, bool]]] = defaultdict(list)
    for change in changes:
        by_person[change.object_id].append((change.at, change.on_call, False))
    for write in writes:
        by_person[write.object_id].append((write.at, write.kind == "set", True))
    told = Told()
    for story in by_person.values():
        _follow(sorted(story), told, since, until)
    told.latencies.sort()
    return told


def _follow(story: Sequence[tuple[float, bool, bool]], told: Told, since: float, until: float) -> None:
    """One person's changes and writes, in their order."""
    on_call = shown = False
    # When it last changed, and that again for as long as Teams shows otherwise.
    last = 0.0
    owed: float | None = None
    for at, level, is_write in story:
        counts = since <= at < until
        if is_write:
            # A write belongs to the change that it follows, so that one at the edge is counted with it.
            follows = since <= last < until
            told.renewals += counts and level and shown
            told.sets += follows and level and not shown
            told.clears += follows and not level
            told.late += follows and level is not on_call
            if level is on_call and owed is not None and since <= owed < until:
                told.latencies.append(at - owed)
            shown = level
            owed = None if shown is on_call else last
        elif level is not on_call:
            told.begun += level and counts
            told.ended += counts and not level
            told.collapsed += counts and owed is not None
            on_call, last = level, at
            owed = None if shown is on_call else at


def wrong(last: Mapping[str, Change], shown: Collection[str], before: float) -> tuple[set[str], set[str]]:
    """Who is shown otherwise than their telephone is, and of whom that cannot be said: it changed after ``before``.

    ``last`` are changes by object id.
    """
    moving = {object_id for object_id, change in last.items() if change.at > before}
    on_call = {object_id for object_id, change in last.items() if change.on_call}
    return (on_call ^ set(shown)) - moving, moving
