"""The command ``settings``: its card keeps what was chosen, and what was chosen counts at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from store.local_times import QuietHours
from store.preferences import Preferences, PreferenceStore
from tests.bot.conftest import texts_of

if TYPE_CHECKING:
    from store.database import Database
    from tests.bot.conftest import Chat, Company
    from tests.conftest import SteppedClock
    from tests.fakes.connector import FakeConnector

FIELDS = {
    "missed_calls": "false",
    "daily_summary": "true",
    "report_news": "true",
    "quiet": "true",
    "from": "22:00",
    "until": "06:30",
    "days": "4,5",
    "language": "fr",
    "time_zone": "America/New_York",
}


async def saving(chat: Chat, teams: FakeConnector, **changed: object) -> dict[str, Any]:
    """The card that takes the place of the form."""
    await chat.write("settings")
    (save,) = teams.taken[-1].card["actions"]
    card: dict[str, Any] = (await chat.press({**save["data"], **FIELDS, **changed}))["value"]
    return card


async def test_what_was_chosen_is_kept_and_shown(
    signed_in: Chat, teams: FakeConnector, company: Company, database: Database, clock: SteppedClock
) -> None:
    card = await saving(signed_in, teams)

    assert await PreferenceStore(database, clock).of(company.desk.principal) == Preferences(
        missed_calls=False,
        daily_summary=True,
        quiet=True,
        quiet_hours=QuietHours(22 * 60, 6 * 60 + 30, frozenset({4, 5})),
        language="fr",
        time_zone="America/New_York",
    )
    assert await PreferenceStore(database, clock).of(company.warehouse.principal) == Preferences()
    inputs = {part["id"]: part["value"] for part in card["body"] if part["type"].startswith("Input.")}
    assert inputs == {**FIELDS}


async def test_the_language_chosen_counts_at_once_and_from_then_on(
    signed_in: Chat, teams: FakeConnector, company: Company
) -> None:
    assert "Paramètres" in texts_of(await saving(signed_in, teams))
    await signed_in.write("help")
    assert "Ce que vous pouvez écrire" in texts_of(teams.taken[-1].card)

    await saving(signed_in, teams, language="none", time_zone="none")
    await signed_in.write("help")
    assert "What you can write" in texts_of(teams.taken[-1].card)


@pytest.mark.parametrize(
    "changed",
    [
        {"from": "24:00"},
        {"until": ""},
        {"days": "7"},
        {"days": "0;1"},
        {"language": "xx"},
        {"language": "../fr"},
        {"time_zone": "Europe"},
        {"time_zone": "../../etc/passwd"},
        {"time_zone": "x" * 5_000},
        {"from": ["20:00"]},
    ],
)
async def test_what_the_form_does_not_offer_changes_nothing(
    signed_in: Chat,
    teams: FakeConnector,
    company: Company,
    database: Database,
    *,
    changed: dict[str, object],
) -> None:
    assert "out of date" in texts_of(await saving(signed_in, teams, **changed))
    assert await PreferenceStore(database).of(company.desk.principal) == Preferences()
