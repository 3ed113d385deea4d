"""Ids that stay the same when a PBX sends lines again, whatever it sends again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.smdr.repeats import Repeats, call_id

_LINES = st.lists(st.sampled_from("ABC"), max_size=12)
_CUTS = st.lists(st.integers(0, 12), max_size=4)


def ids_told(repeats: Repeats, lines: str | list[str]) -> list[str]:
    """Those that are new, as ``SmdrSide`` asks for them."""
    ids = [call_id("201", 2026, line, repeats.occurrence(line)) for line in lines]
    return [name for name in ids if not repeats.told(name)]


@given(lines=_LINES, cuts=_CUTS, restarts=st.sets(st.integers(0, 3)))
def test_a_buffer_that_is_sent_again_whole_leaves_each_call_once(
    lines: list[str], cuts: list[int], restarts: set[int]
) -> None:
    repeats, told = Repeats(), []
    for number, cut in enumerate([*sorted(cuts), len(lines)]):
        if number in restarts:
            repeats = Repeats()
        repeats.connected()
        told += ids_told(repeats, lines[:cut])
    assert len(set(told)) == len(lines)
    if not restarts:
        assert len(told) == len(lines)


@given(lines=_LINES, windows=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=5))
def test_whatever_part_is_sent_again_no_call_is_told_twice(lines: list[str], windows: list[tuple[int, int]]) -> None:
    repeats, told = Repeats(), []
    for start, end in [(0, len(lines)), *windows]:
        repeats.connected()
        told += ids_told(repeats, lines[start:end])
    assert len(told) == len(set(told)) == len(lines)


def test_extensions_and_years_have_ids_of_their_own() -> None:
    ids = {call_id(extension, year, "A", 1) for extension in ("201", "2012") for year in (2026, 2027, 6)}
    assert len(ids) == 6
    assert {len(name) for name in ids} == {32}
