"""What waits for a browser is given back once, to that browser, and nobody fills the store with it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from store.entra_states import MOST_OPEN, EntraStates, new_state
from store.vault import Vault, new_key

if TYPE_CHECKING:
    from store.database import Database
    from tests.conftest import SteppedClock

LIFETIME = timedelta(minutes=10)


@pytest.fixture
def states(database: Database, clock: SteppedClock) -> EntraStates:
    return EntraStates(database, Vault([new_key()]), clock)


async def opened(states: EntraStates, opener: str = "192.0.2.1") -> str:
    state = new_state()
    assert await states.keep(state, "sign-in", {"next": "/"}, LIFETIME, browser="browser", opener=opener) == 0
    return state


async def test_it_is_given_back_once(states: EntraStates) -> None:
    state = await opened(states)
    assert await states.take(state, "sign-in", "browser") == {"next": "/"}
    assert await states.take(state, "sign-in", "browser") is None


@pytest.mark.parametrize("browser", ["another", "", "é", "\udcff"])
async def test_another_browser_gets_nothing(states: EntraStates, browser: str) -> None:
    assert await states.take(await opened(states), "sign-in", browser) is None


async def test_another_purpose_gets_nothing_and_neither_does_who_comes_late(
    states: EntraStates, clock: SteppedClock
) -> None:
    state = await opened(states)
    assert await states.take(state, "consent", "browser") is None
    clock.advance(minutes=10)
    assert await states.take(state, "sign-in", "browser") is None


async def test_whoever_opens_them_without_end_has_to_wait_and_nobody_else(
    states: EntraStates, clock: SteppedClock
) -> None:
    first = await opened(states)
    clock.advance(minutes=1)
    for _ in range(MOST_OPEN - 1):
        await opened(states)

    assert await states.keep("more", "sign-in", {}, LIFETIME, browser="browser", opener="192.0.2.1") == 540
    assert await states.take("more", "sign-in", "browser") is None
    await opened(states, "192.0.2.2")

    await states.take(first, "sign-in", "browser")
    await opened(states)
    clock.advance(minutes=10)
    await opened(states)
