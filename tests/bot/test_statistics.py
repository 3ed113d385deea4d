"""The figures of one's own calls in the chat."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.bot.conftest import actions_of, record, texts_of
from tests.cloudlink.conftest import inbound, outbound

if TYPE_CHECKING:
    from cloudlink.model import Call
    from store.database import Database
    from tests.bot.conftest import Chat, Company
    from tests.conftest import SteppedClock
    from tests.fakes.connector import FakeConnector


async def test_tells_the_figures_of_a_month_and_by_button_of_another_time(
    signed_in: Chat, teams: FakeConnector, company: Company, database: Database, clock: SteppedClock
) -> None:
    def ago(days: int, call: Call) -> Call:
        return replace(call, created_on=clock() - timedelta(days=days))

    await record(
        database,
        company.desk,
        ago(1, replace(inbound("c1"), from_name="Supplier", ring_time=42.0)),
        ago(2, inbound("c2", answered=False)),
        ago(40, outbound("c3")),
    )
    await record(database, company.warehouse, ago(1, inbound("c4")))
    await signed_in.write("stats")
    card = teams.taken[0].card
    told = texts_of(card).replace("\n", " ")
    assert "✓ 30 days" in told
    assert "All calls:  2" in told
    assert "Missed:  1 (50%)" in told
    assert "Supplier  · 42 sec" in told
    whole = next(action["data"] for action in actions_of(card) if action["title"] == "All calls")
    answer = await signed_in.press(whole)
    assert "All calls:  3" in texts_of(answer["value"]).replace("\n", " ")


@pytest.mark.parametrize("wrong", [{"period": "8"}, {"period": 7}, {"period": None}])
async def test_a_button_that_is_not_ours_is_out_of_date(
    signed_in: Chat, company: Company, teams: FakeConnector, wrong: dict[str, object]
) -> None:
    await signed_in.write("statistics")
    assert "You have no calls in this time." in texts_of(teams.taken[0].card)
    answer = await signed_in.press({"verb": "statistics", **wrong})
    assert "out of date" in texts_of(answer["value"])
