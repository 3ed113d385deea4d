"""The benchmark's comparison of what telephones did with what Graph was told."""

from __future__ import annotations

import pytest

from benchmarks.presence.comparison import Told, compare, wrong
from benchmarks.presence.telephones import Change
from tests.fakes.graph import Write


def told_of(story: list[tuple[float, str]], since: float = 0.0) -> Told:
    """One person's: ``on`` and ``off`` are the telephone, ``set`` and ``clear`` are requests."""
    changes = [Change("anna", what == "on", do_not_disturb=False, at=at) for at, what in story if what in {"on", "off"}]
    pairs = {"set": ("Busy", "InACall"), "clear": None}
    writes = [Write(at, "tenant", "app", "anna", pairs[what]) for at, what in story if what in pairs]
    return compare(changes, writes, since, 100)


def test_each_change_is_told_once_and_what_it_took_is_known() -> None:
    told = told_of([(1, "on"), (1.2, "set"), (9, "set"), (20, "off"), (20.3, "clear")])
    assert told.latencies == pytest.approx([0.2, 0.3])
    assert (told.begun, told.ended, told.sets, told.clears, told.renewals) == (1, 1, 1, 1, 1)
    assert told.for_each_party == 2


def test_what_is_over_before_anything_was_written_is_not_missed() -> None:
    told = told_of([(1, "on"), (1.1, "off"), (5, "on"), (5.2, "set"), (9, "off"), (9.05, "on")])
    assert told.latencies == pytest.approx([0.2])
    assert (told.collapsed, told.late) == (2, 0)


def test_a_write_that_comes_too_late_leaves_the_change_owed() -> None:
    told = told_of([(1, "on"), (1.1, "off"), (1.2, "set"), (1.5, "clear")])
    assert told.latencies == pytest.approx([0.4]), "from the end of the call"
    assert told.late == 1


def test_what_was_before_is_known_and_not_counted() -> None:
    told = told_of([(1, "on"), (1.2, "set"), (20, "set"), (30, "off"), (30.5, "clear")], since=10)
    assert told.latencies == pytest.approx([0.5])
    assert (told.begun, told.ended, told.sets, told.renewals) == (0, 1, 0, 1)


def test_a_write_is_counted_with_its_change() -> None:
    told = told_of([(9, "on"), (11, "set"), (99, "off"), (101, "clear")], since=10)
    assert (told.begun, told.ended, told.sets, told.clears) == (0, 1, 0, 1)
    assert told.latencies == pytest.approx([2])


def test_who_is_shown_otherwise_is_wrong_unless_that_cannot_be_said_yet() -> None:
    last = {
        name: Change(name, on_call, do_not_disturb=False, at=at)
        for name, on_call, at in [("anna", True, 1), ("bob", True, 1), ("carl", False, 1), ("dora", True, 9)]
    }
    assert wrong(last, {"anna", "carl", "eve"}, 5) == ({"bob", "carl", "eve"}, {"dora"})
