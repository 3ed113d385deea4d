"""A PBX and a network that do not behave, but lose nothing: every part of every call is recorded as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulator.commands import obey
from tests.scenarios.test_every_call_once import site

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param(("duplicate 100000", "split 7"), id="every event twice, in small pieces"),
        pytest.param(("reorder 100000", "slow 0.3"), id="every two events in another order, answers late"),
        pytest.param(("garbage", "doctype", "silent", "one-edition"), id="what is no event, and no optional services"),
    ],
)
async def test_a_pbx_that_misbehaves_has_every_call_recorded_once(tmp_path: Path, faults: tuple[str, ...]) -> None:
    async with site(tmp_path, seed=7) as here:
        for fault in faults:
            assert obey(here.pbx, f"fault {fault}") == "ok"
        await here.pass_time(400)
        obey(here.pbx, "fault none")
