"""Accounts that are made on the command line."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from composition.administration import add_account
from composition.settings import SettingsError
from store.database import open_database
from store.schema import accounts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def options(bar: Sequence[str]) -> argparse.Namespace:
    return argparse.Namespace(
        name="Head Office", region="FR", language="fr-FR", time_zone="Europe/Paris", ios_uri_template="", bar=bar
    )


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database_url)


async def test_a_bar_is_stored_in_the_form_that_numbers_are_compared_in(database_url: str) -> None:
    await add_account(options(["+33 899", "36-99"]))
    database = await open_database(database_url)
    ((dialing,),) = await database.read(select(accounts.c.dialing))
    await database.close()
    assert list(dialing["barred_prefixes"]) == ["+33899", "3699"]


@pytest.mark.parametrize("bar", ["", "0899", "0033899"])
async def test_a_bar_that_would_not_work_is_refused(bar: str) -> None:
    with pytest.raises(SettingsError, match=r"--bar .*E\.164"):
        await add_account(options([bar]))
