"""``GET /guide/user``: the guide for users, as it stands in ``docs``, in the browser's language or in English.

``?language=fr`` asks for another one. A company that has its own guide links that one (``USER_GUIDE_URL``).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tabs.markdown import to_html
from tabs.pages import browser_language, page

if TYPE_CHECKING:
    from aiohttp import web

USER_GUIDE = "/guide/user"
_FOLDER = Path(__file__).parents[1] / "docs"
_OTHERWISE = "en"
_GUIDES = {file.name.split(".")[1]: file for file in _FOLDER.glob("user-guide.*.md")}


async def user_guide(request: web.Request) -> web.Response:
    """It tells nothing of anybody, so anybody may read it."""
    say = browser_language(request)
    asked = request.query.get("language", say.language)
    language = asked if asked in _GUIDES else _OTHERWISE
    guide = to_html(_GUIDES[language].read_text("utf-8"), _address)
    response = page("guide.html", say, {"guide": guide, "language": language})
    response.headers["Content-Language"] = language
    return response


def _address(target: str) -> str:
    """The guide in another language is another page of ours."""
    found = re.fullmatch(r"user-guide\.(\w+)\.md", target)
    return f"{USER_GUIDE}?language={found[1]}" if found else target
