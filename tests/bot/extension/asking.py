"""What Teams asks of the message extension, and what is in the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.wire import CARD
from store.dial_links import DialLinks
from tests.bot.conftest import PUBLIC_URL, actions_of, texts_of

if TYPE_CHECKING:
    from store.database import Database
    from store.dial_links import DialLink
    from tests.bot.conftest import Chat
    from tests.conftest import SteppedClock


def query(text: str | None = None, **more: object) -> dict[str, Any]:
    """The value of a search, or of the first one that Teams asks before anything is typed."""
    typed = {"name": "initialRun", "value": "true"} if text is None else {"name": "search", "value": text}
    options = {"skip": 0, "count": 25}
    return {"commandId": "findContact", "parameters": [typed], "queryOptions": options, **more}


async def ask(chat: Chat, name: str, value: object) -> dict[str, Any]:
    """The body of the answer."""
    response = await chat.invoke(f"composeExtension/{name}", value)
    assert response.status == 200, await response.text()
    body: dict[str, Any] = await response.json()
    return body


async def search(chat: Chat, text: str | None = None, **more: object) -> dict[str, Any]:
    """What stands in ``composeExtension``."""
    body = await ask(chat, "query", query(text, **more))
    found: dict[str, Any] = body["composeExtension"]
    return found


def cards_in(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The cards that can be inserted."""
    assert found["type"] == "result"
    assert {each["contentType"] for each in found["attachments"]} <= {CARD}
    return [each["content"] for each in found["attachments"]]


def lines(found: dict[str, Any]) -> list[list[str]]:
    """The texts of each card but its button's."""
    return [texts_of(card["body"]).splitlines() for card in cards_in(found)]


async def link_of(card: object, database: Database, clock: SteppedClock) -> DialLink | None:
    """What the one link of a card stands for."""
    (action,) = actions_of(card)
    return await DialLinks(database, clock).find(action["url"].removeprefix(f"{PUBLIC_URL}/dial/"))


def link_in(found: dict[str, Any]) -> str:
    """The token that ends the link to the sign-in page."""
    (action,) = found["suggestedActions"]["actions"]
    url: str = action["value"]
    assert action["type"] == "openUrl"
    assert url.startswith(f"{PUBLIC_URL}/sign-in/")
    return url.rpartition("/")[2]
