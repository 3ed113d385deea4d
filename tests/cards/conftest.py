"""Microsoft's card renderer in a real Chromium."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest_asyncio

from tests.browser import chromium

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Page

    from bot.cards import Card

RENDERER = Path(__file__).parents[2] / "node_modules/adaptivecards/dist/adaptivecards.min.js"

# ``pressed`` collects what the renderer hands to the host when a button is clicked. The renderer's one regular
# expression for ``lang`` goes on where it stopped in the card before and refuses every second one: it is set back.
_DRAW = """(json) => {
  AdaptiveCards.AdaptiveCard.langProperty.regEx.lastIndex = 0;
  const card = new AdaptiveCards.AdaptiveCard();
  const context = new AdaptiveCards.SerializationContext();
  card.parse(json, context);
  const said = Array.from({length: context.eventCount}, (_, i) => context.getEventAt(i).message);
  said.push(...card.validateProperties().validationEvents.map((event) => event.message));
  window.pressed = [];
  card.onExecuteAction = (action) => window.pressed.push(action.toJSON());
  document.body.replaceChildren(card.render());
  return said;
}"""


@dataclass(frozen=True, slots=True)
class Renderer:
    """Draws cards on a page."""

    page: Page

    async def draw(self, card: Card) -> list[str]:
        """Everything that the renderer complains about; the card then stands on the page."""
        complaints: list[str] = await self.page.evaluate(_DRAW, card)
        return complaints

    async def text(self) -> str:
        return await self.page.inner_text("body")

    async def press(self, name: str) -> dict[str, Any]:
        """Clicks the button of that text or tooltip and answers its action as the renderer understood it."""
        await self.page.locator(f'button[title="{name}"], button:text-is("{name}")').click()
        action: dict[str, Any] = await self.page.evaluate("window.pressed.at(-1)")
        return action


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def renderer() -> AsyncIterator[Renderer]:
    """One browser for all cards."""
    async with chromium() as browser:
        page = await browser.new_page(viewport={"width": 480, "height": 900})
        await page.add_script_tag(path=RENDERER)
        yield Renderer(page)
