"""Several presses within a moment are one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudlink.model import Principal
from cloudlink.presses import Presses

if TYPE_CHECKING:
    from tests.conftest import SteppedClock

DESK, WAREHOUSE = Principal("a", "desk"), Principal("a", "warehouse")


def test_presses_within_five_seconds_of_the_first_have_one_name(clock: SteppedClock) -> None:
    # At whatever second of the minute the first comes.
    for _ in range(7):
        presses = Presses()
        first = presses.name(DESK, "button", clock())
        clock.advance(seconds=4.9)
        assert presses.name(DESK, "button", clock()) == first
        clock.advance(seconds=0.1)
        assert presses.name(DESK, "button", clock()) != first
        clock.advance(seconds=1)


def test_buttons_and_people_are_told_apart(clock: SteppedClock) -> None:
    presses = Presses()
    names = {presses.name(DESK, button, clock()) for button in ("one", "another")}
    assert len(names) == 2
    clock.advance(seconds=3)
    presses.name(WAREHOUSE, "one", clock())
    clock.advance(seconds=3)
    assert presses.name(DESK, "one", clock()) not in names
    # The colleague's press was later.
    assert presses.name(WAREHOUSE, "one", clock()) == presses.name(WAREHOUSE, "one", clock())


def test_a_clock_that_was_put_back_makes_no_press_an_old_one(clock: SteppedClock) -> None:
    presses = Presses()
    first = presses.name(DESK, "button", clock())
    clock.advance(seconds=-60)
    assert presses.name(DESK, "button", clock()) != first
