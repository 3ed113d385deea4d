"""A small share of ``make fuzz``."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.fuzz.properties import PROPERTIES


@pytest.mark.parametrize("name", PROPERTIES)
def test_what_comes_in_does_no_worse_than_a_typed_error(name: str) -> None:
    check, given_of = PROPERTIES[name]
    settings(max_examples=60, deadline=None)(given(**given_of)(check))()
