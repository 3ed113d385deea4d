"""Every card in every language before Microsoft's schema, renderer and limits."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from i18n import LANGUAGES, translator
from tests.cards.states import every_card

if TYPE_CHECKING:
    from tests.cards.conftest import Renderer

pytestmark = pytest.mark.asyncio(loop_scope="session")

STATES = [
    pytest.param(card, id=f"{language}: {name}")
    for language in LANGUAGES
    for name, card in every_card(translator(language)).items()
]
# A message of Teams holds 28 KB; the activity around a card takes less than two.
LARGEST = 26 * 1024


@cache
def schema(version: str) -> Draft7Validator:
    return Draft7Validator(json.loads((files("adaptive_cards") / f"schemas/schema-{version}.json").read_text("utf-8")))


def as_drawn_by_1_2(part: Any) -> Any:
    """The card of a client that knows 1.2: fallbacks in place of ``Action.Execute``, tooltips passed over."""
    if isinstance(part, list):
        return [as_drawn_by_1_2(each) for each in part]
    if not isinstance(part, dict):
        return part
    if part.get("type") == "Action.Execute":
        return as_drawn_by_1_2(part["fallback"])
    return {key: as_drawn_by_1_2(value) for key, value in part.items() if key != "tooltip"}


@pytest.mark.parametrize("card", STATES)
async def test_every_card_is_valid_as_new_clients_read_it(card: dict[str, Any]) -> None:
    assert [error.message for error in schema("1.5").iter_errors(card)] == []


@pytest.mark.parametrize("card", STATES)
async def test_every_card_is_valid_as_telephones_read_it(card: dict[str, Any]) -> None:
    assert card["version"] == "1.2"
    assert [error.message for error in schema("1.2").iter_errors(as_drawn_by_1_2(card))] == []


async def test_the_schemas_do_refuse_what_is_no_card() -> None:
    wrong = {"type": "AdaptiveCard", "version": "1.2", "body": [{"type": "TextBlock", "test": "misspelt"}]}

    assert not schema("1.2").is_valid(wrong)
    assert not schema("1.5").is_valid(wrong)


@pytest.mark.parametrize("card", STATES)
async def test_the_renderer_draws_every_card_without_a_warning(card: dict[str, Any], renderer: Renderer) -> None:
    assert await renderer.draw(card) == []
    assert (await renderer.text()).strip()


async def test_the_renderer_does_warn(renderer: Renderer) -> None:
    assert await renderer.draw({"type": "AdaptiveCard", "version": "1.2", "body": [{"type": "Telephone"}]})


@pytest.mark.parametrize("card", STATES)
async def test_every_card_fits_into_a_message(card: dict[str, Any]) -> None:
    assert len(json.dumps(card)) < LARGEST
