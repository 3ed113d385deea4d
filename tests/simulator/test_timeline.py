"""The simulator's clock, advanced by hand and run by the event loop."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from simulator.timeline import Timeline


def test_entries_run_when_due_and_in_order() -> None:
    timeline, done = Timeline(), list[str]()
    timeline.after(2, lambda: done.append("second"))
    timeline.after(1, lambda: done.append("first"))
    timeline.after(1, lambda: done.append("after the first"))
    timeline.advance(1)
    assert done == ["first", "after the first"]
    timeline.advance(1)
    assert done[-1] == "second"


def test_a_story_goes_on_after_each_pause_and_sees_the_time_of_its_step() -> None:
    began = datetime(2026, 1, 1, tzinfo=UTC)
    timeline, seen = Timeline(began), list[datetime]()

    def story() -> Iterator[float]:
        for pause in (3.0, 4.0):
            seen.append(timeline.now())
            yield pause
        seen.append(timeline.now())

    timeline.play(story())
    timeline.advance(60)
    assert [moment - began for moment in seen] == [timedelta(seconds=s) for s in (0, 3, 7)]


def test_what_is_cancelled_or_broken_off_does_not_happen() -> None:
    timeline, done = Timeline(), list[str]()
    timeline.after(1, lambda: done.append("cancelled")).cancel()
    stop = timeline.every(10, lambda: done.append("beat"))
    timeline.advance(25)
    stop()
    timeline.advance(100)
    assert done == ["beat", "beat"]


async def test_in_real_time_an_entry_planned_late_is_not_due_at_once() -> None:
    timeline = Timeline()
    running = asyncio.create_task(timeline.run())
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    await asyncio.sleep(0)
    begun = loop.time()
    timeline.after(0.05, done.set)
    await asyncio.wait_for(done.wait(), 5)
    assert loop.time() - begun >= 0.05
    running.cancel()
