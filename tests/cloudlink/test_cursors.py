"""Whatever a cursor says, it is a place that the database can look for, or refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cloudlink.service.cursors import decode, encode

MOMENT = datetime(2026, 3, 2, 14, 5, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize("row_id", [0, 1, 2**63 - 1])
def test_a_place_survives_the_way_to_the_browser_and_back(row_id: int) -> None:
    assert decode(encode(MOMENT, row_id)) == (MOMENT, row_id)


@pytest.mark.parametrize("row_id", [2**63, 2**64 - 1])
def test_a_row_id_that_no_database_holds_is_refused(row_id: int) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        decode(encode(MOMENT, row_id))
